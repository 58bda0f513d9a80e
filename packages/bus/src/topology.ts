import type { BusMessage, PanelEvent } from '@stam/contracts'

/** Exchanges, queues and bindings of spec 04, as a value: what the broker must have before a message is sent. */
export interface Topology {
  readonly exchanges: readonly Exchange[]
  readonly queues: readonly Queue[]
  readonly bindings: readonly Binding[]
}

export interface Exchange {
  readonly name: string
  readonly type: 'topic' | 'direct' | 'fanout' | 'headers'
}

export interface Queue {
  readonly name: string
  readonly arguments: Readonly<Record<string, string | number | boolean>>
}

export interface Binding {
  readonly from: string
  readonly to: string
  readonly target: 'queue' | 'exchange'
  readonly routingKey: string
  readonly arguments?: Readonly<Record<string, string>>
}

/** Queues an application consumes. `events.processing` is one name for all its partitions. */
export const queueNames = [
  'events.processing',
  'commands.satel.high',
  'commands.satel.low',
  'commands.satel.response',
  'notifications.push',
  'notifications.email',
  'notifications.sms',
] as const
export type QueueName = (typeof queueNames)[number]

export const DEAD_LETTER_EXCHANGE = 'system.dlx'
export const DEAD_LETTER_QUEUE = 'events.dead'
export const STREAM_EXCHANGE = 'system.stream'
export const CANARY_QUEUE = 'system.canary'
/** Header by which `events.processing` chooses the partition. */
export const PARTITION_HEADER = 'partition'
export const DEFAULT_PARTITIONS = 8

const EVENTS_QUEUE = 'events.processing'
const DAY_MS = 24 * 60 * 60 * 1000
/**
 * Deaths of a consumer, the broker or the connection with the message in hand. Loose, since everything sent ahead counts
 * too, and a handler that waits for its database loses its channel every 30 min (docs/messaging.md).
 */
const BROKER_DELIVERY_LIMIT = 50

const routingKeys: Record<Exclude<QueueName, typeof EVENTS_QUEUE>, readonly [exchange: string, key: string]> = {
  'commands.satel.high': ['system.commands', 'cmd.satel.high'],
  'commands.satel.low': ['system.commands', 'cmd.satel.low'],
  'commands.satel.response': ['system.commands', 'cmd.satel.response'],
  'notifications.push': ['system.notifications', 'notification.push.alarm'],
  'notifications.email': ['system.notifications', 'notification.email'],
  'notifications.sms': ['system.notifications', 'notification.sms'],
}

export type QueueType = 'classic' | 'quorum'

export function topology(partitions: number, queueType: QueueType): Topology {
  const durable = { 'x-queue-type': queueType }
  const guarded = {
    ...durable,
    'x-dead-letter-exchange': DEAD_LETTER_EXCHANGE,
    ...(queueType === 'quorum'
      ? {
          'x-delivery-limit': BROKER_DELIVERY_LIMIT,
          'x-dead-letter-strategy': 'at-least-once',
          'x-overflow': 'reject-publish',
        }
      : {}),
  }
  const partitionQueues = Array.from({ length: partitions }, (_, partition) => partitionQueue(partition))
  return {
    exchanges: [
      { name: 'satel.events', type: 'topic' },
      { name: 'sms.events', type: 'topic' },
      { name: 'system.commands', type: 'direct' },
      { name: 'system.notifications', type: 'direct' },
      { name: DEAD_LETTER_EXCHANGE, type: 'fanout' },
      { name: STREAM_EXCHANGE, type: 'fanout' },
      { name: EVENTS_QUEUE, type: 'headers' },
    ],
    queues: [
      ...partitionQueues.map((name) => ({ name, arguments: { ...guarded, 'x-single-active-consumer': true } })),
      ...Object.keys(routingKeys).map((name) => ({ name, arguments: { ...guarded, 'x-message-ttl': DAY_MS } })),
      { name: DEAD_LETTER_QUEUE, arguments: durable },
      { name: CANARY_QUEUE, arguments: { ...durable, 'x-max-length': 1 } },
    ],
    bindings: [
      { from: 'satel.events', to: EVENTS_QUEUE, target: 'exchange', routingKey: 'satel.#' },
      { from: 'sms.events', to: EVENTS_QUEUE, target: 'exchange', routingKey: 'sms.#' },
      ...partitionQueues.map(
        (name, partition): Binding => ({
          from: EVENTS_QUEUE,
          to: name,
          target: 'queue',
          routingKey: '',
          arguments: { 'x-match': 'all', [PARTITION_HEADER]: `${partition}` },
        }),
      ),
      ...Object.entries(routingKeys).map(
        ([name, [exchange, key]]): Binding => ({
          from: exchange,
          to: name,
          target: 'queue',
          routingKey: key,
        }),
      ),
      { from: DEAD_LETTER_EXCHANGE, to: DEAD_LETTER_QUEUE, target: 'queue', routingKey: '' },
    ],
  }
}

