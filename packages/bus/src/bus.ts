import type { BusMessage, ComponentStatus, StreamMessage } from '@stam/contracts'
import type { BusError } from './errors.ts'
import type { QueueName } from './topology.ts'

/**
 * Messages between processes: publish with confirmation, consume with an outcome. RabbitMQ in the distributed profile,
 * in memory in the embedded one; both pass test/bus-contract.ts. Topology and guarantees: docs/messaging.md.
 */
export interface Bus {
  /** `up` means usable: connected, topology declared, and a message confirmed. */
  readonly status: ComponentStatus
  /** Calls back after every change of `status`; the result ends it. */
  onStatus(listener: (status: ComponentStatus) => void): () => void
  /** Resolves once `status` is `up`; rejects with `BUS_UNAVAILABLE` after the time. */
  ready(timeoutMs: number): Promise<void>
  /**
   * Resolves once the broker has confirmed that it keeps the message. Rejects with `BUS_REJECTED` (schema, unroutable) or,
   * within the confirm time-out and at once while the broker is known to be away, with `BUS_UNAVAILABLE`. At least once:
   * a rejected message may have arrived all the same, so consumers go by its id.
   */
  publish(message: BusMessage): Promise<void>
  /** The same for many, hundreds in flight at once, in the order given. One result per message; never rejects as a whole. */
  publishMany(messages: readonly BusMessage[]): Promise<PublishResult[]>
  /** Numbered messages for `onStream`, many in one message of the broker. One result per message; never rejects as a whole. */
  publishStream(messages: readonly StreamMessage[]): Promise<PublishResult[]>
  /** Starts consuming; survives every loss of the broker. */
  consume(subscription: Subscription): Consumer
  /** Every numbered stream message published from now on, to every instance that asks. Not kept for those who are away. */
  onStream(handler: (messages: readonly StreamMessage[]) => void | Promise<void>): Consumer
  readonly deadLetters: DeadLetters
  /** Messages waiting and consumers, per queue. */
  queueDepths(): Promise<QueueDepth[]>
  /** Finishes the batches in hand, then disconnects. Bounded in time, also when the broker is frozen. */
  close(): Promise<void>
}

export type PublishResult = { readonly ok: true } | { readonly ok: false; readonly error: BusError }

export interface Subscription {
  readonly queue: QueueName
  /** Messages handed over at once, at most. */
  readonly batchSize: number
  /** How long to wait for a batch to fill once its first message is there; 0 takes what has arrived. */
  readonly batchWaitMs: number
  /** Messages the broker may send ahead, per partition; twice the batch and at least 10 unless given. Bounds the memory. */
  readonly prefetch?: number
  /**
   * One outcome per delivery, in order. Called for one batch at a time per partition (never two of the same panel at once),
   * concurrently for different partitions. Throwing counts as `retry` for the whole batch, unless `isOutage` says otherwise.
   */
  handler(batch: readonly Delivery[]): Promise<readonly DeliveryOutcome[]>
  /** Whether a thrown error says that something behind the handler is away (database), so no message is to blame: `hold`. */
  readonly isOutage?: (error: unknown) => boolean
  /**
   * Whether what was away is back; must not reject. With it, a partition whose outage lasts is given to the next consumer in line, for which
   * it may be no outage, and taken part in again once this says true. Asked twice a second meanwhile.
   */
  readonly isBack?: () => Promise<boolean>
}

export interface Delivery {
  readonly message: BusMessage
  /** Handed over before, here or elsewhere: the work may have been done already. */
  readonly redelivered: boolean
  /** How often it has been handed to this consumer, this time included. */
  readonly deliveries: number
  readonly partition: number
}

/**
 * - `done`: forget it.
 * - `retry`: again, before anything that came after it; after 3 redeliveries it is a dead letter.
 * - `hold`: again and again until it works: not the message's fault. Everything behind it waits.
 * - `reject`: a dead letter now.
 */
export type DeliveryOutcome =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'retry'; readonly reason: string }
  | { readonly outcome: 'hold'; readonly reason: string }
  | { readonly outcome: 'reject'; readonly reason: string }

