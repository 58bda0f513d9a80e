/** Alarms the clock may move by itself (spec 02: auto-close, auto-ack); whether one really moves is decided by `domain`. */
import { SiteSettings } from '@stam/contracts'
import { type SummaryRow, summaryColumns, summaryJoins, toAlarmSummary } from '../alarms/alarm-summary.ts'
import type { LockedAlarm } from '../alarms/change-alarm.ts'
import type { Transaction } from '../connection.ts'

export interface QuietAlarm extends LockedAlarm {
  /** ISO instant of the newest receipt of one of its events. */
  readonly lastActive: string
  readonly settings: SiteSettings
}

/**
 * Locks at most `limit` of those that have been quiet long enough to close. One that is being worked on at this moment, by a recorder or a
 * person, is left out: it is not quiet. A recorder that comes later waits, and then finds it closed, so nothing ever joins a closed alarm (RC-01).
 */
export async function lockQuietAlarms(tx: Transaction, now: string, limit: number): Promise<QuietAlarm[]> {
  const { bundle_window_s, warning_auto_close_s, info_auto_close_s } = SiteSettings.parse({})
  return lockWhere(
    tx,
    `a.status = 'NEW' AND (a.test_mode OR a.priority IN ('WARNING', 'INFO'))
       AND a.last_active <= $1::timestamptz - make_interval(secs => CASE
         WHEN a.test_mode THEN coalesce((s.settings ->> 'bundle_window_s')::int, $3)
         WHEN a.priority = 'WARNING' THEN coalesce((s.settings ->> 'warning_auto_close_s')::int, $4)
         ELSE coalesce((s.settings ->> 'info_auto_close_s')::int, $5) END)`,
    [now, limit, bundle_window_s, warning_auto_close_s, info_auto_close_s],
  )
}

/** Locks at most `limit` INFO alarms of sites that have them acknowledged by the clock, long enough after their last event; else as above. */
export async function lockUntakenInfoAlarms(tx: Transaction, now: string, limit: number): Promise<QuietAlarm[]> {
  return lockWhere(
    tx,
    `a.status = 'NEW' AND a.priority = 'INFO' AND NOT a.test_mode
       AND a.last_active <= $1::timestamptz - make_interval(secs => (s.settings ->> 'info_auto_ack_s')::int)`,
    [now, limit],
  )
}

/** @param values `$1` the time, `$2` the limit, and what the condition needs besides */
async function lockWhere(tx: Transaction, condition: string, values: readonly unknown[]): Promise<QuietAlarm[]> {
  const rows = await tx.query<
    SummaryRow & { transition_version: number; decision_version: number; last_active: string; settings: object }
  >(
    `WITH quiet AS MATERIALIZED (
       SELECT a.* FROM alarms a JOIN sites s ON s.id = a.site_id
       WHERE ${condition}
       ORDER BY a.id LIMIT $2 FOR NO KEY UPDATE OF a SKIP LOCKED
     )
     SELECT ${summaryColumns}, a.transition_version, coalesce(a.decision_version, a.version) AS decision_version, a.last_active, s.settings FROM quiet a ${summaryJoins}`,
    [...values],
  )
  return rows.map(({ transition_version, decision_version, last_active, settings, ...summary }) => ({
    summary: toAlarmSummary(summary),
    transitionVersion: transition_version,
    decisionVersion: decision_version,
    lastActive: last_active,
    settings: SiteSettings.parse(settings),
  }))
}