function partitionQueue(partition: number): string {
  return `${EVENTS_QUEUE}.${partition}`
}

/** The queues of the broker behind a name. */
export function queuesBehind(name: QueueName, partitions: number): string[] {
  return name === EVENTS_QUEUE
    ? Array.from({ length: partitions }, (_, partition) => partitionQueue(partition))
    : [name]
}

/** How one message travels. */
export interface Route {
  readonly exchange: string
  readonly routingKey: string
  /** Id of the thing it tells of; a repeat carries the same one. */
  readonly messageId: string
  /** Messages with the same key stay in order; null = any order. */
  readonly orderKey: string | null
  /** Survives a restart of the broker, and must reach a queue. */
  readonly kept: boolean
  readonly requestId: string | null
}

/** A new kind of message does not compile until its way is decided here. */
const routes: { [Kind in BusMessage['kind']]: (message: Extract<BusMessage, { kind: Kind }>) => Route } = {
  'panel-event': (event) => ({
    ...eventAddress(event),
    messageId: event.event_id,
    orderKey: event.panel_id,
    kept: true,
    requestId: event.request_id,
  }),
  // Numbered and in PostgreSQL: whoever misses one sees the gap and reads it there, so the broker need not keep it.
  stream: (message) => ({
    exchange: STREAM_EXCHANGE,
    routingKey: '',
    messageId: `${message.sequence_id}`,
    orderKey: null,
    kept: false,
    requestId: message.request_id,
  }),
  'stream-batch': ({ messages }) => ({
    exchange: STREAM_EXCHANGE,
    routingKey: '',
    messageId: `${messages[0]?.sequence_id}-${messages.at(-1)?.sequence_id}`,
    orderKey: null,
    kept: false,
    requestId: null,
  }),
}

const STATE_TYPES: readonly PanelEvent['event_type'][] = ['ARM', 'DISARM', 'BYPASS']
const STATUS_TYPES: readonly PanelEvent['event_type'][] = ['TROUBLE', 'COMM_LOSS', 'COMM_RESTORED', 'TEST', 'INFO']

/** All of them end in `events.processing`; the keys let others bind to a part (spec 04). */
function eventAddress(event: PanelEvent): Pick<Route, 'exchange' | 'routingKey'> {
  if (event.source === 'SMS_EFENTO') return { exchange: 'sms.events', routingKey: 'sms.temp.efento' }
  if (event.source === 'SMS_BLUELOG') return { exchange: 'sms.events', routingKey: 'sms.temp.bluelog' }
  const topic = STATE_TYPES.includes(event.event_type)
    ? 'state'
    : STATUS_TYPES.includes(event.event_type)
      ? 'status'
      : 'alarm'
  return { exchange: 'satel.events', routingKey: `satel.${topic}.${event.panel_id}` }
}

export function routeOf(message: BusMessage): Route {
  return (routes[message.kind] as (message: BusMessage) => Route)(message)
}

/** Partition of a key, the same in every process: FNV-1a (32 bit) modulo the number of partitions. */
export function partitionOf(orderKey: string, partitions: number): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < orderKey.length; index++) {
    hash = Math.imul(hash ^ orderKey.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0) % partitions
}
