import { systemClock, withDeadline } from '@stam/runtime'
import { Connection, type ConnectionOptions } from 'rabbitmq-client'
import { BusError } from '../errors.ts'

export interface LinkOptions {
  readonly name: string
  /** Everything but hosts and timing. */
  readonly connection: ConnectionOptions
  /** `host:port`, tried in turn. */
  readonly hosts: readonly string[]
  readonly connectTimeoutMs: number
  readonly heartbeatSeconds: number
  /** Random pause between attempts. */
  readonly reconnectMs: { readonly min: number; readonly max: number }
  /** How often an idle link is asked whether it still works, and how long it may take to answer. */
  readonly probeEveryMs: number
  readonly probeTimeoutMs: number
  /** How long making the connection usable may take, and saying goodbye. */
  readonly answerTimeoutMs: number
  /** Makes the connection usable and proves it; the link counts as up when this resolves. */
  setup(connection: Connection): Promise<void>
  /** Rejects when the link does not do what it is for. */
  probe(connection: Connection): Promise<void>
  onUp(connection: Connection): void
  /** The broker is out of memory or disk: the connection stands, and takes nothing until `onUp`. */
  onBlocked(reason: Error): void
  /** Called after every attempt that failed and every connection that ended. */
  onDown(error: Error): void
}

/**
 * One connection to the broker that is usable when it says so: dialling, handshake, topology and proof are one attempt
 * (house style, rule 7), repeated for ever with a random pause. Each attempt is a connection object of its own, since the
 * client library waits 10 s for a frozen broker to notice and cannot be told to try the next host.
 */
export class RabbitLink {
  readonly #options: LinkOptions
  #connection: Connection | undefined
  #blocked: string | null = null
  #host: number
  #lose: (error: Error) => void = () => {}
  readonly #closing = new AbortController()
  readonly #ended: Promise<void>

  constructor(options: LinkOptions) {
    this.#options = options
    this.#host = Math.floor(Math.random() * options.hosts.length)
    this.#ended = this.#run()
  }

  /** The connection while it is up and not blocked. */
  get connection(): Connection | undefined {
    return this.#blocked === null ? this.#connection : undefined
  }

  /** Gives the present connection up, e.g. because a confirmation is overdue, and dials again. */
  giveUp(reason: Error): void {
    this.#lose(reason)
  }

  /** `farewell` runs on the connection while it still stands; bounded in time. */
  async close(farewell: () => Promise<void>): Promise<void> {
    const connection = this.#connection
    if (!this.#closing.signal.aborted && connection) {
      this.#closing.abort()
      const polite = async () => {
        await farewell()
        await connection.close()
      }
      await withDeadline(`closing ${this.#options.name}`, this.#options.answerTimeoutMs, polite).catch(() => {})
    }
    this.#closing.abort()
    this.#lose(new BusError('BUS_CLOSED', 'the bus was closed'))
    await this.#ended
  }

  async #run(): Promise<void> {
    const { min, max } = this.#options.reconnectMs
    while (!this.#closing.signal.aborted) {
      const error = await this.#attempt()
      if (this.#closing.signal.aborted) return
      this.#options.onDown(error)
      await systemClock.sleep(min + Math.random() * (max - min), this.#closing.signal).catch(() => {})
    }
  }

  /** One connection from dialling to its end; resolves with why it ended. */
  async #attempt(): Promise<Error> {
    const options = this.#options
    const host = options.hosts[this.#host] as string
    this.#host = (this.#host + 1) % options.hosts.length
    const connection = new Connection({
      ...options.connection,
      hosts: [host],
      connectionName: options.name,
      noDelay: true,
      heartbeat: options.heartbeatSeconds,
      connectionTimeout: options.connectTimeoutMs,
      acquireTimeout: options.connectTimeoutMs,
      frameMax: 131_072,
    })
    const lost = new Promise<Error>((resolve) => {
      this.#lose = resolve
      connection.on('error', resolve)
    })
    const over = new AbortController()
    const opened = new Promise<null>((resolve) => connection.once('connection', () => resolve(null)))
    connection.on('connection.blocked', (reason) => this.#onBlocked(reason))
    connection.on('connection.unblocked', () => this.#onBlocked(null))
    try {
      const early = await Promise.race([lost, opened])
      if (early) return early
      // A broker that is out of memory or disk lets us in but takes nothing: that is waiting, not failing.
      const ready = this.#patiently(options.answerTimeoutMs, () => options.setup(connection))
      const failed = await Promise.race([lost, ready.then(() => null)])
      if (failed) return failed
      this.#connection = connection
      if (this.#blocked === null) options.onUp(connection)
      return await Promise.race([lost, this.#watch(connection, over.signal)])
    } catch (error) {
      return error as Error
    } finally {
      over.abort()
      this.#connection = undefined
      this.#blocked = null
      this.#lose = () => {}
      connection.unsafeDestroy()
    }
  }

  /** Asks the link every now and then; resolves with the error once it does not answer. */
  async #watch(connection: Connection, over: AbortSignal): Promise<Error> {
    const { probeEveryMs, probeTimeoutMs, probe } = this.#options
    try {
      for (;;) {
        await systemClock.sleep(probeEveryMs, over)
        if (this.#blocked === null) await this.#patiently(probeTimeoutMs, () => probe(connection))
      }
    } catch (error) {
      return error as Error
    }
  }

  /** A time limit that does not run while the broker blocks us. */
  async #patiently(limitMs: number, work: () => Promise<void>): Promise<void> {
    const { name } = this.#options
    let finished = false
    const working = work().finally(() => {
      finished = true
    })
    working.catch(() => {})
    while (!finished) {
      const blockedBefore = this.#blocked !== null
      try {
        await withDeadline(`an answer of the broker to ${name}`, limitMs, () => working)
      } catch (error) {
        if (finished || !(blockedBefore || this.#blocked !== null)) throw error
      }
    }
    await working
  }

  #onBlocked(reason: string | null): void {
    this.#blocked = reason
    if (reason !== null) this.#options.onBlocked(new Error(`the broker takes no messages for now: ${reason}`))
    else if (this.#connection) this.#options.onUp(this.#connection)
  }
}
