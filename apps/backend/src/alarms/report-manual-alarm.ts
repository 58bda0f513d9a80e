/** A person reports an alarm by hand. */
import type { AlarmChanged, ManualAlarmRequest } from '@stam/contracts'
import { appendAudit, auditOf, findSite, readAlarmSummaries } from '@stam/store'
import type { z } from 'zod'
import type { Mutation } from '../http/mutation.ts'
import { done, type Outcome, refuse } from '../http/problem.ts'
import { allowedFor } from './allowed-for.ts'
import { recordManualEvent } from './record-manual-event.ts'

export async function reportManualAlarm(
  mutation: Mutation,
  report: z.output<typeof ManualAlarmRequest>,
  now: string,
): Promise<Outcome<AlarmChanged>> {
  const { tx, person, act } = mutation
  const site = await findSite(tx, report.site_id, person.scope)
  if (!site || site.status === 'ARCHIVED') return refuse('SITE_NOT_FOUND')
  const text = report.description.trim()
  // Every report stands for itself: two people telling the same thing are two signals, not a repeat.
  const { eventId, alarmId } = await recordManualEvent(mutation, {
    siteId: site.id,
    priority: report.priority,
    description: { pl: text, en: text },
    at: now,
  })
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
