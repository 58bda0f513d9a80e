/** The rows of a folded batch: a statement for the alarms it opens, which draws their numbers, and one for everything else. */
import type { AlarmSummary } from '@stam/contracts'
import { uuidv7 } from '@stam/runtime'
import { type SummaryRow, summaryColumns, summaryJoins, toAlarmSummary } from '../alarms/alarm-summary.ts'
import type { Transaction } from '../connection.ts'
import { StoreError } from '../errors.ts'
import { alarmMessage, outboxPart } from '../outbox/append-outbox.ts'
import { auditPart } from '../system/append-audit.ts'
import { type WritePart, writeTogether } from '../write-together.ts'
import type { FoldedBatch } from './fold-batch.ts'
import { OPEN_ALARMS_PER_SITE, type OpenAlarm } from './load-context.ts'
import { cursorsPart, signalsPart } from './move-cursors.ts'
import type { BundledAlarmRow, RecordableEvent } from './rules.ts'
import { eventsPart, idsPart, originalsPart, repeatsPart, toldAgainPart } from './write-events.ts'

/** @param owners events of the panels' present owners, new or known: signals and cursors move with all of them */
export async function writeBatch(
  tx: Transaction,
  batch: FoldedBatch,
  owners: readonly RecordableEvent[],
  locked: readonly OpenAlarm[],
  now: string,
): Promise<void> {
  const before = new Map(locked.map((alarm) => [alarm.bundled.id, alarm]))
  const opened = await insertAlarms(tx, batch.opened, locked)
  const changed = batch.changed.map((alarm) => changedSummary(before.get(alarm.id) as OpenAlarm, alarm, now))
  const drafts = [...batch.drafts.values()]
  const [updated] = await writeTogether(tx, [
    changedAlarmsPart(batch.changed, before, now),
    idsPart(batch.added),
    eventsPart(drafts, now),
    toldAgainPart(batch),
    transitionsPart(batch),
    transitionsAuditPart(batch),
    outboxPart(messages(batch, opened, changed)),
    originalsPart(drafts),
    repeatsPart(batch),
    signalsPart(owners),
    cursorsPart(owners),
  ])
  // Locked since they were read, so each of them is there; the guards of the table have checked the move.
  if (updated !== batch.changed.length) throw new StoreError('QUERY_FAILED', 'an alarm changed although it was locked')
}

async function insertAlarms(
  tx: Transaction,
  opened: readonly BundledAlarmRow[],
  locked: readonly OpenAlarm[],
): Promise<AlarmSummary[]> {
  if (opened.length === 0) return []
  // A batch may open two of one key when the bundle window passes inside it; the later one is current.
  const current = new Map(opened.map((alarm) => [keyOf(alarm), alarm.id]))
  const json = JSON.stringify(
    opened.map((alarm) => ({ ...alarmRow(alarm), is_current: current.get(keyOf(alarm)) === alarm.id })),
  )
  if (mayPushOut(current, locked)) {
    await tx.execute(
      `UPDATE alarms a SET is_current = false
       FROM json_to_recordset($1::json) AS r(site_id uuid, stream text, priority text, test_mode boolean)
       WHERE a.is_current AND a.site_id = r.site_id AND a.stream = r.stream AND a.priority = r.priority AND a.test_mode = r.test_mode`,
      [json],
    )
  }
  const columns = `id, version, transition_version, decision_version, site_id, panel_id, stream, priority, status, is_current, headline_pl, headline_en, object_name,
    event_types, event_count, repeat_count, first_seen, last_seen, last_active, requires_note, sources, normal_since, service_mode, test_mode, late`
  const rows = await tx.query<SummaryRow>(
    `WITH a AS (
       INSERT INTO alarms (${columns}) SELECT ${columns}
       FROM json_to_recordset($1::json) AS r(id uuid, version int, transition_version int, decision_version int, site_id uuid, panel_id uuid, stream text, priority text,
         status text, is_current boolean, headline_pl text, headline_en text, object_name text, event_types text[], event_count int,
         repeat_count int, first_seen timestamptz, last_seen timestamptz, last_active timestamptz, requires_note boolean, sources jsonb,
         normal_since timestamptz, service_mode boolean, test_mode boolean, late boolean)
       RETURNING *
     )
     SELECT ${summaryColumns} FROM a ${summaryJoins}`,
    [json],
  )
  return rows.map(toAlarmSummary)
}

/** Whether an older alarm may still hold the place of one of these keys. Beyond the cap of loaded alarms nobody knows without looking. */
function mayPushOut(keys: ReadonlyMap<string, string>, locked: readonly OpenAlarm[]): boolean {
  return (
    locked.length >= OPEN_ALARMS_PER_SITE ||
    locked.some(({ bundled, is_current }) => is_current && keys.has(keyOf(bundled)))
  )
}

