import type { ComponentStatus } from '@stam/contracts'
import { type Breaker, createBreaker, isoTime, isRuntimeError, type Secret, withDeadline } from '@stam/runtime'
import { Redis, type RedisOptions } from 'ioredis'
import { LiveError } from '../errors.ts'
import type { LiveEvent } from '../live.ts'
import { type ScriptedRedis, scripts } from './scripts.ts'

export interface RedisConnectionOptions {
  /** One server, or the sentinels that know which one is the master. */
  readonly server:
    | { readonly host: string; readonly port: number }
    | {
        readonly sentinels: readonly { readonly host: string; readonly port: number }[]
        readonly masterName: string
        readonly sentinelPassword?: Secret
      }
  readonly username?: string
  readonly password?: Secret
  readonly database?: number
  readonly tls?: RedisOptions['tls']
  /** Appears in Redis's client list. */
  readonly name: string
  /** Longest any call may take; 1.5 s unless given. */
  readonly callTimeoutMs?: number
  /** Failures in a row that stop asking, and for how long: 3 and 30 s unless given (spec 01). */
  readonly breaker?: { readonly failures: number; readonly resetMs: number }
  /**
   * How often Redis is asked whether it is there; 1 s unless given, 0 = never. A good answer closes the breaker before its
   * time: its 30 s protect callers from waiting, and nobody waits for this question.
   */
  readonly probeEveryMs?: number
  /** Random pause between attempts to connect; 50 to 500 ms unless given. */
  readonly reconnectMs?: { readonly min: number; readonly max: number }
  readonly onEvent?: (event: LiveEvent) => void
}

/**
 * Two connections, one to ask and one to listen, with a time limit and a breaker around every question. Nothing is queued
 * while Redis is away and nothing is sent again after a loss: a lease taken by a command of a minute ago would be a lie.
 */
export class RedisConnection {
  readonly #options: RedisConnectionOptions
  readonly #callTimeoutMs: number
  readonly #asking: ScriptedRedis
  readonly #listening: Redis
  #breaker: Breaker
  #error = ''
  /** Changes of others reach us. */
  #subscribed = false
  #closed = false
  #status: ComponentStatus = { name: 'redis', state: 'connecting', since: isoTime(Date.now()), error: null }
  readonly #statusListeners = new Set<(status: ComponentStatus) => void>()
  readonly #prober: NodeJS.Timeout | undefined
  #probing = false
  readonly #revivals = new Set<NodeJS.Timeout>()

