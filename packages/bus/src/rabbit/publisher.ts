import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Channel, Connection, Envelope } from 'rabbitmq-client'
import { BusError } from '../errors.ts'
import { CANARY_QUEUE, type Topology } from '../topology.ts'
import { declare } from './declare.ts'

export interface PublisherOptions {
  readonly topology: Topology
  readonly confirmTimeoutMs: number
  /** Unconfirmed at once; more wait their turn. */
  readonly maxInFlight: number
  /** Waiting and unconfirmed together; more are refused, which bounds the memory. */
  readonly maxPending: number
  /** The connection is of no use as it is: nothing confirmed for a whole time-out, channel closed, a queue missing. */
  onUseless(error: Error): void
}

interface Pending {
  readonly envelope: Envelope
  readonly body: Buffer
  deadline: number
  settled: boolean
  resolve(): void
  reject(error: Error): void
}

/**
 * Messages that follow one another within this time leave together, and broker and consumers get them together: each packet wakes somebody on the
 * way. The first after a pause leaves at once.
 */
const GATHER_MS = 5

/** Publishes on one confirming channel. A message resolves when the broker has confirmed it and a queue has taken it. */
export class Publisher {
  readonly #options: PublisherOptions
  #channel: Channel | undefined
  #blocked: Error | undefined
  readonly #waiting: Pending[] = []
  readonly #inFlight = new Set<Pending>()
  /** Messages no queue took: the broker returns them just before it confirms them. */
  readonly #returned = new Set<string>()
  #lastConfirm = 0
  #lastWrite = Number.NEGATIVE_INFINITY
  #gathering: NodeJS.Timeout | undefined
  #sweeper: NodeJS.Timeout | undefined
  #onIdle = () => {}

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  /** Opens the channel, declares the topology and sees one message confirmed. */
  async open(connection: Connection): Promise<void> {
    const channel = await connection.acquire({ emitErrorsFromChannel: true })
    channel.on('error', () => {}) // 'close' follows
    channel.on('basic.return', ({ messageId }) => void (messageId && this.#returned.add(messageId)))
    await declare(channel, this.#options.topology)
    await channel.confirmSelect()
    await this.#canary(channel)
    if (!channel.active) throw new Error('the broker closed the publishing channel')
    // From here on only: until now the step that failed says why.
    channel.once('close', () => this.#options.onUseless(new Error('the broker closed the publishing channel')))
    this.#channel = channel
  }

  /** Forgets the channel: what is unconfirmed rejects now, since nobody will ever tell. */
  lose(error: Error): void {
    this.#channel = undefined
    this.#blocked = undefined
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
    this.#returned.clear()
    this.#rejectAll('the connection was lost before the confirmation', error)
  }

  /** The broker takes nothing for now (or, with null, again). What is unconfirmed may still arrive once it does. */
  block(reason: Error | null): void {
    this.#blocked = reason ?? undefined
    if (reason) this.#rejectAll('the broker is blocked', reason)
  }

  #rejectAll(text: string, error: Error): void {
    const lost = [...this.#inFlight, ...this.#waiting.splice(0)]
    this.#inFlight.clear()
    for (const pending of lost) settle(pending, unavailable(text, error))
    this.#onIdle()
  }

  /** Proves that confirmations come, unless one came just now. */
  async probe(): Promise<void> {
    if (!this.#channel) throw unavailable('there is no publishing channel')
    if (this.#inFlight.size === 0) await this.#canary(this.#channel)
  }

  /** Waits until nothing is unconfirmed (each message is bounded by the confirm time-out), then closes the channel. */
  async close(): Promise<void> {
    const channel = this.#channel
    if (this.#inFlight.size + this.#waiting.length > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
    }
    this.#channel = undefined
    await channel?.close()
  }

  send(envelope: Envelope, body: Buffer): Promise<void> {
    if (!this.#channel) return Promise.reject(unavailable('not connected to the broker'))
    if (this.#blocked) return Promise.reject(unavailable('the broker is blocked', this.#blocked))
    if (this.#waiting.length + this.#inFlight.size >= this.#options.maxPending) {
      return Promise.reject(unavailable(`${this.#options.maxPending} messages are unconfirmed already`))
    }
    return new Promise((resolve, reject) => {
      // Waiting for a place does not use up the time: the messages ahead are bounded by theirs.
      this.#waiting.push({ envelope, body, deadline: Number.POSITIVE_INFINITY, settled: false, resolve, reject })
      this.#pump()
    })
  }

  #pump(): void {
    const channel = this.#channel
    if (this.#gathering !== undefined || this.#waiting.length === 0) return
    const restMs = this.#lastWrite + GATHER_MS - performance.now()
    if (restMs > 0) {
      this.#gathering = setTimeout(() => {
        this.#gathering = undefined
        this.#pump()
      }, Math.ceil(restMs))
      return
    }
    this.#lastWrite = performance.now()
    while (channel && this.#inFlight.size < this.#options.maxInFlight) {
      const pending = this.#waiting.shift()
      if (!pending) break
      pending.deadline = performance.now() + this.#options.confirmTimeoutMs
      this.#inFlight.add(pending)
      void this.#write(channel, pending)
    }
    if (this.#inFlight.size > 0) this.#sweeper ??= setInterval(() => this.#sweep(), this.#options.confirmTimeoutMs / 10)
  }

  async #write(channel: Channel, pending: Pending): Promise<void> {
    const { messageId } = pending.envelope
    try {
      await channel.basicPublish(pending.envelope, pending.body)
      this.#lastConfirm = performance.now()
      // The library announces a returned message in a later turn than the confirmation that follows it on the wire.
      if (pending.envelope.mandatory) await nextTurn()
      if (messageId && this.#returned.delete(messageId)) {
        // Somebody removed a queue: connecting anew declares it again.
        this.#options.onUseless(new Error('a queue is missing'))
        throw new BusError(
          'BUS_REJECTED',
          `no queue takes messages of exchange ${pending.envelope.exchange} with this key`,
        )
      }
      settle(pending, null)
    } catch (error) {
      settle(pending, error instanceof BusError ? error : unavailable('the broker did not take the message', error))
    }
    this.#inFlight.delete(pending)
    this.#pump()
    if (this.#inFlight.size === 0) this.#onIdle()
  }

  #sweep(): void {
    const now = performance.now()
    if (this.#inFlight.size === 0) {
      clearInterval(this.#sweeper)
      this.#sweeper = undefined
      return
    }
    let overdue = 0
    for (const pending of this.#inFlight) {
      if (pending.deadline > now) break // they are in order of their deadlines
      this.#inFlight.delete(pending)
      settle(pending, unavailable(`no confirmation within ${this.#options.confirmTimeoutMs} ms`))
      overdue++
    }
    if (overdue === 0) return
    if (now - this.#lastConfirm >= this.#options.confirmTimeoutMs) {
      this.#options.onUseless(new Error(`nothing was confirmed for ${this.#options.confirmTimeoutMs} ms`))
    } else this.#pump()
  }

  async #canary(channel: Channel): Promise<void> {
    await channel.basicPublish({ routingKey: CANARY_QUEUE, durable: false }, Buffer.alloc(0))
    this.#lastConfirm = performance.now()
  }
}

function settle(pending: Pending, error: Error | null): void {
  if (pending.settled) return
  pending.settled = true
  if (error) pending.reject(error)
  else pending.resolve()
}

function unavailable(text: string, cause?: unknown): BusError {
  const because = cause instanceof Error ? `: ${cause.message}` : ''
  return new BusError('BUS_UNAVAILABLE', `${text}${because}`, cause === undefined ? {} : { cause })
}
