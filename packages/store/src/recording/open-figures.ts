import type { AlarmStatus } from '@stam/contracts'
import type { Queryable } from '../connection.ts'

export interface OpenFigures {
  /** Open alarms by status, those of sites on test left out. */
  readonly active: Readonly<Record<Exclude<AlarmStatus, 'CLOSED'>, number>>
  /** CRITICAL and open for more than 24 h (spec 02 "Escalation"). */
  readonly stale: number
}

export async function openFigures(db: Queryable): Promise<OpenFigures> {
  const rows = await db.query<{ status: Exclude<AlarmStatus, 'CLOSED'>; count: number; stale: number }>(
    `SELECT status, count(*) AS count,
       count(*) FILTER (WHERE priority = 'CRITICAL' AND created_at < clock_timestamp() - interval '24 hours') AS stale
     FROM alarms WHERE status <> 'CLOSED' AND NOT test_mode GROUP BY status`,
  )
  const active = { NEW: 0, IN_PROGRESS: 0, ACK: 0, RESOLVED: 0 }
  for (const { status, count } of rows) active[status] = count
  return { active, stale: rows.reduce((sum, row) => sum + row.stale, 0) }
}
