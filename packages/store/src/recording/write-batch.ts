/** The rows of a folded batch, each table in one statement. One JSON value per table is as fast as COPY and needs no array per column. */
import { uuidv7 } from '@stam/runtime'
import type { Transaction } from '../connection.ts'
import { StoreError } from '../errors.ts'
import { announceAlarms } from '../outbox/append-outbox.ts'
import { readAlarmSummaries } from '../alarms/alarm-summary.ts'
import { appendAudit } from '../system/append-audit.ts'
import type { EventDraft, FoldedBatch } from './fold-batch.ts'
import { claimEventIds } from './load-context.ts'
import type { BundledAlarmRow } from './rules.ts'

export async function writeBatch(tx: Transaction, batch: FoldedBatch): Promise<void> {
  if (batch.added.length > 0) await claimEventIds(tx, batch.added)
  await insertEvents(tx, [...batch.drafts.values()])
  await updateEvents(tx, batch)
  await insertAlarms(tx, batch.opened)
  await updateAlarms(tx, batch.changed)
  await insertTransitions(tx, batch)
  await announce(tx, batch)
  await rememberOriginals(tx, [...batch.drafts.values()])
  await saveRepeatCounters(tx, batch)
}

async function insertEvents(tx: Transaction, drafts: readonly EventDraft[]): Promise<void> {
  if (drafts.length === 0) return
  const rows = drafts.map(({ event, facts, site, ...draft }) => ({
    ...draft,
    event_id: event.event_id,
    received_at: event.received_at,
    occurred_at: facts.timestamp,
    site_id: site.site_id,
    panel_id: event.panel_id,
    epoch: event.epoch,
    panel_seq: event.panel_seq,
    source: facts.source,
    event_type: event.event_type,
    event_code: facts.event_code,
    restore: event.restore,
    zone_no: facts.zone_no,
    partition_no: facts.partition_no,
    user_no: facts.user_no,
    output_no: facts.output_no,
    description_pl: facts.description.pl,
    description_en: facts.description.en,
    object_name: facts.object_name,
    default_priority: event.default_priority,
    late: event.late,
    service_mode: site.service_mode,
    signal: event.signal?.key ?? null,
    ordinal: event.signal?.ordinal ?? null,
    memory_index: event.memory_cursor?.last.index ?? null,
    raw_payload: facts.raw_payload,
    details: event.details ?? null,
    service_instance_id: event.service_instance_id,
    request_id: event.request_id,
  }))
  await tx.execute(
    `INSERT INTO events (event_id, received_at, occurred_at, site_id, panel_id, alarm_id, epoch, panel_seq, source, event_type, event_code, restore,
       zone_no, partition_no, user_no, output_no, description_pl, description_en, object_name, default_priority, priority, late, service_mode,
       test_mode, repeat_of, repeat_count, last_repeat_at, signal, ordinal, memory_index, raw_payload, details, service_instance_id, request_id)
     SELECT event_id, received_at, occurred_at, site_id, panel_id, alarm_id, epoch, panel_seq, source, event_type, event_code, restore,
       zone_no, partition_no, user_no, output_no, description_pl, description_en, object_name, default_priority, priority, late, service_mode,
       test_mode, repeat_of, repeat_count, last_repeat_at, signal, ordinal, memory_index, decode(raw_payload, 'hex'), details,
       service_instance_id, request_id
     FROM json_to_recordset($1::json) AS e(event_id uuid, received_at timestamptz, occurred_at timestamptz, site_id uuid, panel_id uuid,
       alarm_id uuid, epoch bigint, panel_seq bigint, source text, event_type text, event_code int, restore boolean, zone_no int,
       partition_no int, user_no int, output_no int, description_pl text, description_en text, object_name text, default_priority text,
       priority text, late boolean, service_mode boolean, test_mode boolean, repeat_of uuid, repeat_count int, last_repeat_at timestamptz,
       signal text, ordinal bigint, memory_index int, raw_payload text, details jsonb, service_instance_id text, request_id text)`,
    [JSON.stringify(rows)],
  )
}

