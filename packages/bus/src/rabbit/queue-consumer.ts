import { systemClock } from '@stam/runtime'
import type { AsyncMessage, Channel, Connection } from 'rabbitmq-client'
import { BatchLoop, type BatchLoopOptions, type Held } from '../batch-loop.ts'
import type { Subscription } from '../bus.ts'
import { decodeMessage } from '../wire.ts'
import { bodyBytes } from './body.ts'

export interface RabbitItem extends Held {
  readonly delivery: AsyncMessage
  readonly body: Buffer
}

export interface QueueConsumerOptions extends Omit<BatchLoopOptions<RabbitItem>, 'settlement' | 'longOutage'> {
  readonly subscription: BatchLoopOptions<RabbitItem>['subscription'] & Pick<Subscription, 'isBack'>
  readonly prefetch: number
  /** Pause before a channel is opened again that the broker closed on a standing connection. */
  readonly reopenMs: { readonly min: number; readonly max: number }
  /** Name of the queue to consume, made first if it is a temporary one. */
  prepare(channel: Channel): Promise<string>
  deadLetter(item: RabbitItem, reason: string): Promise<void>
}

/** An outage shorter than this is waited out with the messages in hand: giving them back costs a redelivery of everything sent ahead. */
const LONG_OUTAGE_MS = 2_000
const ASK_BACK_MS = 500

/**
 * Consumes one queue of the broker. One channel and one loop per connection: when the channel goes, its loop finishes the
 * batch in hand without a word to the broker, and only then the next channel opens, so one process never works on a
 * partition twice at once.
 */
export class QueueConsumer {
  readonly #options: QueueConsumerOptions
  #connection: Connection | undefined
  #channel: Channel | undefined
  #loop: BatchLoop<RabbitItem> | undefined
  readonly #closing = new AbortController()
  #opening: Promise<void> = Promise.resolve()

  constructor(options: QueueConsumerOptions) {
    this.#options = options
  }

  /** A connection is there; null = it is gone. */
  attach(connection: Connection | null): void {
    this.#connection = connection ?? undefined
    if (connection) this.#opening = this.#opening.then(() => this.#open(connection))
  }

  /** Finishes the batch in hand, acknowledges it and closes the channel: the rest goes back in its place, at once. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#loop?.stop()
    // Closing the channel cancels the consumer and returns its messages in one step. Cancelling first would let the next
    // active consumer start on newer messages while ours are still out.
    await this.#channel?.close()
    await this.#opening
  }

  async #open(connection: Connection): Promise<void> {
    const usable = () => this.#connection === connection && !this.#closing.signal.aborted
    const { queue, onEvent, reopenMs } = this.#options
    while (usable()) {
      try {
        const ending = await this.#consume(connection)
        if (ending === 'stepped-aside') {
          onEvent({ kind: 'stepped-aside', queue })
          await this.#untilBack(usable)
          continue
        }
        if (usable()) onEvent({ kind: 'consumer-interrupted', queue, error: 'the broker closed the channel' })
      } catch (error) {
        if (usable()) onEvent({ kind: 'consumer-interrupted', queue, error: (error as Error).message })
      }
      if (!usable()) return
      const pauseMs = reopenMs.min + Math.random() * (reopenMs.max - reopenMs.min)
      await systemClock.sleep(pauseMs, this.#closing.signal).catch(() => {})
    }
  }

  /** Another consumer has the partition meanwhile, or nobody, when all are cut off: then it waits in the broker. */
  async #untilBack(usable: () => boolean): Promise<void> {
    while (usable()) {
      await systemClock.sleep(ASK_BACK_MS, this.#closing.signal).catch(() => {})
      if (await this.#options.subscription.isBack?.().catch(() => false)) return
    }
  }

  /** Opens a channel and consumes until it is gone and its loop has ended, or until an outage behind the handler has lasted. */
  async #consume(connection: Connection): Promise<'gone' | 'stepped-aside'> {
    const channel = await connection.acquire({ emitErrorsFromChannel: true })
    // Closed while the channel was being opened: `close` had nothing yet to close, and waits for this.
    if (this.#closing.signal.aborted) {
      await channel.close()
      return 'gone'
    }
    this.#channel = channel
    channel.on('error', () => {}) // 'close' follows
    let ending: 'gone' | 'stepped-aside' = 'gone'
    let stepAside = (): void => {}
    const longOutage = { afterMs: LONG_OUTAGE_MS, onceLong: () => stepAside() }
    const loop = new BatchLoop<RabbitItem>({
      ...this.#options,
      settlement: this.#settlement(channel),
      ...(this.#options.subscription.isBack ? { longOutage } : {}),
    })
    this.#loop = loop
    const gone = new Promise<void>((resolve) => {
      channel.once('close', resolve)
      channel.once('basic.cancel', resolve) // the queue was deleted or its node went away
      stepAside = () => {
        ending = 'stepped-aside'
        resolve()
      }
    }).then(async () => {
      await loop.abort()
      await channel.close()
    })
    const queue = await this.#options.prepare(channel)
    await channel.basicQos({ prefetchCount: this.#options.prefetch })
    await channel.basicConsume({ queue }, (delivery) => loop.push(hold(delivery)))
    await gone
    return ending
  }

  #settlement(channel: Channel): BatchLoopOptions<RabbitItem>['settlement'] {
    /** Everything up to here is acknowledged; beyond it only `scattered`. Tags count from 1 on each channel. */
    let floor = 0
    const scattered = new Set<number>()
    return {
      ack: (items) => {
        if (!channel.active) return // gone with the connection: the broker sends them again
        let upTo = 0
        for (const { delivery } of items) {
          if (delivery.deliveryTag === floor + 1) {
            upTo = ++floor
            while (scattered.delete(floor + 1)) floor++
          } else {
            scattered.add(delivery.deliveryTag)
            channel.basicAck({ deliveryTag: delivery.deliveryTag })
          }
        }
        if (upTo > 0) channel.basicAck({ deliveryTag: upTo, multiple: true })
      },
      deadLetter: (item, reason) => this.#options.deadLetter(item, reason),
    }
  }
}

function hold(delivery: AsyncMessage): RabbitItem {
  const body = bodyBytes(delivery)
  return {
    delivery,
    body,
    content: decodeMessage(body),
    messageId: delivery.messageId ?? null,
    redelivered: delivery.redelivered,
  }
}
