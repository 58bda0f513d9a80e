/** What people do with secrets: keep, replace, remove, and look at one for a reason (spec 06 "Secrets"). */
import {
  type CreateSecretRequest,
  type ReplaceSecretRequest,
  secretClassOf,
  type SecretKind,
  type SecretRecord,
} from '@stam/contracts'
import { uuidv7 } from '@stam/runtime'
import {
  appendAudit,
  auditOf,
  type DataKeys,
  encryptedPanelKey,
  findPanel,
  findSite,
  insertSecret,
  listSecrets,
  lockSecret,
  removeSecret,
  updateSecret,
} from '@stam/store'
import type { Backend } from '../backend.ts'
import type { Mutation } from '../http/mutation.ts'
import { done, type Outcome, Problem, refuse } from '../http/problem.ts'
import type { Person } from '../identity/principals.ts'
import { raiseRevealIncident } from './reveal-incident.ts'

export const SHOWN_MS = 60_000

export async function secretsOfSite(
  { store }: Backend,
  person: Person,
  siteId: string,
): Promise<Outcome<{ data: SecretRecord[] }>> {
  if (!(await findSite(store, siteId, person.scope))) return refuse('SITE_NOT_FOUND')
  return done({ data: await listSecrets(store, siteId) })
}

export async function keepSecret(
  keys: DataKeys | null,
  { tx, person, act }: Mutation,
  siteId: string,
  request: CreateSecretRequest,
): Promise<Outcome<SecretRecord>> {
  if (!(await findSite(tx, siteId, person.scope))) return refuse('SITE_NOT_FOUND')
  const { kind, label, panel_id: panelId, value } = request
  const id = uuidv7()
  if (!(await insertSecret(tx, { id, siteId, panelId, kind, label, token: sealed(keys, value), by: person.name }))) {
    return refuse('PANEL_NOT_FOUND')
  }
  const after = { kind, class: secretClassOf[kind], label, panel_id: panelId }
  await appendAudit(tx, [auditOf(act, { action: 'SECRET_CREATE', entityType: 'secret', entityId: id, siteId, after })])
  return kept({ tx, person, act }, id)
}

export async function replaceSecret(
  keys: DataKeys | null,
  mutation: Mutation,
  id: string,
  { version, label, value }: ReplaceSecretRequest,
): Promise<Outcome<SecretRecord>> {
  const { tx, person, act } = mutation
  const before = await lockSecret(tx, id, person.scope)
  if (!before) return refuse('SECRET_NOT_FOUND')
  if (before.version !== version) return refuse('SECRET_STALE_VERSION', staleness(before))
  const token = value === undefined ? null : sealed(keys, value)
  await updateSecret(tx, id, { label: label ?? null, token, by: person.name })
  await appendAudit(tx, [
    auditOf(act, {
      action: 'SECRET_REPLACE',
      entityType: 'secret',
      entityId: id,
      siteId: before.site_id,
      before: { label: before.label },
      after: { label: label ?? before.label, value_replaced: token !== null },
    }),
  ])
  return kept(mutation, id)
}

export async function forgetSecret(
  { tx, person, act }: Mutation,
  id: string,
  version: number,
): Promise<Outcome<undefined>> {
  const before = await lockSecret(tx, id, person.scope)
  if (!before) return refuse('SECRET_NOT_FOUND')
  if (before.version !== version) return refuse('SECRET_STALE_VERSION', staleness(before))
  await removeSecret(tx, id)
  const { kind, label, site_id: siteId } = before
  await appendAudit(tx, [
    auditOf(act, { action: 'SECRET_REMOVE', entityType: 'secret', entityId: id, siteId, before: { kind, label } }),
  ])
  return done(undefined)
}

export async function revealSecret(
  backend: Backend,
  mutation: Mutation,
  id: string,
  reason: string,
): Promise<Outcome<string>> {
  const found = await lockSecret(mutation.tx, id, mutation.person.scope)
  if (!found) return refuse('SECRET_NOT_FOUND')
  const { kind, label, site_id: siteId, token, panel_name: panelName } = found
  return shown(backend, mutation, {
    kind,
    label: panelName ? `${label} (${panelName})` : label,
    siteId,
    token,
    reason,
    entity: ['secret', id],
  })
}

export async function revealPanelKey(
  backend: Backend,
  mutation: Mutation,
  panelId: string,
  reason: string,
): Promise<Outcome<string>> {
  const { tx, person } = mutation
  const found = await encryptedPanelKey(tx, panelId, person.scope)
  if (!found) return refuse('PANEL_NOT_FOUND')
  if (found.token === null) return refuse('SECRET_NOT_FOUND')
  const label = (await findPanel(tx, panelId, person.scope))?.name ?? ''
  const { siteId, token } = found
  return shown(backend, mutation, {
    kind: 'PANEL_INTEGRATION_KEY',
    label,
    siteId,
    token,
    reason,
    entity: ['panel', panelId],
  })
}

export interface Reveal {
  readonly kind: SecretKind
  readonly label: string
  readonly siteId: string
  readonly token: string
  readonly reason: string
  readonly entity: readonly [type: 'secret' | 'panel', id: string]
}

/** The value, its audit entry and, for the highest class, its incident: all of it or nothing. */
async function shown(backend: Backend, mutation: Mutation, reveal: Reveal): Promise<Outcome<string>> {
  const { kind, siteId, token, reason, entity } = reveal
  if (backend.dataKeys === null) return refuse('SECRET_NOT_FOUND')
  const value = (await backend.dataKeys.open(token)).toString('utf8')
  const secretClass = secretClassOf[kind]
  const alarmId = secretClass === 'HIGHEST' ? await raiseRevealIncident(mutation, reveal, backend.clock.now()) : null
  await appendAudit(mutation.tx, [
    auditOf(mutation.act, {
      action: 'SECRET_REVEAL',
      entityType: entity[0],
      entityId: entity[1],
      siteId,
      reason,
      after: { kind, class: secretClass, shown_ms: SHOWN_MS, ...(alarmId ? { incident: alarmId } : {}) },
    }),
  ])
  return done(value)
}

function sealed(keys: DataKeys | null, value: string): string {
  if (keys) return keys.encrypt(value)
  const message = 'this installation has no encryption key, so no secret can be kept'
  throw new Problem('INVALID_REQUEST', { issues: [{ path: 'body.value', code: 'invalid', message }] })
}

async function kept({ tx, person }: Mutation, id: string): Promise<Outcome<SecretRecord>> {
  const now = await lockSecret(tx, id, person.scope)
  if (!now) return refuse('SECRET_NOT_FOUND')
  const { token: _token, ...record } = now
  return done(record)
}

function staleness({
  version,
  updated_by: by,
  updated_at: at,
  token: _token,
  ...current
}: SecretRecord & { token: string }) {
  return { version, changed_by: by, changed_at: at, current: { ...current, version, updated_by: by, updated_at: at } }
}
