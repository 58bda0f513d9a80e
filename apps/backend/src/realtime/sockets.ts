/**
 * All WebSockets of this instance: the way in (ticket), the heartbeat, whose session has ended, and the way out (1012).
 * What is sent to them comes from the hub (numbered) and from pictures.ts (volatile).
 */
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { type Channel, closeCodes } from '@stam/contracts'
import type { Clock, Log } from '@stam/runtime'
import { type WebSocket, WebSocketServer } from 'ws'
import { isUnanswered } from '../http/unanswered.ts'
import type { Person } from '../identity/principals.ts'
import type { Telemetry } from '../telemetry.ts'
import { Connection } from './connection.ts'
import { SocketSink } from './socket-sink.ts'
import type { StreamHub } from './stream-hub.ts'

const PATH = '/ws'
const LARGEST_MESSAGE = 16_384
/** A logout, a changed role or a withdrawn site reaches sockets of every instance within this; one query for all of them. */
const REVALIDATE_MS = 3_000
const UPGRADE_LIMIT_MS = 5_000

export interface SocketsOptions {
  readonly hub: StreamHub
  readonly clock: Clock
  readonly log: Log
  readonly telemetry: Telemetry
  readonly instanceId: string
  readonly limits: { readonly perUser: number; readonly inAll: number; readonly bufferBytes: number }
  readonly authCheckIntervalMs: number
  readonly authAnswerMs: number
  readonly heartbeatMs: number
  readonly redeem: (ticket: string) => Promise<Person | null>
  readonly verify: (accessToken: string) => Promise<Person | null>
  /** Persons of the sessions that still live; rejects when that cannot be told. */
  readonly stillSignedIn: (sessionIds: readonly string[]) => Promise<readonly Person[]>
}

export type ChannelsListener = (connection: Connection, added: readonly Channel[]) => void

export class Sockets {
  readonly #options: SocketsOptions
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: LARGEST_MESSAGE,
    perMessageDeflate: false,
  })
  readonly #connections = new Map<Connection, WebSocket>()
  #onChannels: ChannelsListener = () => {}
  #cancelTimers: (() => void)[] = []
  #draining = false
  #pending = 0

  constructor(options: SocketsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#connections.size
  }

  connections(): Iterable<Connection> {
    return this.#connections.keys()
  }

  onChannels(listener: ChannelsListener): void {
    this.#onChannels = listener
  }

  /** Takes upgrades of `server` from now on. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      if (isUnanswered(socket)) socket.destroy()
      else void this.#upgrade(request, socket as Socket, head)
    })
    this.#repeat(this.#options.heartbeatMs, () => this.#heartbeat())
    this.#repeat(REVALIDATE_MS, () => void this.#revalidate())
  }

  /** Closes the sockets of sessions that have ended (logout, reuse of a token, changed password). */
  endSessions(sessionIds: readonly string[]): void {
    const ended = new Set(sessionIds)
    for (const connection of this.#connections.keys()) {
      if (ended.has(connection.person.sessionId)) connection.close(closeCodes.authExpired, 'session ended')
    }
  }

  /** Tells everybody to come back later, and waits until they are gone or the grace is over. */
  async close(): Promise<void> {
    this.#draining = true
    for (const cancel of this.#cancelTimers) cancel()
    const gone = [...this.#connections].map(
      ([connection, socket]) =>
        new Promise<void>((resolve) => {
          socket.once('close', () => resolve())
          connection.close(closeCodes.restarting, 'restarting')
        }),
    )
    await Promise.all(gone)
    this.#server.close()
  }

  async #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const drop = () => socket.destroy()
    socket.on('error', drop)
    // Not every request target is a URL (`//` is none); what cannot be read is no address of ours.
    const url = URL.parse(request.url ?? '/', 'http://localhost')
    if (url?.pathname !== PATH) return refuse(socket, '404 Not Found')
    if (this.#draining || this.#connections.size + this.#pending >= this.#options.limits.inAll) {
      return refuse(socket, '503 Service Unavailable')
    }
    this.#pending++
    const cancel = this.#options.clock.setTimer(UPGRADE_LIMIT_MS, drop)
    try {
      const person = await this.#options.redeem(url.searchParams.get('ticket') ?? '')
      if (socket.destroyed) return
      if (this.#draining) return refuse(socket, '503 Service Unavailable')
      this.#server.handleUpgrade(request, socket, head, (webSocket) => {
        socket.off('error', drop)
        this.#accept(webSocket, socket, person)
      })
    } catch (error) {
      this.#options.log.error('socket_upgrade_failed', { error })
      refuse(socket, '503 Service Unavailable')
    } finally {
      cancel()
      this.#pending--
    }
  }

  #accept(socket: WebSocket, raw: Socket, person: Person | null): void {
    const { telemetry, clock, limits } = this.#options
    // An unreadable frame or a reset ends the socket; the close that follows says so.
    socket.on('error', () => {})
    const sink = new SocketSink(socket, raw, clock)
    if (!person) return sink.close(closeCodes.badTicket, 'bad ticket')
    if (this.#countOf(person.userId) >= limits.perUser)
      return sink.close(closeCodes.protocolError, 'too many connections')
    const connection = new Connection({
      ...this.#options,
      sink,
      person,
      limitBytes: limits.bufferBytes,
      onChannels: (changed, added) => this.#onChannels(changed, added),
    })
    this.#connections.set(connection, socket)
    telemetry.sockets(this.size)
    socket.on('message', (data, binary) => {
      if (binary) connection.close(closeCodes.protocolError, 'text only')
      else connection.receive(data.toString())
    })
    socket.on('pong', () => connection.alive())
    socket.once('close', (code) => {
      connection.detach()
      this.#connections.delete(connection)
      telemetry.sockets(this.size)
      telemetry.socketClosed(code)
    })
  }

  #countOf(userId: string): number {
    let count = 0
    for (const connection of this.#connections.keys()) if (connection.person.userId === userId) count++
    return count
  }

  #heartbeat(): void {
    for (const [connection, socket] of this.#connections) {
      if (connection.heartbeat()) socket.ping()
      else {
        connection.detach()
        socket.terminate()
      }
    }
  }

  async #revalidate(): Promise<void> {
    const connections = [...this.#connections.keys()]
    if (connections.length === 0) return
    try {
      const sessionIds = [...new Set(connections.map(({ person }) => person.sessionId))]
      const persons = new Map(
        (await this.#options.stillSignedIn(sessionIds)).map((person) => [person.sessionId, person]),
      )
      for (const connection of connections) {
        const person = persons.get(connection.person.sessionId)
        if (!connection.open) continue
        if (person) connection.update(person)
        else connection.close(closeCodes.authExpired, 'session ended')
      }
    } catch (error) {
      // The database cannot be asked: nobody is thrown out for that.
      this.#options.log.warn('socket_revalidation_failed', { error })
    }
  }

  #repeat(everyMs: number, work: () => void): void {
    const index = this.#cancelTimers.length
    const again = () => {
      this.#cancelTimers[index] = this.#options.clock.setTimer(everyMs, () => {
        work()
        if (!this.#draining) again()
      })
    }
    again()
  }
}

/** Nobody watches a connection any more once it asked for an upgrade: it is ended here, whether or not the sender does (http/lingering-close.ts). */
function refuse(socket: Socket, status: string): void {
  socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  socket.destroySoon()
}
