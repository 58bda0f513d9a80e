/** What a worker writes of a panel besides events: snapshots for its successor, history for people, names and identity. */
import type { PanelIdentity } from '@stam/contracts'
import type { Queryable, Store } from '../connection.ts'

export interface SnapshotDraft {
  readonly panel_id: string
  readonly epoch: number
  readonly panel_seq: number
  /** ISO instant. */
  readonly taken_at: string
  readonly state: Record<string, unknown>
}

/** Snapshots kept per panel (spec 03). */
export const SNAPSHOTS_KEPT = 100

/** Writes snapshots of panels whose owner still has the epoch; the others are left out. @returns how many were written */
export function writeSnapshots(db: Queryable, snapshots: readonly SnapshotDraft[]): Promise<number> {
  if (snapshots.length === 0) return Promise.resolve(0)
  return db.execute(
    `INSERT INTO panel_state_snapshots (panel_id, epoch, panel_seq, taken_at, state)
     SELECT s.panel_id, s.epoch, s.panel_seq, s.taken_at, s.state
     FROM json_to_recordset($1::json) AS s(panel_id uuid, epoch bigint, panel_seq bigint, taken_at timestamptz, state jsonb)
     JOIN panel_assignments a ON a.panel_id = s.panel_id AND a.epoch = s.epoch
     ORDER BY s.panel_seq`,
    [JSON.stringify(snapshots)],
  )
}

/** Removes all but the newest {@link SNAPSHOTS_KEPT} of these panels. */
export function pruneSnapshots(db: Queryable, panelIds: readonly string[]): Promise<number> {
  return db.execute(
    `DELETE FROM panel_state_snapshots s USING (
       SELECT p.id AS panel_id, oldest.snapshot_sequence_id FROM unnest($1::uuid[]) AS p(id) CROSS JOIN LATERAL (
         SELECT snapshot_sequence_id FROM panel_state_snapshots
         WHERE panel_id = p.id ORDER BY snapshot_sequence_id DESC OFFSET ${SNAPSHOTS_KEPT - 1} LIMIT 1
       ) oldest
     ) keep
     WHERE s.panel_id = keep.panel_id AND s.snapshot_sequence_id < keep.snapshot_sequence_id`,
    [panelIds],
  )
}

export interface StateHistoryDraft {
  readonly panel_id: string
  /** null = the link itself. */
  readonly partition_no: number | null
  readonly old_state: string | null
  readonly new_state: string
  /** ISO instant. */
  readonly changed_at: string
  /** User or zone as the panel names it, with its number. */
  readonly triggered_by: string | null
}

export async function appendStateHistory(db: Queryable, changes: readonly StateHistoryDraft[]): Promise<void> {
  if (changes.length === 0) return
  await db.execute(
    `INSERT INTO panel_state_history (panel_id, partition_no, old_state, new_state, changed_at, triggered_by)
     SELECT c.panel_id, c.partition_no, c.old_state, c.new_state, c.changed_at, c.triggered_by
     FROM json_to_recordset($1::json) AS c(panel_id uuid, partition_no int, old_state text, new_state text, changed_at timestamptz, triggered_by text)
     JOIN panels p ON p.id = c.panel_id
     WHERE c.old_state IS DISTINCT FROM c.new_state`,
    [JSON.stringify(changes)],
  )
}

/** What panels say of themselves. No new version: people have changed nothing. */
export async function savePanelIdentities(
  db: Queryable,
  panels: readonly { readonly panel_id: string; readonly identity: PanelIdentity }[],
): Promise<void> {
  await db.execute(
    `UPDATE panels p SET model = r.identity ->> 'model', firmware = r.identity ->> 'firmware', identity = r.identity, identified_at = now()
     FROM json_to_recordset($1::json) AS r(panel_id uuid, identity jsonb) WHERE p.id = r.panel_id`,
    [JSON.stringify(panels)],
  )
}

export interface PanelObjectName {
  readonly kind: 'zone' | 'partition' | 'output' | 'user' | 'expander' | 'object'
  readonly number: number
  readonly name: string
  /** Zone: reaction; output: function. */
  readonly function: number | null
  /** Zone: its partition. */
  readonly partition_no: number | null
  /** Partition: its object. */
  readonly object_no: number | null
}

/** Names already known of these panels, to start with before the panels have been asked again. */
export async function loadPanelNames(
  db: Queryable,
  panelIds: readonly string[],
): Promise<Map<string, PanelObjectName[]>> {
  const rows = await db.query<PanelObjectName & { panel_id: string }>(
    `SELECT panel_id, kind, number, name, function, partition_no, object_no FROM panel_objects WHERE panel_id = ANY ($1::uuid[])`,
    [panelIds],
  )
  return Map.groupBy(rows, (row) => row.panel_id)
}

/**
 * Keeps what the panel has named; priorities people have set per zone stay.
 * @param complete everything was read: zones, partitions and outputs the panel no longer has go, unless people have set priorities for them
 */
export async function savePanelNames(
  store: Store,
  panelId: string,
  names: readonly PanelObjectName[],
  { complete }: { readonly complete: boolean },
): Promise<void> {
  await store.inTransaction(async (tx) => {
    await tx.execute(
      `INSERT INTO panel_objects (panel_id, kind, number, name, function, partition_no, object_no, read_at)
       SELECT $1, n.kind, n.number, n.name, n.function, n.partition_no, n.object_no, now()
       FROM json_to_recordset($2::json) AS n(kind text, number int, name text, function int, partition_no int, object_no int)
       ON CONFLICT (panel_id, kind, number) DO UPDATE SET name = EXCLUDED.name, function = EXCLUDED.function,
         partition_no = EXCLUDED.partition_no, object_no = EXCLUDED.object_no, read_at = EXCLUDED.read_at`,
      [panelId, JSON.stringify(names)],
    )
    if (!complete) return
    // The column keeps milliseconds, so the rows above may read a fraction earlier than now().
    await tx.execute(
      `DELETE FROM panel_objects WHERE panel_id = $1 AND kind IN ('zone', 'partition', 'output') AND priority_overrides = '{}'
         AND (read_at IS NULL OR read_at < date_trunc('milliseconds', now()))`,
      [panelId],
    )
    await tx.execute(`UPDATE panels SET names_read_at = now() WHERE id = $1`, [panelId])
  })
}
