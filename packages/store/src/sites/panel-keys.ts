/** Encrypted integration keys of panels: read one for a reveal, re-encrypt all when the encryption key changes. Source: spec 06 "Secrets". */
import type { SiteScope } from '@stam/contracts'
import type { Queryable, Store } from '../connection.ts'
import { appendAudit } from '../system/append-audit.ts'
import { scopeValue, withinScope } from '../system/site-scope.ts'

/** The token of a panel's key with its site; null when there is no such panel in this scope. */
export async function encryptedPanelKey(
  db: Queryable,
  panelId: string,
  scope: SiteScope,
): Promise<{ siteId: string; token: string | null } | null> {
  const [row] = await db.query<{ site_id: string; token: string | null }>(
    `SELECT p.site_id, p.integration_key_encrypted AS token FROM panels p
     WHERE p.id = $1 AND p.archived_at IS NULL AND ${withinScope('p.site_id', '$2')}`,
    [panelId, scopeValue(scope)],
  )
  return row ? { siteId: row.site_id, token: row.token } : null
}

const BATCH = 200

/**
 * Re-encrypts whatever is not under the first key, in small transactions, so that nobody waits; going on where it was interrupted. Audited as
 * KEY_ROTATION when something changed. Rejects TOKEN_INVALID for a token no key opens, leaving the batches before it done.
 */
export async function rotatePanelKeys(
  store: Store,
  keyring: { isCurrent(token: string): boolean; rotate(token: string): string },
): Promise<{ rotated: number; kept: number }> {
  let [rotated, kept, after] = [0, 0, '00000000-0000-0000-0000-000000000000']
  for (;;) {
    const batch = await store.inTransaction(async (tx) => {
      const rows = await tx.query<{ id: string; token: string }>(
        `SELECT id, integration_key_encrypted AS token FROM panels
         WHERE integration_key_encrypted IS NOT NULL AND id > $1::uuid ORDER BY id LIMIT ${BATCH} FOR NO KEY UPDATE`,
        [after],
      )
      const old = rows.filter(({ token }) => !keyring.isCurrent(token))
      await tx.execute(
        `UPDATE panels p SET integration_key_encrypted = n.token
         FROM unnest($1::uuid[], $2::text[]) AS n(id, token) WHERE p.id = n.id`,
        [old.map(({ id }) => id), old.map(({ token }) => keyring.rotate(token))],
      )
      if (old.length > 0) {
        await appendAudit(tx, [
          {
            actor: { kind: 'system', name: 'keys' },
            action: 'KEY_ROTATION',
            entityType: 'system',
            entityId: 'encryption_key',
            after: { panels: old.length },
          },
        ])
      }
      return { size: rows.length, rotated: old.length, last: rows.at(-1)?.id }
    })
    rotated += batch.rotated
    kept += batch.size - batch.rotated
    if (batch.last === undefined || batch.size < BATCH) return { rotated, kept }
    after = batch.last
  }
}
