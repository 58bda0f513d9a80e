import type { PanelChange } from './types.ts'

type DiscardedChange = Extract<PanelChange, { type: 'discarded' }>
type Reason = DiscardedChange['reason']

const REPORT_INTERVAL_MS = 1000

/** Adds up what was thrown away, so that a flood of garbage becomes at most one report per reason and second. */
export class DiscardLog {
  readonly #sums = new Map<Reason, { bytes: number; count: number }>()
  #lastReport = Number.NEGATIVE_INFINITY

  add(reason: Reason, bytes: number, count: number): void {
    const sum = this.#sums.get(reason)
    if (sum === undefined) this.#sums.set(reason, { bytes, count })
    else {
      sum.bytes += bytes
      sum.count += count
    }
  }

  /** What is to be reported now; nothing if the last report is too young, unless the link is about to end. */
  take(now: number, receivedAt: number, urgent = false): DiscardedChange[] {
    if (this.#sums.size === 0 || (!urgent && now - this.#lastReport < REPORT_INTERVAL_MS)) return []
    this.#lastReport = now
    const changes = [...this.#sums].map(
      ([reason, { bytes, count }]): DiscardedChange => ({ type: 'discarded', reason, bytes, count, receivedAt }),
    )
    this.#sums.clear()
    return changes
  }
}
