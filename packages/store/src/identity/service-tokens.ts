/** Tokens of services (spec 06): one named service, one role, until a day. Only hashes are stored. */
import type { ServiceRole } from '@stam/contracts'
import type { Queryable, Transaction } from '../connection.ts'

export interface ServiceToken {
  readonly id: string
  readonly name: string
  readonly role: ServiceRole
  readonly created_at: string
  readonly expires_at: string
  readonly last_used_at: string | null
  readonly revoked_at: string | null
}

const columns = `id, name, role, created_at, expires_at, last_used_at, revoked_at`

/** False: a token of that name is in use. One that has expired makes room. */
export async function insertServiceToken(
  tx: Transaction,
  token: { id: string; name: string; role: ServiceRole; hash: Buffer; days: number },
): Promise<boolean> {
  await tx.execute(
    `UPDATE service_tokens SET revoked_at = now() WHERE lower(name) = lower($1) AND revoked_at IS NULL AND expires_at <= now()`,
    [token.name],
  )
  const added = await tx.execute(
    `INSERT INTO service_tokens (id, name, role, token_hash, expires_at) VALUES ($1, $2, $3, $4, now() + make_interval(days => $5))
     ON CONFLICT DO NOTHING`,
    [token.id, token.name, token.role, token.hash, token.days],
  )
  return added > 0
}

/** The service a token belongs to; null when it is unknown, revoked or too old. Remembers the use, to the minute. */
export async function findServiceToken(db: Queryable, hash: Buffer): Promise<ServiceToken | null> {
  const [found] = await db.query<ServiceToken & { stale: boolean }>(
    `SELECT ${columns}, coalesce(last_used_at < now() - interval '1 minute', true) AS stale FROM service_tokens
     WHERE token_hash = $1 AND revoked_at IS NULL AND expires_at > now()`,
    [hash],
  )
  if (!found) return null
  const { stale, ...token } = found
  if (stale) await db.execute(`UPDATE service_tokens SET last_used_at = now() WHERE id = $1`, [token.id])
  return token
}

/** Newest first. */
export function listServiceTokens(db: Queryable): Promise<ServiceToken[]> {
  return db.query(`SELECT ${columns} FROM service_tokens ORDER BY created_at DESC, id LIMIT 200`)
}

/** The token that was in use under this name; null when there was none. */
export async function revokeServiceToken(tx: Transaction, name: string): Promise<ServiceToken | null> {
  const [revoked] = await tx.query<ServiceToken>(
    `UPDATE service_tokens SET revoked_at = now() WHERE lower(name) = lower($1) AND revoked_at IS NULL RETURNING ${columns}`,
    [name],
  )
  return revoked ?? null
}
