/** A running delay; cancelling one that has fired does nothing. */
export interface Timer {
  cancel(): void
}

/**
 * Time as the panels see it. Every delay of every panel hangs on one of these, so that thousands of panels cost one
 * pending operating-system timer, and a test can turn the clock by hand.
 */
export interface SimulatorTime {
  /** Milliseconds since the epoch; what the panels' clocks are derived from. */
  wallMs(): number
  /** Milliseconds that never jump; for measuring delays. */
  monotonicMs(): number
  /** Runs `task` once, not earlier than `ms` from now, never within the call itself. */
  after(ms: number, task: () => void): Timer
  /** Drops everything that waits. */
  close(): void
}

class Entry implements Timer {
  readonly due: number
  readonly order: number
  task: (() => void) | undefined

  constructor(due: number, order: number, task: () => void) {
    this.due = due
    this.order = order
    this.task = task
  }

  cancel(): void {
    this.task = undefined
  }
}

/** Binary heap of entries by due time, then by order of creation. */
class TimerHeap {
  readonly #entries: Entry[] = []

  get first(): Entry | undefined {
    return this.#entries[0]
  }

  push(entry: Entry): void {
    const entries = this.#entries
    let at = entries.length
    entries.push(entry)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = entries[parent] as Entry
      if (!isBefore(entry, above)) break
      entries[at] = above
      at = parent
    }
    entries[at] = entry
  }

  pop(): Entry | undefined {
    const entries = this.#entries
    const first = entries[0]
    const last = entries.pop()
    if (last === undefined || entries.length === 0) return first
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= entries.length) break
      const right = entries[child + 1]
      if (right !== undefined && isBefore(right, entries[child] as Entry)) child++
      if (!isBefore(entries[child] as Entry, last)) break
      entries[at] = entries[child] as Entry
      at = child
    }
    entries[at] = last
    return first
  }

  clear(): void {
    this.#entries.length = 0
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order)
}

/** The real clock. Timers do not keep the process alive; open sockets do. */
export class RealTime implements SimulatorTime {
  readonly #heap = new TimerHeap()
  #order = 0
  #armed: NodeJS.Timeout | undefined
  #armedFor = Number.POSITIVE_INFINITY
  readonly #onError: (error: unknown) => void

  /** @param onError gets what a task throws; one broken panel must not stop the others */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  wallMs(): number {
    return Date.now()
  }

  monotonicMs(): number {
    return performance.now()
  }

  after(ms: number, task: () => void): Timer {
    const entry = new Entry(this.monotonicMs() + Math.max(0, ms), this.#order++, task)
    this.#heap.push(entry)
    if (entry.due < this.#armedFor) this.#arm(entry.due)
    return entry
  }

  close(): void {
    clearTimeout(this.#armed)
    this.#armed = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
    this.#heap.clear()
  }

  #arm(due: number): void {
    clearTimeout(this.#armed)
    this.#armedFor = due
    // setTimeout takes at most 2^31 - 1 ms; the run re-arms when it comes too early.
    const wait = Math.min(0x7fffffff, Math.max(0, Math.ceil(due - this.monotonicMs())))
    this.#armed = setTimeout(() => this.#run(), wait).unref()
  }

  #run(): void {
    const now = this.monotonicMs()
    this.#armedFor = Number.POSITIVE_INFINITY
    for (let first = this.#heap.first; first !== undefined; first = this.#heap.first) {
      if (first.task !== undefined && first.due > now) {
        this.#arm(first.due)
        return
      }
      this.#heap.pop()
      const task = first.task
      first.task = undefined
      try {
        task?.()
      } catch (error) {
        this.#onError(error)
      }
    }
  }
}

/** A clock that only moves when told to; for tests. */
export class ManualTime implements SimulatorTime {
  readonly #heap = new TimerHeap()
  #order = 0
  #wall: number
  #elapsed = 0

  constructor(startWallMs = Date.UTC(2026, 3, 23, 6, 24, 0)) {
    this.#wall = startWallMs
  }

  wallMs(): number {
    return this.#wall + this.#elapsed
  }

  monotonicMs(): number {
    return this.#elapsed
  }

  after(ms: number, task: () => void): Timer {
    const entry = new Entry(this.#elapsed + Math.max(0, ms), this.#order++, task)
    this.#heap.push(entry)
    return entry
  }

  /** Moves on by `ms`, running what falls due on the way at its own time. */
  advance(ms: number): void {
    const end = this.#elapsed + ms
    for (let first = this.#heap.first; first !== undefined && first.due <= end; first = this.#heap.first) {
      this.#heap.pop()
      if (first.task === undefined) continue
      this.#elapsed = Math.max(this.#elapsed, first.due)
      const task = first.task
      first.task = undefined
      task()
    }
    this.#elapsed = end
  }

  close(): void {
    this.#heap.clear()
  }
}
