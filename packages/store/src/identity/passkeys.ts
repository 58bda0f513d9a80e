/** Passkeys and the questions put to authenticators. Source: spec 06 "Authentication". */
import type { PasskeyRecord } from '@stam/contracts'
import type { Queryable, Transaction } from '../connection.ts'

export interface Passkey extends PasskeyRecord {
  readonly user_id: string
  readonly credential_id: Buffer
  readonly public_key: Buffer
  readonly rp_id: string
  readonly sign_count: number
  readonly transports: readonly string[]
}

const recordColumns = `id, name, synced, created_at, last_used_at, suspended_at`
const columns = `${recordColumns}, user_id, credential_id, public_key, rp_id, sign_count, transports`

export async function listPasskeys(db: Queryable, userId: string): Promise<Passkey[]> {
  return db.query<Passkey>(`SELECT ${columns} FROM passkeys WHERE user_id = $1 ORDER BY created_at, id`, [userId])
}

/** The passkey an authenticator answers with, locked, so that two answers cannot show the same count. */
export async function lockPasskey(tx: Transaction, credentialId: Buffer): Promise<Passkey | null> {
  const [row] = await tx.query<Passkey>(`SELECT ${columns} FROM passkeys WHERE credential_id = $1 FOR UPDATE`, [
    credentialId,
  ])
  return row ?? null
}

export type NewPasskey = Pick<
  Passkey,
  'id' | 'user_id' | 'credential_id' | 'public_key' | 'rp_id' | 'sign_count' | 'transports' | 'name' | 'synced'
>

/** False: this authenticator's passkey is registered already, by whomever. */
export async function insertPasskey(tx: Transaction, key: NewPasskey): Promise<boolean> {
  const values = [key.id, key.user_id, key.credential_id, key.public_key, key.rp_id, key.sign_count]
  const inserted = await tx.execute(
    `INSERT INTO passkeys (id, user_id, credential_id, public_key, rp_id, sign_count, transports, name, synced)
     VALUES ($1, $2, $3, $4, $5, $6, $7::text[], $8, $9) ON CONFLICT (credential_id) DO NOTHING`,
    [...values, key.transports, key.name, key.synced],
  )
  return inserted > 0
}

export async function renamePasskey(tx: Transaction, userId: string, id: string, name: string): Promise<boolean> {
  return (await tx.execute(`UPDATE passkeys SET name = $3 WHERE user_id = $1 AND id = $2`, [userId, id, name])) > 0
}

/** Removes one. Without the last one a second factor can no longer be asked for. False: there is none of that person. */
export async function removePasskey(tx: Transaction, userId: string, id: string): Promise<boolean> {
  if ((await tx.execute(`DELETE FROM passkeys WHERE user_id = $1 AND id = $2`, [userId, id])) === 0) return false
  await tx.execute(
    `UPDATE user_security SET second_factor = false, updated_at = now()
     WHERE user_id = $1 AND NOT EXISTS (SELECT FROM passkeys WHERE user_id = $1 AND suspended_at IS NULL)`,
    [userId],
  )
  return true
}

export async function recordPasskeyUse(tx: Transaction, id: string, signCount: number): Promise<void> {
  await tx.execute(`UPDATE passkeys SET sign_count = $2, last_used_at = now() WHERE id = $1`, [id, signCount])
}

export async function suspendPasskey(tx: Transaction, id: string): Promise<void> {
  await tx.execute(`UPDATE passkeys SET suspended_at = now() WHERE id = $1 AND suspended_at IS NULL`, [id])
}

export type PasskeyPurpose = 'register' | 'sign_in' | 'second_factor'

export interface PasskeyChallenge {
  readonly purpose: PasskeyPurpose
  readonly userId: string | null
  readonly sessionId: string | null
  readonly rpId: string
}

export async function putPasskeyChallenge(
  db: Queryable,
  challenge: PasskeyChallenge & { readonly hash: Buffer; readonly lifeMs: number },
): Promise<void> {
  await db.execute(
    `INSERT INTO passkey_challenges (challenge_hash, purpose, user_id, session_id, rp_id, expires_at)
     VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6::double precision / 1000))`,
    [challenge.hash, challenge.purpose, challenge.userId, challenge.sessionId, challenge.rpId, challenge.lifeMs],
  )
}

/** Once: a second call finds nothing, also when both come at the same moment, and whatever becomes of the answer. */
export async function takePasskeyChallenge(db: Queryable, hash: Buffer): Promise<PasskeyChallenge | null> {
  const [row] = await db.query<PasskeyChallenge & { alive: boolean }>(
    `DELETE FROM passkey_challenges WHERE challenge_hash = $1
     RETURNING purpose, user_id AS "userId", session_id AS "sessionId", rp_id AS "rpId", expires_at > now() AS alive`,
    [hash],
  )
  return row?.alive ? row : null
}
