/** Topic: how the system itself is, and what the connection is worth. */
import { SystemStatus } from '@stam/contracts'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { http, liveHistory, loader, reach, realtime, systemStatus } from './centre.ts'
import { type Connection, judgeConnection } from './connection.ts'
import { learnServerTime } from './server-clock.ts'
import type { StreamState } from './stream-client.ts'

export type { ComponentStatus, SystemStatus } from '@stam/contracts'
export type { Banner } from './connection.ts'

export async function refreshSystemStatus(): Promise<void> {
  try {
    const status = await http.call('/api/system/status', SystemStatus)
    learnServerTime(status.time)
    systemStatus.setState({ status })
  } catch {
    // Not knowing is shown by the connection banners; the last known status stays.
  }
}

export const useSystemStatus = (): SystemStatus | null => useStore(systemStatus, (state) => state.status)

function currentConnection(now: number): Connection {
  const stream = realtime.store.getState()
  const { up, downSince } = reach.getState()
  const freshAt = Math.max(liveHistory.getState().heardAt ?? 0, loader.store.getState().freshAt ?? 0)
  return judgeConnection(
    {
      phase: stream.phase,
      lostAt: stream.lostAt,
      attempt: stream.attempt,
      retryAt: stream.retryAt,
      restUp: up,
      restDownSince: downSince,
      freshAt: freshAt === 0 ? null : freshAt,
      everLive: liveHistory.getState().heardAt !== null,
      status: systemStatus.getState().status,
    },
    now,
  )
}

const connection = createStore<Connection>(() => ({ banners: [], canAct: true, liveState: false }))

/** Judges again on every change and once a second; screens re-render only when the judgement differs. */
export function watchConnection(): () => void {
  let last = ''
  const judge = (): void => {
    const next = currentConnection(Date.now())
    const key = JSON.stringify(next)
    if (key === last) return
    last = key
    connection.setState(next, true)
  }
  judge()
  const stops = [realtime.store, reach, loader.store, systemStatus, liveHistory].map((store) =>
    (store.subscribe as (listener: () => void) => () => void)(judge),
  )
  const timer = setInterval(judge, 1_000)
  return () => {
    clearInterval(timer)
    for (const stop of stops) stop()
  }
}

export const useConnection = (): Connection => useStore(connection)
export const useRealtime = (): StreamState => useStore(realtime.store)
/** One figure of the stream: re-renders only when that changes, not with every message. */
export const useRealtimeFigure = <K extends keyof StreamState>(name: K): StreamState[K] =>
  useStore(realtime.store, (state) => state[name])
export const connectNow = (): void => {
  realtime.hurry()
  loader.reload()
}
