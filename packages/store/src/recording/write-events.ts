/** The parts of a batch that are about events: rows, second tellings, repeats, and what later repeats are recognised by. */
import type { WritePart } from '../write-together.ts'
import type { EventDraft, FoldedBatch } from './fold-batch.ts'
import type { RecordableEvent } from './rules.ts'

/** Ids of events the rules have added; all others were claimed before anything was decided. */
export function idsPart(added: readonly RecordableEvent[]): WritePart {
  return {
    rows: added.map(({ event_id, received_at }) => ({ event_id, received_at })),
    sql: (json) => `
      INSERT INTO event_ids (event_id, received_at)
      SELECT event_id, received_at FROM json_to_recordset(${json}) AS r(event_id uuid, received_at timestamptz) RETURNING 1`,
  }
}

export function eventsPart(drafts: readonly EventDraft[], now: string): WritePart {
  const columns = `event_id, received_at, recorded_at, occurred_at, site_id, panel_id, alarm_id, epoch, panel_seq, source, event_type, event_code, restore,
    zone_no, partition_no, user_no, output_no, description_pl, description_en, object_name, default_priority, priority, late, service_mode,
    test_mode, repeat_of, repeat_count, last_repeat_at, signal, ordinal, memory_index, raw_payload, details, service_instance_id, request_id`
  return {
    rows: drafts.map((draft) => ({ ...eventRow(draft), recorded_at: now })),
    sql: (json) => `
      INSERT INTO events (${columns})
      SELECT ${columns.replace('raw_payload', "decode(raw_payload, 'hex')")}
      FROM json_to_recordset(${json}) AS e(event_id uuid, received_at timestamptz, recorded_at timestamptz, occurred_at timestamptz, site_id uuid, panel_id uuid,
        alarm_id uuid, epoch bigint, panel_seq bigint, source text, event_type text, event_code int, restore boolean, zone_no int,
        partition_no int, user_no int, output_no int, description_pl text, description_en text, object_name text, default_priority text,
        priority text, late boolean, service_mode boolean, test_mode boolean, repeat_of uuid, repeat_count int, last_repeat_at timestamptz,
        signal text, ordinal bigint, memory_index int, raw_payload text, details jsonb, service_instance_id text, request_id text)
      RETURNING 1`,
  }
}

function eventRow({ event, facts, site, ...draft }: EventDraft) {
  return {
    ...draft,
    event_id: event.event_id,
    received_at: event.received_at,
    occurred_at: facts.timestamp,
    site_id: site.site_id,
    panel_id: event.panel_id,
    epoch: event.epoch,
    panel_seq: event.panel_seq,
    source: facts.source,
    event_type: facts.event_type,
    event_code: facts.event_code,
    restore: event.restore,
    zone_no: facts.zone_no,
    partition_no: facts.partition_no,
    user_no: facts.user_no,
    output_no: facts.output_no,
    description_pl: facts.description.pl,
    description_en: facts.description.en,
    object_name: facts.object_name,
    default_priority: facts.default_priority,
    late: event.late,
    service_mode: site.service_mode,
    signal: event.signal?.key ?? null,
    ordinal: event.signal?.ordinal ?? null,
    memory_index: draft.memory_index,
    raw_payload: facts.raw_payload,
    details: event.details ?? null,
    service_instance_id: event.service_instance_id,
    request_id: event.request_id,
  }
}

interface ToldAgain {
  readonly [fact: string]: unknown
  readonly event_id: string
  readonly received_at: string
  enriched: boolean
  repeats: number
  last_repeat_at: string | null
}

