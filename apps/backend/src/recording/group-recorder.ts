import { recordingRules } from '@stam/domain'
import { type RecordableEvent, type RecordOutcome, recordEvents, type Store } from '@stam/store'

interface Submission {
  readonly events: readonly RecordableEvent[]
  readonly settle: (outcomes: RecordOutcome[]) => void
  readonly fail: (error: unknown) => void
}

/** Events in one transaction; store splits at the same number. */
const TOGETHER_MAX = 500
/**
 * Two transactions begin at least twice as far apart as they take, and no further than this: a quick database gets each event at once, a busy one
 * more of them together.
 */
const APART_MAX_MS = 20

/**
 * Records what all partitions bring in few transactions: what arrives while one runs goes together in the next. So a lone event is stored at
 * once, and a flood costs a commit per hundreds. Each partition waits for its own batch, hence order per panel stays.
 */
export class GroupRecorder {
  readonly #store: Store
  readonly #lanes: number
  #running = 0
  #startedAt = Number.NEGATIVE_INFINITY
  /** How long transactions have been taking of late. */
  #tookMs = 0
  #isGathering = false
  readonly #waiting: Submission[] = []
  #idle: (() => void)[] = []

  /** @param lanes transactions at once; two keep the database busy while the other one's rows are prepared. */
  constructor(store: Store, lanes = 2) {
    this.#store = store
    this.#lanes = lanes
  }

  /** One outcome per event. Rejects as `recordEvents` does, then nothing of this submission can be relied on: send it again. */
  record(events: readonly RecordableEvent[]): Promise<RecordOutcome[]> {
    return new Promise((settle, fail) => {
      this.#waiting.push({ events, settle, fail })
      this.#next()
    })
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    if (this.#running + this.#waiting.length > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #next(): void {
    while (this.#running < this.#lanes && this.#waiting.length > 0) {
      const restMs = this.#startedAt + Math.min(APART_MAX_MS, 2 * this.#tookMs) - performance.now()
      if (restMs > 0) {
        if (!this.#isGathering) setTimeout(() => this.#gathered(), Math.ceil(restMs))
        this.#isGathering = true
        return
      }
      const startedAt = performance.now()
      this.#startedAt = startedAt
      this.#running++
      void this.#transaction(this.#takeTogether()).finally(() => {
        this.#running--
        this.#tookMs += (performance.now() - startedAt - this.#tookMs) / 4
        this.#next()
        if (this.#running + this.#waiting.length === 0) for (const resolve of this.#idle.splice(0)) resolve()
      })
    }
  }

  #gathered(): void {
    this.#isGathering = false
    this.#next()
  }

  #takeTogether(): Submission[] {
    const taken: Submission[] = []
    let size = 0
    while (this.#waiting.length > 0) {
      size += (this.#waiting[0] as Submission).events.length
      if (taken.length > 0 && size > TOGETHER_MAX) break
      taken.push(this.#waiting.shift() as Submission)
    }
    return taken
  }

  async #transaction(submissions: readonly Submission[]): Promise<void> {
    try {
      const outcomes = await recordEvents(
        this.#store,
        recordingRules,
        submissions.flatMap(({ events }) => events),
      )
      let from = 0
      for (const { events, settle } of submissions) {
        settle(outcomes.slice(from, from + events.length))
        from += events.length
      }
    } catch (error) {
      for (const { fail } of submissions) fail(error)
    }
  }
}