function changedAlarmsPart(
  changed: readonly BundledAlarmRow[],
  before: ReadonlyMap<string, OpenAlarm>,
  now: string,
): WritePart {
  return {
    rows: changed.map((alarm) => ({
      ...alarmRow(alarm),
      // Sources are the bulk of the row and mostly stay: unchanged they are neither sent nor written again.
      sources: before.get(alarm.id)?.bundled.sources === alarm.sources ? null : alarm.sources,
      updated_at: now,
    })),
    sql: (json) => `
      UPDATE alarms a SET version = r.version, transition_version = r.transition_version, decision_version = r.decision_version, status = r.status, handler_id = r.handler_id,
        claimed_at = CASE WHEN r.status = 'NEW' THEN NULL ELSE a.claimed_at END,
        acked_at = CASE WHEN r.status = 'NEW' THEN NULL ELSE a.acked_at END,
        headline_pl = r.headline_pl, headline_en = r.headline_en, object_name = r.object_name, event_types = r.event_types, event_count = r.event_count, repeat_count = r.repeat_count, first_seen = r.first_seen,
        last_seen = r.last_seen, last_active = r.last_active, sources = coalesce(r.sources, a.sources), normal_since = r.normal_since,
        late = r.late, updated_at = r.updated_at
      FROM json_to_recordset(${json}) AS r(id uuid, version int, transition_version int, decision_version int, status text, handler_id uuid, headline_pl text,
        headline_en text, object_name text, event_types text[], event_count int, repeat_count int, first_seen timestamptz, last_seen timestamptz, last_active timestamptz, sources jsonb,
        normal_since timestamptz, late boolean, updated_at timestamptz)
      WHERE a.id = r.id AND a.version < r.version RETURNING 1`,
  }
}

/** The alarm as the statement above leaves it. */
function changedSummary({ summary, bundled }: OpenAlarm, after: BundledAlarmRow, now: string): AlarmSummary {
  const handed = after.handler_id === bundled.handler_id
  return toAlarmSummary({
    ...summary,
    version: after.version,
    status: after.status,
    handler_id: after.handler_id,
    handler_name: handed ? summary.handler_name : null,
    claimed_at: after.status === 'NEW' ? null : summary.claimed_at,
    acked_at: after.status === 'NEW' ? null : summary.acked_at,
    headline_pl: after.headline.pl,
    headline_en: after.headline.en,
    object_name: after.object_name,
    event_types: [...after.event_types],
    event_count: after.event_count,
    repeat_count: after.repeat_count,
    first_seen: after.first_seen,
    last_seen: after.last_seen,
    normal_since: after.normal_since,
    late: after.late,
    updated_at: now,
  })
}

function alarmRow({ headline, ...alarm }: BundledAlarmRow) {
  return { ...alarm, headline_pl: headline.pl, headline_en: headline.en }
}

function keyOf(alarm: BundledAlarmRow): string {
  return `${alarm.site_id}|${alarm.stream}|${alarm.priority}|${alarm.test_mode}`
}

function transitionsPart({ transitions }: FoldedBatch): WritePart {
  return {
    rows: transitions.map((transition) => ({ ...transition, id: uuidv7() })),
    sql: (json) => `
      INSERT INTO alarm_transitions (id, alarm_id, at, action, from_status, to_status, actor_kind, actor_name, version_before, version_after,
        event_id, request_id)
      SELECT id, alarm_id, at, action, from_status, to_status, 'system', 'system', version_before, version_after, event_id, request_id
      FROM json_to_recordset(${json}) AS r(id uuid, alarm_id uuid, at timestamptz, action text, from_status text, to_status text,
        version_before int, version_after int, event_id uuid, request_id text)
      RETURNING 1`,
  }
}

function transitionsAuditPart({ transitions }: FoldedBatch): WritePart {
  return auditPart(
    transitions.map((transition) => ({
      actor: { kind: 'system', name: 'system' },
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

/** One message per alarm and batch, at the version the batch leaves it. It carries the trace of the newest event that touched the alarm. */
function messages(batch: FoldedBatch, opened: readonly AlarmSummary[], changed: readonly AlarmSummary[]) {
  const requestOf = new Map<string, string | null>()
  for (const { alarm_id, event } of batch.drafts.values())
    if (alarm_id !== null) requestOf.set(alarm_id, event.request_id)
  for (const { alarm_id, request_id } of batch.enriched.values())
    if (alarm_id !== null && !requestOf.has(alarm_id)) requestOf.set(alarm_id, request_id)
  const tell = (alarm: AlarmSummary, isNew: boolean) =>
    alarmMessage(alarm, { opened: isNew, requestId: requestOf.get(alarm.id) ?? null })
  return [...opened.map((alarm) => tell(alarm, true)), ...changed.map((alarm) => tell(alarm, false))]
}
