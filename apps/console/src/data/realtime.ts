/** Runs the stream machine: socket, timers, tickets, and delivery in batches per animation frame. */
import { ServerMessage } from '@stam/contracts'
import { createStore, type StoreApi } from 'zustand/vanilla'
import {
  initialStream,
  type StreamEffect,
  type StreamEvent,
  type StreamState,
  streamStep,
  wakeAt,
} from './stream-client.ts'

export interface Socket {
  send(text: string): void
  close(): void
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number }) => void) | null
}

export type TicketAnswer = { readonly ticket: string } | { readonly retryAfterMs: number }

export interface RealtimeDeps {
  readonly now: () => number
  readonly openSocket: (ticket: string) => Socket
  readonly fetchTicket: () => Promise<TicketAnswer>
  /** A token with its full life ahead, or null when the session is over. */
  readonly freshToken: () => Promise<string | null>
  readonly renewSession: () => void
  readonly deliver: (messages: readonly ServerMessage[]) => void
  readonly reloadList: (afterMs: number) => void
  /** Calls back before the next frame is drawn, or soon when nothing is drawn (hidden window). */
  readonly beforeNextFrame: (work: () => void) => void
}

export interface Realtime {
  readonly store: StoreApi<StreamState>
  start(): void
  stop(): void
  hurry(): void
  setChannels(channels: readonly string[]): void
  /** A full REST reload began; its first page carried this position. */
  snapshot(position: number): void
}

type Timeless<E> = E extends unknown ? Omit<E, 'at'> : never

export function createRealtime(deps: RealtimeDeps): Realtime {
  const store = createStore<StreamState>(() => initialStream)
  let socket: Socket | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let waiting: ServerMessage[] = []

  const happen = (event: Timeless<StreamEvent>): void => {
    const { state, effects } = streamStep(store.getState(), { ...event, at: deps.now() } as StreamEvent)
    if (state !== store.getState()) store.setState(state, true)
    for (const effect of effects) carryOut(effect)
    clearTimeout(timer)
    const wake = wakeAt(store.getState())
    if (wake !== null) timer = setTimeout(() => happen({ type: 'tick' }), Math.max(0, wake - deps.now()))
  }

  const deliver = (message: ServerMessage): void => {
    waiting.push(message)
    if (waiting.length > 1) return
    deps.beforeNextFrame(() => {
      const batch = waiting
      waiting = []
      deps.deliver(batch)
    })
  }

  const carryOut = (effect: StreamEffect): void => {
    switch (effect.do) {
      case 'fetch_ticket':
        deps.fetchTicket().then(
          (answer) =>
            happen(
              'ticket' in answer
                ? { type: 'ticket', ticket: answer.ticket }
                : { type: 'ticket_failed', retryAfterMs: answer.retryAfterMs },
            ),
          () => happen({ type: 'ticket_failed', retryAfterMs: 0 }),
        )
        return
      case 'open_socket':
        return open(effect.ticket)
      case 'close_socket': {
        const old = socket
        socket = null
        old?.close()
        return
      }
      case 'send':
        socket?.send(JSON.stringify(effect.message))
        return
      case 'deliver':
        return deliver(effect.message)
      case 'reload_list':
        return deps.reloadList(effect.afterMs)
      case 'get_token':
        deps.freshToken().then(
          (accessToken) => accessToken !== null && happen({ type: 'token', accessToken }),
          () => undefined,
        )
        return
      case 'renew_session':
        return deps.renewSession()
    }
  }

  const open = (ticket: string): void => {
    const mine = deps.openSocket(ticket)
    socket = mine
    // Events of a socket that is no longer ours say nothing about the present one.
    const current = (event: Timeless<StreamEvent>): void => {
      if (socket === mine) happen(event)
    }
    mine.onopen = () => current({ type: 'open' })
    mine.onmessage = ({ data }) => current(readMessage(data))
    mine.onclose = ({ code }) => {
      if (socket !== mine) return
      socket = null
      happen({ type: 'closed', code })
    }
  }

  return {
    store,
    start: () => happen({ type: 'start' }),
    stop: () => happen({ type: 'stop' }),
    hurry: () => happen({ type: 'hurry' }),
    setChannels: (channels) => happen({ type: 'channels', channels }),
    snapshot: (position) => happen({ type: 'snapshot', position }),
  }
}

const knownTypes: ReadonlySet<string> = new Set(ServerMessage.options.map((option) => option.shape.type.value))

/** Text off the wire → what it means for the machine. Never throws. */
export function readMessage(data: unknown): Timeless<StreamEvent> {
  let raw: unknown
  try {
    raw = JSON.parse(String(data))
  } catch {
    return { type: 'unreadable' }
  }
  const parsed = ServerMessage.safeParse(raw)
  if (parsed.success) return { type: 'message', message: parsed.data }
  const { type, sequenceId } = envelopeOf(raw)
  if (type.startsWith('alarm.') || (knownTypes.has(type) && sequenceId !== null)) return { type: 'unreadable' }
  return { type: 'foreign', sequenceId }
}

function envelopeOf(raw: unknown): { readonly type: string; readonly sequenceId: number | null } {
  if (typeof raw !== 'object' || raw === null) return { type: '', sequenceId: null }
  const type = 'type' in raw && typeof raw.type === 'string' ? raw.type : ''
  const sequenceId = 'sequence_id' in raw && typeof raw.sequence_id === 'number' ? raw.sequence_id : null
  return { type, sequenceId }
}
