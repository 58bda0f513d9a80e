import type { BusMessage, ComponentStatus, StreamMessage } from '@stam/contracts'
import { BatchLoop, type BatchLoopOptions, type Held } from '../batch-loop.ts'
import {
  type Bus,
  type BusEvent,
  type CommonBusOptions,
  type Consumer,
  type DeadLetterOutcome,
  type DeadLetters,
  MOST_DEAD_LETTERS,
  type PublishResult,
  type QueueDepth,
  type Subscription,
} from '../bus.ts'
import { BusError } from '../errors.ts'
import { StatusBoard } from '../status-board.ts'
import { publishInBatches, STREAM_PREFETCH, unpacking } from '../stream-batches.ts'
import { partitionOf, queuesBehind, routeOf, STREAM_EXCHANGE } from '../topology.ts'
import { decodeMessage, encodeMessage } from '../wire.ts'
import { MemoryBroker, type Stored } from './memory-broker.ts'

export interface MemoryBusOptions extends Omit<CommonBusOptions, 'partitions'> {
  /** Shared by all buses that shall reach each other; one of its own unless given. */
  readonly broker?: MemoryBroker
}

/** The bus of the embedded profile: same behaviour, one process. */
export function createMemoryBus(options: MemoryBusOptions = {}): Bus {
  return new MemoryBus(options)
}

type ConsumerPart = Pick<BatchLoopOptions<MemoryItem>, 'queue' | 'partition' | 'subscription' | 'redeliveryLimit'> & {
  readonly prefetch: number
}

class MemoryBus implements Bus {
  readonly #options: MemoryBusOptions
  readonly #broker: MemoryBroker
  readonly #onEvent: (event: BusEvent) => void
  readonly #board: StatusBoard
  readonly #consumers = new Set<MemoryConsumer>()
  readonly #unwatch: () => void
  readonly deadLetters: DeadLetters
  #closed = false

  constructor(options: MemoryBusOptions) {
    this.#options = options
    this.#broker = options.broker ?? new MemoryBroker()
    this.#onEvent = options.onEvent ?? (() => {})
    this.#board = new StatusBoard((error) => this.#onEvent(error === null ? { kind: 'up' } : { kind: 'down', error }))
    this.#board.add('memory')
    this.#board.set('memory', this.#broker.up ? null : 'the broker is stopped')
    this.#unwatch = this.#broker.watch((up) => {
      for (const consumer of this.#consumers) consumer.attach(up)
      this.#board.set('memory', up ? null : 'the broker is stopped')
    })
    this.deadLetters = this.#deadLetters()
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
      if (this.#closed) throw new BusError('BUS_UNAVAILABLE', 'the bus was closed')
      const encoded = encodeMessage(message)
      const { messageId, orderKey, kept, requestId, routingKey: topic } = routeOf(encoded.message)
      const stored = { body: encoded.body, messageId, kind: encoded.message.kind, requestId, topic }
      if (!kept) this.#broker.broadcast(stored)
      else this.#broker.store(`events.processing.${partitionOf(orderKey ?? '', this.#broker.partitions)}`, stored)
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
    const queues = queuesBehind(subscription.queue, this.#broker.partitions)
    const prefetch = subscription.prefetch ?? Math.max(10, subscription.batchSize * 2)
    const redeliveryLimit = this.#options.redeliveryLimit ?? 3
    return this.#start(
      queues.map((queue, partition) => ({ queue, partition, subscription, prefetch, redeliveryLimit })),
    )
  }

