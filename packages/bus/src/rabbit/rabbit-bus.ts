import type { BusMessage, ComponentStatus, StreamMessage } from '@stam/contracts'
import { type Secret, withDeadline } from '@stam/runtime'
import type { Channel, Connection, ConnectionOptions, Envelope } from 'rabbitmq-client'
import {
  type Bus,
  type BusEvent,
  type CommonBusOptions,
  type Consumer,
  type DeadLetters,
  type PublishResult,
  type QueueDepth,
  type Subscription,
} from '../bus.ts'
import { BusError } from '../errors.ts'
import {
  CANARY_QUEUE,
  DEFAULT_PARTITIONS,
  PARTITION_HEADER,
  partitionOf,
  type QueueType,
  queuesBehind,
  type Route,
  routeOf,
  STREAM_EXCHANGE,
  type Topology,
  topology,
} from '../topology.ts'
import { encodeMessage } from '../wire.ts'
import { JSON_CONTENT } from './body.ts'
import { deadLetterEnvelope, RabbitDeadLetters } from './dead-letters.ts'
import { RabbitLink } from './link.ts'
import { Publisher } from './publisher.ts'
import { QueueConsumer, type QueueConsumerOptions } from './queue-consumer.ts'
import { StatusBoard } from '../status-board.ts'
import { publishInBatches, STREAM_PREFETCH, unpacking } from '../stream-batches.ts'

export interface RabbitBusOptions extends CommonBusOptions {
  /** `host:port` of every node; tried in turn. */
  readonly hosts: readonly string[]
  readonly username: string
  readonly password: Secret
  /** `/` unless given. */
  readonly vhost?: string
  readonly tls?: ConnectionOptions['tls']
  /** Appears in the broker's lists and in each message. */
  readonly name: string
  /** `quorum` on a cluster (replicated), `classic` on a single node. Cannot be changed while the queues exist. */
  readonly queueType: QueueType
  /** How long a confirmation, or any other answer, may take; 3 s unless given. */
  readonly confirmTimeoutMs?: number
  /** 2 s unless given. */
  readonly connectTimeoutMs?: number
  /** 5 s unless given. */
  readonly heartbeatSeconds?: number
  /** Random pause between attempts to connect; 50 to 500 ms unless given. */
  readonly reconnectMs?: { readonly min: number; readonly max: number }
  /** How often an idle connection is asked whether it works, and how long it may take to answer: 1 s and 2 s unless given. */
  readonly probeEveryMs?: number
  readonly probeTimeoutMs?: number
  /** Unconfirmed messages at once; 500 unless given. */
  readonly maxInFlight?: number
  /** Unconfirmed and waiting messages together; 20,000 unless given. */
  readonly maxPending?: number
}

/** A backend that reads too slowly loses the oldest and reads them from PostgreSQL: it sees the gap in the numbers. */
const STREAM_QUEUE_LIMITS = {
  'x-max-length': 20_000,
  'x-max-length-bytes': 64 * 1024 * 1024,
  'x-overflow': 'drop-head',
} as const
const CLOSE_TIMEOUT_MS = 10_000

export function createRabbitBus(options: RabbitBusOptions): Bus {
  return new RabbitBus(options)
}

/**
 * Two connections: the broker stops reading from one that publishes while it is short of memory or disk, and consumers must
 * go on emptying the queues just then.
 */
class RabbitBus implements Bus {
  readonly #options: RabbitBusOptions
  readonly #partitions: number
  readonly #topology: Topology
  readonly #confirmTimeoutMs: number
  readonly #onEvent: (event: BusEvent) => void
  readonly #board: StatusBoard
  readonly #publisher: Publisher
  readonly #publishing: RabbitLink
  #consuming: RabbitLink | undefined
  /** For questions on the consuming connection. */
  #control: Channel | undefined
  readonly #consumers = new Set<QueueConsumer>()
  readonly deadLetters: DeadLetters
  #closed: Promise<void> | undefined

