/**
 * The console's side of the WebSocket as a pure machine: (state, event) → { state, effects }.
 * States, invariants and the tests that hold them: docs/machines/console-stream.md. Source: spec 04 "WebSocket".
 *
 * Two promises rest on it. An alarm is delivered the moment it arrives, gap or no gap (versions make order harmless), and
 * `position` never passes a number whose message has not been received, replayed, or covered by a REST snapshot.
 * No clock in here: every event carries `at` (ms); the driver asks `wakeAt` when to send the next `tick`.
 */
import type { ClientMessage, ServerMessage } from '@stam/contracts'

export const streamTiming = {
  /** A ping every 20 s and 10 s to answer: a dead link is known after 30 s at the latest (spec 04: 30 s). */
  heartbeatMs: 20_000,
  answerMs: 10_000,
  ticketMs: 10_000,
  dialMs: 10_000,
  subscribeMs: 10_000,
  replayMs: 15_000,
  /** How long a hole in the numbers may stay before the missing ones are asked for; coalesces bursts. */
  gapGraceMs: 150,
  /** How long the server may report a higher stream position than ours before we ask for the difference. */
  behindGraceMs: 2_000,
  backoffMs: [3_000, 6_000, 12_000, 24_000, 30_000],
  /** Numbers remembered above a hole; past it a REST reload is cheaper. */
  pendingLimit: 5_000,
} as const

export const streamPhases = ['stopped', 'ticket', 'dialling', 'syncing', 'live', 'waiting'] as const
export type StreamPhase = (typeof streamPhases)[number]

export interface StreamState {
  readonly phase: StreamPhase
  /** When the phase began. */
  readonly since: number
  /** Failed attempts in a row; 0 while live. */
  readonly attempt: number
  /** Since when nothing is live; null while live or never started. */
  readonly lostAt: number | null
  readonly retryAt: number | null
  /** All changes up to here are in the list or on their way by REST paging; null = a snapshot is needed first. */
  readonly position: number | null
  /** Numbers received above the first hole, ascending. */
  readonly pending: readonly number[]
  readonly gapSince: number | null
  readonly replayAskedAt: number | null
  readonly subscribedAt: number | null
  /** Whether a hole in the numbers means loss; false where a site scope hides some of them (hello.contiguous). */
  readonly contiguous: boolean
  /** Highest stream position the server has told of, and since when we are behind it. */
  readonly told: number
  readonly behindSince: number | null
  readonly channels: readonly string[]
  readonly pingId: number
  readonly pingSentAt: number | null
  readonly lastPingAt: number
  readonly roundTripMs: number | null
  /** When the server was last heard on the socket. */
  readonly heardAt: number | null
}

export type StreamEvent = { readonly at: number } & (
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'tick' }
  /** The network or the window came back, or the operator pressed "try now". */
  | { readonly type: 'hurry' }
  | { readonly type: 'channels'; readonly channels: readonly string[] }
  /** A full REST reload began whose first page carried this stream position. */
  | { readonly type: 'snapshot'; readonly position: number }
  | { readonly type: 'ticket'; readonly ticket: string }
  | { readonly type: 'ticket_failed'; readonly retryAfterMs: number }
  | { readonly type: 'open' }
  | { readonly type: 'closed'; readonly code: number }
  | { readonly type: 'message'; readonly message: ServerMessage }
  /** An alarm message that does not match its schema: the list must come from REST instead. */
  | { readonly type: 'unreadable' }
  /** A message of a type this console does not know: its number counts, its content does not. */
  | { readonly type: 'foreign'; readonly sequenceId: number | null }
  | { readonly type: 'token'; readonly accessToken: string }
)
export type StreamEventType = StreamEvent['type']

export type StreamEffect =
  | { readonly do: 'fetch_ticket' }
  | { readonly do: 'open_socket'; readonly ticket: string }
  | { readonly do: 'close_socket' }
  | { readonly do: 'send'; readonly message: ClientMessage }
  | { readonly do: 'deliver'; readonly message: ServerMessage }
  | { readonly do: 'reload_list'; readonly afterMs: number }
  /** Answer the server's auth_check with a fresh access token. */
  | { readonly do: 'get_token' }
  | { readonly do: 'renew_session' }

export interface StreamStep {
  readonly state: StreamState
  readonly effects: readonly StreamEffect[]
}

