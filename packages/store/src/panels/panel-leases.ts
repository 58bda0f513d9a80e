/** Who may drive a panel, and until when: the lease row behind the fast path in the live store (spec 03 "Who owns which panel"). */
import type { Queryable } from '../connection.ts'

/** Wakes workers that wait for a free panel. */
export const PANELS_CHANNEL = 'stam_panels'

export interface PanelHolder {
  readonly panel_id: string
  readonly owner_id: string | null
  /** Milliseconds by the server's clock; below zero = expired so long ago, null = no lease was ever taken. */
  readonly lease_left_ms: number | null
  readonly preferred_worker: string | null
}

/** Holders of every panel in use. */
export function listPanelHolders(db: Queryable): Promise<PanelHolder[]> {
  return db.query<PanelHolder>(
    `SELECT a.panel_id, a.owner_id, a.preferred_worker,
       (extract(epoch FROM a.lease_expires_at - now()) * 1000)::float8 AS lease_left_ms
     FROM panel_assignments a JOIN panels p ON p.id = a.panel_id
     WHERE p.enabled AND p.archived_at IS NULL`,
  )
}

/**
 * Prolongs what is still this owner's in this epoch, also when the lease has run out and nobody has taken the panel.
 * @returns ids of the panels that are still its own
 */
export async function renewPanelLeases(
  db: Queryable,
  panels: readonly { readonly panel_id: string; readonly epoch: number }[],
  ownerId: string,
  leaseMs: number,
): Promise<string[]> {
  if (panels.length === 0) return []
  const rows = await db.query<{ panel_id: string }>(
    `UPDATE panel_assignments a SET lease_expires_at = now() + make_interval(secs => $4::float8 / 1000)
     FROM unnest($1::uuid[], $2::bigint[]) AS mine(panel_id, epoch)
     WHERE a.panel_id = mine.panel_id AND a.epoch = mine.epoch AND a.owner_id = $3
     RETURNING a.panel_id`,
    [panels.map((panel) => panel.panel_id), panels.map((panel) => panel.epoch), ownerId, leaseMs],
  )
  return rows.map((row) => row.panel_id)
}
