import { recordingRules } from '@stam/domain'
import type { Priority } from '@stam/contracts'
import { uuidv7 } from '@stam/runtime'
import { recordInTransaction } from '@stam/store'
import type { Mutation } from '../http/mutation.ts'
import { Problem } from '../http/problem.ts'

export interface ManualEvent {
  readonly siteId: string
  readonly priority: Priority
  readonly description: { readonly pl: string; readonly en: string }
  /** Events of one key within the site's duplicate window are counted on the same alarm; each stands for itself unless given. */
  readonly dedupKey?: string
  /** ISO. */
  readonly at: string
}

/**
 * What a person did or reports, as an event of the site. It takes the same door as a signal of a panel, so the same rules decide whether it opens
 * an alarm or joins one, and the same rows and announcements come out.
 */
export async function recordManualEvent(
  { tx, act }: Pick<Mutation, 'tx' | 'act'>,
  { siteId, priority, description, dedupKey, at }: ManualEvent,
): Promise<{ readonly eventId: string; readonly alarmId: string }> {
  const eventId = uuidv7()
  const [recorded] = await recordInTransaction(tx, recordingRules, [
    {
      event_id: eventId,
      panel_id: null,
      site_id: siteId,
      epoch: 0,
      panel_seq: 0,
      timestamp: at,
      received_at: at,
      source: 'OPERATOR',
      event_type: 'MANUAL',
      event_code: null,
      restore: false,
      zone_no: null,
      partition_no: null,
      user_no: null,
      output_no: null,
      description,
      object_name: null,
      default_priority: priority,
      late: false,
      raw_payload: '',
      dedup_key: dedupKey ?? `manual|${eventId}|MANUAL`,
      signal: null,
      memory_cursor: null,
      service_instance_id: act.serviceInstance,
      request_id: act.requestId,
    },
  ])
  const alarmId = recorded && recorded.outcome !== 'refused' ? recorded.alarm_id : null
  if (alarmId === null) throw new Problem('INTERNAL', {}, { cause: recorded })
  return { eventId, alarmId }
}