  onStream(handler: (messages: readonly StreamMessage[]) => void | Promise<void>): Consumer {
    const subscription = unpacking(handler)
    return this.#start([
      { queue: STREAM_EXCHANGE, partition: 0, subscription, prefetch: STREAM_PREFETCH, redeliveryLimit: 1 },
    ])
  }

  async queueDepths(): Promise<QueueDepth[]> {
    return this.#broker.depths()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#unwatch()
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()))
    this.#board.close()
  }

  #start(parts: readonly ConsumerPart[]): Consumer {
    const started = parts.map((part) => {
      const consumer = new MemoryConsumer(this.#broker, {
        ...part,
        redeliveryDelayMs: this.#options.redeliveryDelayMs ?? { first: 50, longest: 2_000 },
        onEvent: this.#onEvent,
      })
      this.#consumers.add(consumer)
      consumer.attach(this.#broker.up)
      return consumer
    })
    return {
      close: async () => {
        await Promise.all(started.map((consumer) => consumer.close()))
        for (const consumer of started) this.#consumers.delete(consumer)
      },
    }
  }

  #deadLetters(): DeadLetters {
    const broker = this.#broker
    return {
      list: async (limit = 200) => broker.dead(Math.min(limit, MOST_DEAD_LETTERS)),
      count: async () => broker.dead(0).total,
      replay: async (ids) => {
        const wanted = broker.dead(Number.POSITIVE_INFINITY).letters.filter(({ id }) => ids.includes(id))
        const outcomes = new Map(wanted.map(({ id }) => [id, this.#replay(id)]))
        return ids.map((id) => outcomes.get(id) ?? 'gone')
      },
      discard: async (ids, reason) =>
        ids.map((id) => {
          if (!broker.discard(id)) return 'gone'
          this.#onEvent({ kind: 'dead-letter-discarded', id, reason })
          return 'done'
        }),
    }
  }

  #replay(id: string): DeadLetterOutcome {
    try {
      const queue = this.#broker.replay(id)
      if (queue === undefined) return 'gone'
      this.#onEvent({ kind: 'dead-letter-replayed', id, queue })
      return 'done'
    } catch {
      return 'unsettled' // the queue is full
    }
  }
}

interface MemoryItem extends Held {
  readonly stored: Stored
}

/** One queue, one loop at a time: as the RabbitMQ one, without the network. */
class MemoryConsumer {
  readonly #broker: MemoryBroker
  readonly #options: ConsumerPart & Pick<BatchLoopOptions<MemoryItem>, 'redeliveryDelayMs' | 'onEvent'>
  #attached = false
  #closed = false
  #session: { readonly loop: BatchLoop<MemoryItem>; leave(): void } | undefined
  #changing: Promise<void> = Promise.resolve()

  constructor(
    broker: MemoryBroker,
    options: ConsumerPart & Pick<BatchLoopOptions<MemoryItem>, 'redeliveryDelayMs' | 'onEvent'>,
  ) {
    this.#broker = broker
    this.#options = options
  }

  /** The broker is there, or gone: then the batch in hand is finished in silence and everything unsettled goes back. */
  attach(up: boolean): void {
    this.#attached = up
    if (!up) {
      this.#session?.leave()
      const ended = this.#session?.loop.abort()
      this.#changing = this.#changing.then(() => ended)
    } else this.#changing = this.#changing.then(() => this.#open())
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#session?.loop.stop()
    this.#session?.leave()
    await this.#changing
  }

  #open(): void {
    if (!this.#attached || this.#closed) return
    const { queue, prefetch } = this.#options
    const broker = this.#broker
    let left = false
    const loop = new BatchLoop<MemoryItem>({
      ...this.#options,
      settlement: {
        ack: (items) => {
          if (!left)
            broker.ack(
              queue,
              items.map(({ stored }) => stored),
            )
        },
        deadLetter: async ({ stored }, reason) => {
          if (queue !== STREAM_EXCHANGE) broker.bury(queue, stored, reason)
        },
      },
    })
    const reader = { prefetch, deliver: (stored: Stored) => loop.push(inHand(stored)) }
    const release = queue === STREAM_EXCHANGE ? broker.listen(reader) : broker.read(queue, reader)
    const leave = () => {
      left = true
      release()
    }
    this.#session = { loop, leave }
  }
}

function inHand(stored: Stored): MemoryItem {
  return { stored, content: decodeMessage(stored.body), messageId: stored.messageId, redelivered: stored.redelivered }
}
