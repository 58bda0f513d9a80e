/** What people do with sites: find, look at, create, edit, archive, switch modes. */
import {
  type CreateSiteRequest,
  type Site,
  type SiteDetail,
  type SiteList,
  type SiteListQuery,
  SiteSettings,
  type SiteSettingsChanges,
  type UpdateSiteRequest,
} from '@stam/contracts'
import { uuidv7 } from '@stam/runtime'
import {
  announceSite,
  appendAudit,
  auditOf,
  findSite,
  insertSite,
  isStoreError,
  lastChangeOf,
  listPanels,
  listSites,
  type Queryable,
  replaceContacts,
  replaceProcedures,
  setSiteMode,
  siteAround,
  updateSite,
} from '@stam/store'
import type { Backend } from '../backend.ts'
import type { Mutation } from '../http/mutation.ts'
import { done, type Outcome, Problem, type Refusal, refuse } from '../http/problem.ts'
import type { Person } from '../identity/principals.ts'

const MOST_PANELS = 100

export async function siteList({ store }: Backend, person: Person, query: SiteListQuery): Promise<SiteList> {
  const { page, limit, text, status, type, mode } = query
  const { sites, total } = await listSites(store, { scope: person.scope, text, status, type, mode }, { page, limit })
  return { data: sites, pagination: { page, limit, total, total_pages: Math.ceil(total / limit) } }
}

export async function siteDetail(db: Queryable, person: Person, id: string): Promise<Outcome<SiteDetail>> {
  const site = await findSite(db, id, person.scope)
  if (!site) return refuse('SITE_NOT_FOUND')
  const around = await siteAround(db, id)
  const { panels } = await listPanels(db, { scope: person.scope, siteId: id }, { page: 1, limit: MOST_PANELS })
  return done({
    site,
    contacts: around.contacts,
    procedures: around.procedures,
    panels: panels.map(({ panel }) => panel),
    recent_alarms: around.recentAlarms,
  })
}

export async function createSite(mutation: Mutation, request: CreateSiteRequest): Promise<Outcome<SiteDetail>> {
  const { tx, person, act } = mutation
  const { contacts, procedures, settings, ...fields } = request
  requireTimeZone(fields.time_zone)
  const id = uuidv7()
  await refusingTakenCode(() => insertSite(tx, { ...fields, id, settings: differing(settings ?? {}) }))
  await replaceContacts(tx, id, withIds(contacts))
  await replaceProcedures(tx, id, withIds(procedures))
  await appendAudit(tx, [
    auditOf(act, { action: 'SITE_CREATE', entityType: 'site', entityId: id, siteId: id, after: request }),
  ])
  await announceSite(tx, id, act.requestId)
  return siteDetail(tx, person, id)
}

export async function editSite(
  mutation: Mutation,
  id: string,
  request: UpdateSiteRequest,
): Promise<Outcome<SiteDetail>> {
  const { tx, person, act } = mutation
  const before = await siteDetail(tx, person, id)
  if (!before.ok) return before
  const { contacts, procedures, settings, ...fields } = request
  requireTimeZone(fields.time_zone)
  const changed = await refusingTakenCode(() => updateSite(tx, id, { ...fields, settings }))
  if (!changed) return { ok: false, refusal: await staleSite(tx, person, id) }
  if (contacts) await replaceContacts(tx, id, withIds(contacts))
  if (procedures) await replaceProcedures(tx, id, withIds(procedures))
  const after = await siteDetail(tx, person, id)
  if (!after.ok) return after
  await appendAudit(tx, [
    auditOf(act, {
      action: 'SITE_EDIT',
      entityType: 'site',
      entityId: id,
      siteId: id,
      before: editedPart(before.value, request),
      after: editedPart(after.value, request),
    }),
  ])
  await announceSite(tx, id, act.requestId)
  return after
}

export async function archiveSite(
  { tx, person, act }: Mutation,
  id: string,
  request: { version: number; archived: boolean },
): Promise<Outcome<Site>> {
  const before = await findSite(tx, id, person.scope)
  if (!before) return refuse('SITE_NOT_FOUND')
  const status = request.archived ? 'ARCHIVED' : 'ACTIVE'
  if (!(await updateSite(tx, id, { version: request.version, status }))) {
    return { ok: false, refusal: await staleSite(tx, person, id) }
  }
  await appendAudit(tx, [
    auditOf(act, {
      action: request.archived ? 'SITE_ARCHIVE' : 'SITE_RESTORE',
      entityType: 'site',
      entityId: id,
      siteId: id,
      before: { status: before.status },
      after: { status },
    }),
  ])
  await announceSite(tx, id, act.requestId)
  return siteNow(tx, person, id)
}

