/** What a person has chosen about signing in: PIN, automatic lock, second factor; and whose console is locked. Source: spec 06. */
import type { Queryable, Transaction } from '../connection.ts'

export interface UserSecurity {
  readonly pinHash: string | null
  readonly lockAfterMinutes: number | null
  readonly secondFactor: boolean
}

const NOTHING_CHOSEN: UserSecurity = { pinHash: null, lockAfterMinutes: null, secondFactor: false }

export async function findUserSecurity(db: Queryable, userId: string): Promise<UserSecurity> {
  const [row] = await db.query<UserSecurity>(
    `SELECT pin_hash AS "pinHash", lock_after_minutes AS "lockAfterMinutes", second_factor AS "secondFactor"
     FROM user_security WHERE user_id = $1`,
    [userId],
  )
  return row ?? NOTHING_CHOSEN
}

/** Without a PIN the console can no longer lock: the automatic lock goes with it. */
export async function setPin(tx: Transaction, userId: string, pinHash: string | null): Promise<void> {
  await tx.execute(
    `INSERT INTO user_security AS s (user_id, pin_hash) VALUES ($1, $2)
     ON CONFLICT (user_id) DO UPDATE SET pin_hash = $2, updated_at = now(),
       lock_after_minutes = CASE WHEN $2::text IS NULL THEN NULL ELSE s.lock_after_minutes END`,
    [userId, pinHash],
  )
}

/** False: there is no PIN to lock with. */
export async function setLockAfter(tx: Transaction, userId: string, minutes: number | null): Promise<boolean> {
  const set = await tx.execute(
    `UPDATE user_security SET lock_after_minutes = $2, updated_at = now() WHERE user_id = $1 AND pin_hash IS NOT NULL`,
    [userId, minutes],
  )
  return set > 0 || minutes === null
}

/** False: there is no passkey that could be the second factor. */
export async function setSecondFactor(tx: Transaction, userId: string, on: boolean): Promise<boolean> {
  const set = await tx.execute(
    `INSERT INTO user_security (user_id, second_factor)
     SELECT $1, $2 WHERE NOT $2 OR EXISTS (SELECT FROM passkeys WHERE user_id = $1 AND suspended_at IS NULL)
     ON CONFLICT (user_id) DO UPDATE SET second_factor = $2, updated_at = now()`,
    [userId, on],
  )
  return set > 0
}

/** Passkeys, second factor and PIN of somebody go; the password alone signs in again. Returns how many passkeys there were. */
export async function forgetSignInChoices(tx: Transaction, userId: string): Promise<number> {
  await tx.execute(`DELETE FROM user_security WHERE user_id = $1`, [userId])
  return tx.execute(`DELETE FROM passkeys WHERE user_id = $1`, [userId])
}

/** Locks a console. False: it was locked already. */
export async function lockSession(tx: Transaction, sessionId: string, userId: string): Promise<boolean> {
  const locked = await tx.execute(
    `INSERT INTO session_locks (session_id, user_id) VALUES ($1, $2) ON CONFLICT (session_id) DO NOTHING`,
    [sessionId, userId],
  )
  return locked > 0
}

/**
 * Counts an attempt before its PIN is looked at, so that attempts at the same moment are not free. Returns which one it is, from 1;
 * null when the console is not locked.
 */
export async function countPinAttempt(db: Queryable, sessionId: string): Promise<number | null> {
  const [row] = await db.query<{ wrong_pins: number }>(
    `UPDATE session_locks SET wrong_pins = wrong_pins + 1 WHERE session_id = $1 RETURNING wrong_pins`,
    [sessionId],
  )
  return row?.wrong_pins ?? null
}

export async function unlockSession(tx: Transaction, sessionId: string): Promise<boolean> {
  return (await tx.execute(`DELETE FROM session_locks WHERE session_id = $1`, [sessionId])) > 0
}

/** When the session began, i.e. when its person last proved who they are; null when it has ended. */
export async function sessionBegan(db: Queryable, sessionId: string): Promise<{ ageMs: number } | null> {
  const [row] = await db.query<{ age_ms: number | null }>(
    `SELECT (extract(epoch FROM now() - min(issued_at)) * 1000)::float8 AS age_ms FROM refresh_tokens WHERE family_id = $1`,
    [sessionId],
  )
  return row?.age_ms == null ? null : { ageMs: row.age_ms }
}