export const initialStream: StreamState = {
  phase: 'stopped',
  since: 0,
  attempt: 0,
  lostAt: null,
  retryAt: null,
  position: null,
  pending: [],
  gapSince: null,
  replayAskedAt: null,
  subscribedAt: null,
  contiguous: true,
  told: 0,
  behindSince: null,
  channels: [],
  pingId: 0,
  pingSentAt: null,
  lastPingAt: 0,
  roundTripMs: null,
  heardAt: null,
}

const noLink = {
  gapSince: null,
  replayAskedAt: null,
  subscribedAt: null,
  behindSince: null,
  pingSentAt: null,
  roundTripMs: null,
  retryAt: null,
} as const

const step = (state: StreamState, ...effects: StreamEffect[]): StreamStep => ({ state, effects })
const connected = (state: StreamState): boolean => state.phase === 'syncing' || state.phase === 'live'

export function streamStep(state: StreamState, event: StreamEvent): StreamStep {
  switch (event.type) {
    case 'start':
      if (state.phase !== 'stopped') return step(state)
      return askTicket({ ...state, attempt: 0, lostAt: event.at }, event.at)
    case 'stop':
      // Nothing may be remembered of one person's list when the next signs in.
      return step({ ...initialStream, since: event.at, channels: state.channels }, { do: 'close_socket' })
    case 'channels':
      return onChannels({ ...state, channels: event.channels })
    case 'snapshot':
      return onSnapshot(state, event.position, event.at)
    case 'hurry':
      if (state.phase === 'waiting') return askTicket(state, event.at)
      return connected(state) && state.pingSentAt === null ? ping(state, event.at) : step(state)
    case 'ticket':
      if (state.phase !== 'ticket') return step(state)
      return step({ ...state, phase: 'dialling', since: event.at }, { do: 'open_socket', ticket: event.ticket })
    case 'ticket_failed':
      return state.phase === 'ticket' ? lose(state, event.at, event.retryAfterMs) : step(state)
    case 'open':
      return state.phase === 'dialling' ? onOpen(state, event.at) : step(state)
    case 'closed':
      return onClosed(state, event.code, event.at)
    case 'message':
      return connected(state) ? onMessage({ ...state, heardAt: event.at }, event.message, event.at) : step(state)
    case 'unreadable':
      return connected(state) ? onUnreadable({ ...state, heardAt: event.at }) : step(state)
    case 'foreign':
      if (!connected(state) || event.sequenceId === null) return step(state)
      return step(onNumber({ ...state, heardAt: event.at }, event.sequenceId, event.at))
    case 'token':
      if (!connected(state)) return step(state)
      return step(state, { do: 'send', message: { type: 'auth', access_token: event.accessToken } })
    case 'tick':
      return onTick(state, event.at)
  }
}

function askTicket(state: StreamState, at: number): StreamStep {
  return step({ ...state, ...noLink, phase: 'ticket', since: at }, { do: 'fetch_ticket' })
}

/** The link is gone (or never came): wait out the back-off, then fetch a fresh ticket. No limit to the attempts. */
function lose(state: StreamState, at: number, atLeastMs = 0, ...effects: StreamEffect[]): StreamStep {
  const table = streamTiming.backoffMs
  const delay = table[Math.min(state.attempt, table.length - 1)] ?? 30_000
  const next: StreamState = {
    ...state,
    ...noLink,
    phase: 'waiting',
    since: at,
    attempt: state.attempt + 1,
    lostAt: state.lostAt ?? at,
    retryAt: at + Math.max(delay, atLeastMs),
  }
  return step(next, ...effects)
}

function onOpen(state: StreamState, at: number): StreamStep {
  const next: StreamState = { ...state, phase: 'syncing', since: at, heardAt: at, lastPingAt: at }
  return step(next, subscribe(next))
}

const subscribe = (state: StreamState): StreamEffect => ({
  do: 'send',
  message: { type: 'subscribe', channels: [...state.channels] as ('alarms' | 'panels' | 'system')[] },
})

function onChannels(state: StreamState): StreamStep {
  return connected(state) ? step(state, subscribe(state)) : step(state)
}

function onClosed(state: StreamState, code: number, at: number): StreamStep {
  if (state.phase === 'stopped' || state.phase === 'waiting' || state.phase === 'ticket') return step(state)
  return code === 4002 ? lose(state, at, 0, { do: 'renew_session' }) : lose(state, at)
}

