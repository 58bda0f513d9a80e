/** Secrets of sites: kept encrypted, listed without values (spec 06 "Secrets"). Encrypted anew by keys/reencrypt.ts. */
import { type SecretKind, secretClassOf, type SecretRecord, type SiteScope } from '@stam/contracts'
import type { Queryable, Transaction } from '../connection.ts'
import { scopeValue, withinScope } from '../system/site-scope.ts'

const ofTable = `SELECT s.id, s.version, s.site_id, s.panel_id, p.name AS panel_name, s.kind, s.label, s.updated_at, s.updated_by
  FROM secrets s LEFT JOIN panels p ON p.id = s.panel_id`
const ofPanels = `SELECT p.id, p.version, p.site_id, p.id AS panel_id, p.name AS panel_name, 'PANEL_INTEGRATION_KEY' AS kind, p.name AS label,
    p.updated_at, NULL::text AS updated_by
  FROM panels p WHERE p.integration_key_encrypted IS NOT NULL AND p.archived_at IS NULL`

type Row = Omit<SecretRecord, 'class'>
const withClass = (row: Row): SecretRecord => ({ ...row, class: secretClassOf[row.kind] })

/** Everything secret of a site that is kept, integration keys of its panels included; the site's scope is the caller's to check. */
export async function listSecrets(db: Queryable, siteId: string): Promise<SecretRecord[]> {
  const rows = await db.query<Row>(
    `SELECT * FROM (${ofTable} WHERE s.site_id = $1 UNION ALL ${ofPanels} AND p.site_id = $1) every
     ORDER BY kind, panel_name NULLS FIRST, fold_text(label), id`,
    [siteId],
  )
  return rows.map(withClass)
}

export interface SealedSecret extends SecretRecord {
  readonly token: string
}

/** With its token, locked against changes; null when there is none in this scope. */
export async function lockSecret(tx: Transaction, id: string, scope: SiteScope): Promise<SealedSecret | null> {
  const [row] = await tx.query<Row & { token: string }>(
    `SELECT s.id, s.version, s.site_id, s.panel_id, (SELECT name FROM panels WHERE id = s.panel_id) AS panel_name, s.kind, s.label,
       s.updated_at, s.updated_by, s.value_encrypted AS token
     FROM secrets s WHERE s.id = $1 AND ${withinScope('s.site_id', '$2')} FOR UPDATE`,
    [id, scopeValue(scope)],
  )
  return row ? { ...withClass(row), token: row.token } : null
}

export interface NewSecret {
  readonly id: string
  readonly siteId: string
  readonly panelId: string | null
  readonly kind: SecretKind
  readonly label: string
  readonly token: string
  readonly by: string
}

/** False: the panel named is none of this site. */
export async function insertSecret(tx: Transaction, secret: NewSecret): Promise<boolean> {
  const { id, siteId, panelId, kind, label, token, by } = secret
  const added = await tx.execute(
    `INSERT INTO secrets (id, site_id, panel_id, kind, label, value_encrypted, updated_by)
     SELECT $1, $2, $3, $4, $5, $6, $7 WHERE $3::uuid IS NULL OR EXISTS (
       SELECT FROM panels WHERE id = $3 AND site_id = $2 AND archived_at IS NULL)`,
    [id, siteId, panelId, kind, label, token, by],
  )
  return added > 0
}

/** Writes what is given and moves the version; only after {@link lockSecret}. */
export async function updateSecret(
  tx: Transaction,
  id: string,
  change: { readonly label: string | null; readonly token: string | null; readonly by: string },
): Promise<void> {
  await tx.execute(
    `UPDATE secrets SET label = coalesce($2, label), value_encrypted = coalesce($3, value_encrypted), updated_by = $4, version = version + 1,
       updated_at = clock_timestamp() WHERE id = $1`,
    [id, change.label, change.token, change.by],
  )
}

export async function removeSecret(tx: Transaction, id: string): Promise<void> {
  await tx.execute(`DELETE FROM secrets WHERE id = $1`, [id])
}
