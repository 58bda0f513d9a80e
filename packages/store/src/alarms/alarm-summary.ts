/** The AlarmSummary of contracts as SQL columns and back. The one shape lists, details, answers and the outbox share. */
import type { AlarmSummary } from '@stam/contracts'
import type { Queryable } from '../connection.ts'

/** Columns of an alarm `a` with its site `s` and handler `h`; join them with {@link summaryJoins}. */
export const summaryColumns = `
  a.id, a.number, a.version, a.site_id, s.code AS site_code, s.name AS site_name, s.city AS site_city, a.panel_id, a.stream, a.priority,
  a.status, a.headline_pl, a.headline_en, a.object_name, a.event_types, a.event_count, a.repeat_count, a.first_seen, a.last_seen,
  a.created_at, a.updated_at, a.handler_id, h.name AS handler_name, a.claimed_at, a.acked_at, a.resolved_at, a.closed_at, a.disposition,
  a.requires_note, a.normal_since, a.service_mode, a.test_mode, a.late`
export const summaryJoins = `JOIN sites s ON s.id = a.site_id LEFT JOIN users h ON h.id = a.handler_id`

export interface SummaryRow {
  id: string
  number: number
  version: number
  site_id: string
  site_code: string
  site_name: string
  site_city: string
  panel_id: string | null
  stream: AlarmSummary['stream']
  priority: AlarmSummary['priority']
  status: AlarmSummary['status']
  headline_pl: string
  headline_en: string
  object_name: string | null
  event_types: AlarmSummary['event_types']
  event_count: number
  repeat_count: number
  first_seen: string
  last_seen: string
  created_at: string
  updated_at: string
  handler_id: string | null
  handler_name: string | null
  claimed_at: string | null
  acked_at: string | null
  resolved_at: string | null
  closed_at: string | null
  disposition: AlarmSummary['disposition']
  requires_note: boolean
  normal_since: string | null
  service_mode: boolean
  test_mode: boolean
  late: boolean
}

export function toAlarmSummary(row: SummaryRow): AlarmSummary {
  return {
    id: row.id,
    number: row.number,
    version: row.version,
    site: { id: row.site_id, code: row.site_code, name: row.site_name, city: row.site_city },
    panel_id: row.panel_id,
    stream: row.stream,
    priority: row.priority,
    status: row.status,
    headline: { pl: row.headline_pl, en: row.headline_en },
    object_name: row.object_name,
    event_types: row.event_types,
    event_count: row.event_count,
    repeat_count: row.repeat_count,
    first_seen: row.first_seen,
    last_seen: row.last_seen,
    created_at: row.created_at,
    updated_at: row.updated_at,
    handler: row.handler_id === null ? null : { id: row.handler_id, name: row.handler_name ?? '' },
    claimed_at: row.claimed_at,
    acked_at: row.acked_at,
    resolved_at: row.resolved_at,
    closed_at: row.closed_at,
    disposition: row.disposition,
    requires_note: row.requires_note,
    normal_since: row.normal_since,
    service_mode: row.service_mode,
    test_mode: row.test_mode,
    late: row.late,
  }
}

/** Summaries of these alarms as they are now (inside a transaction: as it has left them), in no particular order. */
export async function readAlarmSummaries(db: Queryable, ids: readonly string[]): Promise<AlarmSummary[]> {
  const rows = await db.query<SummaryRow>(
    `SELECT ${summaryColumns} FROM alarms a ${summaryJoins} WHERE a.id = ANY ($1::uuid[])`,
    [ids],
  )
  return rows.map(toAlarmSummary)
}
