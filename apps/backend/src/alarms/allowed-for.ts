/** Which actions a person may take on an alarm now; the console offers exactly these. */
import type { AlarmAction, AlarmSummary } from '@stam/contracts'
import { type AlarmState, allowedActions } from '@stam/domain'
import { hasLiveSession, type LockedAlarm, type Queryable } from '@stam/store'
import type { Person } from '../identity/principals.ts'

/** What of an alarm decides its transitions (domain). Without its versions, only to ask what the present one allows. */
export function stateOf(
  alarm: AlarmSummary,
  versions: Pick<LockedAlarm, 'transitionVersion' | 'decisionVersion'> = {
    transitionVersion: alarm.version,
    decisionVersion: alarm.version,
  },
): AlarmState {
  return {
    status: alarm.status,
    priority: alarm.priority,
    version: alarm.version,
    transition_version: versions.transitionVersion,
    decision_version: versions.decisionVersion,
    handler_id: alarm.handler?.id ?? null,
    requires_note: alarm.requires_note,
    test_mode: alarm.test_mode,
  }
}

export async function allowedFor(db: Queryable, alarm: AlarmSummary, person: Person): Promise<AlarmAction[]> {
  if (!person.permissions.has('alarm:write')) return []
  return allowedActions(stateOf(alarm), { id: person.userId, role: person.role }, await handlerGone(db, alarm, person))
}

/** The handler's sessions have all ended, so anybody may go on with the alarm (spec 02 "take over"). */
export async function handlerGone(db: Queryable, alarm: AlarmSummary, person: Person): Promise<boolean> {
  if (alarm.status !== 'IN_PROGRESS' || !alarm.handler || alarm.handler.id === person.userId) return false
  return !(await hasLiveSession(db, alarm.handler.id))
}
