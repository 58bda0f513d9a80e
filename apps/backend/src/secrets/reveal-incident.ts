/**
 * Somebody has been shown a secret of the highest class: an incident in everybody's queue (spec 06), so that it is not one person's word against
 * the record. It takes the door of all alarms; the same secret again within the site's duplicate window is counted on the same one.
 */
import { createBundler, enrichEvent, repeatAnomaly } from '@stam/domain'
import { isoTime, uuidv7 } from '@stam/runtime'
import { recordInTransaction } from '@stam/store'
import type { Mutation } from '../http/mutation.ts'
import { Problem } from '../http/problem.ts'
import type { Reveal } from './secret-use-cases.ts'

const what = {
  PANEL_INTEGRATION_KEY: { pl: 'klucz integracji', en: 'integration key' },
  PANEL_SERVICE_CODE: { pl: 'kod serwisowy', en: 'service code' },
} as const

/** Returns the alarm it is, or is counted on. */
export async function raiseRevealIncident(
  { tx, person, act }: Mutation,
  reveal: Reveal,
  nowMs: number,
): Promise<string> {
  const { kind, label, siteId, reason, entity } = reveal
  const names = kind in what ? what[kind as keyof typeof what] : { pl: 'dane poufne', en: 'secret' }
  const now = isoTime(nowMs)
  const [recorded] = await recordInTransaction(tx, { createBundler, enrichEvent, repeatAnomaly }, [
    {
      event_id: uuidv7(),
      panel_id: null,
      site_id: siteId,
      epoch: 0,
      panel_seq: 0,
      timestamp: now,
      received_at: now,
      source: 'OPERATOR',
      event_type: 'MANUAL',
      event_code: null,
      restore: false,
      zone_no: null,
      partition_no: null,
      user_no: null,
      output_no: null,
      description: {
        pl: `Pokazano ${names.pl}: ${label}. ${person.name}, powód: ${reason}`,
        en: `Shown: ${names.en} of ${label}. ${person.name}, reason: ${reason}`,
      },
      object_name: null,
      default_priority: 'WARNING',
      late: false,
      raw_payload: '',
      dedup_key: `secret|${entity[1]}|${kind}|MANUAL`,
      signal: null,
      memory_cursor: null,
      service_instance_id: act.serviceInstance,
      request_id: act.requestId,
    },
  ])
  const alarmId = recorded && recorded.outcome !== 'refused' ? recorded.alarm_id : null
  if (alarmId === null) throw new Problem('INTERNAL', {}, { cause: recorded })
  return alarmId
}
