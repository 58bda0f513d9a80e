/** Everything a batch is decided on, read under the locks of its sites. One statement per question, each by index. */
import { type AlarmStatus, type AlarmStream, type EventType, type Priority, SiteSettings } from '@stam/contracts'
import type { Transaction } from '../connection.ts'
import type {
  AlarmSourceRow,
  BundledAlarmRow,
  EventFacts,
  RecentEventRow,
  RecordableEvent,
  RepeatCount,
  SiteRules,
} from './rules.ts'

/** Open alarms of one site the rules look at; beyond it, a restore no longer finds the alarm it ends. */
const OPEN_ALARMS_PER_SITE = 200

/**
 * Locks the sites of these panels and of `siteIds` until the end of the transaction, so that one site's events are decided one batch at a
 * time, whoever records them. Sorted, hence free of deadlocks. Returns the site of each known panel, and the time of the transaction.
 */
export async function lockSites(
  tx: Transaction,
  panelIds: readonly string[],
  siteIds: readonly string[],
): Promise<{ siteOfPanel: Map<string, string>; sites: Set<string> }> {
  const rows = await tx.query<{ panel_id: string | null; site_id: string }>(
    // The ordered subquery is scanned row by row, which is the order the locks are taken in.
    `WITH wanted AS MATERIALIZED (
       SELECT id AS panel_id, site_id FROM panels WHERE id = ANY ($1::uuid[])
       UNION ALL SELECT NULL, id FROM sites WHERE id = ANY ($2::uuid[])
     ), locked AS MATERIALIZED (
       SELECT site_id, pg_advisory_xact_lock(key) FROM (
         SELECT DISTINCT hashtextextended('stam:site:' || site_id, 0) AS key, site_id FROM wanted ORDER BY key
       ) keys
     )
     SELECT wanted.panel_id, wanted.site_id FROM wanted JOIN locked USING (site_id)`,
    [panelIds, siteIds],
  )
  const siteOfPanel = new Map<string, string>()
  const sites = new Set<string>()
  for (const { panel_id, site_id } of rows) {
    sites.add(site_id)
    if (panel_id !== null) siteOfPanel.set(panel_id, site_id)
  }
  return { siteOfPanel, sites }
}

/** The epoch each panel's owner has now; the row stays as it is until the transaction ends, so nobody takes over in between. */
export async function lockEpochs(tx: Transaction, panelIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await tx.query<{ panel_id: string; epoch: number }>(
    `SELECT panel_id, epoch FROM panel_assignments WHERE panel_id = ANY ($1::uuid[]) ORDER BY panel_id FOR SHARE`,
    [panelIds],
  )
  return new Map(rows.map((row) => [row.panel_id, row.epoch]))
}

/** Claims the ids; returns those nobody had. An id claimed by a transaction still open is waited for. */
export async function claimEventIds(tx: Transaction, events: readonly RecordableEvent[]): Promise<Set<string>> {
  const rows = await tx.query<{ event_id: string }>(
    `INSERT INTO event_ids (event_id, received_at)
     SELECT DISTINCT ON (id) id, received_at FROM unnest($1::uuid[], $2::timestamptz[]) WITH ORDINALITY AS e(id, received_at, place) ORDER BY id, place
     ON CONFLICT DO NOTHING RETURNING event_id`,
    [events.map((event) => event.event_id), events.map((event) => event.received_at)],
  )
  return new Set(rows.map((row) => row.event_id))
}

export interface StoredEventRow {
  readonly event_id: string
  readonly received_at: string
  readonly alarm_id: string | null
  readonly facts: EventFacts
}

interface StoredEventColumns extends Omit<EventFacts, 'description'> {
  event_id: string
  received_at: string
  alarm_id: string | null
  description_pl: string
  description_en: string
}

export async function loadStoredEvents(
  tx: Transaction,
  eventIds: readonly string[],
): Promise<Map<string, StoredEventRow>> {
  if (eventIds.length === 0) return new Map()
  const rows = await tx.query<StoredEventColumns>(
    `SELECT e.event_id, e.received_at, e.alarm_id, e.source, e.occurred_at AS timestamp, e.event_code, e.zone_no, e.partition_no, e.user_no,
       e.output_no, e.description_pl, e.description_en, e.object_name, encode(e.raw_payload, 'hex') AS raw_payload, e.late
     FROM event_ids i JOIN events e ON e.received_at = i.received_at AND e.event_id = i.event_id
     WHERE i.event_id = ANY ($1::uuid[])`,
    [eventIds],
  )
  return new Map(
    rows.map(({ event_id, received_at, alarm_id, description_pl, description_en, ...facts }) => [
      event_id,
      { event_id, received_at, alarm_id, facts: { ...facts, description: { pl: description_pl, en: description_en } } },
    ]),
  )
}

