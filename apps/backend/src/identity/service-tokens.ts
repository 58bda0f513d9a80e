/**
 * Services that speak to the API (spec 06): a token of 256 random bits, with a prefix by which a leaked one is recognised, issued and revoked by
 * command. It opens no session, has no scope of sites and passes no route meant for people.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { ServiceRole } from '@stam/contracts'
import { type Clock, uuidv7 } from '@stam/runtime'
import {
  appendAudit,
  findServiceToken,
  insertServiceToken,
  revokeServiceToken,
  type ServiceToken,
  type Store,
} from '@stam/store'
import { type ServicePermission, serviceRolePermissions } from './permissions.ts'

const PREFIX = 'stamsvc_'
const SHAPE = /^stamsvc_[A-Za-z0-9_-]{43}$/
const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

export interface Service {
  readonly id: string
  readonly name: string
  readonly role: ServiceRole
  readonly expiresAt: string
  readonly permissions: ReadonlySet<ServicePermission>
}

export interface Services {
  /** Null: unknown, revoked or expired. A revoked token is refused everywhere within `FRESH_MS`. */
  find(token: string): Promise<Service | null>
}

const FRESH_MS = 5_000
const MOST_REMEMBERED = 200

export const isServiceToken = (token: string): boolean => token.startsWith(PREFIX)

export function createServices(store: Store, clock: Clock): Services {
  const remembered = new Map<string, { until: number; service: Service | null }>()
  return {
    async find(token) {
      if (!SHAPE.test(token)) return null
      const hash = hashOf(token)
      const key = hash.toString('hex')
      const now = clock.monotonic()
      const known = remembered.get(key)
      if (known && known.until > now) return known.service
      const found = await findServiceToken(store, hash)
      const service = found && serviceOf(found)
      remembered.delete(key)
      if (remembered.size >= MOST_REMEMBERED) {
        const [oldest] = remembered.keys()
        if (oldest !== undefined) remembered.delete(oldest)
      }
      // Guesses are not remembered: they would push out those that are real.
      if (service) remembered.set(key, { until: now + FRESH_MS, service })
      return service
    },
  }
}

function serviceOf({ id, name, role, expires_at: expiresAt }: ServiceToken): Service {
  return { id, name, role, expiresAt, permissions: serviceRolePermissions[role] }
}

const act = { actor: { kind: 'system', name: 'stam services' }, entityType: 'system' } as const

/** Returns the token, which is nowhere kept; null when a token of that name is in use. */
export async function issueServiceToken(
  store: Store,
  { name, role, days }: { readonly name: string; readonly role: ServiceRole; readonly days: number },
): Promise<string | null> {
  const token = `${PREFIX}${randomBytes(32).toString('base64url')}`
  const id = uuidv7()
  return store.inTransaction(async (tx) => {
    if (!(await insertServiceToken(tx, { id, name, role, hash: hashOf(token), days }))) return null
    await appendAudit(tx, [
      { ...act, action: 'SERVICE_TOKEN_ISSUE', entityId: `service_token:${id}`, after: { name, role, days } },
    ])
    return token
  })
}

/** False: there is no token of that name in use. */
export async function endServiceToken(store: Store, name: string): Promise<boolean> {
  return store.inTransaction(async (tx) => {
    const revoked = await revokeServiceToken(tx, name)
    if (!revoked) return false
    const { id, role } = revoked
    await appendAudit(tx, [
      { ...act, action: 'SERVICE_TOKEN_REVOKE', entityId: `service_token:${id}`, before: { name, role } },
    ])
    return true
  })
}
