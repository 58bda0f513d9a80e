/**
 * Answers of mutations by the caller's Idempotency-Key, written in the mutation's own transaction: the change and the memory of its answer
 * commit together, so a repeat can never act twice.
 */
import type { Transaction } from '../connection.ts'

export type KeyClaim =
  | { readonly kind: 'new' }
  | { readonly kind: 'repeat'; readonly status: number; readonly body: unknown }
  /** The key belongs to another request. */
  | { readonly kind: 'reused' }

/**
 * Takes the key for this request. Waits for another transaction that has just taken it.
 * @param claim.requestHashes keyed fingerprints of the request: the first is kept, any of them makes it the same request.
 */
export async function claimIdempotencyKey(
  tx: Transaction,
  claim: { userId: string; key: string; requestHashes: readonly [Buffer, ...Buffer[]]; lifeHours: number },
): Promise<KeyClaim> {
  const { userId, key, requestHashes, lifeHours } = claim
  const taken = await tx.execute(
    `INSERT INTO idempotency_keys AS k (user_id, key, request_hash, expires_at)
     VALUES ($1, $2, $3, now() + make_interval(hours => $4))
     ON CONFLICT (user_id, key) DO UPDATE SET request_hash = excluded.request_hash, expires_at = excluded.expires_at, created_at = now(),
       response_status = NULL, response_body = NULL
     WHERE k.expires_at <= now()`,
    [userId, key, requestHashes[0], lifeHours],
  )
  if (taken > 0) return { kind: 'new' }
  const [row] = await tx.query<{ same: boolean; response_status: number | null; response_body: unknown }>(
    `SELECT request_hash = ANY ($3::bytea[]) AS same, response_status, response_body FROM idempotency_keys WHERE user_id = $1 AND key = $2`,
    [userId, key, requestHashes],
  )
  if (!row?.same || row.response_status === null) return { kind: 'reused' }
  return { kind: 'repeat', status: row.response_status, body: row.response_body }
}

/** Keeps the answer; call in the transaction that claimed the key. */
export async function storeIdempotentAnswer(
  tx: Transaction,
  answer: { userId: string; key: string; status: number; body: unknown },
): Promise<void> {
  await tx.execute(
    `UPDATE idempotency_keys SET response_status = $3, response_body = $4 WHERE user_id = $1 AND key = $2`,
    [answer.userId, answer.key, answer.status, JSON.stringify(answer.body)],
  )
}

/** Removes what has expired in the tables of this folder; bounded, so that it never holds anything up. Returns how many rows went. */
export async function removeExpired(tx: Transaction): Promise<number> {
  let removed = 0
  for (const table of ['idempotency_keys', 'ws_tickets', 'rate_limits', 'passkey_challenges']) {
    removed += await tx.execute(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE expires_at <= now() LIMIT 5000 FOR UPDATE SKIP LOCKED))`,
    )
  }
  removed += await tx.execute(
    `DELETE FROM refresh_tokens WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM refresh_tokens WHERE expires_at <= now() - interval '30 days' LIMIT 5000 FOR UPDATE SKIP LOCKED))`,
  )
  removed += await tx.execute(
    `DELETE FROM session_locks WHERE session_id = ANY (ARRAY(
       SELECT session_id FROM session_locks l WHERE NOT EXISTS (
         SELECT FROM refresh_tokens t WHERE t.family_id = l.session_id AND t.revoked_at IS NULL AND t.expires_at > now())
       LIMIT 5000 FOR UPDATE SKIP LOCKED))`,
  )
  return removed
}
