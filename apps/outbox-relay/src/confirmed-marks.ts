import type { Clock, Log } from '@stam/runtime'
import { markPublished, type Store } from '@stam/store'

interface MarksOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly intervalMs: number
}

/** More than this waiting means that PostgreSQL has been away for long; the rest is published again, which costs less than the memory. */
const MOST_WAITING = 100_000

/**
 * Writes down what the broker has confirmed, many at a time: a commit for each batch would cost as much as the numbering. What is lost here
 * with the process is published a second time under the same number.
 */
export class ConfirmedMarks {
  readonly #options: MarksOptions
  #waiting: number[] = []
  #cancel: (() => void) | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(options: MarksOptions) {
    this.#options = options
  }

  add(sequenceIds: readonly number[]): void {
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(...sequenceIds)
    if (this.#waiting.length > 0) this.#later()
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    this.#cancel?.()
    await this.#writing
    await this.#write()
    this.#cancel?.()
  }

  #later(): void {
    this.#cancel ??= this.#options.clock.setTimer(this.#options.intervalMs, () => {
      this.#cancel = null
      this.#writing = this.#writing.then(() => this.#write())
    })
  }

  async #write(): Promise<void> {
    const batch = this.#waiting
    if (batch.length === 0) return
    this.#waiting = []
    try {
      await markPublished(this.#options.store, batch)
    } catch (error) {
      this.#options.log.warn('confirms_not_marked', { error, count: batch.length })
      this.add(batch)
    }
  }
}