  constructor(
    options: RedisConnectionOptions,
    channel: string,
    listener: { message(text: string): void; resync(): void },
  ) {
    this.#options = options
    this.#callTimeoutMs = options.callTimeoutMs ?? 1_500
    this.#breaker = this.#newBreaker()
    const settings = redisOptions(options, this.#callTimeoutMs)
    this.#asking = new Redis({ ...settings, scripts }) as ScriptedRedis
    this.#listening = new Redis({ ...settings, connectionName: `${options.name} (listening)` })
    for (const redis of [this.#asking, this.#listening]) {
      redis.on('error', (error: Error) => this.#fault(error))
      redis.on('end', () => this.#revive(redis))
    }
    const probeEveryMs = options.probeEveryMs ?? 1_000
    this.#asking.on('ready', () => (probeEveryMs > 0 ? void this.#probe() : this.#show()))
    this.#asking.on('close', () => this.#show())
    this.#listening.on('ready', () => {
      this.#listening.subscribe(channel).then(
        () => {
          this.#subscribed = true
          listener.resync()
          this.#show()
        },
        () => this.#dialAgain(this.#listening),
      )
    })
    this.#listening.on('close', () => {
      this.#subscribed = false
      this.#show()
    })
    this.#listening.on('message', (_channel: string, text: string) => listener.message(text))
    if (probeEveryMs > 0) this.#prober = setInterval(() => void this.#probe(), probeEveryMs)
  }

  get status(): ComponentStatus {
    return this.#status
  }

  onStatus(listener: (status: ComponentStatus) => void): () => void {
    this.#statusListeners.add(listener)
    return () => this.#statusListeners.delete(listener)
  }

  ready(timeoutMs: number): Promise<void> {
    if (this.#status.state === 'up') return Promise.resolve()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        ignore()
        reject(new LiveError('LIVE_UNAVAILABLE', `Redis was not reached within ${timeoutMs} ms: ${this.#error}`))
      }, timeoutMs)
      const ignore = this.onStatus(({ state }) => {
        if (state !== 'up') return
        clearTimeout(timer)
        ignore()
        resolve()
      })
    })
  }

  /** Asks Redis; rejects with `LIVE_UNAVAILABLE` at once while it is known to be away, else within the call time-out. */
  async ask<T>(what: string, question: (redis: ScriptedRedis) => Promise<T>): Promise<T> {
    try {
      return await this.#breaker.run(() => {
        if (this.#asking.status !== 'ready') throw new Error(this.#error || 'not connected')
        return withDeadline(what, this.#callTimeoutMs, () => question(this.#asking))
      })
    } catch (error) {
      const { message } = error as Error
      if (!isRuntimeError(error, 'BREAKER_OPEN')) this.#error = message
      throw new LiveError('LIVE_UNAVAILABLE', `${what} failed: ${message}`, { cause: error })
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#prober)
    for (const timer of this.#revivals) clearTimeout(timer)
    // One that waits for its next attempt has no connection whose end could be awaited.
    const connected = [this.#asking, this.#listening].filter(
      ({ status }) => !['end', 'close', 'reconnecting'].includes(status),
    )
    const ended = connected.map((redis) => new Promise((resolve) => redis.once('end', resolve)))
    this.#asking.disconnect()
    this.#listening.disconnect()
    await withDeadline('closing Redis', this.#callTimeoutMs, () => Promise.all(ended)).catch(() => {})
    this.#show()
    this.#statusListeners.clear()
  }

  #newBreaker(): Breaker {
    return createBreaker({
      name: 'Redis',
      ...(this.#options.breaker ?? { failures: 3, resetMs: 30_000 }),
      onChange: (state, cause) => {
        if (cause instanceof Error) this.#error = cause.message
        this.#options.onEvent?.({ kind: 'breaker', state })
        this.#show()
      },
    })
  }

  /** A frozen server keeps its connections open: only an unanswered question shows it. */
  async #probe(): Promise<void> {
    if (this.#probing || this.#closed) return
    this.#probing = true
    try {
      await withDeadline('ping', this.#callTimeoutMs, () => this.#asking.ping())
      if (this.#breaker.state !== 'closed') {
        this.#breaker = this.#newBreaker()
        this.#options.onEvent?.({ kind: 'breaker', state: 'closed' })
      }
      this.#show()
      await this.#probeListening()
    } catch (error) {
      this.#fault(error as Error)
      this.#dialAgain(this.#asking)
    } finally {
      this.#probing = false
    }
  }

  async #probeListening(): Promise<void> {
    if (this.#listening.status !== 'ready') return
    await withDeadline('ping', this.#callTimeoutMs, () => this.#listening.ping()).catch(() =>
      this.#listening.disconnect(true),
    )
  }

  /**
   * The client gives up for good when a failover is announced while it is just connecting ("Connection is closed"); we
   * never do.
   */
  #revive(redis: Redis): void {
    if (this.#closed) return
    this.#show()
    const { min, max } = reconnectMs(this.#options)
    const timer = setTimeout(
      () => {
        this.#revivals.delete(timer)
        if (redis.status === 'end') redis.connect().catch(() => {})
      },
      min + Math.random() * (max - min),
    )
    this.#revivals.add(timer)
  }

  /** Only a standing connection: to break one that is closed leaves the client waiting for an end that was. */
  #dialAgain(redis: Redis): void {
    if (!this.#closed && redis.status === 'ready') redis.disconnect(true)
  }

  #fault(error: Error): void {
    this.#error = error.message
    this.#show()
  }

  #show(): void {
    const usable = this.#asking.status === 'ready' && this.#subscribed && this.#breaker.state === 'closed'
    if (usable) this.#error = ''
    const fallen = this.#status.state !== 'connecting' || this.#error !== ''
    const state = this.#closed ? 'off' : usable ? 'up' : fallen ? 'down' : 'connecting'
    const error = state === 'down' ? this.#error || 'the connection was lost' : null
    const turned = state !== this.#status.state
    if (!turned && error === this.#status.error) return
    this.#status = { name: 'redis', state, since: turned ? isoTime(Date.now()) : this.#status.since, error }
    if (turned && state === 'up') this.#options.onEvent?.({ kind: 'up' })
    if (turned && state === 'down') this.#options.onEvent?.({ kind: 'down', error: error as string })
    for (const listener of this.#statusListeners) listener(this.#status)
  }
}

function reconnectMs(options: RedisConnectionOptions): { readonly min: number; readonly max: number } {
  return options.reconnectMs ?? { min: 50, max: 500 }
}

/** The client's type of this one option does not fit itself under our strictness. */
type ClientOptions = Omit<RedisOptions, 'replyMapping'>

function redisOptions(options: RedisConnectionOptions, callTimeoutMs: number): ClientOptions {
  const { server, username, password, database, tls, name } = options
  const { min, max } = reconnectMs(options)
  const delay = () => min + Math.random() * (max - min)
  const common: ClientOptions = {
    // Protocol 3 brings us nothing, and is the younger half of the client.
    protocol: 2,
    connectionName: name,
    connectTimeout: 2_000,
    disconnectTimeout: 500,
    socketTimeout: callTimeoutMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // Calls in flight when the connection breaks reject at once instead of waiting for the next one.
    maxRetriesPerRequest: 0,
    retryStrategy: delay,
    // A demoted master answers READONLY until the client looks for the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: password.reveal() }),
    ...(database === undefined ? {} : { db: database }),
    ...(tls === undefined ? {} : { tls }),
  }
  if (!('sentinels' in server)) return { ...common, host: server.host, port: server.port }
  return {
    ...common,
    sentinels: [...server.sentinels],
    name: server.masterName,
    role: 'master',
    failoverDetector: true,
    sentinelRetryStrategy: delay,
    sentinelCommandTimeout: callTimeoutMs,
    ...(server.sentinelPassword === undefined ? {} : { sentinelPassword: server.sentinelPassword.reveal() }),
  }
}
