/** The WebSocket side of the development centre: hello, subscribe, replay, live; close codes as in the contracts. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { ClientMessage, closeCodes, type ServerMessage } from '@stam/contracts'
import { type WebSocket, WebSocketServer } from 'ws'
import type { AlarmBook, Numbered } from './alarm-book.ts'
import type { Weather } from './scenarios.ts'

export interface StreamSide {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  ticket(): string
  broadcast(message: ServerMessage): void
  /** Loses the next `count` numbered messages for everybody, as a bad network would. */
  lose(count: number): void
  dropAll(code: number): void
}

export function createStreamSide(book: () => AlarmBook, weather: Weather): StreamSide {
  const server = new WebSocketServer({ noServer: true })
  const tickets = new Set<string>()
  const clients = new Map<WebSocket, Set<string>>()
  let toLose = 0
  const send = (
    socket: WebSocket,
    message: { readonly type: string; readonly data: unknown; readonly sequence_id?: number | null },
  ): void => {
    socket.send(JSON.stringify({ sequence_id: null, timestamp: new Date().toISOString(), ...message }))
  }

  const hear = (socket: WebSocket, message: ClientMessage): void => {
    switch (message.type) {
      case 'ping':
        return send(socket, {
          type: 'pong',
          data: { id: message.id, stream_position: book().position() },
        })
      case 'subscribe':
        clients.set(socket, new Set(message.channels))
        return send(socket, { type: 'subscribed', data: { channels: message.channels } })
      case 'replay_request': {
        const from = message.last_sequence_id
        const oldest = book().log[0]?.sequence_id ?? 1
        if (from + 1 < oldest && from < book().position())
          return send(socket, { type: 'replay_overflow', data: { retry_after_ms: 500 } })
        const missed = book().log.filter((entry) => entry.sequence_id > from)
        for (const entry of missed) send(socket, entry)
        return send(socket, {
          type: 'replay_done',
          data: { from, to: book().position(), count: missed.length, tier: 1 },
        })
      }
      case 'auth':
        return
    }
  }

  const accept = (socket: WebSocket): void => {
    clients.set(socket, new Set())
    send(socket, {
      type: 'hello',
      data: {
        instance_id: 'dev',
        stream_position: book().position(),
        server_time: new Date().toISOString(),
        contiguous: true,
      },
    })
    socket.on('message', (data) => {
      const parsed = ClientMessage.safeParse(JSON.parse(String(data)))
      if (parsed.success) hear(socket, parsed.data)
      else socket.close(closeCodes.protocolError)
    })
    socket.on('close', () => clients.delete(socket))
    socket.on('error', () => clients.delete(socket))
  }

  return {
    upgrade(request, socket, head) {
      if (weather.down || weather.wsDown) return void socket.destroy()
      const ticket = new URL(request.url ?? '/', 'http://local').searchParams.get('ticket') ?? ''
      server.handleUpgrade(request, socket, head, (ws) => {
        if (tickets.delete(ticket)) accept(ws)
        else ws.close(closeCodes.badTicket)
      })
    },
    ticket() {
      const ticket = randomUUID()
      tickets.add(ticket)
      return ticket
    },
    broadcast(message) {
      if ((message as Numbered).sequence_id !== null && toLose > 0) {
        toLose -= 1
        return
      }
      const channel = message.type.startsWith('alarm.')
        ? 'alarms'
        : message.type === 'panel.status'
          ? 'panels'
          : message.type === 'panel.state'
            ? `panel:${message.data.panel_id}`
            : message.type === 'system.status'
              ? 'system'
              : null
      const text = JSON.stringify(message)
      for (const [socket, channels] of clients) if (channel === null || channels.has(channel)) socket.send(text)
    },
    lose: (count) => {
      toLose = count
    },
    dropAll(code) {
      for (const socket of clients.keys()) socket.close(code)
    },
  }
}
