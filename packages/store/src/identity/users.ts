/** People who sign in. */
import type { HumanRole, Language, SiteScope } from '@stam/contracts'
import type { Queryable, Transaction } from '../connection.ts'

export interface User {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly role: HumanRole
  readonly language: Language
  readonly must_change_password: boolean
  readonly active: boolean
}

export interface Credentials extends User {
  readonly password_hash: string | null
  readonly failed_logins: number
  readonly locked_until: string | null
}

const userColumns = `id, email, name, role, language, must_change_password, active`
const credentialColumns = `${userColumns}, password_hash, failed_logins, locked_until`

/** By e-mail without regard to case; null when unknown. */
export async function findCredentials(db: Queryable, email: string): Promise<Credentials | null> {
  const [row] = await db.query<Credentials>(`SELECT ${credentialColumns} FROM users WHERE lower(email) = lower($1)`, [
    email,
  ])
  return row ?? null
}

export async function findCredentialsById(db: Queryable, userId: string): Promise<Credentials | null> {
  const [row] = await db.query<Credentials>(`SELECT ${credentialColumns} FROM users WHERE id = $1`, [userId])
  return row ?? null
}

/**
 * Counts a failed login and locks the account at the limit. The count starts anew once a lock has run out. Returns what it is now.
 * @param lockMinutes how long the lock lasts.
 */
export async function countFailedLogin(
  tx: Transaction,
  userId: string,
  limit: number,
  lockMinutes: number,
): Promise<{ failed: number; lockedUntil: string | null }> {
  const [row] = await tx.query<{ failed: number; locked_until: string | null }>(
    `UPDATE users SET
       failed_logins = CASE WHEN locked_until <= now() THEN 1 ELSE failed_logins + 1 END,
       locked_until = CASE
         WHEN CASE WHEN locked_until <= now() THEN 1 ELSE failed_logins + 1 END >= $2 THEN now() + make_interval(mins => $3)
         WHEN locked_until <= now() THEN NULL ELSE locked_until END
     WHERE id = $1 RETURNING failed_logins AS failed, locked_until`,
    [userId, limit, lockMinutes],
  )
  return { failed: row?.failed ?? 0, lockedUntil: row?.locked_until ?? null }
}

/** A login succeeded: counters start anew; a hash made with older settings is replaced. */
export async function recordLogin(tx: Transaction, userId: string, newHash: string | null): Promise<void> {
  await tx.execute(
    `UPDATE users SET failed_logins = 0, locked_until = NULL, last_login_at = now(), password_hash = coalesce($2, password_hash) WHERE id = $1`,
    [userId, newHash],
  )
}

/** Sets the password if it is still the one that was checked; false when somebody was faster. */
export async function changePassword(
  tx: Transaction,
  change: { userId: string; oldHash: string; newHash: string },
): Promise<boolean> {
  const touched = await tx.execute(
    `UPDATE users SET password_hash = $3, must_change_password = false, failed_logins = 0, locked_until = NULL, version = version + 1,
       updated_at = now() WHERE id = $1 AND password_hash = $2`,
    [change.userId, change.oldHash, change.newHash],
  )
  return touched > 0
}

export interface NewUser {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly role: HumanRole
  readonly language: Language
  readonly passwordHash: string
  readonly mustChangePassword?: boolean
  /** For roles with a site scope. */
  readonly siteIds?: readonly string[]
}

/** Creates a person; false (and no change) when the e-mail is taken already. */
export async function insertUser(tx: Transaction, user: NewUser): Promise<boolean> {
  const created = await tx.execute(
    `INSERT INTO users (id, email, name, role, language, password_hash, must_change_password)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT ((lower(email))) DO NOTHING`,
    [user.id, user.email, user.name, user.role, user.language, user.passwordHash, user.mustChangePassword ?? false],
  )
  if (created === 0) return false
  await tx.execute(
    `INSERT INTO user_site_assignments (user_id, site_id) SELECT $1, site FROM unnest($2::uuid[]) AS site ON CONFLICT DO NOTHING`,
    [user.id, user.siteIds ?? []],
  )
  return true
}

export interface Principal extends User {
  readonly sessionId: string
  readonly scope: SiteScope
  /** The console of this session waits for its PIN. */
  readonly locked: boolean
  readonly pinSet: boolean
  readonly lockAfterMinutes: number | null
}

const SCOPED_ROLES: ReadonlySet<HumanRole> = new Set<HumanRole>(['TECHNICIAN', 'FIELD_WORKER'])

/**
 * Who a session belongs to and what that person may see now; null when the session has ended or the person is inactive. Scoped roles see
 * their assigned sites and nothing else (fail closed).
 */
export async function findPrincipal(db: Queryable, sessionId: string): Promise<Principal | null> {
  const [found] = await findPrincipals(db, [sessionId])
  return found ?? null
}

/** The same for many sessions at once; ended ones are missing. */
export async function findPrincipals(db: Queryable, sessionIds: readonly string[]): Promise<Principal[]> {
  type Row = User &
    Pick<Principal, 'locked' | 'pinSet' | 'lockAfterMinutes'> & { session_id: string; site_ids: string[] }
  const rows = await db.query<Row>(
    `SELECT u.id, u.email, u.name, u.role, u.language, u.must_change_password, u.active, t.family_id AS session_id,
       ARRAY(SELECT site_id FROM user_site_assignments WHERE user_id = u.id) AS site_ids,
       EXISTS (SELECT FROM session_locks l WHERE l.session_id = t.family_id) AS locked,
       s.pin_hash IS NOT NULL AS "pinSet", s.lock_after_minutes AS "lockAfterMinutes"
     FROM refresh_tokens t JOIN users u ON u.id = t.user_id AND u.active LEFT JOIN user_security s ON s.user_id = u.id
     WHERE t.family_id = ANY ($1::uuid[]) AND t.used_at IS NULL AND t.revoked_at IS NULL AND t.expires_at > now()`,
    [sessionIds],
  )
  return rows.map(({ session_id, site_ids, ...user }) => ({
    ...user,
    sessionId: session_id,
    scope: SCOPED_ROLES.has(user.role) ? { kind: 'sites', siteIds: site_ids } : { kind: 'all' },
  }))
}
