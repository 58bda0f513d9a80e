/** Sites and panels: what people keep about them. Source: spec 02 (site settings), 03, 05. */
import { z } from 'zod'
import { AlarmSummary, SiteContact, SiteProcedure } from './alarm.ts'
import { PanelIdentity, PanelLive } from './live.ts'
import { Instant, Priority, Sequence, Uuid } from './vocabulary.ts'

export const SiteType = z.enum(['SHOP', 'WAREHOUSE', 'CLINIC', 'OFFICE', 'COLD_STORE', 'HOME', 'INDUSTRY', 'OTHER'])
export type SiteType = z.infer<typeof SiteType>

export const SiteMode = z
  .object({
    active: z.boolean(),
    since: Instant.nullable(),
    until: Instant.nullable(),
    reason: z.string().nullable(),
    by: z.string().nullable(),
  })
  .meta({ id: 'SiteMode' })
export type SiteMode = z.infer<typeof SiteMode>

/** Without defaults, since a default inside a partial schema would fill in what a PATCH leaves out. */
const settingFields = {
  duplicate_window_s: z.int().min(1).max(3600),
  bundle_window_s: z.int().min(60).max(86_400),
  warning_auto_close_s: z.int().min(600).max(604_800),
  info_auto_close_s: z.int().min(600).max(604_800),
  /** INFO alarms nobody took are acknowledged by the clock after so long without a new event; null = never, they close instead (spec 02). */
  info_auto_ack_s: z.int().min(60).max(604_800).nullable(),
  retrigger: z.boolean(),
  unauthorized_critical: z.boolean(),
  operators_may_command: z.boolean(),
}
export const SiteSettings = z
  .object({
    duplicate_window_s: settingFields.duplicate_window_s.default(60),
    bundle_window_s: settingFields.bundle_window_s.default(900),
    warning_auto_close_s: settingFields.warning_auto_close_s.default(28_800),
    info_auto_close_s: settingFields.info_auto_close_s.default(14_400),
    info_auto_ack_s: settingFields.info_auto_ack_s.default(null),
    retrigger: settingFields.retrigger.default(false),
    unauthorized_critical: settingFields.unauthorized_critical.default(false),
    operators_may_command: settingFields.operators_may_command.default(false),
  })
  .meta({ id: 'SiteSettings' })
export type SiteSettings = z.infer<typeof SiteSettings>
/** What an edit changes; the rest stays. */
export const SiteSettingsChanges = z.object(settingFields).partial()
export type SiteSettingsChanges = z.infer<typeof SiteSettingsChanges>

const siteFields = {
  code: z.string().min(1).max(20),
  name: z.string().min(2).max(200),
  type: SiteType,
  address_line: z.string().max(200),
  postal_code: z.string().max(12),
  city: z.string().max(100),
  latitude: z.number().min(-90).max(90).nullable(),
  longitude: z.number().min(-180).max(180).nullable(),
  time_zone: z.string().max(60),
  notes: z.string().max(10_000),
}

export const Site = z
  .object({
    id: Uuid,
    version: z.int(),
    ...siteFields,
    status: z.enum(['ACTIVE', 'ARCHIVED']),
    settings: SiteSettings,
    service_mode: SiteMode,
    test_mode: SiteMode,
    active_alarms: z.object({ CRITICAL: z.int(), WARNING: z.int(), INFO: z.int() }),
    panel_count: z.int(),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'Site' })
export type Site = z.infer<typeof Site>

export const Zone = z
  .object({
    number: z.int(),
    name: z.string(),
    reaction: z.int().nullable(),
    partition_no: z.int().nullable(),
    /** Priority per event type where it differs from the default (spec 02). */
    priority_overrides: z.record(z.string(), Priority),
  })
  .meta({ id: 'Zone' })
export type Zone = z.infer<typeof Zone>
export const Partition = z
  .object({ number: z.int(), name: z.string(), object_no: z.int().nullable() })
  .meta({ id: 'Partition' })
export const Output = z
  .object({ number: z.int(), name: z.string(), function: z.int().nullable() })
  .meta({ id: 'Output' })

export const Panel = z
  .object({
    id: Uuid,
    version: z.int(),
    site_id: Uuid,
    name: z.string(),
    host: z.string(),
    port: z.int(),
    enabled: z.boolean(),
    time_zone: z.string(),
    /** Whether an integration key is stored; the key itself is never sent. */
    has_integration_key: z.boolean(),
    model: z.string().nullable(),
    firmware: z.string().nullable(),
    names_read_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'Panel' })
export type Panel = z.infer<typeof Panel>

/** DLOAD release: the link is closed for a service engineer and comes back by itself. */
export const ConnectionRelease = z
  .object({ until: Instant, by: z.string().nullable(), reason: z.string() })
  .meta({ id: 'ConnectionRelease' })
export type ConnectionRelease = z.infer<typeof ConnectionRelease>
export const ConnectionReleaseRequest = z.object({
  reason: z.string().trim().min(5).max(500),
  /** From now; a release under way ends then instead. */
  duration_minutes: z.int().min(1).max(60),
})
export type ConnectionReleaseRequest = z.infer<typeof ConnectionReleaseRequest>

