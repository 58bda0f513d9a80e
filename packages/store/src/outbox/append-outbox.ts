/** What a transaction has to tell, written in the transaction itself (house rule 15). The relay numbers and publishes it after the commit. */
import type { AlarmMessageType, AlarmSummary } from '@stam/contracts'
import type { Transaction } from '../connection.ts'

export interface OutboxMessage {
  readonly aggregateType: string
  readonly aggregateId: string
  /** Type of the WebSocket message, e.g. `alarm.updated`. */
  readonly type: string
  /** Null = everybody may see it. */
  readonly siteId: string | null
  /** The message's data, as contracts has it for this type. */
  readonly data: object
  /** Version of the aggregate this tells; a second message of one version and type is dropped silently. */
  readonly version: number
  readonly requestId: string | null
}

/** Appends in the order given. */
export async function appendOutbox(tx: Transaction, messages: readonly OutboxMessage[]): Promise<void> {
  if (messages.length === 0) return
  await tx.execute(
    `INSERT INTO outbox (aggregate_type, aggregate_id, event_type, routing_key, site_id, payload, idempotency_key, request_id)
     SELECT m.aggregate_type, m.aggregate_id, m.event_type, 'stream.' || m.event_type, m.site_id, m.payload,
       m.aggregate_type || ':' || m.aggregate_id || ':' || m.event_type || ':' || m.version, m.request_id
     FROM unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::text[]::json[], $6::int[], $7::text[])
       WITH ORDINALITY AS m(aggregate_type, aggregate_id, event_type, site_id, payload, version, request_id, place)
     ORDER BY m.place
     ON CONFLICT (idempotency_key) DO NOTHING`,
    [
      messages.map((message) => message.aggregateType),
      messages.map((message) => message.aggregateId),
      messages.map((message) => message.type),
      messages.map((message) => message.siteId),
      messages.map((message) => JSON.stringify(message.data)),
      messages.map((message) => message.version),
      messages.map((message) => message.requestId),
    ],
  )
}

/** Tells the alarms as they are now. `opened`: those of them that did not exist before this transaction. */
export function announceAlarms(
  tx: Transaction,
  alarms: readonly AlarmSummary[],
  options: {
    readonly opened?: ReadonlySet<string>
    readonly requestId: string | null | ((alarmId: string) => string | null)
  },
): Promise<void> {
  const { requestId } = options
  return appendOutbox(
    tx,
    alarms.map((alarm) => ({
      aggregateType: 'alarm',
      aggregateId: alarm.id,
      type: alarmMessageType(alarm, options.opened?.has(alarm.id) ?? false),
      siteId: alarm.site.id,
      data: alarm,
      version: alarm.version,
      requestId: typeof requestId === 'function' ? requestId(alarm.id) : requestId,
    })),
  )
}

function alarmMessageType(alarm: AlarmSummary, opened: boolean): AlarmMessageType {
  if (opened) return 'alarm.new'
  return alarm.status === 'CLOSED' ? 'alarm.closed' : 'alarm.updated'
}
