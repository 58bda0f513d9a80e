/** Everything a batch is decided on: one statement to lock, one to claim and read. Few round trips keep a single event as cheap as it can be. */
import { type Priority, SiteSettings } from '@stam/contracts'
import { type SummaryRow, summaryColumns, summaryJoins } from '../alarms/alarm-summary.ts'
import type { Transaction } from '../connection.ts'
import { recorderLock } from './horizon.ts'
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
export const OPEN_ALARMS_PER_SITE = 200

/**
 * Locks the sites of these panels and of `siteIds` until the end of the transaction, so that one site's events are decided one batch at a
 * time, whoever records them. Sorted, hence free of deadlocks. With `epochs`, also the epoch of each panel's owner, which then stays as it is
 * until the transaction ends.
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
     SELECT wanted.panel_id, wanted.site_id, ${recorderLock} AS recording FROM wanted JOIN locked USING (site_id)`,
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

export interface StoredEventRow {
  readonly event_id: string
  readonly received_at: string
  readonly alarm_id: string | null
  readonly priority: Priority
  readonly repeat_of: string | null
  readonly test_mode: boolean
  readonly facts: EventFacts
}

export interface OriginalRow extends RecentEventRow {
  readonly received_at: string
}

/** An open alarm, locked, as the rules see it and as people see it. */
export interface OpenAlarm {
  readonly bundled: BundledAlarmRow
  readonly summary: SummaryRow
  readonly is_current: boolean
}

export interface LoadedContext {
  /** The database's clock after the locks were taken, ISO. */
  readonly now: string
  /** Ids nobody had recorded. */
  readonly fresh: ReadonlySet<string>
  /** Those recorded before. */
  readonly stored: ReadonlyMap<string, StoredEventRow>
  readonly sites: ReadonlyMap<string, SiteRules>
  readonly originals: readonly OriginalRow[]
  readonly repeats: ReadonlyMap<string, RepeatCount>
  /** Epoch of each panel's present owner. Taking a panel over locks its site, so this holds until the end of the transaction. */
  readonly epochs: ReadonlyMap<string, number>
}

interface ContextColumns {
  now: string
  fresh: string[] | null
  stored: (Omit<EventFacts, 'description'> & {
    event_id: string
    received_at: string
    alarm_id: string | null
    priority: Priority
    repeat_of: string | null
    test_mode: boolean
    description_pl: string
    description_en: string
  })[]
  sites: { id: string; settings: object; service_mode: boolean; test_mode: boolean }[]
  overrides: { panel_id: string; number: number; priority_overrides: Record<string, Priority> }[]
  originals: (Omit<OriginalRow, 'at'> & { occurred_at: string })[]
  repeats: { site_id: string; hour: string; repeats: number }[]
  epochs: { panel_id: string; epoch: number }[]
}

const list = (rows: string) => `(SELECT coalesce(json_agg(row_to_json(r)), '[]'::json) FROM (${rows}) r)`

/**
 * Claims the ids and reads what does not need a lock of its own. Runs after the sites were locked, hence its snapshot has everything earlier
 * recorders did there. `stored` sees only what was there before the statement, so it and `fresh` exclude each other.
 */
const contextSql = `
WITH fresh AS (
  INSERT INTO event_ids (event_id, received_at)
  SELECT DISTINCT ON (id) id, received_at FROM unnest($1::uuid[], $2::timestamptz[]) WITH ORDINALITY AS e(id, received_at, place)
  ORDER BY id, place
  ON CONFLICT DO NOTHING RETURNING event_id
)
SELECT clock_timestamp() AS now, (SELECT array_agg(event_id::text) FROM fresh) AS fresh,
  ${list(`SELECT e.event_id, e.received_at, e.alarm_id, e.priority, e.repeat_of, e.test_mode, e.event_type, e.default_priority, e.source, e.occurred_at AS timestamp, e.event_code, e.zone_no, e.partition_no, e.user_no,
      e.output_no, e.description_pl, e.description_en, e.object_name, encode(e.raw_payload, 'hex') AS raw_payload, e.late
    FROM event_ids i JOIN events e ON e.received_at = i.received_at AND e.event_id = i.event_id
    WHERE i.event_id = ANY ($1::uuid[])`)} AS stored,
  ${list(`SELECT id, settings, service_mode, test_mode FROM sites WHERE id = ANY ($3::uuid[])`)} AS sites,
  ${list(`SELECT panel_id, number, priority_overrides FROM panel_objects
    WHERE panel_id = ANY ($4::uuid[]) AND kind = 'zone' AND priority_overrides <> '{}'`)} AS overrides,
  ${list(`SELECT dedup_key, event_id, received_at, occurred_at, priority, test_mode, alarm_id
    FROM duplicate_windows WHERE dedup_key = ANY ($5::text[])`)} AS originals,
  ${list(`SELECT DISTINCT ON (site_id) site_id, hour, repeats FROM site_repeats WHERE site_id = ANY ($3::uuid[]) ORDER BY site_id, hour DESC`)} AS repeats,
  ${list(`SELECT panel_id, epoch FROM panel_assignments WHERE panel_id = ANY ($6::uuid[])`)} AS epochs`

