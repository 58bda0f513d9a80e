import type { Clock } from '@stam/runtime'

/** One piece of work, again and again: after the pause it asks for, or at once when called; never twice at the same time. */
export class Repeating {
  readonly #clock: Clock
  readonly #work: () => Promise<number>
  #running: Promise<void> | null = null
  #again = false
  #closed = false
  #cancel = () => {}

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
    if (!this.#closed) this.#cancel = this.#clock.setTimer(pauseMs, () => this.now())
  }
}
