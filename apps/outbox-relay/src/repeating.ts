import type { Clock } from '@stam/runtime'

/** One piece of work, again and again: after the pause it asks for, or at once when called; never twice at the same time. */
export class Repeating {
  readonly #clock: Clock
  readonly #work: () => Promise<number>
  #running: Promise<void> | null = null
  #again = false
  #closed = false
  #cancel = () => {}
  /** Monotonic time of the next run; unused while one is under way. */
  #due = 0

  /** @param work resolves with the pause until the next time, milliseconds; must not reject. */
  constructor(clock: Clock, work: () => Promise<number>) {
    this.#clock = clock
    this.#work = work
  }

  /** Runs now, or once more right after the present run: what called may have come too late for it. */
  now(): void {
    if (this.#closed) return
    this.#again = true
    this.#running ??= this.#run().finally(() => {
      this.#running = null
    })
  }

  /** Runs no later than in `delayMs`; where a run is under way, once more right after it. */
  within(delayMs: number): void {
    if (delayMs <= 0 || this.#running !== null) return this.now()
    if (!this.#closed && this.#clock.monotonic() + delayMs < this.#due) this.#later(delayMs)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancel()
    await this.#running
  }

  async #run(): Promise<void> {
    this.#cancel()
    let pauseMs = 0
    while (!this.#closed && (this.#again || pauseMs <= 0)) {
      this.#again = false
      pauseMs = await this.#work()
    }
    if (!this.#closed) this.#later(pauseMs)
  }

  #later(delayMs: number): void {
    this.#cancel()
    this.#due = this.#clock.monotonic() + delayMs
    this.#cancel = this.#clock.setTimer(delayMs, () => this.now())
  }
}