export async function loadContext(
  tx: Transaction,
  events: readonly RecordableEvent[],
  siteIds: readonly string[],
): Promise<LoadedContext> {
  const [row] = await tx.query<ContextColumns>(contextSql, [
    events.map((event) => event.event_id),
    events.map((event) => event.received_at),
    siteIds,
    unique(events.flatMap((event) => (event.zone_no === null ? [] : (event.panel_id ?? [])))),
    unique(events.map((event) => event.dedup_key)),
    unique(events.flatMap((event) => event.panel_id ?? [])),
  ])
  const { now, fresh, stored, sites, overrides, originals, repeats, epochs } = row as ContextColumns
  const overrideOf = new Map(overrides.map((zone) => [`${zone.panel_id}|${zone.number}`, zone.priority_overrides]))
  const zoneOverrides = (panelId: string, zoneNo: number) => overrideOf.get(`${panelId}|${zoneNo}`) ?? null
  return {
    now,
    fresh: new Set(fresh),
    stored: new Map(stored.map((event) => [event.event_id, storedEvent(event)])),
    sites: new Map(
      sites.map(({ id, settings, ...modes }) => [
        id,
        { site_id: id, settings: SiteSettings.parse(settings), ...modes, zoneOverrides },
      ]),
    ),
    originals: originals.map(({ occurred_at, ...original }) => ({
      ...original,
      received_at: isoInstant(original.received_at),
      at: Date.parse(occurred_at),
    })),
    repeats: new Map(repeats.map(({ site_id, hour, repeats: count }) => [site_id, { hour: Date.parse(hour), count }])),
    epochs: new Map(epochs.map(({ panel_id, epoch }) => [panel_id, epoch])),
  }
}

function storedEvent({
  event_id,
  received_at,
  alarm_id,
  priority,
  repeat_of,
  test_mode,
  description_pl,
  description_en,
  ...facts
}: ContextColumns['stored'][number]) {
  return {
    event_id,
    received_at: isoInstant(received_at),
    alarm_id,
    priority,
    repeat_of,
    test_mode,
    facts: {
      ...facts,
      timestamp: isoInstant(facts.timestamp),
      description: { pl: description_pl, en: description_en },
    },
  }
}

/** Inside JSON a timestamptz arrives with an offset and without trailing zeros. */
function isoInstant(text: string): string {
  return new Date(text).toISOString()
}

type AlarmColumns = SummaryRow & {
  transition_version: number
  decision_version: number
  last_active: string
  sources: AlarmSourceRow[]
  is_current: boolean
}

/**
 * The newest open alarms of each site, locked: whoever claims or closes one meanwhile waits, and then sees what was decided here. One that was
 * closed while this waited for it comes back closed, which the rules ignore.
 */
export async function lockOpenAlarms(tx: Transaction, siteIds: readonly string[]): Promise<OpenAlarm[]> {
  if (siteIds.length === 0) return []
  const rows = await tx.query<AlarmColumns>(
    // Locked first, joined afterwards: a row that had to be waited for is re-read alone, and would keep the handler's name it had before.
    `WITH a AS MATERIALIZED (
       SELECT * FROM alarms WHERE id = ANY (ARRAY(
         SELECT newest.id FROM unnest($1::uuid[]) AS site(id) CROSS JOIN LATERAL (
           SELECT o.id FROM alarms o WHERE o.site_id = site.id AND o.status <> 'CLOSED' AND o.status <> 'RESOLVED'
           ORDER BY o.created_at DESC, o.id DESC LIMIT ${OPEN_ALARMS_PER_SITE}
         ) newest
       ))
       ORDER BY id FOR NO KEY UPDATE
     )
     SELECT ${summaryColumns}, a.transition_version, coalesce(a.decision_version, a.version) AS decision_version, a.last_active, a.sources, a.is_current FROM a ${summaryJoins}`,
    [siteIds],
  )
  return rows.map(({ transition_version, decision_version, last_active, sources, is_current, ...summary }) => ({
    is_current,
    summary,
    bundled: {
      id: summary.id,
      site_id: summary.site_id,
      stream: summary.stream,
      priority: summary.priority,
      status: summary.status,
      version: summary.version,
      transition_version,
      decision_version,
      handler_id: summary.handler_id,
      requires_note: summary.requires_note,
      service_mode: summary.service_mode,
      test_mode: summary.test_mode,
      panel_id: summary.panel_id,
      headline: { pl: summary.headline_pl, en: summary.headline_en },
      object_name: summary.object_name,
      event_types: summary.event_types,
      event_count: summary.event_count,
      repeat_count: summary.repeat_count,
      first_seen: summary.first_seen,
      last_seen: summary.last_seen,
      last_active,
      normal_since: summary.normal_since,
      late: summary.late,
      sources,
    },
  }))
}

export function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}
