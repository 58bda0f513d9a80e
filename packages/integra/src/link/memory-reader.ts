import type { ClockStatus } from '../codec/clock.ts'
import { type EventAnswer, decodeEventRecord, eventWallTime } from '../codec/event-record.ts'
import { MemoryWalk, type WalkedRecord } from './memory-walk.ts'
import type { MemoryEntry, MemoryRead, Outcome, ReadMemoryOptions } from './types.ts'

export interface MemorySource {
  /** One record, asked when nothing more urgent is due. */
  ask(index: number, signal: AbortSignal | undefined): Promise<Outcome<EventAnswer>>
  /** Last clock of the panel, to complete the years. */
  clock(): ClockStatus | undefined
}

type Interruption = Extract<MemoryRead, { kind: 'interrupted' }>['reason']

function interruption(outcome: Exclude<Outcome<EventAnswer>, { kind: 'answered' }>): Interruption {
  if (outcome.kind === 'unknown') return 'connection_lost'
  if (outcome.kind !== 'not_sent') return 'unsupported'
  if (outcome.reason === 'closed' || outcome.reason === 'cancelled' || outcome.reason === 'unsupported') {
    return outcome.reason
  }
  return 'not_ready'
}

/** Reads the event memory of one panel, one walk at a time; an interrupted walk goes on where it was. */
export class MemoryReader {
  readonly #source: MemorySource
  #last: Promise<unknown> = Promise.resolve()
  #walk: { readonly id: string; readonly walk: MemoryWalk } | undefined

  constructor(source: MemorySource) {
    this.#source = source
  }

  read(options: ReadMemoryOptions): Promise<MemoryRead> {
    const turn = this.#last.then(() => this.#read(options))
    this.#last = turn
    return turn
  }

  #begin(options: ReadMemoryOptions): MemoryWalk {
    const log = options.log ?? 'standard'
    const id = `${log} ${options.limit} ${options.since?.keys.join(' ') ?? 'none'}`
    if (this.#walk?.id === id) {
      this.#walk.walk.resume()
      return this.#walk.walk
    }
    const walk = new MemoryWalk({ since: options.since, limit: options.limit, log })
    this.#walk = { id, walk }
    return walk
  }

  async #read(options: ReadMemoryOptions): Promise<MemoryRead> {
    const walk = this.#begin(options)
    for (let index = walk.next; index !== undefined; index = walk.next) {
      if (options.signal?.aborted === true) {
        return { kind: 'interrupted', reason: 'cancelled', walked: walk.walked }
      }
      const outcome = await this.#source.ask(index, options.signal)
      if (outcome.kind !== 'answered') {
        return { kind: 'interrupted', reason: interruption(outcome), walked: walk.walked }
      }
      walk.take(outcome.value)
      options.onProgress?.(walk.walked)
    }
    this.#walk = undefined
    return {
      kind: 'read',
      entries: walk.entries().map((record) => this.#entry(record)),
      cursor: walk.cursor(),
      coverage: walk.coverage ?? 'gap',
    }
  }

  #entry({ index, key, recordBytes }: WalkedRecord): MemoryEntry {
    const record = decodeEventRecord(recordBytes)
    const now = this.#source.clock()?.time
    return { index, key, record, recordBytes, panelTime: now === undefined ? undefined : eventWallTime(record, now) }
  }
}
