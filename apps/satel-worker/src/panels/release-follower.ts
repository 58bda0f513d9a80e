/** Which links people have released for DLOADX (spec 03): looked up when something changes, and every two seconds, since a notification may be missed. */
import type { Clock, Log } from '@stam/runtime'
import { RELEASES_CHANNEL, type RunningRelease, runningReleases, type Store } from '@stam/store'

/** What is done with a panel; the follower decides nothing else about it. */
export interface Releasable {
  readonly panelId: string
  readonly isReleased: boolean
  release(until: string, leftMs: number): void
  takeBack(): void
}

export interface ReleaseFollowerOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** The panels driven now. */
  readonly sessions: () => Iterable<Releasable>
}

const LOOK_MS = 2_000
/** A release that is all but over closes no link any more. */
const WORTHWHILE_MS = 500

/** The table is the truth; while it cannot be read, releases stay as they are and end by their own time. */
export class ReleaseFollower {
  readonly #options: ReleaseFollowerOptions
  #listening: { close(): Promise<void> } | undefined
  #cancelTimer: (() => void) | undefined
  #looking: Promise<void> | undefined
  #lookAgain = false
  #isAway = false
  #isClosed = false

  constructor(options: ReleaseFollowerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { store } = this.#options
    this.#listening = await store.listen(RELEASES_CHANNEL, () => void this.#look()).catch(() => undefined)
    this.#lookLater()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelTimer?.()
    await this.#listening?.close().catch(() => {})
    await this.#looking
  }

  #lookLater(): void {
    if (this.#isClosed) return
    this.#cancelTimer = this.#options.clock.setTimer(LOOK_MS, () => void this.#look().finally(() => this.#lookLater()))
  }

  #look(): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    if (this.#looking !== undefined) {
      this.#lookAgain = true
      return this.#looking
    }
    this.#looking = this.#lookOnce().finally(() => {
      this.#looking = undefined
      if (!this.#lookAgain) return
      this.#lookAgain = false
      void this.#look()
    })
    return this.#looking
  }

  async #lookOnce(): Promise<void> {
    const { store, log, sessions } = this.#options
    // Panels taken over meanwhile know better than this answer.
    const asked = [...sessions()]
    if (asked.length === 0) return
    let running: RunningRelease[]
    try {
      running = await runningReleases(store)
    } catch (error) {
      if (!this.#isAway) log.warn('releases_not_read', { error })
      this.#isAway = true
      return
    }
    this.#isAway = false
    const releases = new Map(running.map((release) => [release.panel_id, release]))
    for (const session of asked) {
      const release = releases.get(session.panelId)
      if (release === undefined) {
        if (session.isReleased) session.takeBack()
      } else if (session.isReleased || release.left_ms >= WORTHWHILE_MS) {
        session.release(release.until, release.left_ms)
      }
    }
  }
}