/** Enrichments and repeats of events that were here before. */
async function updateEvents(tx: Transaction, batch: FoldedBatch): Promise<void> {
  if (batch.enriched.size > 0) {
    const rows = [...batch.enriched.values()].map(({ event_id, received_at, facts }) => ({
      ...facts,
      event_id,
      received_at,
      occurred_at: facts.timestamp,
      description_pl: facts.description.pl,
      description_en: facts.description.en,
    }))
    await tx.execute(
      `UPDATE events e SET occurred_at = r.occurred_at, source = r.source, event_code = r.event_code, zone_no = r.zone_no,
         partition_no = r.partition_no, user_no = r.user_no, output_no = r.output_no, description_pl = r.description_pl,
         description_en = r.description_en, object_name = r.object_name, raw_payload = decode(r.raw_payload, 'hex')
       FROM json_to_recordset($1::json) AS r(event_id uuid, received_at timestamptz, occurred_at timestamptz, source text, event_code int, zone_no int,
         partition_no int, user_no int, output_no int, description_pl text, description_en text, object_name text, raw_payload text)
       WHERE e.received_at = r.received_at AND e.event_id = r.event_id`,
      [JSON.stringify(rows)],
    )
  }
  if (batch.repeatsOfStored.length > 0) {
    await tx.execute(
      `UPDATE events e SET repeat_count = e.repeat_count + r.count, last_repeat_at = greatest(e.last_repeat_at, r.last_at)
       FROM unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::timestamptz[]) AS r(event_id, received_at, count, last_at)
       WHERE e.received_at = r.received_at AND e.event_id = r.event_id`,
      [
        batch.repeatsOfStored.map(({ original }) => original.event_id),
        batch.repeatsOfStored.map(({ original }) => original.received_at),
        batch.repeatsOfStored.map(({ count }) => count),
        batch.repeatsOfStored.map(({ lastAt }) => lastAt),
      ],
    )
  }
}

async function insertAlarms(tx: Transaction, opened: readonly BundledAlarmRow[]): Promise<void> {
  if (opened.length === 0) return
  // A batch may open two of one key when the bundle window passes inside it; the later one is current.
  const current = new Map(opened.map((alarm) => [keyOf(alarm), alarm.id]))
  const rows = opened.map((alarm) => ({ ...alarmRow(alarm), is_current: current.get(keyOf(alarm)) === alarm.id }))
  const json = JSON.stringify(rows)
  await tx.execute(
    `UPDATE alarms a SET is_current = false
     FROM json_to_recordset($1::json) AS r(site_id uuid, stream text, priority text, test_mode boolean)
     WHERE a.is_current AND a.site_id = r.site_id AND a.stream = r.stream AND a.priority = r.priority AND a.test_mode = r.test_mode`,
    [json],
  )
  await tx.execute(
    `INSERT INTO alarms (id, version, transition_version, site_id, panel_id, stream, priority, status, is_current, headline_pl, headline_en,
       object_name, event_types, event_count, repeat_count, first_seen, last_seen, last_active, requires_note, sources, normal_since,
       service_mode, test_mode, late)
     SELECT id, version, transition_version, site_id, panel_id, stream, priority, status, is_current, headline_pl, headline_en,
       object_name, event_types, event_count, repeat_count, first_seen, last_seen, last_active, requires_note, sources, normal_since,
       service_mode, test_mode, late
     FROM json_to_recordset($1::json) AS r(id uuid, version int, transition_version int, site_id uuid, panel_id uuid, stream text, priority text,
       status text, is_current boolean, headline_pl text, headline_en text, object_name text, event_types text[], event_count int,
       repeat_count int, first_seen timestamptz, last_seen timestamptz, last_active timestamptz, requires_note boolean, sources jsonb,
       normal_since timestamptz, service_mode boolean, test_mode boolean, late boolean)`,
    [json],
  )
}

/** Locked since they were read, so every one of them is there; the guards of the table check the move. */
async function updateAlarms(tx: Transaction, changed: readonly BundledAlarmRow[]): Promise<void> {
  if (changed.length === 0) return
  const updated = await tx.execute(
    `UPDATE alarms a SET version = r.version, transition_version = r.transition_version, status = r.status, handler_id = r.handler_id,
       claimed_at = CASE WHEN r.status = 'NEW' THEN NULL ELSE a.claimed_at END, acked_at = CASE WHEN r.status = 'NEW' THEN NULL ELSE a.acked_at END,
       event_types = r.event_types, event_count = r.event_count, repeat_count = r.repeat_count, first_seen = r.first_seen,
       last_seen = r.last_seen, last_active = r.last_active, sources = r.sources, normal_since = r.normal_since, late = r.late, updated_at = clock_timestamp()
     FROM json_to_recordset($1::json) AS r(id uuid, version int, transition_version int, status text, handler_id uuid, event_types text[],
       event_count int, repeat_count int, first_seen timestamptz, last_seen timestamptz, last_active timestamptz, sources jsonb,
       normal_since timestamptz, late boolean)
     WHERE a.id = r.id AND a.version < r.version`,
    [JSON.stringify(changed.map(alarmRow))],
  )
  if (updated !== changed.length) throw new StoreError('QUERY_FAILED', 'an alarm changed although it was locked')
}

function alarmRow({ headline, ...alarm }: BundledAlarmRow) {
  return { ...alarm, headline_pl: headline.pl, headline_en: headline.en }
}

