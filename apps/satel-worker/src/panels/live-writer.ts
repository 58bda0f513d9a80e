import type { Live, PanelTouch } from '@stam/live'
import { type Clock, isoTime, type Log } from '@stam/runtime'
import type { PanelSession } from './panel-session.ts'

export interface LiveWriterOptions {
  readonly live: Live
  readonly clock: Clock
  readonly log: Log
  /** The last contact with an unchanged panel is told this often, so that its age on screen is honest; it also keeps it from expiring. */
  readonly refreshMs: number
  /** Called with every picture that is written. */
  readonly onPicture: (session: PanelSession, picture: ReturnType<PanelSession['picture']>) => void
}

/** Changes within this time become one picture. */
const GATHER_MS = 150
/** A panel that changes all the time is painted this often; one picture costs every backend the whole panel. */
const PICTURES_APART_MS = 1_000
const AT_ONCE = 100
/**
 * A panel that is away or busy with another changes in nothing for hours, and is to be seen as that all the time: well before the live store
 * forgets a connection nobody speaks of (2 min), which then means that no worker lives.
 */
const AWAY_REFRESH_MS = 40_000
/** Live store away: how long until the whole picture is tried again. */
const RETRY_MS = 1_000

/** Keeps the live store up to date: on change, gathered; otherwise only a touch of many panels at once every few seconds. Its loss loses nothing. */
export class LiveWriter {
  readonly #options: LiveWriterOptions
  readonly #sessions = new Set<PanelSession>()
  readonly #changed = new Set<PanelSession>()
  readonly #touchedAt = new Map<PanelSession, number>()
  /** By the monotonic clock. */
  readonly #paintedAt = new Map<PanelSession, number>()
  #cancelTimer: (() => void) | undefined
  #writing: Promise<void> = Promise.resolve()
  #isAway = false
  #isClosed = false

  constructor(options: LiveWriterOptions) {
    this.#options = options
  }

  add(session: PanelSession): void {
    this.#sessions.add(session)
    this.changed(session)
  }

  remove(session: PanelSession): void {
    this.#sessions.delete(session)
    this.#changed.delete(session)
    this.#touchedAt.delete(session)
    this.#paintedAt.delete(session)
  }

  changed(session: PanelSession): void {
    if (!this.#sessions.has(session)) return
    this.#changed.add(session)
    this.#schedule(GATHER_MS)
  }

  /** About once a second: refreshes a share of the panels, so that all have had their turn in time. */
  tick(now: number): void {
    if (this.#isAway) return
    const due: PanelSession[] = []
    for (const session of this.#sessions) {
      if (this.#changed.has(session)) continue
      const everyMs = session.isConnected || session.isReleased ? this.#options.refreshMs : AWAY_REFRESH_MS
      if (now - (this.#touchedAt.get(session) ?? 0) >= everyMs) due.push(session)
    }
    if (due.length > 0) this.#writing = this.#writing.then(() => this.#touch(due, now))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelTimer?.()
    await this.#writing
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return
    this.#cancelTimer ??= this.#options.clock.setTimer(delayMs, () => {
      this.#cancelTimer = undefined
      this.#writing = this.#writing.then(() => this.#write())
    })
  }

  async #write(): Promise<void> {
    while (this.#changed.size > 0 && !this.#isClosed) {
      const batch = this.#due()
      if (batch.length === 0) return
      for (const session of batch) this.#changed.delete(session)
      const pictures = batch.map((session) => ({ session, picture: session.picture() }))
      for (const { session, picture } of pictures) this.#options.onPicture(session, picture)
      const results = await Promise.allSettled(pictures.map(({ picture }) => this.#options.live.panels.apply(picture)))
      const failed = pictures.filter((_, index) => results[index]?.status === 'rejected')
      const [now, at] = [this.#options.clock.now(), this.#options.clock.monotonic()]
      for (const { session } of pictures) {
        if (!this.#sessions.has(session)) continue
        this.#touchedAt.set(session, now)
        this.#paintedAt.set(session, at)
      }
      if (failed.length === 0) {
        this.#back()
        continue
      }
      for (const { session } of failed) if (this.#sessions.has(session)) this.#changed.add(session)
      this.#away(results.find((result) => result.status === 'rejected')?.reason)
      this.#schedule(RETRY_MS)
      return
    }
  }

  /** Those whose turn it is; for the others there is a timer. */
  #due(): PanelSession[] {
    const now = this.#options.clock.monotonic()
    const due: PanelSession[] = []
    let soonestMs = Number.POSITIVE_INFINITY
    for (const session of this.#changed) {
      const restMs = (this.#paintedAt.get(session) ?? Number.NEGATIVE_INFINITY) + PICTURES_APART_MS - now
      if (restMs > 0) soonestMs = Math.min(soonestMs, restMs)
      else if (due.push(session) === AT_ONCE) break
    }
    if (due.length === 0) this.#schedule(Math.max(GATHER_MS, soonestMs))
    return due
  }

  async #touch(due: readonly PanelSession[], now: number): Promise<void> {
    const byId = new Map(due.map((session) => [session.panelId, session]))
    const touches: PanelTouch[] = due.map((session) => ({
      panel_id: session.panelId,
      epoch: session.epoch,
      version: session.version,
      last_contact_at: session.lastContact === null ? null : isoTime(session.lastContact),
    }))
    try {
      const gone = await this.#options.live.panels.touch(touches)
      for (const session of due) if (this.#sessions.has(session)) this.#touchedAt.set(session, now)
      for (const id of gone) {
        const session = byId.get(id)
        if (session) this.changed(session)
      }
      this.#back()
    } catch (error) {
      this.#away(error)
      for (const session of due) this.changed(session)
    }
  }

  #away(error: unknown): void {
    if (!this.#isAway) this.#options.log.warn('live_store_away', { error })
    this.#isAway = true
  }

  /** Whatever happened to it meanwhile: everything is written anew. */
  #back(): void {
    if (!this.#isAway) return
    this.#isAway = false
    this.#options.log.info('live_store_back')
    for (const session of this.#sessions) this.changed(session)
  }
}
