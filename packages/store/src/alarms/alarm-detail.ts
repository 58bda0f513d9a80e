/** One alarm with everything around it: its site, events, transitions, and what happened there lately. */
import type { AlarmSummary, AlarmTransition, EventRecord, SiteContact, SiteProcedure, SiteScope } from '@stam/contracts'
import type { Queryable } from '../connection.ts'
import { recordedBefore } from '../recording/horizon.ts'
import { scopeValue, withinScope } from '../system/site-scope.ts'
import { type SummaryRow, summaryColumns, summaryJoins, toAlarmSummary } from './alarm-summary.ts'

/** The alarm, or null when there is none in this scope. */
export async function findAlarm(db: Queryable, id: string, scope: SiteScope): Promise<AlarmSummary | null> {
  const [row] = await db.query<SummaryRow>(
    `SELECT ${summaryColumns} FROM alarms a ${summaryJoins} WHERE a.id = $1 AND ${withinScope('a.site_id', '$2')}`,
    [id, scopeValue(scope)],
  )
  return row ? toAlarmSummary(row) : null
}

const MOST_TRANSITIONS = 500

/** What people and the system did with the alarm, oldest first; the newest 500 where there are more. */
export async function alarmTransitions(db: Queryable, alarmId: string): Promise<AlarmTransition[]> {
  const rows = await db.query<{
    id: string
    at: string
    action: AlarmTransition['action']
    from_status: AlarmTransition['from_status']
    to_status: AlarmTransition['to_status']
    actor_kind: 'user' | 'system'
    actor_id: string | null
    actor_name: string
    note: string | null
    disposition: AlarmTransition['disposition']
    version_before: number | null
    version_after: number
  }>(
    `SELECT id, at, action, from_status, to_status, actor_kind, actor_id, actor_name, note, disposition, version_before, version_after
     FROM alarm_transitions WHERE alarm_id = $1 ORDER BY at DESC, version_after DESC LIMIT ${MOST_TRANSITIONS}`,
    [alarmId],
  )
  return rows.reverse().map(({ actor_kind, actor_id, actor_name, ...row }) => ({
    ...row,
    actor: { kind: actor_kind, id: actor_id, name: actor_name },
  }))
}

export interface LastChange {
  readonly by: string
  readonly at: string
}

/** Who changed the alarm last and when, for conflicts; a joined event counts as the system. */
export async function lastAlarmChange(db: Queryable, alarmId: string): Promise<LastChange | null> {
  const [row] = await db.query<{ by: string | null; at: string; version: number; version_after: number | null }>(
    `SELECT CASE WHEN t.version_after = a.version THEN t.actor_name END AS by, a.updated_at AS at, a.version, t.version_after
     FROM alarms a LEFT JOIN LATERAL
       (SELECT actor_name, version_after FROM alarm_transitions WHERE alarm_id = a.id ORDER BY version_after DESC LIMIT 1) t ON true
     WHERE a.id = $1`,
    [alarmId],
  )
  return row ? { by: row.by ?? 'system', at: row.at } : null
}

export interface AlarmSite {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly type: string
  readonly address_line: string
  readonly postal_code: string
  readonly city: string
  readonly latitude: number | null
  readonly longitude: number | null
  readonly notes: string
  readonly contacts: SiteContact[]
}

/** What an operator needs of the alarm's site to act: where it is and whom to call, in call order. */
export async function alarmSite(db: Queryable, siteId: string): Promise<AlarmSite> {
  const [site] = await db.query<Omit<AlarmSite, 'contacts'>>(
    `SELECT id, code, name, type, address_line, postal_code, city, latitude, longitude, notes FROM sites WHERE id = $1`,
    [siteId],
  )
  const contacts = await db.query<SiteContact>(
    `SELECT id, position, name, role, phone, email, note FROM site_contacts WHERE site_id = $1 ORDER BY position`,
    [siteId],
  )
  return { ...(site as Omit<AlarmSite, 'contacts'>), contacts }
}

