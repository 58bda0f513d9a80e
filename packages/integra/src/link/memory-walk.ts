import { type EventAnswer, eventKey, GRADE_LOG_HEAD, isEndOfLog, STANDARD_LOG_HEAD } from '../codec/event-record.ts'
import type { MemoryCursor } from './types.ts'

/** Keys kept in a cursor: the newest record and some predecessors, in case the newest vanish from the memory. */
export const CURSOR_KEYS = 12

/** A record on the way: what is needed to build an entry, and no more, since thousands may be stacked. */
export interface WalkedRecord {
  readonly index: number
  readonly key: string
  readonly recordBytes: Uint8Array
}

export type Coverage = 'complete' | 'gap' | 'start'

export interface WalkOptions {
  readonly since: MemoryCursor | undefined
  /** Most records to walk back. */
  readonly limit: number
  readonly log: 'standard' | 'grade'
}

/**
 * Walking an event memory back to a cursor (reference 8.3), as an object that says which index to ask next and takes
 * answers; it sends nothing itself. It survives a lost connection: after {@link resume} it reads what is new at the
 * head until it meets what it already has, and goes on where it was.
 */
export class MemoryWalk {
  readonly #options: WalkOptions
  readonly #since: ReadonlySet<string>
  /** Of the present pass, newest first, contiguous. */
  #records: WalkedRecord[] = []
  #keys = new Set<string>()
  #next: number
  #coverage: Coverage | undefined
  /** Of the pass before a lost connection, newest first, with the index its walk would have asked next. */
  #older: WalkedRecord[] = []
  #olderKeys = new Set<string>()
  #olderNext = 0

  constructor(options: WalkOptions) {
    this.#options = options
    this.#since = new Set(options.since?.keys)
    this.#next = this.#head
  }

  get #head(): number {
    return this.#options.log === 'standard' ? STANDARD_LOG_HEAD : GRADE_LOG_HEAD
  }

  get walked(): number {
    return this.#records.length + this.#older.length
  }

  /** Index to ask for, undefined when the walk is over. */
  get next(): number | undefined {
    return this.#coverage === undefined ? this.#next : undefined
  }

  get coverage(): Coverage | undefined {
    return this.#coverage
  }

  /** Starts again at the head, keeping what was walked. */
  resume(): void {
    if (this.#coverage !== undefined || this.#records.length === 0) return
    // Two interruptions in a row: what was not joined yet cannot be proven contiguous, the longer stretch is kept.
    if (this.#older.length === 0 || this.#records.length > this.#older.length) {
      this.#older = this.#records
      this.#olderKeys = this.#keys
      this.#olderNext = this.#next
    }
    this.#records = []
    this.#keys = new Set()
    this.#next = this.#head
  }

  /** @param answer the answer to {@link next}; the caller has checked the echo */
  take(answer: EventAnswer): void {
    if (this.#coverage !== undefined) return
    const { since, limit, log } = this.#options
    const key = eventKey(answer.index, answer.recordBytes)
    if (isEndOfLog(answer, log) || this.#keys.has(key)) {
      // A record met twice in one pass: the log goes in circles, and everything in it has been read.
      this.#coverage = this.#coverageAtEnd()
      return
    }
    if (this.#since.has(key)) {
      this.#coverage = 'complete'
      return
    }
    if (this.#olderKeys.has(key)) {
      this.#join()
    } else {
      this.#records.push({ index: answer.index, key, recordBytes: answer.recordBytes })
      this.#keys.add(key)
      this.#next = answer.index
    }
    if (this.#records.length >= limit) this.#coverage = since === undefined ? 'start' : 'gap'
  }

  #join(): void {
    this.#records.push(...this.#older)
    for (const key of this.#olderKeys) this.#keys.add(key)
    this.#next = this.#olderNext
    this.#older = []
    this.#olderKeys = new Set()
  }

  /**
   * At the end of the log without meeting the cursor, records were lost: overwritten, or the log was erased. Only a
   * cursor taken from an empty log expects the end.
   */
  #coverageAtEnd(): Coverage {
    const { since } = this.#options
    if (this.#older.length > 0) return 'gap'
    if (since === undefined) return 'start'
    return since.keys.length === 0 ? 'complete' : 'gap'
  }

  /** Oldest first. */
  entries(): WalkedRecord[] {
    return [...this.#records, ...this.#older].reverse()
  }

  /** Cursor behind the entries. Nothing read leaves the old one; an empty log without a cursor gives an empty one. */
  cursor(): MemoryCursor {
    const { since } = this.#options
    const newest = [...this.#records, ...this.#older].slice(0, CURSOR_KEYS).map((record) => record.key)
    if (newest.length === 0) return since ?? { keys: [] }
    const older = this.#coverage === 'complete' ? (since?.keys ?? []) : []
    return { keys: [...newest, ...older].slice(0, CURSOR_KEYS) }
  }
}