/** Enrichments and repeats of events that were here before: one row each, since an event may be both enriched and repeated. */
export function toldAgainPart(batch: FoldedBatch): WritePart {
  const rows = new Map<string, ToldAgain>()
  for (const { event_id, received_at, facts, memory_index, priority, alarm_id } of batch.enriched.values()) {
    const { description, timestamp, ...columns } = facts
    rows.set(event_id, {
      ...columns,
      memory_index,
      priority,
      alarm_id,
      occurred_at: timestamp,
      description_pl: description.pl,
      description_en: description.en,
      event_id,
      received_at,
      enriched: true,
      repeats: 0,
      last_repeat_at: null,
    })
  }
  for (const { original, count, lastAt } of batch.repeatsOfStored) {
    const { event_id, received_at } = original
    const row = rows.get(event_id) ?? { event_id, received_at, enriched: false, repeats: 0, last_repeat_at: null }
    row.repeats += count
    row.last_repeat_at = lastAt
    rows.set(event_id, row)
  }
  const enriched = (column: string, value = `r.${column}`) =>
    `${column} = CASE WHEN r.enriched THEN ${value} ELSE e.${column} END`
  const facts = [
    'occurred_at',
    'event_type',
    'default_priority',
    'priority',
    'alarm_id',
    'source',
    'event_code',
    'zone_no',
    'partition_no',
    'user_no',
    'output_no',
    'description_pl',
    'description_en',
    'object_name',
  ]
  return {
    rows: [...rows.values()],
    sql: (json) => `
      UPDATE events e SET ${facts.map((column) => enriched(column)).join(', ')}, ${enriched('raw_payload', "decode(r.raw_payload, 'hex')")},
        ${enriched('memory_index', 'coalesce(e.memory_index, r.memory_index)')},
        repeat_count = e.repeat_count + r.repeats, last_repeat_at = greatest(e.last_repeat_at, r.last_repeat_at)
      FROM json_to_recordset(${json}) AS r(event_id uuid, received_at timestamptz, enriched boolean, repeats int, last_repeat_at timestamptz,
        occurred_at timestamptz, event_type text, default_priority text, priority text, alarm_id uuid, source text, event_code int, zone_no int, partition_no int, user_no int, output_no int, description_pl text,
        description_en text, object_name text, raw_payload text, memory_index int)
      WHERE e.received_at = r.received_at AND e.event_id = r.event_id RETURNING 1`,
  }
}

/** The newest original of each key; an older one read back late does not push a newer one out. */
export function originalsPart(drafts: readonly EventDraft[]): WritePart {
  const newest = new Map<string, EventDraft>()
  for (const draft of drafts) {
    if (draft.repeat_of !== null) continue
    const { dedup_key, timestamp } = draft.event
    const known = newest.get(dedup_key)
    if (known === undefined || known.event.timestamp <= timestamp) newest.set(dedup_key, draft)
  }
  return {
    rows: [...newest.values()]
      .map(({ event, priority, test_mode, alarm_id }) => ({
        dedup_key: event.dedup_key,
        event_id: event.event_id,
        received_at: event.received_at,
        occurred_at: event.timestamp,
        priority,
        test_mode,
        alarm_id,
      }))
      .sort((a, b) => (a.dedup_key < b.dedup_key ? -1 : 1)),
    sql: (json) => `
      INSERT INTO duplicate_windows (dedup_key, event_id, received_at, occurred_at, priority, test_mode, alarm_id)
      SELECT * FROM json_to_recordset(${json}) AS r(dedup_key text, event_id uuid, received_at timestamptz, occurred_at timestamptz,
        priority text, test_mode boolean, alarm_id uuid)
      ON CONFLICT (dedup_key) DO UPDATE SET event_id = EXCLUDED.event_id, received_at = EXCLUDED.received_at,
        occurred_at = EXCLUDED.occurred_at, priority = EXCLUDED.priority, test_mode = EXCLUDED.test_mode, alarm_id = EXCLUDED.alarm_id
      WHERE duplicate_windows.occurred_at <= EXCLUDED.occurred_at RETURNING 1`,
  }
}

export function repeatsPart({ repeatCounters }: FoldedBatch): WritePart {
  return {
    rows: [...repeatCounters]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([site_id, { hour, count }]) => ({ site_id, hour: new Date(hour).toISOString(), repeats: count })),
    sql: (json) => `
      INSERT INTO site_repeats (site_id, hour, repeats)
      SELECT * FROM json_to_recordset(${json}) AS r(site_id uuid, hour timestamptz, repeats int)
      ON CONFLICT (site_id, hour) DO UPDATE SET repeats = EXCLUDED.repeats RETURNING 1`,
  }
}