function onSnapshot(state: StreamState, position: number, at: number): StreamStep {
  // A snapshot may be older than what the socket has brought since; it never takes a trusted position back.
  const base = state.position === null ? position : Math.max(state.position, position)
  const next = advance({ ...state, position: base })
  return state.phase === 'syncing' && state.subscribedAt !== null && state.replayAskedAt === null
    ? askReplay(next, at)
    : step(next)
}

function askReplay(state: StreamState, at: number): StreamStep {
  if (state.position === null) return step(state)
  return step(
    { ...state, replayAskedAt: at, gapSince: null, behindSince: null },
    { do: 'send', message: { type: 'replay_request', last_sequence_id: state.position } },
  )
}

/** Moves the position over pending numbers that have become contiguous. */
function advance(state: StreamState): StreamState {
  if (state.position === null || state.pending.length === 0) return state
  let position = state.position
  let used = 0
  for (const number of state.pending) {
    if (number > position + 1) break
    position = Math.max(position, number)
    used += 1
  }
  if (used === 0) return state
  const pending = state.pending.slice(used)
  return { ...state, position, pending, gapSince: pending.length === 0 ? null : state.gapSince }
}

function onNumber(state: StreamState, number: number, at: number): StreamState {
  const told = Math.max(state.told, number)
  if (state.position === null) return { ...state, told, pending: insert(state.pending, number) }
  if (number <= state.position) return { ...state, told }
  if (!state.contiguous && state.phase === 'live' && state.replayAskedAt === null)
    return { ...state, told, position: number }
  if (number === state.position + 1) return advance({ ...state, told, position: number })
  return {
    ...state,
    told,
    pending: insert(state.pending, number),
    gapSince: state.contiguous ? (state.gapSince ?? at) : null,
  }
}

function insert(pending: readonly number[], number: number): readonly number[] {
  const last = pending.at(-1)
  if (last === undefined || number > last) return [...pending, number]
  if (pending.includes(number)) return pending
  return [...pending, number].sort((a, b) => a - b)
}

function onMessage(state: StreamState, message: ServerMessage, at: number): StreamStep {
  switch (message.type) {
    case 'hello':
      return onHello({ ...state, contiguous: message.data.contiguous }, message.data.stream_position, message)
    case 'subscribed': {
      const next = { ...state, subscribedAt: state.subscribedAt ?? at }
      return next.phase === 'syncing' && next.replayAskedAt === null ? askReplay(next, at) : step(next)
    }
    case 'replay_done':
      return onReplayDone(state, message.data.to, at)
    case 'replay_overflow':
      return step(forget(state), { do: 'reload_list', afterMs: message.data.retry_after_ms })
    case 'auth_check':
      return step(state, { do: 'get_token' })
    case 'pong':
      return onPong(state, message.data, at)
    case 'error':
      return step(state, { do: 'deliver', message })
    default: {
      const numbered = message.sequence_id === null ? state : onNumber(state, message.sequence_id, at)
      const next = message.type === 'system.status' ? onTold(numbered, message.data.stream_position, at) : numbered
      if (next.pending.length <= streamTiming.pendingLimit) return step(next, { do: 'deliver', message })
      // Without a position a reload is under way already; the oldest numbers will be below its snapshot or be replayed.
      if (next.position === null) return step({ ...next, pending: next.pending.slice(1) }, { do: 'deliver', message })
      return step(forget(next), { do: 'deliver', message }, { do: 'reload_list', afterMs: 0 })
    }
  }
}

/** The position can no longer be trusted: back to syncing until REST gives a new one. */
function forget(state: StreamState): StreamState {
  return {
    ...state,
    phase: 'syncing',
    position: null,
    pending: [],
    gapSince: null,
    replayAskedAt: null,
    behindSince: null,
  }
}

function onHello(state: StreamState, position: number, message: ServerMessage): StreamStep {
  const deliver: StreamEffect = { do: 'deliver', message }
  // The server knows less than we do: its data was restored or replaced, so our numbers mean nothing any more.
  if (state.position !== null && position < state.position) {
    return step({ ...forget(state), told: position }, deliver, { do: 'reload_list', afterMs: 0 })
  }
  return step({ ...state, told: Math.max(state.told, position) }, deliver)
}

