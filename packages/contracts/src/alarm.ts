/** Alarms as REST and WebSocket carry them. Source: spec 02, 05. */
import { z } from 'zod'
import {
  AlarmStatus,
  AlarmStream,
  Disposition,
  EventType,
  Instant,
  Priority,
  Sequence,
  Text,
  Uuid,
} from './vocabulary.ts'
import { EventSource } from './panel-event.ts'

export const PersonRef = z.object({ id: Uuid, name: z.string() }).meta({ id: 'PersonRef' })
export type PersonRef = z.infer<typeof PersonRef>

export const AlarmSummary = z
  .object({
    id: Uuid,
    /** Short number people can say over the phone. */
    number: Sequence,
    version: z.int().min(1),
    site: z.object({ id: Uuid, code: z.string(), name: z.string(), city: z.string() }),
    panel_id: Uuid.nullable(),
    stream: AlarmStream,
    priority: Priority,
    status: AlarmStatus,
    /** What happened first, in words. */
    headline: Text,
    /** Name of the first zone or object, as the panel calls it. */
    object_name: z.string().nullable(),
    event_types: z.array(EventType),
    /** Distinct signals; repeats within the duplicate window are counted apart. */
    event_count: z.int(),
    repeat_count: z.int(),
    first_seen: Instant,
    last_seen: Instant,
    created_at: Instant,
    updated_at: Instant,
    handler: PersonRef.nullable(),
    claimed_at: Instant.nullable(),
    acked_at: Instant.nullable(),
    resolved_at: Instant.nullable(),
    closed_at: Instant.nullable(),
    disposition: Disposition.nullable(),
    requires_note: z.boolean(),
    /** All its sources are back to normal since then. */
    normal_since: Instant.nullable(),
    service_mode: z.boolean(),
    test_mode: z.boolean(),
    /** Some event was read from the panel's memory after a gap. */
    late: z.boolean(),
  })
  .meta({ id: 'AlarmSummary' })
export type AlarmSummary = z.infer<typeof AlarmSummary>

export const EventRecord = z
  .object({
    event_id: Uuid,
    panel_id: Uuid.nullable(),
    site_id: Uuid,
    alarm_id: Uuid.nullable(),
    timestamp: Instant,
    received_at: Instant,
    recorded_at: Instant,
    source: EventSource,
    event_type: EventType,
    event_code: z.int().nullable(),
    restore: z.boolean(),
    zone_no: z.int().nullable(),
    partition_no: z.int().nullable(),
    user_no: z.int().nullable(),
    description: Text,
    object_name: z.string().nullable(),
    default_priority: Priority,
    priority: Priority,
    late: z.boolean(),
    test_mode: z.boolean(),
    repeat_of: Uuid.nullable(),
    repeat_count: z.int(),
    memory_index: z.int().nullable(),
    epoch: Sequence,
    panel_seq: Sequence,
  })
  .meta({ id: 'EventRecord' })
export type EventRecord = z.infer<typeof EventRecord>

export const alarmActions = [
  'open',
  'join',
  'claim',
  'release',
  'take_over',
  'ack',
  'resolve',
  'close',
  'note',
  'retrigger',
  'auto_ack',
  'auto_close',
  'normal',
  'mode',
] as const
export const AlarmAction = z.enum(alarmActions)
export type AlarmAction = z.infer<typeof AlarmAction>

export const AlarmTransition = z
  .object({
    id: Uuid,
    at: Instant,
    action: AlarmAction,
    from_status: AlarmStatus.nullable(),
    to_status: AlarmStatus,
    actor: z.object({ kind: z.enum(['user', 'system']), id: Uuid.nullable(), name: z.string() }),
    note: z.string().nullable(),
    disposition: Disposition.nullable(),
    version_before: z.int().nullable(),
    version_after: z.int(),
  })
  .meta({ id: 'AlarmTransition' })
export type AlarmTransition = z.infer<typeof AlarmTransition>

