/**
 * Keys in the database (spec 06, docs/adr/0022): published, then used, then only good for what they made, then gone. All times are the database's,
 * handed out as distances from now, so that no clock of any process matters.
 */
import type { Queryable, Store, Transaction } from '../connection.ts'
import { ifNobodyElse } from '../if-nobody-else.ts'
import { appendAudit } from '../system/append-audit.ts'

/** Says that keys or requests for keys have changed. */
export const KEYS_CHANNEL = 'stam_keys'
/** A former signing key verifies this long: as long as the session its last token belongs to may live. */
const VERIFIES = '7 days'
/** A process that was cut off may still sign with the key it knows; after this it has noticed. */
const SIGNS_ON_AT_MOST = '1 hour'

export type KeyPurpose = 'signing' | 'encryption'

export interface StoredKey {
  readonly id: string
  readonly sealed: string | null
  readonly public_jwk: Record<string, unknown> | null
  /** ms until it is used; not positive = it is, or was. */
  readonly active_in_ms: number
  /** ms until its successor is used; null = it has none. */
  readonly replaced_in_ms: number | null
  readonly age_ms: number
  /** Everything stored has been found to be under it. */
  readonly settled: boolean
}

/** All keys of a purpose that may still be needed, the one to be used last first. */
export function listKeys(db: Queryable, purpose: KeyPurpose): Promise<StoredKey[]> {
  const ms = (what: string) => `(extract(epoch FROM ${what}) * 1000)::float8`
  return db.query<StoredKey>(
    `SELECT id, sealed, public_jwk, ${ms('active_at - clock_timestamp()')} AS active_in_ms, ${ms('replaced_at - clock_timestamp()')} AS replaced_in_ms,
       ${ms('clock_timestamp() - active_at')} AS age_ms, settled_at IS NOT NULL AS settled
     FROM keys WHERE purpose = $1 AND (purpose = 'encryption' OR replaced_at IS NULL OR replaced_at > now() - interval '${VERIFIES}')
     ORDER BY active_at DESC, id`,
    [purpose],
  )
}

export interface NewKey {
  readonly purpose: KeyPurpose
  readonly id: string
  readonly sealed: string
  readonly publicJwk: Record<string, unknown> | null
}

export interface KeyChange {
  /** Who asked, for the record. */
  readonly by: string
  /** How long the new key is published before it is used; the first signing key has nobody to wait for. */
  readonly leadMs: number
}

/** Adds a key as the successor of the last one. Only inside {@link changeKeys}. */
export async function addKey(tx: Transaction, key: NewKey, { by, leadMs }: KeyChange): Promise<void> {
  const [before] = await tx.query<{ id: string }>(`SELECT id FROM keys WHERE purpose = $1 AND replaced_at IS NULL`, [
    key.purpose,
  ])
  const isFirst = key.purpose === 'signing' && !before
  const lead = isFirst ? 0 : leadMs
  await tx.execute(
    `UPDATE keys SET replaced_at = now() + make_interval(secs => $2::float8 / 1000) WHERE purpose = $1 AND replaced_at IS NULL`,
    [key.purpose, lead],
  )
  await tx.execute(
    `INSERT INTO keys (id, purpose, sealed, public_jwk, active_at) VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5::float8 / 1000))`,
    [key.id, key.purpose, key.sealed, key.publicJwk === null ? null : JSON.stringify(key.publicJwk), lead],
  )
  await appendAudit(tx, [
    {
      actor: { kind: 'system', name: by },
      action: isFirst ? 'KEY_CREATE' : 'KEY_ROTATION',
      entityType: 'system',
      entityId: `${key.purpose}_key`,
      ...(before ? { before: { key: before.id } } : {}),
      after: { key: key.id, used_in_ms: lead },
    },
  ])
  await tx.query(`SELECT pg_notify($1, '')`, [KEYS_CHANNEL])
}

/** Runs `work` while nobody else changes keys; undefined when somebody does. */
export function changeKeys<T>(store: Store, work: (tx: Transaction) => Promise<T>): Promise<T | undefined> {
  return ifNobodyElse(store, 'keys', work)
}

/** Asks the backends for a new key. One that is asked for already is not asked for twice. */
export async function requestKey(store: Store, purpose: KeyPurpose, by: string): Promise<void> {
  await store.inTransaction(async (tx) => {
    await tx.execute(
      `INSERT INTO key_requests (purpose, requested_by) VALUES ($1, $2) ON CONFLICT (purpose) DO NOTHING`,
      [purpose, by],
    )
    await tx.query(`SELECT pg_notify($1, '')`, [KEYS_CHANNEL])
  })
}

/** Takes the requests; who takes them makes the keys in the same transaction. A request waits while the last new key is not in use yet. */
export function takeKeyRequests(tx: Transaction): Promise<{ purpose: KeyPurpose; requested_by: string }[]> {
  return tx.query(
    `DELETE FROM key_requests r WHERE NOT EXISTS (SELECT FROM keys k WHERE k.purpose = r.purpose AND k.active_at > now())
     RETURNING purpose, requested_by`,
  )
}

/** Whether the last signing key has been in use for longer than `days`. False where there is none. */
export async function signingKeyIsOld(db: Queryable, days: number): Promise<boolean> {
  const [row] = await db.query<{ old: boolean }>(
    `SELECT active_at < now() - make_interval(days => $1) AS old FROM keys WHERE purpose = 'signing' AND replaced_at IS NULL`,
    [days],
  )
  return row?.old ?? false
}

/** Wipes private halves nobody signs with, and removes keys that verify nothing any more. Returns the ids of those removed. */
export async function dropSpentSigningKeys(tx: Transaction): Promise<string[]> {
  await tx.execute(
    `UPDATE keys SET sealed = NULL WHERE purpose = 'signing' AND sealed IS NOT NULL AND replaced_at < now() - interval '${SIGNS_ON_AT_MOST}'`,
  )
  const gone = await tx.query<{ id: string }>(
    `DELETE FROM keys WHERE purpose = 'signing' AND replaced_at < now() - interval '${VERIFIES}' RETURNING id`,
  )
  return gone.map(({ id }) => id)
}
