/** What people do with panels: list, look at, create, edit, set a zone's priorities, read the timeline. */
import {
  type CreatePanelRequest,
  eventTypes,
  type Panel,
  type PanelDetail,
  type PanelListQuery,
  type PanelStateChange,
  type Priority,
  type UpdatePanelRequest,
} from '@stam/contracts'
import { isoTime, type Keyring, uuidv7 } from '@stam/runtime'
import {
  appendAudit,
  auditOf,
  connectionRelease,
  findPanel,
  findSite,
  insertPanel,
  isStoreError,
  lastChangeOf,
  listPanels,
  panelObjects,
  panelStateHistory,
  type Queryable,
  setZonePriorities,
  updatePanel,
} from '@stam/store'
import { z } from 'zod'
import type { Backend } from '../backend.ts'
import { cursorOf, limitOf } from '../http/cursor.ts'
import type { Mutation } from '../http/mutation.ts'
import { done, type Outcome, Problem, type Refusal, refuse } from '../http/problem.ts'
import type { Person } from '../identity/principals.ts'
import { requireTimeZone } from '../sites/site-use-cases.ts'

type Encrypting = Pick<Keyring, 'encrypt'>
const historyCursor = cursorOf('panel-history', z.object({ at: z.iso.datetime(), id: z.int() }))

export async function panelList(backend: Backend, person: Person, query: PanelListQuery) {
  const { page, limit, site_id: siteId, text } = query
  const { panels, total } = await listPanels(backend.store, { scope: person.scope, siteId, text }, { page, limit })
  const live = await backend.states.read(panels.map(({ panel }) => panel.id))
  return {
    data: panels.map(({ panel, siteName }, index) => ({
      panel,
      site_name: siteName,
      live: live[index] as (typeof live)[0],
    })),
    pagination: { page, limit, total, total_pages: Math.ceil(total / limit) },
    now: isoTime(backend.clock.now()),
  }
}

export async function panelDetail(
  backend: Backend,
  db: Queryable,
  person: Person,
  id: string,
): Promise<Outcome<PanelDetail>> {
  const panel = await findPanel(db, id, person.scope)
  if (!panel) return refuse('PANEL_NOT_FOUND')
  const objects = await panelObjects(db, id)
  const release = await connectionRelease(db, id)
  const [live] = await backend.states.read([id])
  return done({ panel, release, ...objects, live: live as PanelDetail['live'], now: isoTime(backend.clock.now()) })
}

export async function panelState(backend: Backend, person: Person, id: string) {
  if (!(await findPanel(backend.store, id, person.scope))) return refuse('PANEL_NOT_FOUND')
  const [live] = await backend.states.read([id])
  return done({ live: live as PanelDetail['live'], now: isoTime(backend.clock.now()) })
}

export async function stateHistory(
  { store }: Backend,
  person: Person,
  id: string,
  query: {
    after?: string | undefined
    limit: number
    partition?: number | undefined
    from?: string | undefined
    to?: string | undefined
  },
): Promise<Outcome<{ data: PanelStateChange[]; next: string | null; limit: number; limit_cut: boolean }>> {
  if (!(await findPanel(store, id, person.scope))) return refuse('PANEL_NOT_FOUND')
  const { limit, limit_cut } = limitOf(query.limit, 200)
  const { partition, from, to } = query
  const after = historyCursor.read(query.after)
  const { changes, next } = await panelStateHistory(store, { panelId: id, partition, from, to }, { after, limit })
  return done({ data: changes, next: next && historyCursor.write(next), limit, limit_cut })
}

export async function createPanel(
  backend: Backend,
  keyring: Encrypting | null,
  { tx, person, act }: Mutation,
  request: CreatePanelRequest,
): Promise<Outcome<PanelDetail>> {
  const { integration_key, ...fields } = request
  const site = await findSite(tx, request.site_id, person.scope)
  if (!site) return refuse('SITE_NOT_FOUND')
  requireTimeZone(request.time_zone)
  const id = uuidv7()
  const encryptedKey = encrypted(keyring, integration_key) ?? null
  await refusingTakenAddress(() => insertPanel(tx, { ...fields, id, encryptedKey }))
  const after = { ...fields, has_integration_key: encryptedKey !== null }
  await appendAudit(tx, [
    auditOf(act, { action: 'PANEL_CREATE', entityType: 'panel', entityId: id, siteId: site.id, after }),
  ])
  return panelDetail(backend, tx, person, id)
}

