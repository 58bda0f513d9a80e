/**
 * One person's or the clock's change of an alarm: the guarded UPDATE, the transition, the audit record and the announcement, in the caller's
 * transaction, and in as few round trips as can be, because each is waited for with the alarm locked.
 * What is allowed is decided by `domain`; the WHERE and the trigger of the table refuse the rest a second time.
 */
import type { AlarmAction, AlarmStatus, AlarmSummary, Disposition, SiteScope } from '@stam/contracts'
import type { Queryable, Transaction } from '../connection.ts'
import { alarmMessage, outboxPart } from '../outbox/append-outbox.ts'
import { type AuditEntryDraft, auditPart } from '../system/append-audit.ts'
import { type Act, actorId, auditOf } from '../system/list-audit.ts'
import { scopeValue, withinScope } from '../system/site-scope.ts'
import { writeTogether } from '../write-together.ts'
import { type SummaryRow, summaryColumns, summaryJoins, toAlarmSummary } from './alarm-summary.ts'

export interface LockedAlarm {
  readonly summary: AlarmSummary
  readonly transitionVersion: number
  readonly decisionVersion: number
}

/** The alarm as it is now, locked against everybody else until the transaction ends; null when there is none in this scope. */
export async function lockAlarm(tx: Transaction, id: string, scope: SiteScope): Promise<LockedAlarm | null> {
  // Joined only once the lock is held: a plain join that waits for the lock shows the new alarm beside the old handler.
  const [row] = await tx.query<SummaryRow & { transition_version: number; decision_version: number }>(
    `WITH locked AS MATERIALIZED (
       SELECT * FROM alarms WHERE id = $1 AND ${withinScope('site_id', '$2')} FOR NO KEY UPDATE
     )
     SELECT ${summaryColumns}, a.transition_version, coalesce(a.decision_version, a.version) AS decision_version FROM locked a ${summaryJoins}`,
    [id, scopeValue(scope)],
  )
  if (!row) return null
  const { transition_version, decision_version, ...summary } = row
  return { summary: toAlarmSummary(summary), transitionVersion: transition_version, decisionVersion: decision_version }
}

export interface AlarmChange {
  readonly alarmId: string
  readonly siteId: string
  readonly version: number
  readonly fromStatus: AlarmStatus
  readonly toStatus: AlarmStatus
  /** Statuses this action may start from; the database's own look. */
  readonly allowedFrom: readonly AlarmStatus[]
  readonly action: AlarmAction
  readonly note: string | null
  readonly disposition?: Disposition | undefined
  /** Given = new handler, null = nobody; absent = unchanged. */
  readonly handlerId?: string | null | undefined
  readonly stamp?: 'claimed_at' | 'acked_at' | 'resolved_at' | 'closed_at' | undefined
  readonly clear?: readonly ('claimed_at' | 'acked_at')[] | undefined
  readonly transitionId: string
  readonly act: Act
}

const stampColumns = ['claimed_at', 'acked_at', 'resolved_at', 'closed_at'] as const

/**
 * Writes the change and its transition, and returns the alarm as it is now. Null: it is no longer at that version and status, somebody was faster;
 * nothing was written. {@link tellAlarmChanges} has to follow in the same transaction.
 */
export async function changeAlarm(tx: Transaction, change: AlarmChange): Promise<AlarmSummary | null> {
  const values: unknown[] = [change.alarmId, change.version, [...change.allowedFrom], change.toStatus]
  const bind = (value: unknown) => `$${values.push(value)}`
  const sets = [
    'version = version + 1',
    'transition_version = version + 1',
    'decision_version = version + 1',
    'updated_at = clock_timestamp()',
    'status = $4',
  ]
  if (change.handlerId !== undefined) sets.push(`handler_id = ${bind(change.handlerId)}::uuid`)
  if (change.disposition !== undefined) sets.push(`disposition = ${bind(change.disposition)}`)
  if (change.toStatus === 'CLOSED') sets.push(`closed_by = ${bind(actorId(change.act))}::uuid`)
  for (const column of stampColumns) {
    if (change.stamp === column) sets.push(`${column} = clock_timestamp()`)
    else if (change.clear?.some((cleared) => cleared === column)) sets.push(`${column} = NULL`)
  }
  const { act } = change
  const [row] = await tx.query<SummaryRow>(
    `WITH changed AS (
       UPDATE alarms SET ${sets.join(', ')} WHERE id = $1 AND version = $2 AND status = ANY ($3::text[]) RETURNING *
     ), moved AS (
       INSERT INTO alarm_transitions (id, alarm_id, at, action, from_status, to_status, actor_kind, actor_id, actor_name, note, disposition,
         version_before, version_after, request_id)
       SELECT ${bind(change.transitionId)}::uuid, id, clock_timestamp(), ${bind(change.action)}, ${bind(change.fromStatus)}, status,
         ${bind(act.actor.kind)}, ${bind(actorId(act))}::uuid, ${bind(act.actor.name)}, ${bind(change.note)},
         ${bind(change.disposition ?? null)}, version - 1, version, ${bind(act.requestId)}
       FROM changed
     )
     SELECT ${summaryColumns} FROM changed a ${summaryJoins}`,
    values,
  )
  return row ? toAlarmSummary(row) : null
}

/** The audit records and the announcements of changes that {@link changeAlarm} has just made: `alarm` is what it returned. */
export async function tellAlarmChanges(
  tx: Transaction,
  changes: readonly { readonly change: AlarmChange; readonly alarm: AlarmSummary }[],
): Promise<void> {
  await writeTogether(tx, [
    auditPart(changes.map(({ change }) => auditOfChange(change))),
    outboxPart(
      changes.map(({ change, alarm }) => alarmMessage(alarm, { opened: false, requestId: change.act.requestId })),
    ),
  ])
}

function auditOfChange(change: AlarmChange): AuditEntryDraft {
  return auditOf(change.act, {
    action: `ALARM_${change.action.toUpperCase()}`,
    entityType: 'alarm',
    entityId: change.alarmId,
    siteId: change.siteId,
    before: { status: change.fromStatus, version: change.version },
    after: {
      status: change.toStatus,
      version: change.version + 1,
      ...(change.disposition === undefined ? {} : { disposition: change.disposition }),
    },
    reason: change.note,
  })
}

/** Whether a person still has a session somewhere: a refresh token that is alive. */
export async function hasLiveSession(db: Queryable, userId: string): Promise<boolean> {
  const rows = await db.query(
    `SELECT FROM refresh_tokens WHERE user_id = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now() LIMIT 1`,
    [userId],
  )
  return rows.length > 0
}

/** Notes that these alarms were drawn on a person's screen; the first time counts. Returns how many were new. */
export async function recordPresented(
  tx: Transaction,
  userId: string,
  alarmIds: readonly string[],
  scope: SiteScope,
): Promise<number> {
  return tx.execute(
    `INSERT INTO alarm_presentations (alarm_id, user_id)
     SELECT a.id, $1 FROM alarms a WHERE a.id = ANY ($2::uuid[]) AND ${withinScope('a.site_id', '$3')} ORDER BY a.id
     ON CONFLICT DO NOTHING`,
    [userId, alarmIds, scopeValue(scope)],
  )
}
