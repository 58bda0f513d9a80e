/**
 * The audit record's hash chain (spec 06): hash = SHA-256(hash before | entry), per entry, in the order of sealing. Appending stays what it was,
 * so no transaction of an alarm waits; one process at a time seals what has been committed. Whoever changes, removes or slips in an entry
 * that was sealed breaks the chain; whoever rewrites the whole chain contradicts the day's last hash in the logs.
 */
import { createHash } from 'node:crypto'
import type { Queryable, Store, Transaction } from '../connection.ts'
import { ifNobodyElse } from '../if-nobody-else.ts'

/** The entry as text that depends on nothing but the entry: neither on time zone nor on columns added later. */
const canonical = `jsonb_build_array(a.id, (extract(epoch FROM a.at) * 1000)::bigint, a.actor_kind, a.actor_id, a.actor_name, a.actor_role, a.action,
  a.entity_type, a.entity_id, a.site_id, a.before, a.after, a.reason, host(a.ip), a.request_id, a.service_instance)::text`
const BATCH = 5_000
/** How old an entry may be when its slow commit brings it to light: a transaction lives a minute or two at most. */
const SLOWEST_COMMIT = '5 minutes'
const START = Buffer.alloc(32)

export interface SealedUpTo {
  readonly sealed: number
  /** Where the chain ends now: seq, and its hash in hex; for the log, which is kept elsewhere. */
  readonly head: { readonly seq: number; readonly hash: string } | null
}

/** Seals entries that have been committed, up to 5,000. Null: another process is at it. */
export async function sealAudit(store: Store): Promise<SealedUpTo | null> {
  return (await ifNobodyElse(store, 'audit-seal', sealNext)) ?? null
}

async function sealNext(tx: Transaction): Promise<SealedUpTo> {
  const [head] = await tx.query<{ seq: number; hash: Buffer }>(
    `SELECT seq, hash FROM audit_seals ORDER BY seq DESC LIMIT 1`,
  )
  const rows = await tx.query<{ id: number; entry: string }>(
    `SELECT a.id, ${canonical} AS entry FROM audit_log a
     WHERE (a.id > (SELECT coalesce(max(audit_id), 0) FROM audit_seals) OR a.at > now() - interval '${SLOWEST_COMMIT}')
       AND NOT EXISTS (SELECT FROM audit_seals s WHERE s.audit_id = a.id)
     ORDER BY a.id LIMIT ${BATCH}`,
  )
  let hash: Buffer = head?.hash ?? START
  let seq = head?.seq ?? 0
  const seals = rows.map(({ id, entry }) => {
    hash = linked(hash, entry)
    return { seq: ++seq, id, hash }
  })
  if (seals.length > 0) {
    await tx.execute(
      `INSERT INTO audit_seals (seq, day, audit_id, hash)
       SELECT seq, (now() AT TIME ZONE 'UTC')::date, id, decode(hash, 'hex') FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS s(seq, id, hash)`,
      [seals.map((seal) => seal.seq), seals.map((seal) => seal.id), seals.map((seal) => seal.hash.toString('hex'))],
    )
  }
  return { sealed: seals.length, head: seq === 0 ? null : { seq, hash: hash.toString('hex') } }
}

function linked(before: Buffer, entry: string): Buffer {
  return createHash('sha256').update(before).update(entry, 'utf8').digest()
}

export interface AuditProblem {
  readonly kind: 'changed' | 'removed' | 'seal-missing'
  readonly seq: number
  readonly auditId: number | null
}

export interface AuditVerdict {
  readonly days: readonly { readonly day: string; readonly entries: number; readonly lastHash: string }[]
  /** The first problems of the chain; empty = nothing sealed was changed, removed or put in between. */
  readonly problems: readonly AuditProblem[]
  /** Entries older than a minute that no seal speaks of. */
  readonly unsealed: number
}

const MOST_PROBLEMS = 20

/** Walks the whole chain, in pages. After a break it goes on from the stored hash, so that every broken place is told. */
export async function verifyAudit(db: Queryable): Promise<AuditVerdict> {
  const days: { day: string; entries: number; lastHash: string }[] = []
  const problems: AuditProblem[] = []
  let before: Buffer = START
  let seq = 0
  for (;;) {
    const rows = await db.query<{ seq: number; day: string; audit_id: number; hash: Buffer; entry: string | null }>(
      `SELECT s.seq, s.day::text AS day, s.audit_id, s.hash, CASE WHEN a.id IS NOT NULL THEN ${canonical} END AS entry
       FROM audit_seals s LEFT JOIN audit_log a ON a.id = s.audit_id WHERE s.seq > $1 ORDER BY s.seq LIMIT ${BATCH}`,
      [seq],
    )
    for (const row of rows) {
      const problem = problemOf(row, seq, before)
      if (problem && problems.length < MOST_PROBLEMS)
        problems.push({ kind: problem, seq: row.seq, auditId: row.audit_id })
      if (days.at(-1)?.day !== row.day) days.push({ day: row.day, entries: 0, lastHash: '' })
      const day = days.at(-1) as (typeof days)[0]
      day.entries++
      day.lastHash = row.hash.toString('hex')
      before = row.hash
      seq = row.seq
    }
    if (rows.length < BATCH) break
  }
  const [late] = await db.query<{ count: number }>(
    `SELECT count(*) AS count FROM audit_log a
     WHERE a.at < now() - interval '1 minute' AND NOT EXISTS (SELECT FROM audit_seals s WHERE s.audit_id = a.id)`,
  )
  return { days, problems, unsealed: late?.count ?? 0 }
}

function problemOf(
  row: { seq: number; hash: Buffer; entry: string | null },
  seqBefore: number,
  before: Buffer,
): AuditProblem['kind'] | null {
  if (row.seq !== seqBefore + 1) return 'seal-missing'
  if (row.entry === null) return 'removed'
  return linked(before, row.entry).equals(row.hash) ? null : 'changed'
}
