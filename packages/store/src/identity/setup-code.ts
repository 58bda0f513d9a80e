/** The code that makes the first MASTER (spec 06 "First start"). One row, whatever the number of backends; only its hash is kept. */
import type { Queryable, Transaction } from '../connection.ts'

export type SetupState =
  /** Somebody can sign in, or could once: there is nothing to set up. */
  | { readonly kind: 'done' }
  /** A code is out; `issuedBy` has printed it. */
  | { readonly kind: 'open'; readonly issuedBy: string; readonly ageMs: number }
  /** No code is out, or it has expired, or too many wrong ones were tried. */
  | { readonly kind: 'codeless' }

/** @param mostWrong wrong codes after which the right one is no longer taken. */
export async function setupState(db: Queryable, mostWrong: number): Promise<SetupState> {
  const [row] = await db.query<{ people: boolean; issued_by: string | null; age_ms: number | null }>(
    `SELECT EXISTS (SELECT FROM users) AS people, c.issued_by,
       (extract(epoch FROM now() - c.issued_at) * 1000)::float8 AS age_ms
     FROM (VALUES (true)) AS one (singleton)
     LEFT JOIN setup_code c ON c.singleton AND c.expires_at > now() AND c.wrong_codes < $1 AND c.used_at IS NULL`,
    [mostWrong],
  )
  if (row?.people !== false) return { kind: 'done' }
  if (row.issued_by === null || row.age_ms === null) return { kind: 'codeless' }
  return { kind: 'open', issuedBy: row.issued_by, ageMs: row.age_ms }
}

/** One backend at a time; the others wait and then see what it did. */
export async function lockSetup(tx: Transaction): Promise<void> {
  await tx.execute(`SELECT pg_advisory_xact_lock(hashtext('stam setup code'))`)
}

/** Puts a new code in the place of any other. Call under {@link lockSetup}. */
export async function putSetupCode(
  tx: Transaction,
  code: { hash: Buffer; issuedBy: string; lifeMs: number },
): Promise<{ expiresAt: string }> {
  const [row] = await tx.query<{ expires_at: string }>(
    `INSERT INTO setup_code (code_hash, issued_by, expires_at)
     VALUES ($1, $2, now() + make_interval(secs => $3::double precision / 1000))
     ON CONFLICT (singleton) DO UPDATE SET code_hash = excluded.code_hash, issued_by = excluded.issued_by, issued_at = now(),
       expires_at = excluded.expires_at, wrong_codes = 0, used_at = NULL
     RETURNING expires_at`,
    [code.hash, code.issuedBy, code.lifeMs],
  )
  if (!row) throw new Error('the setup code was not stored')
  return { expiresAt: row.expires_at }
}

/** Whether this is the code that is out. A wrong one is counted; call under {@link lockSetup}. */
export async function trySetupCode(tx: Transaction, hash: Buffer, mostWrong: number): Promise<boolean> {
  const [row] = await tx.query<{ right: boolean }>(
    `UPDATE setup_code SET wrong_codes = wrong_codes + CASE WHEN code_hash = $1 THEN 0 ELSE 1 END
     WHERE used_at IS NULL AND expires_at > now() AND wrong_codes < $2 RETURNING code_hash = $1 AS "right"`,
    [hash, mostWrong],
  )
  return row?.right ?? false
}

export async function useUpSetupCode(tx: Transaction): Promise<void> {
  await tx.execute(`UPDATE setup_code SET used_at = now() WHERE used_at IS NULL`)
}
