/**
 * Sessions: one family of refresh tokens per device and login; its id is the session id of access tokens. Only hashes are stored. A token
 * works once and is replaced; showing a spent one again ends the whole family (spec 06).
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
  }>(
    `SELECT id, family_id, user_id, device, used_at IS NOT NULL AS spent, revoked_at IS NOT NULL OR expires_at <= now() AS dead
     FROM refresh_tokens WHERE token_hash = $1 FOR UPDATE`,
    [hash],
  )
  if (!row) return null
  const state = row.dead ? 'dead' : row.spent ? 'spent' : 'alive'
  return { id: row.id, familyId: row.family_id, userId: row.user_id, device: row.device, state }
}

/** Puts a new token in the place of one that {@link lockRefreshToken} found alive. */
export async function replaceRefreshToken(tx: Transaction, oldId: string, token: NewRefreshToken): Promise<void> {
  await tx.execute(`UPDATE refresh_tokens SET used_at = now(), replaced_by = $2 WHERE id = $1 AND used_at IS NULL`, [
    oldId,
    token.id,
  ])
  await insertRefreshToken(tx, token)
}

export type EndReason = 'logout' | 'logout_all' | 'reuse' | 'password_changed' | 'deactivated' | 'role_changed'

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