export const done: DeliveryOutcome = { outcome: 'done' }
export const retry = (reason: string): DeliveryOutcome => ({ outcome: 'retry', reason })
export const hold = (reason: string): DeliveryOutcome => ({ outcome: 'hold', reason })
export const reject = (reason: string): DeliveryOutcome => ({ outcome: 'reject', reason })

export interface Consumer {
  /** Finishes the batch in hand and stops; what was sent ahead goes back to the queue in its place. */
  close(): Promise<void>
}

export interface DeadLetter {
  /** For `replay` and `discard`; at most 200 characters. */
  readonly id: string
  /** Routing key it last travelled by; after a replay that is the queue. */
  readonly topic: string | null
  /** Queue it died in; null when it reached none. */
  readonly queue: string | null
  /** Why, in words: the schema error, the last failure, `expired`, `delivery_limit`. */
  readonly reason: string
  readonly diedAt: string | null
  readonly messageId: string | null
  readonly kind: string | null
  readonly requestId: string | null
  /** Process that sent it. */
  readonly sender: string | null
  /** Headers that are texts, without those the broker and the burial added. */
  readonly headers: Readonly<Record<string, string>>
  /** The message as it was; parsed where it is JSON, text otherwise. */
  readonly body: unknown
  /** Bytes of the body. */
  readonly size: number
}

/**
 * - `done`: replayed or discarded.
 * - `gone`: there is none with this id (any more).
 * - `refused`: it died in no queue of ours, so there is none to replay it into. It stays.
 * - `unsettled`: the broker did not answer. A replay may have happened; the letter may still be there.
 */
export type DeadLetterOutcome = 'done' | 'gone' | 'refused' | 'unsettled'

/** Most that one look takes out at a time; bounds the memory. What lies behind them comes in sight as they go. */
export const MOST_DEAD_LETTERS = 1_000

export interface DeadLetters {
  /** The oldest first, at most `limit` (`MOST_DEAD_LETTERS` at most). Reading changes nothing. */
  list(limit?: number): Promise<{ letters: DeadLetter[]; total: number }>
  /** How many there are, also while somebody reads them: a reader takes them in hand, and `queueDepths` misses those. */
  count(): Promise<number>
  /** Puts them back at the end of the queues they died in, in their order here. One outcome per id, in the order asked. */
  replay(ids: readonly string[]): Promise<DeadLetterOutcome[]>
  /** Removes them; the reason appears in the `dead-letter-discarded` events. One outcome per id, in the order asked. */
  discard(ids: readonly string[], reason: string): Promise<DeadLetterOutcome[]>
}

export interface QueueDepth {
  readonly queue: string
  readonly messages: number
  readonly consumers: number
}

/** What happened, for logs and metrics. Carries ids and reasons, never contents. */
export type BusEvent =
  | { readonly kind: 'up' }
  | { readonly kind: 'down'; readonly error: string }
  | { readonly kind: 'publish-failed'; readonly message_kind: string; readonly code: string; readonly error: string }
  | { readonly kind: 'batch-failed'; readonly queue: string; readonly size: number; readonly error: string }
  | { readonly kind: 'held'; readonly queue: string; readonly size: number; readonly reason: string }
  | {
      readonly kind: 'dead-letter'
      readonly queue: string
      readonly message_id: string | null
      readonly reason: string
    }
  | { readonly kind: 'dead-letter-replayed'; readonly id: string; readonly queue: string }
  | { readonly kind: 'dead-letter-discarded'; readonly id: string; readonly reason: string }
  /** The outage behind a handler lasts: the next consumer in line has the partition until it is over. */
  | { readonly kind: 'stepped-aside'; readonly queue: string }
  | { readonly kind: 'consumer-interrupted'; readonly queue: string; readonly error: string }

export interface CommonBusOptions {
  /** Queues `events.processing` is split into; every process of an installation needs the same number. 8 unless given. */
  readonly partitions?: number
  /** Redeliveries before a message is a dead letter; 3 unless given (spec 04). */
  readonly redeliveryLimit?: number
  /** First and longest pause before a redelivery, doubled in between; 50 ms and 2 s unless given. */
  readonly redeliveryDelayMs?: { readonly first: number; readonly longest: number }
  readonly onEvent?: (event: BusEvent) => void
}