export interface ModeRequest {
  readonly version: number
  readonly active: boolean
  readonly reason?: string | undefined
  readonly until?: string | null | undefined
}

const alreadyOn = { service: 'SERVICE_MODE_ALREADY_ACTIVE', test: 'TEST_MODE_ALREADY_ACTIVE' } as const
const SHORTEST_REASON = 3

/** Service or test mode on (reason required, optional end) or off; both are audited (spec 02 "Site modes"). */
export async function switchMode(
  { tx, person, act }: Mutation,
  id: string,
  mode: 'service' | 'test',
  request: ModeRequest,
  nowMs: number,
): Promise<Outcome<Site>> {
  const before = await findSite(tx, id, person.scope)
  if (!before) return refuse('SITE_NOT_FOUND')
  const current = before[`${mode}_mode`]
  if (before.version !== request.version) return { ok: false, refusal: await staleSite(tx, person, id) }
  if (request.active && current.active) return refuse(alreadyOn[mode], { current, version: before.version })
  if (!request.active && !current.active) return done(before)
  const reason = request.reason?.trim() ?? ''
  if (request.active) checkModeRequest(reason, request.until, nowMs)
  const on = request.active ? { reason, until: request.until ?? null, by: person.name } : null
  if (!(await setSiteMode(tx, { siteId: id, version: request.version, mode, on }))) {
    return { ok: false, refusal: await staleSite(tx, person, id) }
  }
  await appendAudit(tx, [
    auditOf(act, {
      action: `${mode.toUpperCase()}_MODE_${request.active ? 'ON' : 'OFF'}`,
      entityType: 'site',
      entityId: id,
      siteId: id,
      before: current,
      after: on ?? { active: false },
      reason: reason === '' ? null : reason,
    }),
  ])
  await announceSite(tx, id, act.requestId)
  return siteNow(tx, person, id)
}

function checkModeRequest(reason: string, until: string | null | undefined, nowMs: number): void {
  const issue = (path: string, message: string) => ({ path: `body.${path}`, code: 'invalid', message })
  const issues = [
    ...(reason.length < SHORTEST_REASON ? [issue('reason', `at least ${SHORTEST_REASON} characters`)] : []),
    ...(until && Date.parse(until) <= nowMs ? [issue('until', 'lies in the past')] : []),
  ]
  if (issues.length > 0) throw new Problem('INVALID_REQUEST', { issues })
}

async function siteNow(db: Queryable, person: Person, id: string): Promise<Outcome<Site>> {
  const site = await findSite(db, id, person.scope)
  return site ? done(site) : refuse('SITE_NOT_FOUND')
}

async function staleSite(db: Queryable, person: Person, id: string): Promise<Refusal> {
  const current = await findSite(db, id, person.scope)
  const change = await lastChangeOf(db, 'site', id)
  return {
    code: 'SITE_STALE_VERSION',
    details: {
      current,
      version: current?.version ?? null,
      changed_by: change?.by ?? null,
      changed_at: change?.at ?? current?.updated_at ?? null,
    },
  }
}

async function refusingTakenCode<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (isStoreError(error, 'CONSTRAINT_VIOLATED') && error.constraint === 'sites_code_key')
      throw new Problem('SITE_CODE_TAKEN')
    throw error
  }
}

export function requireTimeZone(zone: string | undefined): void {
  if (zone === undefined) return
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
  } catch {
    throw new Problem('INVALID_REQUEST', {
      issues: [{ path: 'body.time_zone', code: 'invalid', message: 'an IANA time zone, e.g. Europe/Warsaw' }],
    })
  }
}

function withIds<Item extends object>(items: readonly Item[]): (Item & { id: string })[] {
  return items.map((item) => ({ ...item, id: uuidv7() }))
}

const defaults = SiteSettings.parse({})

/** Only what differs from the defaults is kept, so that a better default reaches every site that never chose. */
function differing(settings: SiteSettingsChanges): SiteSettingsChanges {
  return Object.fromEntries(
    Object.entries(settings).filter(([key, value]) => defaults[key as keyof SiteSettings] !== value),
  )
}

/** The fields a request named, as they are in a detail; for the audit's before and after. */
function editedPart(detail: SiteDetail, request: UpdateSiteRequest): Record<string, unknown> {
  const named = Object.keys(request).filter((key) => key !== 'version')
  return Object.fromEntries(
    named.map((key) => [
      key,
      key === 'contacts' || key === 'procedures' ? detail[key] : detail.site[key as keyof typeof detail.site],
    ]),
  )
}
