import type { PanelChange } from './types.ts'

const LIMIT = 256

/**
 * Bounded buffer between a link and a slow consumer. Beyond the limit changes are folded: of every state the first
 * `previous` and the latest bits survive, of everything else the latest; counts of discarded bytes are added up.
 */
export class ChangeQueue implements AsyncIterableIterator<PanelChange> {
  #items: PanelChange[] = []
  #waiting: ((result: IteratorResult<PanelChange>) => void)[] = []
  #ended = false
  readonly #onEnd: () => void

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  get length(): number {
    return this.#items.length
  }

  push(change: PanelChange): void {
    if (this.#ended) return
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) {
      waiting({ value: change, done: false })
      return
    }
    this.#items.push(change)
    if (this.#items.length > LIMIT) this.#items = fold(this.#items)
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd()
    for (const resolve of this.#waiting) resolve({ value: undefined, done: true })
    this.#waiting = []
  }

  next(): Promise<IteratorResult<PanelChange>> {
    const change = this.#items.shift()
    if (change !== undefined) return Promise.resolve({ value: change, done: false })
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  return(): Promise<IteratorResult<PanelChange>> {
    this.#items = []
    this.end()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/** One entry per key, in the order of last occurrence; at most as many as there are states plus a dozen. */
export function fold(changes: readonly PanelChange[]): PanelChange[] {
  const byKey = new Map<string, PanelChange>()
  for (const change of changes) {
    const key = keyOf(change)
    const earlier = byKey.get(key)
    byKey.delete(key)
    byKey.set(key, earlier === undefined ? change : merge(earlier, change))
  }
  return [...byKey.values()]
}

function keyOf(change: PanelChange): string {
  if (change.type === 'state') return `state ${change.name}`
  if (change.type === 'discarded') return `discarded ${change.reason}`
  return change.type
}

function merge(earlier: PanelChange, later: PanelChange): PanelChange {
  if (earlier.type === 'state' && later.type === 'state') {
    return { ...later, previous: earlier.previous, raised: union(raisedBy(earlier), raisedBy(later)), coalesced: true }
  }
  if (earlier.type === 'discarded' && later.type === 'discarded') {
    return { ...later, bytes: earlier.bytes + later.bytes, count: earlier.count + later.count }
  }
  if (earlier.type === 'status' && later.type === 'status') return { ...later, previous: earlier.previous }
  return later
}

type StateChange = Extract<PanelChange, { type: 'state' }>

/** Bits that went from 0 to 1 in a change, also those that fell again meanwhile: a short alarm must not vanish. */
function raisedBy(change: StateChange): Uint8Array {
  if (change.raised !== undefined) return change.raised
  return change.bits.map((byte, i) => byte & ~(change.previous?.[i] ?? 0))
}

function union(a: Uint8Array, b: Uint8Array): Uint8Array {
  return b.map((byte, i) => byte | (a[i] ?? 0))
}
