/** What a transaction has to tell, written in the transaction itself (house rule 15). The relay numbers and publishes it after the commit. */
import type { AlarmMessageType, AlarmSummary } from '@stam/contracts'
import type { Transaction } from '../connection.ts'
import { type WritePart, writeTogether } from '../write-together.ts'

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
  await writeTogether(tx, [outboxPart(messages)])
}

/** Tells an alarm as it is now. `opened`: it did not exist before this transaction. */
export function alarmMessage(
  alarm: AlarmSummary,
  options: { opened: boolean; requestId: string | null },
): OutboxMessage {
  return {
    aggregateType: 'alarm',
    aggregateId: alarm.id,
    type: alarmMessageType(alarm, options.opened),
    siteId: alarm.site.id,
    data: alarm,
    version: alarm.version,
    requestId: options.requestId,
  }
}

function alarmMessageType(alarm: AlarmSummary, opened: boolean): AlarmMessageType {
  if (opened) return 'alarm.new'
  return alarm.status === 'CLOSED' ? 'alarm.closed' : 'alarm.updated'
}

export function outboxPart(messages: readonly OutboxMessage[]): WritePart {
  return {
    rows: messages,
    sql: (json) => `
      INSERT INTO outbox (aggregate_type, aggregate_id, event_type, routing_key, site_id, payload, idempotency_key, request_id)
      SELECT "aggregateType", "aggregateId", type, 'stream.' || type, "siteId", data,
        "aggregateType" || ':' || "aggregateId" || ':' || type || ':' || version, "requestId"
      FROM json_to_recordset(${json}) AS m("aggregateType" text, "aggregateId" uuid, type text, "siteId" uuid, data json, version int, "requestId" text)
      ON CONFLICT (idempotency_key) DO NOTHING RETURNING 1`,
  }
}
