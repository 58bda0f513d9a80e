/** Lists and small requests of the REST API that are not an entity of their own. Source: spec 05. */
import { z } from 'zod'
import { AlarmAction, AlarmSummary, EventRecord } from './alarm.ts'
import { PanelLive } from './live.ts'
import { Pagination, PageQuery, PanelListItem, Site } from './site.ts'
import { Instant, Sequence, Uuid } from './vocabulary.ts'

const list = <Item extends z.ZodType>(item: Item) => z.object({ data: z.array(item), pagination: Pagination })
/** Keyset lists: `next` goes back as `after`; null = the end. Limits above the maximum are cut, and the answer says so. */
const keyset = <Item extends z.ZodType>(item: Item) =>
  z.object({ data: z.array(item), next: z.string().nullable(), limit: z.int(), limit_cut: z.boolean() })
const KeysetQuery = z.object({
  after: z.string().max(400).optional(),
  limit: z.coerce.number().int().min(1).default(50),
})

/** Answer of every alarm mutation: the alarm as it is now, and what this user may do next. */
export const AlarmChanged = z
  .object({ alarm: AlarmSummary, allowed_actions: z.array(AlarmAction) })
  .meta({ id: 'AlarmChanged' })
export type AlarmChanged = z.infer<typeof AlarmChanged>

export const Presented = z.object({ recorded: z.int() }).meta({ id: 'Presented' })

export const SiteListQuery = PageQuery.extend({
  /** Words of name, code, city or address; Polish letters may be left out. */
  text: z.string().max(100).optional(),
  status: z.enum(['active', 'archived', 'all']).default('active'),
  type: z.string().max(20).optional(),
  mode: z.enum(['service', 'test']).optional(),
})
export type SiteListQuery = z.infer<typeof SiteListQuery>
export const SiteList = list(Site).meta({ id: 'SiteList' })
export type SiteList = z.infer<typeof SiteList>
export const ArchiveSiteRequest = z.object({ version: z.int().min(1), archived: z.boolean().default(true) })

export const PanelListQuery = PageQuery.extend({
  site_id: Uuid.optional(),
  text: z.string().max(100).optional(),
})
export type PanelListQuery = z.infer<typeof PanelListQuery>
export const PanelList = z
  .object({ data: z.array(PanelListItem), pagination: Pagination, now: Instant })
  .meta({ id: 'PanelList' })

export const PanelStateAnswer = z.object({ live: PanelLive, now: Instant }).meta({ id: 'PanelStateAnswer' })

/** One change of a partition or of the link, for the timeline of people; never used to recover state (spec 03). */
export const PanelStateChange = z
  .object({
    id: Sequence,
    at: Instant,
    /** Null = the link itself. */
    partition_no: z.int().nullable(),
    /** A PartitionState (of the link: a PanelConnection), as the worker wrote it. Null = not known. */
    from: z.string().nullable(),
    to: z.string(),
    triggered_by: z.string().nullable(),
  })
  .meta({ id: 'PanelStateChange' })
export type PanelStateChange = z.infer<typeof PanelStateChange>
export const PanelStateHistoryQuery = KeysetQuery.extend({
  partition: z.coerce.number().int().min(1).max(32).optional(),
  from: Instant.optional(),
  to: Instant.optional(),
})
export const PanelStateHistory = keyset(PanelStateChange).meta({ id: 'PanelStateHistory' })

export const AlarmEventsQuery = KeysetQuery
export const EventListQuery = KeysetQuery.extend({
  panel_id: Uuid.optional(),
  site_id: Uuid.optional(),
  alarm_id: Uuid.optional(),
  /** Received in [from, to). */
  from: Instant.optional(),
  to: Instant.optional(),
  /** In order of receipt. An event held back by an outage is recorded late and appears in the past. */
  order: z.enum(['newest', 'oldest']).default('newest'),
})
export type EventListQuery = z.infer<typeof EventListQuery>
export const EventList = keyset(EventRecord).meta({ id: 'EventList' })
export type EventList = z.infer<typeof EventList>

export const AuditEntry = z
  .object({
    id: Sequence,
    at: Instant,
    actor: z.object({ kind: z.enum(['user', 'system']), id: Uuid.nullable(), name: z.string() }),
    role: z.string().nullable(),
    action: z.string(),
    entity_type: z.string(),
    entity_id: z.string().nullable(),
    site_id: Uuid.nullable(),
    before: z.unknown(),
    after: z.unknown(),
    reason: z.string().nullable(),
    ip: z.string().nullable(),
    request_id: z.string().nullable(),
    service_instance_id: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' })
export type AuditEntry = z.infer<typeof AuditEntry>
export const AuditListQuery = KeysetQuery.extend({
  /** One entry by its number. */
  entry: z.coerce.number().int().min(1).optional(),
  action: z.string().max(60).optional(),
  entity_type: z.string().max(40).optional(),
  entity_id: z.string().max(80).optional(),
  actor_id: Uuid.optional(),
  site_id: Uuid.optional(),
  request_id: z.string().max(80).optional(),
  from: Instant.optional(),
  to: Instant.optional(),
})
export type AuditListQuery = z.infer<typeof AuditListQuery>
/** The same filters; newest 50,000 entries at most, and the last line says when there are more. */
export const AuditExportQuery = AuditListQuery.omit({ after: true, limit: true })
export const AuditList = keyset(AuditEntry).meta({ id: 'AuditList' })
export type AuditList = z.infer<typeof AuditList>

/** Whether the audit record is what was written (spec 06): its hash chain, walked from the beginning. */
export const AuditChain = z
  .object({
    /** Empty: nothing that was sealed has been changed, removed or put in between. The first 20 at most. */
    problems: z.array(
      z.object({
        kind: z.enum(['changed', 'removed', 'seal-missing']),
        seq: Sequence,
        audit_id: Sequence.nullable(),
      }),
    ),
    entries: z.int(),
    /** Entries older than a minute that no seal speaks of yet. */
    unsealed: z.int(),
    /** The newest days first, each with the hash its last entry left, to compare with the log kept elsewhere. */
    days: z.array(z.object({ day: z.string(), entries: z.int(), last_hash: z.string() })),
    checked_at: Instant,
  })
  .meta({ id: 'AuditChain' })
export type AuditChain = z.infer<typeof AuditChain>

/** 8 to 128 characters; obvious ones are refused with 422 PASSWORD_TOO_WEAK. */
export const ChangePasswordRequest = z.object({
  current_password: z.string().min(1).max(128),
  new_password: z.string().min(8).max(128),
})