function keyOf(alarm: BundledAlarmRow): string {
  return `${alarm.site_id}|${alarm.stream}|${alarm.priority}|${alarm.test_mode}`
}

const SYSTEM = { kind: 'system', name: 'system' } as const

async function insertTransitions(tx: Transaction, { transitions }: FoldedBatch): Promise<void> {
  if (transitions.length === 0) return
  await tx.execute(
    `INSERT INTO alarm_transitions (id, alarm_id, at, action, from_status, to_status, actor_kind, actor_name, version_before, version_after,
       event_id, request_id)
     SELECT id, alarm_id, at, action, from_status, to_status, 'system', 'system', version_before, version_after, event_id, request_id
     FROM json_to_recordset($1::json) AS r(id uuid, alarm_id uuid, at timestamptz, action text, from_status text, to_status text,
       version_before int, version_after int, event_id uuid, request_id text)`,
    [JSON.stringify(transitions.map((transition) => ({ ...transition, id: uuidv7() })))],
  )
  await appendAudit(
    tx,
    transitions.map((transition) => ({
      actor: SYSTEM,
      action: `ALARM_${transition.action.toUpperCase()}`,
      entityType: 'alarm',
      entityId: transition.alarm_id,
      siteId: transition.site_id,
      before:
        transition.from_status === null
          ? undefined
          : { status: transition.from_status, version: transition.version_before },
      after: { status: transition.to_status, version: transition.version_after },
      requestId: transition.request_id,
    })),
  )
}

/** One message per alarm and batch, at the version the batch has left it. */
async function announce(tx: Transaction, batch: FoldedBatch): Promise<void> {
  const touched = [...batch.opened, ...batch.changed]
  if (touched.length === 0) return
  const requestOf = new Map<string, string | null>()
  for (const { alarm_id, event } of batch.drafts.values())
    if (alarm_id !== null) requestOf.set(alarm_id, event.request_id)
  const summaries = new Map(
    (
      await readAlarmSummaries(
        tx,
        touched.map(({ id }) => id),
      )
    ).map((alarm) => [alarm.id, alarm]),
  )
  const opened = new Set(batch.opened.map(({ id }) => id))
  const alarms = touched.flatMap(({ id }) => summaries.get(id) ?? [])
  await announceAlarms(tx, alarms, { opened, requestId: (alarmId) => requestOf.get(alarmId) ?? null })
}

/** The newest original of each key; an older one read back late does not push a newer one out. */
async function rememberOriginals(tx: Transaction, drafts: readonly EventDraft[]): Promise<void> {
  const newest = new Map<string, EventDraft>()
  for (const draft of drafts) {
    if (draft.repeat_of !== null) continue
    const { dedup_key, timestamp } = draft.event
    const known = newest.get(dedup_key)
    if (known === undefined || known.event.timestamp <= timestamp) newest.set(dedup_key, draft)
  }
  if (newest.size === 0) return
  const rows = [...newest.values()]
    .map(({ event, priority, test_mode, alarm_id }) => ({
      dedup_key: event.dedup_key,
      event_id: event.event_id,
      received_at: event.received_at,
      occurred_at: event.timestamp,
      priority,
      test_mode,
      alarm_id,
    }))
    .sort((a, b) => (a.dedup_key < b.dedup_key ? -1 : 1))
  await tx.execute(
    `INSERT INTO duplicate_windows (dedup_key, event_id, received_at, occurred_at, priority, test_mode, alarm_id)
     SELECT * FROM json_to_recordset($1::json) AS r(dedup_key text, event_id uuid, received_at timestamptz, occurred_at timestamptz, priority text,
       test_mode boolean, alarm_id uuid)
     ON CONFLICT (dedup_key) DO UPDATE SET event_id = EXCLUDED.event_id, received_at = EXCLUDED.received_at,
       occurred_at = EXCLUDED.occurred_at, priority = EXCLUDED.priority, test_mode = EXCLUDED.test_mode, alarm_id = EXCLUDED.alarm_id
     WHERE duplicate_windows.occurred_at <= EXCLUDED.occurred_at`,
    [JSON.stringify(rows)],
  )
}

async function saveRepeatCounters(tx: Transaction, { repeatCounters }: FoldedBatch): Promise<void> {
  if (repeatCounters.size === 0) return
  const rows = [...repeatCounters].sort(([a], [b]) => (a < b ? -1 : 1))
  await tx.execute(
    `INSERT INTO site_repeats (site_id, hour, repeats) SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::int[])
     ON CONFLICT (site_id, hour) DO UPDATE SET repeats = EXCLUDED.repeats`,
    [
      rows.map(([siteId]) => siteId),
      rows.map(([, counter]) => new Date(counter.hour).toISOString()),
      rows.map(([, counter]) => counter.count),
    ],
  )
}
