/** Encrypted integration keys of panels, read for a reveal (spec 06 "Secrets"); encrypted anew by keys/reencrypt.ts. */
import type { SiteScope } from '@stam/contracts'
import type { Queryable } from '../connection.ts'
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