export async function loadSites(
  tx: Transaction,
  siteIds: readonly string[],
  panelIds: readonly string[],
): Promise<Map<string, SiteRules>> {
  const sites = await tx.query<{ id: string; settings: object; service_mode: boolean; test_mode: boolean }>(
    `SELECT id, settings, service_mode, test_mode FROM sites WHERE id = ANY ($1::uuid[])`,
    [siteIds],
  )
  const overrides = await loadOverrides(tx, panelIds)
  return new Map(
    sites.map((site) => [
      site.id,
      {
        site_id: site.id,
        settings: SiteSettings.parse(site.settings),
        service_mode: site.service_mode,
        test_mode: site.test_mode,
        zoneOverrides: (panelId, zoneNo) => overrides.get(`${panelId}|${zoneNo}`) ?? null,
      },
    ]),
  )
}

async function loadOverrides(tx: Transaction, panelIds: readonly string[]) {
  const rows = await tx.query<{ panel_id: string; number: number; priority_overrides: Record<string, Priority> }>(
    `SELECT panel_id, number, priority_overrides FROM panel_objects
     WHERE panel_id = ANY ($1::uuid[]) AND kind = 'zone' AND priority_overrides <> '{}'`,
    [panelIds],
  )
  return new Map(rows.map((row) => [`${row.panel_id}|${row.number}`, row.priority_overrides]))
}

interface AlarmColumns {
  id: string
  site_id: string
  stream: AlarmStream
  priority: Priority
  status: AlarmStatus
  version: number
  transition_version: number
  handler_id: string | null
  requires_note: boolean
  service_mode: boolean
  test_mode: boolean
  panel_id: string | null
  headline_pl: string
  headline_en: string
  object_name: string | null
  event_types: EventType[]
  event_count: number
  repeat_count: number
  first_seen: string
  last_seen: string
  last_active: string
  normal_since: string | null
  late: boolean
  sources: AlarmSourceRow[]
}

/** The newest open alarms of each site, locked: whoever claims or closes one meanwhile waits, and then sees what was decided here. */
export async function lockOpenAlarms(tx: Transaction, siteIds: readonly string[]): Promise<BundledAlarmRow[]> {
  const rows = await tx.query<AlarmColumns>(
    `SELECT a.id, a.site_id, a.stream, a.priority, a.status, a.version, a.transition_version, a.handler_id, a.requires_note, a.service_mode,
       a.test_mode, a.panel_id, a.headline_pl, a.headline_en, a.object_name, a.event_types, a.event_count, a.repeat_count, a.first_seen,
       a.last_seen, a.last_active, a.normal_since, a.late, a.sources
     FROM alarms a
     WHERE a.id = ANY (ARRAY(
       SELECT newest.id FROM unnest($1::uuid[]) AS site(id) CROSS JOIN LATERAL (
         SELECT o.id FROM alarms o WHERE o.site_id = site.id AND o.status <> 'CLOSED' AND o.status <> 'RESOLVED'
         ORDER BY o.created_at DESC, o.id DESC LIMIT ${OPEN_ALARMS_PER_SITE}
       ) newest
     ))
     ORDER BY a.id FOR NO KEY UPDATE`,
    [siteIds],
  )
  return rows.map(({ headline_pl, headline_en, ...row }) => ({
    ...row,
    headline: { pl: headline_pl, en: headline_en },
  }))
}

export interface OriginalRow extends RecentEventRow {
  readonly received_at: string
}

export async function loadOriginals(tx: Transaction, dedupKeys: readonly string[]): Promise<OriginalRow[]> {
  const rows = await tx.query<Omit<OriginalRow, 'at'> & { occurred_at: string }>(
    `SELECT dedup_key, event_id, received_at, occurred_at, priority, test_mode, alarm_id FROM duplicate_windows WHERE dedup_key = ANY ($1::text[])`,
    [dedupKeys],
  )
  return rows.map(({ occurred_at, ...row }) => ({ ...row, at: Date.parse(occurred_at) }))
}

export async function loadRepeats(tx: Transaction, siteIds: readonly string[]): Promise<Map<string, RepeatCount>> {
  const rows = await tx.query<{ site_id: string; hour: string; repeats: number }>(
    `SELECT DISTINCT ON (site_id) site_id, hour, repeats FROM site_repeats WHERE site_id = ANY ($1::uuid[]) ORDER BY site_id, hour DESC`,
    [siteIds],
  )
  return new Map(rows.map((row) => [row.site_id, { hour: Date.parse(row.hour), count: row.repeats }]))
}
