/**
 * One WebSocket of one person: what the client asks for, what it gets, and whether it still may. Text messages only,
 * validated; a client that breaks the protocol is closed, never answered with data it did not ask for.
 */
import { type Channel, ClientMessage, closeCodes, type ServerMessage, type SiteScope } from '@stam/contracts'
import { type Clock, isoTime, type Log } from '@stam/runtime'
import { type Person, seesSite } from '../identity/principals.ts'
import type { Telemetry } from '../telemetry.ts'
import { ClientStream } from './client-stream.ts'
import type { SocketSink } from './socket-sink.ts'
import type { StreamHub } from './stream-hub.ts'

export interface ConnectionOptions {
  readonly sink: SocketSink
  readonly person: Person
  readonly hub: StreamHub
  readonly clock: Clock
  readonly log: Log
  readonly telemetry: Telemetry
  readonly instanceId: string
  readonly limitBytes: number
  readonly authCheckIntervalMs: number
  readonly authAnswerMs: number
  /** The person of a fresh access token; null when it is not good (any more). */
  readonly verify: (accessToken: string) => Promise<Person | null>
  /** The channels changed: send the full pictures of the new ones. */
  readonly onChannels: (connection: Connection, added: readonly Channel[]) => void
}

const MOST_VIOLATIONS = 3
/** Messages per second a client may send in the long run, and at once. */
const MESSAGES_PER_SECOND = 20
const MESSAGES_AT_ONCE = 60
const OVERFLOW_SPREAD_MS = 5_000

export class Connection {
  readonly #options: ConnectionOptions
  readonly #stream: ClientStream
  readonly #detach: () => void
  #person: Person
  #sees: (siteId: string | null) => boolean
  #channels = new Set<Channel>()
  #violations = 0
  #tokens = MESSAGES_AT_ONCE
  #tokensAt: number
  #cancelAuth = () => {}
  #unanswered = 0
  #closed = false
  /** Volatile pictures were left out because the client was slow; it gets full ones when it has caught up. */
  behindOnPictures = false

