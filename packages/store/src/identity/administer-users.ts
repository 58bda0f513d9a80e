/** What administrators do with people: find, change, assign sites, unlock, give a temporary password. Source: spec 06. */
import type { AssignedSites, HumanRole, Language, SessionRecord, UserDetail } from '@stam/contracts'
import { searchWords } from '../alarms/list-alarms.ts'
import type { Queryable, Transaction } from '../connection.ts'

const columns = `u.id, u.email, u.name, u.role, u.language, u.active, u.must_change_password, u.version, u.created_at, u.last_login_at,
  CASE WHEN u.locked_until > now() THEN u.locked_until END AS locked_until,
  ARRAY(SELECT site_id::text FROM user_site_assignments WHERE user_id = u.id ORDER BY site_id) AS site_ids`

export interface UserFilter {
  readonly text?: string | undefined
  readonly role?: HumanRole | undefined
  readonly active: 'active' | 'inactive' | 'locked' | 'all'
}

/** One page of people by name, and how many there are in all. `page` from 1. */
export async function listUsers(
  db: Queryable,
  filter: UserFilter,
  { page, limit }: { page: number; limit: number },
): Promise<{ users: UserDetail[]; total: number }> {
  const values: unknown[] = []
  const bind = (value: unknown) => `$${values.push(value)}`
  const conditions = ['true']
  if (filter.active === 'locked') conditions.push('u.locked_until > now()')
  else if (filter.active !== 'all') conditions.push(`u.active = ${bind(filter.active === 'active')}`)
  if (filter.role) conditions.push(`u.role = ${bind(filter.role)}`)
  for (const word of searchWords(filter.text)) {
    conditions.push(`fold_text(u.name || ' ' || u.email) LIKE '%' || fold_text(${bind(word)}) || '%'`)
  }
  const where = conditions.join(' AND ')
  const [counted] = await db.query<{ total: number }>(`SELECT count(*) AS total FROM users u WHERE ${where}`, values)
  const users = await db.query<UserDetail>(
    `SELECT ${columns} FROM users u WHERE ${where} ORDER BY fold_text(u.name), u.id
     LIMIT ${bind(limit)} OFFSET ${bind((page - 1) * limit)}`,
    values,
  )
  return { users, total: counted?.total ?? 0 }
}

export async function findUser(db: Queryable, id: string): Promise<UserDetail | null> {
  const [user] = await db.query<UserDetail>(`SELECT ${columns} FROM users u WHERE u.id = $1`, [id])
  return user ?? null
}

/** Locks people in the order of their ids, so that two administrators who change each other come one after the other. */
export async function lockUsers(tx: Transaction, ids: readonly string[]): Promise<void> {
  await tx.query(`SELECT FROM users WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE`, [ids])
}

/** Writes the given fields and moves the version. False: no longer at that version. */
export async function updateUser(
  tx: Transaction,
  id: string,
  change: {
    readonly version: number
    readonly name?: string | undefined
    readonly role?: HumanRole | undefined
    readonly language?: Language | undefined
    readonly active?: boolean | undefined
  },
): Promise<boolean> {
  const touched = await tx.execute(
    `UPDATE users SET name = coalesce($3, name), role = coalesce($4, role), language = coalesce($5, language),
       active = coalesce($6, active), version = version + 1, updated_at = clock_timestamp() WHERE id = $1 AND version = $2`,
    [id, change.version, change.name ?? null, change.role ?? null, change.language ?? null, change.active ?? null],
  )
  return touched > 0
}

/** Replaces what a person may see; sites that do not exist are left out. Returns how many are assigned now. */
export async function assignSites(
  tx: Transaction,
  userId: string,
  siteIds: readonly string[],
  assignedBy: string | null,
): Promise<number> {
  await tx.execute(`DELETE FROM user_site_assignments WHERE user_id = $1 AND site_id <> ALL ($2::uuid[])`, [
    userId,
    siteIds,
  ])
  await tx.execute(
    `INSERT INTO user_site_assignments (user_id, site_id, assigned_by)
     SELECT $1, id, $3 FROM sites WHERE id = ANY ($2::uuid[]) ON CONFLICT DO NOTHING`,
    [userId, siteIds, assignedBy],
  )
  const [row] = await tx.query<{ count: number }>(
    `SELECT count(*) AS count FROM user_site_assignments WHERE user_id = $1`,
    [userId],
  )
  return row?.count ?? 0
}

/** What a person may see, by name. */
export function listAssignedSites(db: Queryable, userId: string): Promise<AssignedSites['data']> {
  return db.query(
    `SELECT s.id, s.code, s.name, s.city FROM user_site_assignments a JOIN sites s ON s.id = a.site_id
     WHERE a.user_id = $1 ORDER BY fold_text(s.name), s.id`,
    [userId],
  )
}

export async function unlockUser(tx: Transaction, id: string): Promise<void> {
  await tx.execute(
    `UPDATE users SET failed_logins = 0, locked_until = NULL, version = version + 1, updated_at = clock_timestamp() WHERE id = $1`,
    [id],
  )
}

/** A password that has to be changed at the next sign-in. */
export async function setTemporaryPassword(tx: Transaction, id: string, passwordHash: string): Promise<void> {
  await tx.execute(
    `UPDATE users SET password_hash = $2, must_change_password = true, failed_logins = 0, locked_until = NULL,
       version = version + 1, updated_at = clock_timestamp() WHERE id = $1`,
    [id, passwordHash],
  )
}

/** Devices on which a person is signed in, last used first. */
export function listSessions(db: Queryable, userId: string): Promise<Omit<SessionRecord, 'current'>[]> {
  return db.query(
    `SELECT t.family_id AS id, t.device, host(t.ip) AS ip, t.issued_at AS last_used_at, t.expires_at,
       (SELECT min(f.issued_at) FROM refresh_tokens f WHERE f.family_id = t.family_id) AS started_at
     FROM refresh_tokens t
     WHERE t.user_id = $1 AND t.used_at IS NULL AND t.revoked_at IS NULL AND t.expires_at > now()
     ORDER BY t.issued_at DESC, t.family_id`,
    [userId],
  )
}

/** Whether this connection is the database owner's, whose login no process has. */
export async function ownsUsers(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ owns: boolean }>(
    `SELECT pg_has_role(relowner, 'USAGE') AS owns FROM pg_class WHERE oid = 'users'::regclass`,
  )
  return row?.owns ?? false
}
