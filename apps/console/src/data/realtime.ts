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

/** A deadline that nothing settles must not become a busy loop. */
const leastDelayMs = 20

type Timeless<E> = E extends unknown ? Omit<E, 'at'> : never

export class Realtime {
  readonly store: StoreApi<StreamState> = createStore<StreamState>(() => initialStream)
  readonly #deps: RealtimeDeps
  #socket: Socket | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #waiting: ServerMessage[] = []

  constructor(deps: RealtimeDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#happen({ type: 'start' })
  }

  stop(): void {
    this.#happen({ type: 'stop' })
  }

  /** The network or the window came back, or somebody pressed "connect now". */
  hurry(): void {
    this.#happen({ type: 'hurry' })
  }

  setChannels(channels: readonly string[]): void {
    this.#happen({ type: 'channels', channels })
  }

  /** A full REST reload began; its first page carried this position. */
  snapshot(position: number): void {
    this.#happen({ type: 'snapshot', position })
  }

  #happen(event: Timeless<StreamEvent>): void {
    const { now } = this.#deps
    const { state, effects } = streamStep(this.store.getState(), { ...event, at: now() } as StreamEvent)
    if (state !== this.store.getState()) this.store.setState(state, true)
    for (const effect of effects) this.#carryOut(effect)
    clearTimeout(this.#timer)
    const wake = wakeAt(this.store.getState())
    if (wake !== null)
      this.#timer = setTimeout(() => this.#happen({ type: 'tick' }), Math.max(leastDelayMs, wake - now()))
  }

  #carryOut(effect: StreamEffect): void {
    switch (effect.do) {
      case 'fetch_ticket':
        this.#deps.fetchTicket().then(
          (answer) =>
            this.#happen('ticket' in answer ? { type: 'ticket', ...answer } : { type: 'ticket_failed', ...answer }),
          () => this.#happen({ type: 'ticket_failed', retryAfterMs: 0 }),
        )
        return
      case 'open_socket':
        return this.#open(effect.ticket)
      case 'close_socket': {
        const old = this.#socket
        this.#socket = null
        old?.close()
        return
      }
      case 'send':
        this.#socket?.send(JSON.stringify(effect.message))
        return
      case 'deliver':
        return this.#deliver(effect.message)
      case 'reload_list':
        return this.#deps.reloadList(effect.afterMs)
      case 'get_token':
        this.#deps.freshToken().then(
          (accessToken) => accessToken !== null && this.#happen({ type: 'token', accessToken }),
          () => undefined,
        )
        return
      case 'renew_session':
        return this.#deps.renewSession()
    }
  }

  #deliver(message: ServerMessage): void {
    this.#waiting.push(message)
    if (this.#waiting.length > 1) return
    this.#deps.beforeNextFrame(() => {
      const batch = this.#waiting
      this.#waiting = []
      this.#deps.deliver(batch)
    })
  }

  #open(ticket: string): void {
    const mine = this.#deps.openSocket(ticket)
    this.#socket = mine
    // Events of a socket that is no longer ours say nothing about the present one.
    const current = (event: Timeless<StreamEvent>): void => {
      if (this.#socket === mine) this.#happen(event)
    }
    mine.onopen = () => current({ type: 'open' })
    mine.onmessage = ({ data }) => current(readMessage(data))
    mine.onclose = ({ code }) => {
      if (this.#socket !== mine) return
      this.#socket = null
      this.#happen({ type: 'closed', code })
    }
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
  // Alarms, whatever carries a number, and the end of a replay: without them the list is not known to be whole.
  const vital = /^(alarm|replay)[._]/.test(type) || (knownTypes.has(type) && sequenceId !== null)
  if (vital) return { type: 'unreadable' }
  return { type: 'foreign', sequenceId }
}

function envelopeOf(raw: unknown): { readonly type: string; readonly sequenceId: number | null } {
  if (typeof raw !== 'object' || raw === null) return { type: '', sequenceId: null }
  const type = 'type' in raw && typeof raw.type === 'string' ? raw.type : ''
  const sequenceId = 'sequence_id' in raw && typeof raw.sequence_id === 'number' ? raw.sequence_id : null
  return { type, sequenceId }
}