  constructor(options: RabbitBusOptions) {
    this.#options = options
    this.#partitions = options.partitions ?? DEFAULT_PARTITIONS
    this.#topology = topology(this.#partitions, options.queueType)
    this.#confirmTimeoutMs = options.confirmTimeoutMs ?? 3_000
    this.#onEvent = options.onEvent ?? (() => {})
    this.#board = new StatusBoard((error) => this.#onEvent(error === null ? { kind: 'up' } : { kind: 'down', error }))
    this.#publisher = new Publisher({
      topology: this.#topology,
      confirmTimeoutMs: this.#confirmTimeoutMs,
      maxInFlight: options.maxInFlight ?? 500,
      maxPending: options.maxPending ?? 20_000,
      onUseless: (error) => this.#publishing.giveUp(error),
    })
    this.#publishing = this.#publishingLink()
    this.deadLetters = new RabbitDeadLetters({
      queues: new Set(this.#topology.queues.map(({ name }) => name)),
      timeoutMs: this.#confirmTimeoutMs + 1_000,
      connection: () => this.#consumingLink().connection,
      publish: (envelope, body) => this.#publisher.send(envelope, body),
      onEvent: this.#onEvent,
    })
  }

  get status(): ComponentStatus {
    return this.#board.status
  }

  onStatus(listener: (status: ComponentStatus) => void): () => void {
    return this.#board.listen(listener)
  }

  ready(timeoutMs: number): Promise<void> {
    return this.#board.waitUntilUp(timeoutMs)
  }

  async publish(message: BusMessage): Promise<void> {
    try {
      const encoded = encodeMessage(message)
      const route = routeOf(encoded.message)
      await this.#publisher.send(this.#envelope(encoded.message, route), encoded.body)
    } catch (error) {
      const { code, message: text } = error as BusError
      this.#onEvent({ kind: 'publish-failed', message_kind: String(message.kind), code, error: text })
      throw error
    }
  }

  publishMany(messages: readonly BusMessage[]): Promise<PublishResult[]> {
    return Promise.all(
      messages.map((message) =>
        this.publish(message).then(
          (): PublishResult => ({ ok: true }),
          (error: unknown): PublishResult => ({ ok: false, error: error as BusError }),
        ),
      ),
    )
  }

  publishStream(messages: readonly StreamMessage[]): Promise<PublishResult[]> {
    return publishInBatches(this, messages)
  }

  consume(subscription: Subscription): Consumer {
    const queues = queuesBehind(subscription.queue, this.#partitions)
    return this.#start(
      queues.map((queue, partition) => ({
        queue,
        partition,
        subscription,
        prefetch: subscription.prefetch ?? Math.max(10, subscription.batchSize * 2),
        redeliveryLimit: this.#options.redeliveryLimit ?? 3,
        prepare: () => Promise.resolve(queue),
        deadLetter: (item, reason) => this.#publisher.send(deadLetterEnvelope(item, queue, reason), item.body),
      })),
    )
  }

  onStream(handler: (messages: readonly StreamMessage[]) => void | Promise<void>): Consumer {
    return this.#start([
      {
        queue: STREAM_EXCHANGE,
        partition: 0,
        subscription: unpacking(handler),
        prefetch: STREAM_PREFETCH,
        redeliveryLimit: 1,
        prepare: declareStreamQueue,
        // Numbered and kept in PostgreSQL: a message nobody can use is left out, which shows as a gap.
        deadLetter: () => Promise.resolve(),
      },
    ])
  }

  async queueDepths(): Promise<QueueDepth[]> {
    const connection = this.#publishing.connection
    if (!connection) throw new BusError('BUS_UNAVAILABLE', 'not connected to the broker')
    try {
      return await withDeadline('counting messages', this.#confirmTimeoutMs, async () => {
        const depths: QueueDepth[] = []
        for (const { name } of this.#topology.queues) {
          if (name === CANARY_QUEUE) continue
          const { messageCount, consumerCount } = await connection.queueDeclare({ queue: name, passive: true })
          depths.push({ queue: name, messages: messageCount, consumers: consumerCount })
        }
        return depths
      })
    } catch (error) {
      throw new BusError('BUS_UNAVAILABLE', `the queues cannot be counted: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const consumers = Promise.all([...this.#consumers].map((consumer) => consumer.close()))
    await withDeadline('closing the consumers', CLOSE_TIMEOUT_MS, () => consumers).catch(() => {})
    await this.#consuming?.close(async () => this.#control?.close())
    await this.#publishing.close(() => this.#publisher.close())
    this.#publisher.lose(new BusError('BUS_CLOSED', 'the bus was closed'))
    this.#board.close()
  }

  #start(parts: readonly Omit<QueueConsumerOptions, 'redeliveryDelayMs' | 'onEvent' | 'reopenMs'>[]): Consumer {
    const started = parts.map((part) => {
      const consumer = new QueueConsumer({
        ...part,
        redeliveryDelayMs: this.#options.redeliveryDelayMs ?? { first: 50, longest: 2_000 },
        onEvent: this.#onEvent,
        reopenMs: this.#options.reconnectMs ?? { min: 50, max: 500 },
      })
      this.#consumers.add(consumer)
      const { connection } = this.#consumingLink()
      if (connection) consumer.attach(connection)
      return consumer
    })
    return {
      close: async () => {
        await Promise.all(started.map((consumer) => consumer.close()))
        for (const consumer of started) this.#consumers.delete(consumer)
      },
    }
  }

  #envelope(message: BusMessage, route: Route): Envelope {
    const { exchange, routingKey, messageId, orderKey, kept, requestId } = route
    const headers = {
      ...(orderKey === null ? {} : { [PARTITION_HEADER]: `${partitionOf(orderKey, this.#partitions)}` }),
      ...(requestId === null ? {} : { request_id: requestId }),
    }
    return {
      exchange,
      routingKey,
      messageId,
      type: message.kind,
      appId: this.#options.name,
      contentType: JSON_CONTENT,
      durable: kept,
      mandatory: kept,
      headers,
    }
  }

  #publishingLink(): RabbitLink {
    return this.#link('publishing', {
      setup: (connection) => this.#publisher.open(connection),
      probe: () => this.#publisher.probe(),
      onUp: () => this.#publisher.block(null),
      onBlocked: (reason) => this.#publisher.block(reason),
      onDown: (error) => this.#publisher.lose(error),
    })
  }

  /** Opened by the first who needs it: a relay only publishes. */
  #consumingLink(): RabbitLink {
    this.#consuming ??= this.#link('consuming', {
      setup: async (connection) => {
        this.#control = await connection.acquire({ emitErrorsFromChannel: true })
        this.#control.on('error', () => {})
      },
      probe: async () => {
        await this.#control?.exchangeDeclare({ exchange: 'satel.events', passive: true })
      },
      onUp: (connection) => {
        for (const consumer of this.#consumers) consumer.attach(connection)
      },
      onBlocked: () => {},
      onDown: () => {
        for (const consumer of this.#consumers) consumer.attach(null)
      },
    })
    return this.#consuming
  }

  #link(
    part: 'publishing' | 'consuming',
    hooks: {
      setup(connection: Connection): Promise<void>
      probe(): Promise<void>
      onUp(connection: Connection): void
      onBlocked(reason: Error): void
      onDown(error: Error): void
    },
  ): RabbitLink {
    const options = this.#options
    const link: RabbitLink = new RabbitLink({
      name: `${options.name} (${part})`,
      connection: {
        username: options.username,
        password: options.password.reveal(),
        vhost: options.vhost ?? '/',
        ...(options.tls === undefined ? {} : { tls: options.tls }),
      },
      hosts: options.hosts,
      connectTimeoutMs: options.connectTimeoutMs ?? 2_000,
      heartbeatSeconds: options.heartbeatSeconds ?? 5,
      reconnectMs: options.reconnectMs ?? { min: 50, max: 500 },
      probeEveryMs: options.probeEveryMs ?? 1_000,
      probeTimeoutMs: options.probeTimeoutMs ?? 2_000,
      answerTimeoutMs: this.#confirmTimeoutMs,
      setup: hooks.setup,
      probe: hooks.probe,
      onUp: (connection) => {
        hooks.onUp(connection)
        this.#board.set(part, null)
      },
      onBlocked: (reason) => {
        this.#board.set(part, reason.message)
        hooks.onBlocked(reason)
      },
      onDown: (error) => {
        this.#board.set(part, error.message)
        hooks.onDown(error)
      },
    })
    this.#board.add(part)
    return link
  }
}

/** A queue of this connection's own, gone with it. */
async function declareStreamQueue(channel: Channel): Promise<string> {
  const { queue } = await channel.queueDeclare({
    queue: '',
    exclusive: true,
    autoDelete: true,
    arguments: STREAM_QUEUE_LIMITS,
  })
  await channel.queueBind({ exchange: STREAM_EXCHANGE, queue, routingKey: '' })
  return queue
}