export const PanelDetail = z
  .object({
    panel: Panel,
    /** Null = the link is not released. */
    release: ConnectionRelease.nullable(),
    zones: z.array(Zone),
    partitions: z.array(Partition),
    outputs: z.array(Output),
    live: PanelLive,
    /** Server time of the answer, so that ages are computed against one clock. */
    now: Instant,
  })
  .meta({ id: 'PanelDetail' })
export type PanelDetail = z.infer<typeof PanelDetail>

export const SiteDetail = z
  .object({
    site: Site,
    contacts: z.array(SiteContact),
    procedures: z.array(SiteProcedure),
    panels: z.array(Panel),
    recent_alarms: z.array(AlarmSummary),
  })
  .meta({ id: 'SiteDetail' })
export type SiteDetail = z.infer<typeof SiteDetail>

const defaults = {
  address_line: siteFields.address_line.default(''),
  postal_code: siteFields.postal_code.default(''),
  city: siteFields.city.default(''),
  latitude: siteFields.latitude.default(null),
  longitude: siteFields.longitude.default(null),
  time_zone: siteFields.time_zone.default('Europe/Warsaw'),
  notes: siteFields.notes.default(''),
}
const contactInput = SiteContact.omit({ id: true, position: true })
const procedureInput = SiteProcedure.omit({ id: true })
export const CreateSiteRequest = z.object({
  ...siteFields,
  ...defaults,
  settings: SiteSettingsChanges.optional(),
  contacts: z.array(contactInput).max(50).default([]),
  procedures: z.array(procedureInput).max(20).default([]),
})
export type CreateSiteRequest = z.infer<typeof CreateSiteRequest>
export const UpdateSiteRequest = z.object({
  version: z.int().min(1),
  ...z.object(siteFields).partial().shape,
  settings: SiteSettingsChanges.optional(),
  /** Given = replaces the whole list, in call order. */
  contacts: z.array(contactInput).max(50).optional(),
  procedures: z.array(procedureInput).max(20).optional(),
})
export type UpdateSiteRequest = z.infer<typeof UpdateSiteRequest>

export const SiteModeRequest = z.object({
  version: z.int().min(1),
  active: z.boolean(),
  reason: z.string().max(500).optional(),
  until: Instant.nullable().optional(),
})

const panelFields = {
  name: z.string().min(1).max(100),
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65_535),
  enabled: z.boolean(),
  time_zone: z.string().max(60),
  /** Up to 12 ASCII characters (protocol 3.1); stored encrypted. */
  integration_key: z.string().max(12).nullable().optional(),
}
export const CreatePanelRequest = z.object({
  site_id: Uuid,
  ...panelFields,
  port: panelFields.port.default(10_004),
  enabled: panelFields.enabled.default(true),
  time_zone: panelFields.time_zone.default('Europe/Warsaw'),
})
export type CreatePanelRequest = z.infer<typeof CreatePanelRequest>
export const UpdatePanelRequest = z
  .object(panelFields)
  .partial()
  .extend({ version: z.int().min(1) })
export type UpdatePanelRequest = z.infer<typeof UpdatePanelRequest>
export const connectionTryOutcomes = [
  /** An INTEGRA answered as set. */
  'reachable',
  /** A panel of ours is at this address: its own link was left alone, and tells how it is. */
  'in_use',
  'unknown_host',
  /** Nothing accepts a connection there. */
  'refused',
  /** The address did not answer at all. */
  'no_answer',
  'busy',
  /** Connected, and then not a word. */
  'silent',
  'mode_mismatch',
  'wrong_key',
  'not_integra',
  'closed',
  /** Longer than anybody waits. */
  'timeout',
  /** No worker was there to try. */
  'no_worker',
] as const
export type ConnectionTryOutcome = (typeof connectionTryOutcomes)[number]
/** What a worker found. */
export const ConnectionTryAnswer = z.object({
  outcome: z.enum(connectionTryOutcomes),
  /** From dialling to the end. */
  took_ms: z.int().nullable(),
  identity: PanelIdentity.nullable(),
  /** For `in_use`. */
  panel_id: Uuid.nullable(),
})
export type ConnectionTryAnswer = z.infer<typeof ConnectionTryAnswer>
export const TryConnectionRequest = z.object({
  host: panelFields.host.regex(/^\S+$/),
  port: panelFields.port,
  /** Null = not encrypted; absent = the key kept for `panel_id`. */
  integration_key: panelFields.integration_key,
  panel_id: Uuid.optional(),
})
export type TryConnectionRequest = z.infer<typeof TryConnectionRequest>
export const ConnectionTry = ConnectionTryAnswer.omit({ panel_id: true })
  .extend({
    panel: z.object({ id: Uuid, name: z.string(), live: PanelLive }).nullable(),
  })
  .meta({ id: 'ConnectionTry' })
export type ConnectionTry = z.infer<typeof ConnectionTry>

export const UpdateZoneRequest = z.object({
  version: z.int().min(1),
  priority_overrides: z.record(z.string(), Priority),
})

export type UpdateZoneRequest = z.infer<typeof UpdateZoneRequest>

export const PanelListItem = z
  .object({ panel: Panel, site_name: z.string(), live: PanelLive })
  .meta({ id: 'PanelListItem' })
export type PanelListItem = z.infer<typeof PanelListItem>

export const Pagination = z
  .object({ page: z.int(), limit: z.int(), total: z.int(), total_pages: z.int() })
  .meta({ id: 'Pagination' })
export const PageQuery = z.object({
  page: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export const EpochOf = z.object({ epoch: Sequence })