function onPong(
  state: StreamState,
  data: { readonly id: number; readonly stream_position: number },
  at: number,
): StreamStep {
  const answered =
    state.pingSentAt === null || data.id !== state.pingId
      ? state
      : { ...state, pingSentAt: null, roundTripMs: at - state.pingSentAt }
  // Everything visible up to there was sent before the pong, so with a scope the position may follow it.
  const settled = state.phase === 'live' && state.replayAskedAt === null && state.position !== null
  if (!state.contiguous && settled) {
    return step({ ...answered, position: Math.max(state.position ?? 0, data.stream_position) })
  }
  return step(onTold(answered, data.stream_position, at))
}

function onTold(state: StreamState, position: number, at: number): StreamState {
  if (!state.contiguous) return state
  const told = Math.max(state.told, position)
  const behind = state.position !== null && told > state.position
  return { ...state, told, behindSince: behind ? (state.behindSince ?? at) : null }
}

function onReplayDone(state: StreamState, to: number, at: number): StreamStep {
  if (state.replayAskedAt === null || state.position === null) return step(state)
  // With a scope the server alone knows what is missing: what arrived during the replay is in order behind it.
  const base = Math.max(state.position, to, state.contiguous ? 0 : (state.pending.at(-1) ?? 0))
  const pending = state.pending.filter((number) => number > base)
  const next = advance({ ...state, position: base, pending, replayAskedAt: null, behindSince: null })
  const gapSince = next.pending.length === 0 ? null : at
  if (next.phase === 'live') return step({ ...next, gapSince })
  return step({ ...next, gapSince, phase: 'live', since: at, attempt: 0, lostAt: null })
}

function onUnreadable(state: StreamState): StreamStep {
  return step(forget(state), { do: 'reload_list', afterMs: 1_000 })
}

function ping(state: StreamState, at: number): StreamStep {
  const pingId = state.pingId + 1
  return step(
    { ...state, pingId, pingSentAt: at, lastPingAt: at },
    { do: 'send', message: { type: 'ping', id: pingId } },
  )
}

function onTick(state: StreamState, at: number): StreamStep {
  const due = deadlines(state)
  const timing = (key: keyof typeof due): boolean => {
    const when = due[key]
    return when !== null && when !== undefined && at >= when
  }
  if (state.phase === 'waiting') return timing('retry') ? askTicket(state, at) : step(state)
  if (timing('ticket')) return lose(state, at)
  if (timing('dial') || timing('answer') || timing('replay') || timing('subscribe')) {
    return lose(state, at, 0, { do: 'close_socket' })
  }
  if (timing('gap') || timing('behind')) return askReplay(state, at)
  if (timing('heartbeat')) return ping(state, at)
  return step(state)
}

type Deadline = 'retry' | 'ticket' | 'dial' | 'subscribe' | 'replay' | 'gap' | 'behind' | 'answer' | 'heartbeat'

function deadlines(state: StreamState): Partial<Record<Deadline, number | null>> {
  const after = (from: number | null, ms: number): number | null => (from === null ? null : from + ms)
  switch (state.phase) {
    case 'stopped':
      return {}
    case 'waiting':
      return { retry: state.retryAt }
    case 'ticket':
      return { ticket: state.since + streamTiming.ticketMs }
    case 'dialling':
      return { dial: state.since + streamTiming.dialMs }
    case 'syncing':
    case 'live': {
      const idle = state.replayAskedAt === null && state.position !== null && state.subscribedAt !== null
      return {
        subscribe: state.subscribedAt === null ? state.since + streamTiming.subscribeMs : null,
        replay: after(state.replayAskedAt, streamTiming.replayMs),
        gap: idle ? after(state.gapSince, streamTiming.gapGraceMs) : null,
        behind: idle ? after(state.behindSince, streamTiming.behindGraceMs) : null,
        answer: after(state.pingSentAt, streamTiming.answerMs),
        heartbeat: state.pingSentAt === null ? state.lastPingAt + streamTiming.heartbeatMs : null,
      }
    }
  }
}

/** When the next `tick` is needed (ms), or null while nothing is timed. */
export function wakeAt(state: StreamState): number | null {
  let earliest: number | null = null
  for (const when of Object.values(deadlines(state))) {
    if (when !== null && (earliest === null || when < earliest)) earliest = when
  }
  return earliest
}