  constructor(options: ConnectionOptions) {
    const { sink, hub, clock, limitBytes: limit, telemetry } = options
    this.#options = options
    this.#person = options.person
    this.#sees = seesSite(options.person.scope)
    this.#tokensAt = clock.monotonic()
    this.#stream = new ClientStream({
      source: hub,
      sink: {
        send: (frames) => sink.send(frames),
        flushed: () => sink.flushed(),
        tooSlow: () => this.#tooSlow(),
        get waiting() {
          return sink.waiting
        },
      },
      clock,
      limitBytes: limit,
      sees: (siteId) => this.#sees(siteId),
      reports: {
        replayDone: (data) => {
          telemetry.replay(data.tier)
          this.#tell({ type: 'replay_done', data })
        },
        replayOverflow: ({ position }) => {
          telemetry.replayOverflow()
          // Spread over some seconds, so that a herd of clients does not reload in one moment.
          const retry_after_ms = Math.floor(Math.random() * (OVERFLOW_SPREAD_MS + 1))
          this.#tell({ type: 'replay_overflow', data: { retry_after_ms, stream_position: position } })
        },
      },
    })
    this.#detach = hub.attach(this.#stream)
    this.#tell({
      type: 'hello',
      data: {
        instance_id: options.instanceId,
        stream_position: hub.known,
        server_time: isoTime(clock.now()),
        contiguous: options.person.scope.kind === 'all',
      },
    })
    this.#authLater()
  }

  get person(): Person {
    return this.#person
  }

  get channels(): ReadonlySet<Channel> {
    return this.#channels
  }

  get open(): boolean {
    return !this.#closed
  }

  sees(siteId: string | null): boolean {
    return this.#sees(siteId)
  }

  /** A message of the client, as text. */
  receive(text: string): void {
    if (this.#closed) return
    this.#unanswered = 0
    if (!this.#takeToken()) return this.close(closeCodes.protocolError, 'too many messages')
    const message = ClientMessage.safeParse(parse(text))
    if (!message.success) return this.#violation()
    this.#handle(message.data)
  }

  /** A volatile picture, serialised already. Left out when the client is slow: a newer one replaces it anyway. */
  sendPicture(bytes: readonly Buffer[]): void {
    if (this.#closed || bytes.length === 0) return
    if (this.#options.sink.waiting > this.#options.limitBytes / 4) this.behindOnPictures = true
    else this.#options.sink.send(bytes)
  }

  /** Whether a client that had missed pictures can take them again. */
  get readyForPictures(): boolean {
    return this.behindOnPictures && this.#options.sink.waiting === 0
  }

  /** The server's half of the heartbeat. False: nothing was heard for two rounds. */
  heartbeat(): boolean {
    return ++this.#unanswered <= 2
  }

  alive(): void {
    this.#unanswered = 0
  }

  /** The person as the database has them now. With another role or other sites the client starts anew: it may hold what it may no longer see. */
  update(person: Person): void {
    const same = person.role === this.#person.role && sameScope(person.scope, this.#person.scope)
    this.#person = person
    this.#sees = seesSite(person.scope)
    if (!same) this.close(closeCodes.authExpired, 'permissions changed')
  }

  close(code: number, reason: string): void {
    this.detach()
    this.#options.sink.close(code, reason)
  }

  /** The socket has gone, or is about to: nothing is sent any more. */
  detach(): void {
    if (this.#closed) return
    this.#closed = true
    this.#cancelAuth()
    this.#stream.close()
    this.#detach()
  }

  #handle(message: ClientMessage): void {
    switch (message.type) {
      case 'ping': {
        const stream_position = this.#stream.mode === 'off' ? 0 : this.#stream.position
        return this.#tell({ type: 'pong', data: { id: message.id, stream_position } })
      }
      case 'subscribe':
        return this.#subscribe(message.channels)
      case 'replay_request':
        if (!this.#channels.has('alarms')) this.#subscribe([...this.#channels, 'alarms'])
        void this.#stream.replay(message.last_sequence_id)
        return
      case 'auth':
        void this.#authenticate(message.access_token)
    }
  }

  /** The whole list of what the client wants from now on; what is missing in it is no longer sent. */
  #subscribe(channels: readonly Channel[]): void {
    const allowed = channels.filter((channel) => this.#mayHave(channel))
    const added = allowed.filter((channel) => !this.#channels.has(channel))
    this.#channels = new Set(allowed)
    this.#tell({ type: 'subscribed', data: { channels: allowed } })
    if (this.#channels.has('alarms')) this.#stream.subscribe()
    else this.#stream.unsubscribe()
    if (added.length > 0) this.#options.onChannels(this, added)
  }

  /** Whose site a panel belongs to is checked where its picture is made; here only what the role may have at all. */
  #mayHave(channel: Channel): boolean {
    if (channel === 'alarms') return this.#person.permissions.has('alarm:read')
    return channel === 'system' || this.#person.permissions.has('site:read')
  }

  #authLater(): void {
    const { clock, authCheckIntervalMs, authAnswerMs } = this.#options
    this.#cancelAuth()
    this.#cancelAuth = clock.setTimer(authCheckIntervalMs, () => {
      this.#tell({ type: 'auth_check', data: { answer_within_ms: authAnswerMs } })
      this.#cancelAuth = clock.setTimer(authAnswerMs, () => this.close(closeCodes.authExpired, 'no fresh token'))
    })
  }

  async #authenticate(accessToken: string): Promise<void> {
    try {
      const person = await this.#options.verify(accessToken)
      if (this.#closed) return
      if (person?.userId !== this.#person.userId) return this.close(closeCodes.authExpired, 'token not accepted')
      this.update(person)
      if (!this.#closed) this.#authLater()
    } catch (error) {
      // The database is away: the check stands, and the client is asked again.
      this.#options.log.warn('socket_auth_deferred', { error })
      if (!this.#closed) this.#authLater()
    }
  }

  #violation(): void {
    if (++this.#violations >= MOST_VIOLATIONS) return this.close(closeCodes.protocolError, 'unknown messages')
    this.#tell({ type: 'error', data: { code: 'INVALID_REQUEST', message: 'This message is not known.' } })
  }

  #tooSlow(): void {
    this.detach()
    this.#options.sink.tooSlow()
  }

  #takeToken(): boolean {
    const now = this.#options.clock.monotonic()
    this.#tokens = Math.min(MESSAGES_AT_ONCE, this.#tokens + ((now - this.#tokensAt) / 1000) * MESSAGES_PER_SECOND)
    this.#tokensAt = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  #tell(message: Distribute<ServerMessage>): void {
    this.#options.sink.send([volatileFrame(message, this.#options.clock.now())])
  }
}

function sameScope(a: SiteScope, b: SiteScope): boolean {
  if (a.kind === 'all' || b.kind === 'all') return a.kind === b.kind
  return a.siteIds.length === b.siteIds.length && a.siteIds.every((siteId) => b.siteIds.includes(siteId))
}

type Distribute<Message> = Message extends ServerMessage ? Pick<Message, 'type' | 'data'> : never

/** Bytes of a message without a number. Serialised once, whoever gets it. */
export function volatileFrame(message: Distribute<ServerMessage>, nowMs: number): Buffer {
  return Buffer.from(
    JSON.stringify({ sequence_id: null, type: message.type, data: message.data, timestamp: isoTime(nowMs) }),
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