/** The procedure for this kind of alarm: the one of its stream, else the site's general one. */
export async function procedureFor(db: Queryable, siteId: string, stream: string): Promise<SiteProcedure | null> {
  const [row] = await db.query<SiteProcedure>(
    `SELECT id, title, stream, body FROM site_procedures WHERE site_id = $1 AND (stream = $2 OR stream IS NULL)
     ORDER BY stream IS NULL, position LIMIT 1`,
    [siteId, stream],
  )
  return row ?? null
}

/** The newest other alarms of a site, open and closed. */
export async function recentAlarms(
  db: Queryable,
  siteId: string,
  limit: number,
  exceptId?: string,
): Promise<AlarmSummary[]> {
  const rows = await db.query<SummaryRow>(
    `SELECT ${summaryColumns} FROM alarms a ${summaryJoins}
     WHERE a.site_id = $1 AND a.id IS DISTINCT FROM $2::uuid ORDER BY a.created_at DESC, a.id DESC LIMIT $3`,
    [siteId, exceptId ?? null, limit],
  )
  return rows.map(toAlarmSummary)
}

export interface EventFilter {
  readonly scope: SiteScope
  readonly panelId?: string | undefined
  readonly siteId?: string | undefined
  readonly alarmId?: string | undefined
  /** Received (newest first) or recorded (oldest first) in [from, to). ISO instants. */
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export interface EventPosition {
  /** Time of receipt; of recording where the oldest come first. */
  readonly receivedAt: string
  readonly eventId: string
}

const eventColumns = `event_id, panel_id, site_id, alarm_id, occurred_at AS timestamp, received_at, recorded_at, source, event_type, event_code,
  restore, zone_no, partition_no, user_no, description_pl, description_en, object_name, default_priority, priority, late, test_mode,
  repeat_of, repeat_count, memory_index, epoch, panel_seq`

/**
 * Every signal is a row, repeats included. Newest first by receipt. Oldest first by recording, and only what nothing can slip in before any more:
 * who reads forward, page by page, misses none (house rule 16).
 */
export async function listEvents(
  db: Queryable,
  filter: EventFilter,
  page: { order: 'newest' | 'oldest'; after: EventPosition | null; limit: number },
): Promise<{ events: EventRecord[]; next: EventPosition | null }> {
  const values: unknown[] = [scopeValue(filter.scope), page.limit + 1]
  const bind = (value: unknown) => `$${values.push(value)}`
  const conditions = [withinScope('site_id', '$1')]
  if (filter.panelId) {
    // A panel never changes its site, and the site is what events are indexed by.
    const panel = bind(filter.panelId)
    conditions.push(`panel_id = ${panel}::uuid AND site_id = (SELECT site_id FROM panels WHERE id = ${panel}::uuid)`)
  }
  if (filter.siteId) conditions.push(`site_id = ${bind(filter.siteId)}::uuid`)
  if (filter.alarmId) conditions.push(`alarm_id = ${bind(filter.alarmId)}::uuid`)
  const [time, compare, direction] =
    page.order === 'newest' ? ['received_at', '<', 'DESC'] : ['recorded_at', '>', 'ASC']
  if (filter.from) conditions.push(`${time} >= ${bind(filter.from)}::timestamptz`)
  if (filter.to) conditions.push(`${time} < ${bind(filter.to)}::timestamptz`)
  if (page.order === 'oldest') conditions.push(`recorded_at < ${bind(await recordedBefore(db))}::timestamptz`)
  if (page.after) {
    conditions.push(
      `(${time}, event_id) ${compare} (${bind(page.after.receivedAt)}::timestamptz, ${bind(page.after.eventId)}::uuid)`,
    )
  }
  const rows = await db.query<Omit<EventRecord, 'description'> & { description_pl: string; description_en: string }>(
    `SELECT ${eventColumns} FROM events WHERE ${conditions.join(' AND ')}
     ORDER BY ${time} ${direction}, event_id ${direction} LIMIT $2`,
    values,
  )
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  return {
    events: shown.map(({ description_pl, description_en, ...row }) => ({
      ...row,
      description: { pl: description_pl, en: description_en },
    })),
    next:
      last && rows.length > page.limit
        ? { receivedAt: page.order === 'newest' ? last.received_at : last.recorded_at, eventId: last.event_id }
        : null,
  }
}
