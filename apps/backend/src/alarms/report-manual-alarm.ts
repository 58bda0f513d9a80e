/**
 * A person reports an alarm by hand. It takes the same door as a signal of a panel, so the same rules decide whether it
 * opens an alarm or joins one, and the same rows and announcements come out.
 */
import type { AlarmChanged, ManualAlarmRequest } from '@stam/contracts'
import { uuidv7 } from '@stam/runtime'
import { appendAudit, auditOf, findSite, readAlarmSummaries, recordInTransaction } from '@stam/store'
import { createBundler, enrichEvent, repeatAnomaly } from '@stam/domain'
import type { z } from 'zod'
import type { Mutation } from '../http/mutation.ts'
import { done, type Outcome, Problem, refuse } from '../http/problem.ts'
import { allowedFor } from './allowed-for.ts'

export async function reportManualAlarm(
  { tx, person, act }: Mutation,
  report: z.output<typeof ManualAlarmRequest>,
  now: string,
): Promise<Outcome<AlarmChanged>> {
  const site = await findSite(tx, report.site_id, person.scope)
  if (!site || site.status === 'ARCHIVED') return refuse('SITE_NOT_FOUND')
  const eventId = uuidv7()
  const text = report.description.trim()
  const [recorded] = await recordInTransaction(tx, { createBundler, enrichEvent, repeatAnomaly }, [
    {
      event_id: eventId,
      panel_id: null,
      site_id: site.id,
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
      description: { pl: text, en: text },
      object_name: null,
      default_priority: report.priority,
      late: false,
      raw_payload: '',
      // Every report stands for itself: two people telling the same thing are two signals, not a repeat.
      dedup_key: `manual|${eventId}|MANUAL`,
      signal: null,
      memory_cursor: null,
      service_instance_id: act.serviceInstance,
      request_id: act.requestId,
    },
  ])
  const alarmId = recorded && recorded.outcome !== 'refused' ? recorded.alarm_id : null
  if (alarmId === null) throw new Problem('INTERNAL', {}, { cause: recorded })
  await appendAudit(tx, [
    auditOf(act, {
      action: 'ALARM_REPORT',
      entityType: 'alarm',
      entityId: alarmId,
      siteId: site.id,
      after: { event_id: eventId, priority: report.priority },
      reason: text,
    }),
  ])
  const [alarm] = await readAlarmSummaries(tx, [alarmId])
  if (!alarm) return refuse('ALARM_NOT_FOUND')
  return done({ alarm, allowed_actions: await allowedFor(tx, alarm, person) })
}
