/** The line to the alarm receiving centre: HTTP, session, stream and board, made once and tied together. */
import { AlarmList, type ServerMessage, type SystemStatus, WsTicket } from '@stam/contracts'
import { QueryClient } from '@tanstack/react-query'
import { createStore } from 'zustand/vanilla'
import { Board, type BoardChange } from './alarm-board.ts'
import { BoardLoader } from './board-loader.ts'
import { deviceNameOf } from './device-name.ts'
import { ApiError, createHttp, failureOf, type Http } from './http.ts'
import { Realtime, type Socket, type TicketAnswer } from './realtime.ts'
import { learnServerTime } from './server-clock.ts'
import { SessionKeeper } from './session.ts'

/** Whether the server answers REST at all. */
export const reach = createStore<{ readonly up: boolean | null; readonly downSince: number | null }>(() => ({
  up: null,
  downSince: null,
}))
export const systemStatus = createStore<{ readonly status: SystemStatus | null }>(() => ({ status: null }))
/** Grows with the board; components subscribe to it and read the board. */
export const boardRevision = createStore<{ readonly revision: number }>(() => ({ revision: 0 }))
/** When the live stream was last heard; null = it has not been live since sign-in. */
export const liveHistory = createStore<{ readonly heardAt: number | null }>(() => ({ heardAt: null }))

type RefusalListener = (code: string) => void
const refusalListeners = new Set<RefusalListener>()

/** Hears the code of each refusal. Returns the way to stop. */
export function onRefusal(listener: RefusalListener): () => void {
  refusalListeners.add(listener)
  return () => refusalListeners.delete(listener)
}

const leaves = 'BroadcastChannel' in globalThis ? new BroadcastChannel('stam-session') : null

export const http: Http = createHttp({
  fetch: (input, init) => globalThis.fetch(input, init),
  token: () => session.token(),
  renew: () => session.renew(),
  onReach: (up) => {
    reach.setState((state) => ({ up, downSince: up ? null : (state.downSince ?? Date.now()) }))
  },
  onRefusal: (code) => {
    for (const listener of refusalListeners) listener(code)
  },
})

export const session = new SessionKeeper({
  http,
  now: Date.now,
  // A refresh token may be used once; two windows renewing together would look like a theft.
  exclusively: (work) =>
    navigator.locks === undefined ? work() : navigator.locks.request('stam-session-renewal', work),
  announceLeave: () => leaves?.postMessage('left'),
  deviceName: deviceNameOf(navigator.userAgent),
})
leaves?.addEventListener('message', () => session.end('left'))

export const board = new Board()
type BoardListener = (change: BoardChange) => void
const boardListeners = new Set<BoardListener>()

/** Hears of every change of the board, before React draws it. Returns the way to stop. */
export function onBoardChange(listener: BoardListener): () => void {
  boardListeners.add(listener)
  return () => boardListeners.delete(listener)
}

export function boardChanged(change: BoardChange): void {
  boardRevision.setState({ revision: board.revision })
  for (const listener of boardListeners) listener(change)
}

export const loader = new BoardLoader({
  board,
  fetchPage: (query, signal) =>
    http.call('/api/alarms', AlarmList, { query: { ...query, limit: 100, test: 'all' }, signal }),
  onSnapshot: (position) => realtime.snapshot(position),
  onChange: boardChanged,
  now: Date.now,
})

type MessageListener = (message: ServerMessage) => void
const messageListeners = new Set<MessageListener>()

/** Hears of every message that is not an alarm: panels, sites, system. */
export function onServerMessage(listener: MessageListener): () => void {
  messageListeners.add(listener)
  return () => messageListeners.delete(listener)
}

export const realtime = new Realtime({
  now: Date.now,
  openSocket: (ticket) => {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    return new WebSocket(`${scheme}://${location.host}/ws?ticket=${encodeURIComponent(ticket)}`) as unknown as Socket
  },
  fetchTicket,
  freshToken: async () => ((await session.renew()) ? session.token() : null),
  renewSession: () => void session.renew().catch(() => undefined),
  deliver,
  reloadList: (afterMs) => loader.reload(afterMs),
  beforeNextFrame,
})

async function fetchTicket(): Promise<TicketAnswer> {
  try {
    return { ticket: (await http.call('/api/auth/ws-ticket', WsTicket, { method: 'POST' })).ticket }
  } catch (error) {
    const failure = failureOf(error)
    if (failure.kind !== 'refused') throw error instanceof ApiError ? error : new ApiError(failure)
    return { retryAfterMs: Number(failure.details['retry_after'] ?? 0) * 1000 || 0 }
  }
}

function deliver(messages: readonly ServerMessage[]): void {
  const alarms = messages.flatMap((message) => (isAlarm(message) ? [message.data] : []))
  if (alarms.length > 0) boardChanged(board.live(alarms, Date.now()))
  for (const message of messages) {
    if (message.type === 'hello') learnServerTime(message.data.server_time)
    if (message.type === 'system.status') systemStatus.setState({ status: message.data })
    if (!isAlarm(message)) for (const listener of messageListeners) listener(message)
  }
}

type AlarmMessage = Extract<ServerMessage, { type: 'alarm.new' | 'alarm.updated' | 'alarm.closed' }>
const isAlarm = (message: ServerMessage): message is AlarmMessage => message.type.startsWith('alarm.')

/** One batch per drawn frame; a hidden window draws none, and must still hear of alarms at once. */
function beforeNextFrame(work: () => void): void {
  if (document.hidden) return void setTimeout(work, 0)
  let done = false
  const once = (): void => {
    if (done) return
    done = true
    work()
  }
  requestAnimationFrame(once)
  setTimeout(once, 100)
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (count, error) => failureOf(error).kind === 'unreachable' && count < 1,
      refetchOnWindowFocus: true,
    },
  },
})

/** Everything of one person's view; called when somebody else signs in. */
export function forgetEverything(): void {
  queries.clear()
  board.clear()
  liveHistory.setState({ heardAt: null })
  systemStatus.setState({ status: null })
  boardChanged({ arrived: [], changed: [] })
}
