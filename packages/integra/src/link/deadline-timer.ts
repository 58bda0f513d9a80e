import type { LinkClock } from './types.ts'

/**
 * One timer kept at the next moment something is due. An earlier one is left alone: it wakes for nothing, which is
 * cheaper than cancelling and setting a timer for every answer.
 */
export class DeadlineTimer {
  readonly #clock: LinkClock
  readonly #monotonic: () => number
  readonly #wake: () => void
  #at = Number.POSITIVE_INFINITY
  #cancel: (() => void) | undefined

  constructor(clock: LinkClock, monotonic: () => number, wake: () => void) {
    this.#clock = clock
    this.#monotonic = monotonic
    this.#wake = wake
  }

  /** @param at monotonic milliseconds; infinity for never */
  setTo(at: number): void {
    if (this.#cancel !== undefined) {
      if (at !== Number.POSITIVE_INFINITY && this.#at <= at) return
      this.#cancel()
      this.#cancel = undefined
    }
    if (at === Number.POSITIVE_INFINITY) return
    this.#at = at
    this.#cancel = this.#clock.schedule(at - this.#monotonic(), () => {
      this.#cancel = undefined
      this.#wake()
    })
  }
}