export const SiteContact = z
  .object({
    id: Uuid,
    position: z.int(),
    name: z.string().min(1).max(120),
    role: z.string().max(120),
    phone: z.string().max(40),
    email: z.string().max(200),
    note: z.string().max(500),
  })
  .meta({ id: 'SiteContact' })
export type SiteContact = z.infer<typeof SiteContact>

export const SiteProcedure = z
  .object({
    id: Uuid,
    title: z.string().min(1).max(200),
    /** Null = applies to every alarm of the site. */
    stream: AlarmStream.nullable(),
    body: z.string().max(10_000),
  })
  .meta({ id: 'SiteProcedure' })
export type SiteProcedure = z.infer<typeof SiteProcedure>

export const AlarmDetail = z
  .object({
    alarm: AlarmSummary,
    site: z.object({
      id: Uuid,
      code: z.string(),
      name: z.string(),
      type: z.string(),
      address_line: z.string(),
      postal_code: z.string(),
      city: z.string(),
      latitude: z.number().nullable(),
      longitude: z.number().nullable(),
      notes: z.string(),
      contacts: z.array(SiteContact),
    }),
    procedure: SiteProcedure.nullable(),
    /** Newest 200; `events_truncated` says there are more (GET /alarms/{id}/events). */
    events: z.array(EventRecord),
    events_truncated: z.boolean(),
    transitions: z.array(AlarmTransition),
    recent_alarms: z.array(AlarmSummary),
    allowed_actions: z.array(AlarmAction),
  })
  .meta({ id: 'AlarmDetail' })
export type AlarmDetail = z.infer<typeof AlarmDetail>

export const AlarmListQuery = z.object({
  after: z.string().max(400).optional(),
  limit: z.coerce.number().int().min(1).default(50),
  /** Comma-separated lists. Default status: everything not CLOSED. */
  status: z.string().max(100).optional(),
  priority: z.string().max(100).optional(),
  stream: z.string().max(100).optional(),
  site_id: Uuid.optional(),
  assignee: z.union([z.literal('me'), z.literal('none'), Uuid]).optional(),
  from: Instant.optional(),
  to: Instant.optional(),
  text: z.string().max(100).optional(),
  /** Alarms of sites on test are hidden from the main queue unless asked for. */
  test: z.enum(['hide', 'only', 'all']).default('hide'),
  sort: z.enum(['newest', 'priority']).default('newest'),
})
export type AlarmListQuery = z.infer<typeof AlarmListQuery>

export const AlarmList = z
  .object({
    data: z.array(AlarmSummary),
    next: z.string().nullable(),
    /** The limit in force: larger ones are cut to 100, and this says so. */
    limit: z.int(),
    limit_cut: z.boolean(),
    /** Stream number this list is at least as new as; replay from here. */
    stream_position: Sequence,
    counts: z.object({ CRITICAL: z.int(), WARNING: z.int(), INFO: z.int(), new: z.int() }),
  })
  .meta({ id: 'AlarmList' })
export type AlarmList = z.infer<typeof AlarmList>

const version = z.int().min(1)
const note = z.string().max(4000)
export const ClaimRequest = z.object({ version })
export const ReleaseRequest = z.object({ version, note: note.optional() })
export const TakeOverRequest = z.object({ version, note: note.optional() })
/** Note of at least 10 characters; shorter → 422 NOTE_TOO_SHORT, missing → 422 NOTE_REQUIRED (checked by domain, not here). */
export const AckRequest = z.object({ version, note: note.optional() })
export const ResolveRequest = z.object({ version, note: note.optional() })
export const CloseRequest = z.object({ version, note: note.optional(), disposition: Disposition })
export const NoteRequest = z.object({ version, note })
export const ManualAlarmRequest = z.object({
  site_id: Uuid,
  priority: Priority,
  description: z.string().min(3).max(500),
})
export const PresentedRequest = z.object({ alarm_ids: z.array(Uuid).min(1).max(500) })
