/**
 * Everything that is stored encrypted, taken over by the key that encrypts now (spec 06 "At rest"). Small transactions in the order of the ids:
 * nobody waits long for a row, and a process that dies leaves whole batches behind, which the next run finds done.
 */
import type { Keyring } from '@stam/runtime'
import type { Store, Transaction } from '../connection.ts'
import { appendAudit } from '../system/append-audit.ts'

/** Columns with Fernet tokens of the encryption keys. Whoever adds such a column adds it here, or a removed key takes its values along. */
export const sealedColumns: readonly { readonly table: string; readonly column: string }[] = [
  { table: 'panels', column: 'integration_key_encrypted' },
  { table: 'secrets', column: 'value_encrypted' },
  // For seconds only, but a key may be removed in them.
  { table: 'connection_tries', column: 'integration_key_encrypted' },
]

const BATCH = 200

type Ring = Pick<Keyring, 'isCurrent' | 'rotate'>

export interface Reencrypted {
  readonly rotated: number
  readonly kept: number
  /** Tokens no key opens; left as they are. */
  readonly unreadable: number
}

/** Re-encrypts whatever is not under the first key. Audited as KEY_ROTATION, with numbers only. */
export async function reencryptAll(store: Store, keyring: Ring, batch: number = BATCH): Promise<Reencrypted> {
  let all: Reencrypted = { rotated: 0, kept: 0, unreadable: 0 }
  for (const { table, column } of sealedColumns) {
    let after = '00000000-0000-0000-0000-000000000000'
    for (;;) {
      const from = after
      const done = await store.inTransaction((tx) => reencryptBatch(tx, keyring, { table, column, from, batch }))
      all = {
        rotated: all.rotated + done.rotated,
        kept: all.kept + done.kept,
        unreadable: all.unreadable + done.unreadable,
      }
      if (done.last === undefined) break
      after = done.last
    }
  }
  return all
}

async function reencryptBatch(
  tx: Transaction,
  keyring: Ring,
  { table, column, from, batch }: { table: string; column: string; from: string; batch: number },
): Promise<Reencrypted & { last: string | undefined }> {
  const rows = await tx.query<{ id: string; token: string }>(
    `SELECT id, ${column} AS token FROM ${table} WHERE ${column} IS NOT NULL AND id > $1::uuid ORDER BY id LIMIT ${Math.trunc(batch)}
     FOR NO KEY UPDATE`,
    [from],
  )
  const old = rows.filter(({ token }) => !keyring.isCurrent(token))
  const fresh = old.flatMap(({ id, token }) => {
    try {
      return [{ id, token: keyring.rotate(token) }]
    } catch {
      return []
    }
  })
  if (fresh.length > 0) {
    await tx.execute(
      `UPDATE ${table} t SET ${column} = n.token FROM unnest($1::uuid[], $2::text[]) AS n(id, token) WHERE t.id = n.id`,
      [fresh.map(({ id }) => id), fresh.map(({ token }) => token)],
    )
    await appendAudit(tx, [
      {
        actor: { kind: 'system', name: 'keys' },
        action: 'KEY_ROTATION',
        entityType: 'system',
        entityId: 'encryption_key',
        after: { [table]: fresh.length },
      },
    ])
  }
  return {
    rotated: fresh.length,
    kept: rows.length - old.length,
    unreadable: old.length - fresh.length,
    last: rows.length < batch ? undefined : rows.at(-1)?.id,
  }
}

/** The keys themselves, sealed anew when the configured key has changed. */
export async function resealKeys(store: Store, purpose: 'signing' | 'encryption', keyring: Ring): Promise<number> {
  return store.inTransaction(async (tx) => {
    const rows = await tx.query<{ id: string; sealed: string }>(
      `SELECT id, sealed FROM keys WHERE purpose = $1 AND sealed IS NOT NULL ORDER BY id FOR UPDATE`,
      [purpose],
    )
    const old = rows.filter(({ sealed }) => !keyring.isCurrent(sealed))
    for (const { id, sealed } of old) {
      await tx.execute(`UPDATE keys SET sealed = $2 WHERE id = $1`, [id, keyring.rotate(sealed)])
    }
    return old.length
  })
}

/**
 * The encryption key in use, when not everything has been found to be under it yet; null when there is nothing to do.
 * `after` = it has been in use for so long that whoever was cut off at the change has noticed.
 */
export async function unsettledKey(store: Store, afterMs: number): Promise<{ id: string; after: boolean } | null> {
  const [row] = await store.query<{ id: string; after: boolean }>(
    `SELECT id, active_at < now() - make_interval(secs => $1::float8 / 1000) AS after FROM keys
     WHERE purpose = 'encryption' AND active_at <= now() AND (replaced_at IS NULL OR replaced_at > now()) AND settled_at IS NULL`,
    [afterMs],
  )
  return row ?? null
}

/** To be called when a run that began `after` (see {@link unsettledKey}) has found nothing to do. */
export async function settleKey(store: Store, id: string): Promise<void> {
  await store.execute(`UPDATE keys SET settled_at = now() WHERE id = $1 AND settled_at IS NULL`, [id])
}

/**
 * Removes encryption keys whose successor has had everything for a day. To be called after a run that found nothing to do. Returns their ids.
 */
export async function dropFormerKeys(store: Store): Promise<string[]> {
  return store.inTransaction(async (tx) => {
    const gone = await tx.query<{ id: string }>(
      `DELETE FROM keys k WHERE purpose = 'encryption' AND EXISTS (
         SELECT FROM keys s WHERE s.purpose = 'encryption' AND s.settled_at < now() - interval '1 day' AND s.active_at > k.active_at)
       RETURNING id`,
    )
    await appendAudit(
      tx,
      gone.map(({ id }) => ({
        actor: { kind: 'system', name: 'keys' },
        action: 'KEY_REMOVE',
        entityType: 'system',
        entityId: 'encryption_key',
        before: { key: id },
      })),
    )
    return gone.map(({ id }) => id)
  })
}
