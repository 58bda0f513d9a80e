const SECONDS = 60

/** How many in the last 60 seconds: one counter per second, reused a minute later. */
export class LastMinute {
  readonly #now: () => number
  readonly #counts = Array.from({ length: SECONDS }, () => 0)
  #second: number

  /** @param now milliseconds, never going back. */
  constructor(now: () => number) {
    this.#now = now
    this.#second = this.#thisSecond()
  }

  add(count: number): void {
    this.#forget()
    const place = this.#second % SECONDS
    this.#counts[place] = (this.#counts[place] ?? 0) + count
  }

  get count(): number {
    this.#forget()
    return this.#counts.reduce((sum, count) => sum + count, 0)
  }

  #forget(): void {
    const second = this.#thisSecond()
    const passed = Math.min(SECONDS, second - this.#second)
    for (let step = 0; step < passed; step++) this.#counts[(second - step) % SECONDS] = 0
    this.#second = second
  }

  #thisSecond(): number {
    return Math.floor(this.#now() / 1000)
  }
}