export async function editPanel(
  backend: Backend,
  keyring: Encrypting | null,
  { tx, person, act }: Mutation,
  id: string,
  request: UpdatePanelRequest,
): Promise<Outcome<PanelDetail>> {
  const before = await findPanel(tx, id, person.scope)
  if (!before) return refuse('PANEL_NOT_FOUND')
  const { integration_key, ...fields } = request
  requireTimeZone(request.time_zone)
  const encryptedKey = encrypted(keyring, integration_key)
  const changed = await refusingTakenAddress(() => updatePanel(tx, id, { ...fields, encryptedKey }))
  if (!changed) return { ok: false, refusal: await stalePanel(tx, person, id) }
  const after = await panelDetail(backend, tx, person, id)
  if (!after.ok) return after
  await appendAudit(tx, [
    auditOf(act, {
      action: 'PANEL_EDIT',
      entityType: 'panel',
      entityId: id,
      siteId: before.site_id,
      before: editedPart(before, request),
      after: editedPart(after.value.panel, request),
    }),
  ])
  return after
}

const Overrides = z.partialRecord(z.enum(eventTypes), z.enum(['CRITICAL', 'WARNING', 'INFO']))

/** Sets which event types of a zone have another priority than by default; the panel's version guards it. */
export async function editZone(
  backend: Backend,
  { tx, person, act }: Mutation,
  id: string,
  zoneNo: number,
  request: { version: number; priority_overrides: Record<string, Priority> },
): Promise<Outcome<PanelDetail>> {
  const panel = await findPanel(tx, id, person.scope)
  if (!panel) return refuse('PANEL_NOT_FOUND')
  const parsed = Overrides.safeParse(request.priority_overrides)
  if (!parsed.success) {
    throw new Problem('INVALID_REQUEST', {
      issues: [
        { path: 'body.priority_overrides', code: 'invalid_key', message: `event types are: ${eventTypes.join(', ')}` },
      ],
    })
  }
  const before = (await panelObjects(tx, id)).zones.find((zone) => zone.number === zoneNo)
  const change = { panelId: id, version: request.version, zoneNo, overrides: request.priority_overrides }
  if (!(await setZonePriorities(tx, change))) return { ok: false, refusal: await stalePanel(tx, person, id) }
  await appendAudit(tx, [
    auditOf(act, {
      action: 'ZONE_EDIT',
      entityType: 'panel',
      entityId: id,
      siteId: panel.site_id,
      before: { zone: zoneNo, priority_overrides: before?.priority_overrides ?? {} },
      after: { zone: zoneNo, priority_overrides: request.priority_overrides },
    }),
  ])
  return panelDetail(backend, tx, person, id)
}

/** Undefined = leave as it is, null = remove. Keys are ASCII by protocol 3.1. */
export function encrypted(keyring: Encrypting | null, key: string | null | undefined): string | null | undefined {
  if (key === undefined || key === null) return key
  const issue = (message: string) =>
    new Problem('INVALID_REQUEST', { issues: [{ path: 'body.integration_key', code: 'invalid', message }] })
  if (!/^[\x21-\x7e]{1,12}$/.test(key)) throw issue('1 to 12 visible ASCII characters')
  if (!keyring) throw issue('this installation has no encryption key, so no secret can be kept')
  return keyring.encrypt(key)
}

async function stalePanel(db: Queryable, person: Person, id: string): Promise<Refusal> {
  const current = await findPanel(db, id, person.scope)
  const change = await lastChangeOf(db, 'panel', id)
  return {
    code: 'PANEL_STALE_VERSION',
    details: {
      current,
      version: current?.version ?? null,
      changed_by: change?.by ?? null,
      changed_at: change?.at ?? current?.updated_at ?? null,
    },
  }
}

async function refusingTakenAddress<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (isStoreError(error, 'CONSTRAINT_VIOLATED') && error.constraint === 'panels_address_key') {
      throw new Problem('PANEL_ADDRESS_TAKEN')
    }
    throw error
  }
}

/** The edited fields for the audit; of a key only whether there is one. */
function editedPart(panel: Panel, request: UpdatePanelRequest): Record<string, unknown> {
  const named = Object.keys(request).filter((key) => key !== 'version')
  return Object.fromEntries(
    named.map((key) =>
      key === 'integration_key' ? ['has_integration_key', panel.has_integration_key] : [key, panel[key as keyof Panel]],
    ),
  )
}
