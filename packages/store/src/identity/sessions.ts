/**
 * Sessions: one family of refresh tokens per device and login; its id is the session id of access tokens. Only hashes are stored. A token
 * works once and is replaced; showing a spent one again ends the whole family (spec 06), but for a repeat within seconds (see the use case).
 */
import type { Queryable, Transaction } from '../connection.ts'

export interface NewRefreshToken {
  readonly id: string
  readonly familyId: string
  readonly userId: string
  readonly hash: Buffer
  readonly device: string
  readonly ip: string | null
  readonly lifeSeconds: number
}

export async function insertRefreshToken(tx: Transaction, token: NewRefreshToken): Promise<void> {
  await tx.execute(
    `INSERT INTO refresh_tokens (id, family_id, user_id, token_hash, device, ip, issued_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, now(), now() + make_interval(secs => $7))`,
    [token.id, token.familyId, token.userId, token.hash, token.device, token.ip, token.lifeSeconds],
  )
}

export interface ShownToken {
  readonly id: string
  readonly familyId: string
  readonly userId: string
  readonly device: string
  /** `alive` may be replaced; `spent` was replaced already: somebody else has it too; `dead` has expired or was revoked. */
  readonly state: 'alive' | 'spent' | 'dead'
  /** Of a spent one whose successor has not been used: how it was spent. */
  readonly spent: { readonly msAgo: number; readonly seed: Buffer; readonly agent: Buffer } | null
}

/** The token with this hash, locked; null when there never was one. */
export async function lockRefreshToken(tx: Transaction, hash: Buffer): Promise<ShownToken | null> {
  const [row] = await tx.query<{
    id: string
    family_id: string
    user_id: string
    device: string
    spent: boolean
    dead: boolean
    ms_ago: number | null
    successor_seed: Buffer | null
    spent_agent: Buffer | null
  }>(
    `SELECT t.id, t.family_id, t.user_id, t.device, t.used_at IS NOT NULL AS spent, t.revoked_at IS NOT NULL OR t.expires_at <= now() AS dead,
       (extract(epoch FROM clock_timestamp() - t.used_at) * 1000)::float8 AS ms_ago, t.successor_seed, t.spent_agent
     FROM refresh_tokens t WHERE t.token_hash = $1 FOR UPDATE`,
    [hash],
  )
  if (!row) return null
  const state = row.dead ? 'dead' : row.spent ? 'spent' : 'alive'
  const { ms_ago: msAgo, successor_seed: seed, spent_agent: agent } = row
  const mayRepeat = state === 'spent' && msAgo !== null && seed && agent && (await successorWaits(tx, row.id))
  const spent = mayRepeat ? { msAgo, seed, agent } : null
  return { id: row.id, familyId: row.family_id, userId: row.user_id, device: row.device, state, spent }
}

/** A statement of its own: the one that waited for the lock still sees what was before it. */
async function successorWaits(tx: Transaction, id: string): Promise<boolean> {
  const rows = await tx.query(
    `SELECT FROM refresh_tokens t JOIN refresh_tokens s ON s.id = t.replaced_by AND s.used_at IS NULL AND s.revoked_at IS NULL WHERE t.id = $1`,
    [id],
  )
  return rows.length > 0
}

/**
 * Puts a new token in the place of one that {@link lockRefreshToken} found alive. Its predecessor's seed goes: from here on that one is only good
 * for telling a thief.
 */
export async function replaceRefreshToken(
  tx: Transaction,
  oldId: string,
  token: NewRefreshToken,
  by: { readonly seed: Buffer; readonly agent: Buffer },
): Promise<void> {
  await tx.execute(
    `UPDATE refresh_tokens SET used_at = clock_timestamp(), replaced_by = $2, successor_seed = $3, spent_agent = $4
     WHERE id = $1 AND used_at IS NULL`,
    [oldId, token.id, by.seed, by.agent],
  )
  await tx.execute(`UPDATE refresh_tokens SET successor_seed = NULL WHERE replaced_by = $1`, [oldId])
  await insertRefreshToken(tx, token)
}

export type EndReason =
  | 'logout'
  | 'logout_all'
  | 'reuse'
  | 'password_changed'
  | 'deactivated'
  | 'role_changed'
  | 'wrong_pins'

/** Ends one session. Returns whether it was alive. */
export async function endSession(db: Queryable, familyId: string, reason: EndReason): Promise<boolean> {
  const ended = await db.execute(
    `UPDATE refresh_tokens SET revoked_at = now(), revoked_reason = $2 WHERE family_id = $1 AND revoked_at IS NULL`,
    [familyId, reason],
  )
  return ended > 0
}

/** Ends every session of a person, but for one where given. Returns the ids of those that were alive. */
export async function endSessionsOf(
  db: Queryable,
  userId: string,
  reason: EndReason,
  exceptFamilyId: string | null = null,
): Promise<string[]> {
  const rows = await db.query<{ family_id: string }>(
    `UPDATE refresh_tokens SET revoked_at = now(), revoked_reason = $2
     WHERE user_id = $1 AND revoked_at IS NULL AND family_id IS DISTINCT FROM $3::uuid RETURNING family_id`,
    [userId, reason, exceptFamilyId],
  )
  return [...new Set(rows.map((row) => row.family_id))]
}
