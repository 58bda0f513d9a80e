import { type Clock, type Log, systemClock } from '@stam/runtime'
import pg from 'pg'

/** A statement that takes longer raises the question whether anybody is there. Most are through in milliseconds. */
const SUSPECT_MS = 2_000
const ANSWER_MS = 2_000
/** A process that was stopped for a while finds its timers due before it has read what came meanwhile. */
const SECOND_THOUGHT_MS = 250

export interface LineWatchOptions {
  readonly config: pg.ClientConfig
  readonly clock: Clock
  readonly log: Log
  /** Nobody answers: what waits on connections that were open before will wait in vain. */
  readonly onSilent: () => void
}

/**
 * Tells a slow statement from a half-open connection, which never says anything: as long as a statement takes long, a new connection asks for a
 * sign of life. Costs nothing while statements are quick, and a slow one is never broken off for being slow.
 */
export class LineWatch {
  readonly #options: LineWatchOptions
  /** Monotonic times at which statements under way were sent, oldest first. */
  readonly #underWay = new Set<{ readonly since: number }>()
  #cancelTimer: (() => void) | undefined
  #isClosed = false
  #isSilent = false
  #asking: Promise<boolean> | undefined

  constructor(options: LineWatchOptions) {
    this.#options = options
  }

  async during<T>(statement: Promise<T>): Promise<T> {
    const mark = { since: this.#options.clock.monotonic() }
    this.#underWay.add(mark)
    if (this.#cancelTimer === undefined) this.#lookIn(SUSPECT_MS)
    try {
      return await statement
    } finally {
      this.#underWay.delete(mark)
      if (this.#underWay.size === 0) this.#stopLooking()
    }
  }

  /**
   * Whether a new connection is worth trying. Once the line was silent this asks for a sign of life, everybody who waits together, and says no,
   * sooner than a dial would give up: who can do without the database (a backend that hands its partitions on) does so the earlier.
   */
  async isWorthDialling(): Promise<boolean> {
    if (!this.#isSilent) return true
    this.#asking ??= this.#answers().finally(() => (this.#asking = undefined))
    if (await this.#asking) this.#isSilent = false
    return !this.#isSilent
  }

  close(): void {
    this.#isClosed = true
    this.#stopLooking()
  }

  #lookIn(ms: number): void {
    this.#cancelTimer = this.#options.clock.setTimer(ms, () => void this.#look())
  }

  #stopLooking(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  async #look(): Promise<void> {
    const { clock, log, onSilent } = this.#options
    const [oldest] = this.#underWay
    const age = oldest === undefined ? 0 : clock.monotonic() - oldest.since
    if (age >= SUSPECT_MS && !(await this.#answers()) && !this.#isClosed && this.#underWay.size > 0) {
      log.warn('database_line_silent', { statements: this.#underWay.size })
      this.#isSilent = true
      onSilent()
    }
    this.#stopLooking()
    if (this.#underWay.size > 0 && !this.#isClosed) this.#lookIn(age >= SUSPECT_MS ? SUSPECT_MS : SUSPECT_MS - age)
  }

  /** Any word will do, a refusal too: then it is not the line, and the open connections hear for themselves. */
  async #answers(): Promise<boolean> {
    const client = new pg.Client({ ...this.#options.config, connectionTimeoutMillis: ANSWER_MS * 2 })
    client.on('error', () => {})
    let heard = false
    const word = client
      .connect()
      .then(() => client.query('SELECT 1'))
      .then(
        () => (heard = true),
        () => (heard = true),
      )
    await this.#within(ANSWER_MS, word)
    if (!heard) await this.#within(SECOND_THOUGHT_MS, word)
    // Not waited for: on a silent line it would not end.
    void client.end().catch(() => {})
    return heard
  }

  async #within(ms: number, word: Promise<unknown>): Promise<void> {
    const patience = new AbortController()
    await Promise.race([word, systemClock.sleep(ms, patience.signal).catch(() => {})])
    patience.abort()
  }
}
