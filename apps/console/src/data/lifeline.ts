/** Starts and stops what keeps the screen alive as people sign in and out, and as the network comes and goes. */
import { board, boardChanged, forgetEverything, liveHistory, loader, reach, realtime, session } from './centre.ts'
import { connectionTiming } from './connection.ts'
import { watchLock } from './console-lock.ts'
import { dropAllDrafts } from './drafts.ts'
import { followPanels } from './panels.ts'
import { adoptLanguage } from './preferences.ts'
import { resetQueue } from './queue-filter.ts'
import { followSites } from './sites.ts'
import { refreshSystemStatus, watchConnection } from './system.ts'

const statusEveryMs = 30_000

/**
 * Call once. `startSound` belongs to the session, not to anything drawn: a fault of a screen must not silence the alarms.
 * Returns the way to stop everything.
 */
export function startLifeline(startSound: () => () => void): () => void {
  let lastUser: string | null = null
  let stopSound: (() => void) | null = null
  const follow = (state: ReturnType<typeof session.store.getState>): void => {
    if (state.phase !== 'signed_in') {
      realtime.stop()
      loader.stop()
      stopSound?.()
      stopSound = null
      return
    }
    stopSound ??= startSound()
    if (lastUser !== null && lastUser !== state.user.id) {
      forgetEverything()
      dropAllDrafts()
      resetQueue()
    }
    adoptLanguage(state.user.language)
    lastUser = state.user.id
    if (realtime.store.getState().phase !== 'stopped') return
    loader.reload()
    realtime.start()
    void refreshSystemStatus()
  }

  const stops = [
    session.store.subscribe(follow),
    realtime.store.subscribe((state) => {
      if (state.phase === 'live' && state.heardAt !== liveHistory.getState().heardAt)
        liveHistory.setState({ heardAt: state.heardAt })
      pollWhileDown()
    }),
    watchBrowser(),
    watchConnection(),
    followPanels(),
    followSites(),
    watchLock(),
  ]
  const ticker = setInterval(() => {
    if (board.prune(Date.now())) boardChanged({ arrived: [], changed: [] })
    pollWhileDown()
  }, 1_000)
  const status = setInterval(() => {
    if (session.store.getState().phase === 'signed_in') void refreshSystemStatus()
  }, statusEveryMs)
  void session.start()
  return () => {
    clearInterval(ticker)
    clearInterval(status)
    for (const stop of stops) stop()
    stopSound?.()
    realtime.stop()
    loader.stop()
  }
}

/** The list is polled whenever the stream has been gone for longer than a blink. */
function pollWhileDown(): void {
  const { phase, lostAt } = realtime.store.getState()
  const down =
    phase !== 'live' && phase !== 'stopped' && lostAt !== null && Date.now() - lostAt > connectionTiming.quietMs
  loader.setPolling(down)
}

function watchBrowser(): () => void {
  const hurry = (): void => {
    if (document.hidden) return
    realtime.hurry()
    if (reach.getState().up === false && session.store.getState().phase === 'unreachable') void session.start()
  }
  window.addEventListener('online', hurry)
  document.addEventListener('visibilitychange', hurry)
  return () => {
    window.removeEventListener('online', hurry)
    document.removeEventListener('visibilitychange', hurry)
  }
}
