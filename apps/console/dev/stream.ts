/** The WebSocket side of the development centre: hello, subscribe, replay, live; close codes as in the contracts. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { ClientMessage, closeCodes, type ServerMessage } from '@stam/contracts'
import { type WebSocket, WebSocketServer } from 'ws'
import type { AlarmBook } from './alarm-book.ts'
import type { Weather } from './scenarios.ts'

interface Outgoing {
  readonly type: string
  readonly data: unknown
  readonly sequence_id?: number | null
}

export class StreamSide {
  readonly #book: () => AlarmBook
  readonly #weather: Weather
  readonly #server = new WebSocketServer({ noServer: true })
  readonly #tickets = new Set<string>()
  readonly #clients = new Map<WebSocket, Set<string>>()
  #toLose = 0

  constructor(book: () => AlarmBook, weather: Weather) {
    this.#book = book
    this.#weather = weather
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#weather.down || this.#weather.wsDown) return void socket.destroy()
    const ticket = new URL(request.url ?? '/', 'http://local').searchParams.get('ticket') ?? ''
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      if (this.#tickets.delete(ticket)) this.#accept(ws)
      else ws.close(closeCodes.badTicket)
    })
  }

  ticket(): string {
    const ticket = randomUUID()
    this.#tickets.add(ticket)
    return ticket
  }

  broadcast(message: ServerMessage): void {
    if (message.sequence_id !== null && this.#toLose > 0) {
      this.#toLose -= 1
      return
    }
    const channel = channelOf(message)
    const text = JSON.stringify(message)
    for (const [socket, channels] of this.#clients) if (channel === null || channels.has(channel)) socket.send(text)
  }

  /** Loses the next `count` numbered messages for everybody, as a bad network would. */
  lose(count: number): void {
    this.#toLose = count
  }

  dropAll(code: number): void {
    for (const socket of this.#clients.keys()) socket.close(code)
  }

  #accept(socket: WebSocket): void {
    this.#clients.set(socket, new Set())
    const stream_position = this.#book().position()
    send(socket, {
      type: 'hello',
      data: { instance_id: 'dev', stream_position, server_time: new Date().toISOString(), contiguous: true },
    })
    socket.on('message', (data: Buffer) => {
      const parsed = ClientMessage.safeParse(JSON.parse(data.toString()))
      if (parsed.success) this.#hear(socket, parsed.data)
      else socket.close(closeCodes.protocolError)
    })
    socket.on('close', () => this.#clients.delete(socket))
    socket.on('error', () => this.#clients.delete(socket))
  }

  #hear(socket: WebSocket, message: ClientMessage): void {
    switch (message.type) {
      case 'ping':
        return send(socket, { type: 'pong', data: { id: message.id, stream_position: this.#book().position() } })
      case 'subscribe':
        this.#clients.set(socket, new Set(message.channels))
        return send(socket, { type: 'subscribed', data: { channels: message.channels } })
      case 'replay_request':
        return this.#replay(socket, message.last_sequence_id)
      case 'auth':
        return
    }
  }

  #replay(socket: WebSocket, from: number): void {
    const book = this.#book()
    const oldest = book.log[0]?.sequence_id ?? 1
    if (from + 1 < oldest && from < book.position()) {
      return send(socket, { type: 'replay_overflow', data: { retry_after_ms: 500, stream_position: book.position() } })
    }
    const missed = book.log.filter((entry) => entry.sequence_id > from)
    for (const entry of missed) send(socket, entry)
    send(socket, { type: 'replay_done', data: { from, to: book.position(), count: missed.length, tier: 1 } })
  }
}

function send(socket: WebSocket, message: Outgoing): void {
  socket.send(JSON.stringify({ sequence_id: null, timestamp: new Date().toISOString(), ...message }))
}

function channelOf(message: ServerMessage): string | null {
  if (message.type.startsWith('alarm.')) return 'alarms'
  if (message.type === 'panel.status') return 'panels'
  if (message.type === 'panel.state') return `panel:${message.data.panel_id}`
  return message.type === 'system.status' ? 'system' : null
}
