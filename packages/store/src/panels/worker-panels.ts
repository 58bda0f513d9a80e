/** The panels a worker drives: which there are, taking them over with all that is known of them, and giving them back. */
import type { MemoryCursor, PanelIdentity } from '@stam/contracts'
import type { Queryable, Store, Transaction } from '../connection.ts'
import { PANELS_CHANNEL } from './panel-leases.ts'

/** What a worker needs to open a link. */
export interface WorkerPanel {
  readonly panel_id: string
  readonly site_id: string
  /** Grows when people change the panel: reopen the link. */
  readonly version: number
  readonly host: string
  readonly port: number
  readonly time_zone: string
  /** Fernet token; decrypted only by the worker. */
  readonly integration_key_encrypted: string | null
  /** Grows when people change the key, not when it is encrypted anew. */
  readonly integration_key_no: number
  readonly identity: PanelIdentity | null
  readonly names_read_at: string | null
  /** Handed over for DLOADX until then … */
  readonly released_until: string | null
  /** … which is so many milliseconds from now by the server's clock; below zero = over. */
  readonly released_left_ms: number | null
}

/** Every panel in use. */
export function listWorkerPanels(db: Queryable): Promise<WorkerPanel[]> {
  return db.query<WorkerPanel>(
    `SELECT p.id AS panel_id, p.site_id, p.version, p.host, p.port, p.time_zone, p.integration_key_encrypted, p.integration_key_no, p.identity, p.names_read_at,
       a.released_until, (extract(epoch FROM a.released_until - clock_timestamp()) * 1000)::float8 AS released_left_ms
     FROM panels p JOIN panel_assignments a ON a.panel_id = p.id
     WHERE p.enabled AND p.archived_at IS NULL ORDER BY p.id`,
  )
}

export interface RecordedSignal {
  readonly signal: string
  readonly ordinal: number
  readonly seen_by_state: number
  readonly seen_by_memory: number
  readonly active: boolean
  readonly epoch: number
  readonly panel_seq: number
}

export interface RecordedSnapshot {
  readonly epoch: number
  readonly panel_seq: number
  readonly taken_at: string
  readonly state: Record<string, unknown>
}

/** What is recorded of a panel at the moment of taking it over. */
export interface AcquiredPanel {
  readonly panel_id: string
  /** The new owner's; every row it writes carries it. */
  readonly epoch: number
  readonly signals: readonly RecordedSignal[]
  /** null = its memory was never read; `empty` = it was empty then. */
  readonly memory_cursor: MemoryCursor | 'empty' | null
  readonly snapshot: RecordedSnapshot | null
}

export interface AcquireOptions {
  /**
   * Take only what is free, expired or the owner's already, and hold it for so long. Without it (embedded profile: one process drives all)
   * panels are taken whoever holds them, and for ever.
   */
  readonly leaseMs?: number
}

/** Panels per transaction: each holds the lock of its site. */
const ACQUIRE_BATCH = 100

/**
 * Makes `ownerId` the owner of these panels and loads what is recorded. The sites are locked, as the recorders lock them: nothing an earlier
 * owner has left under way moves signals or cursor after this (docs/adr/0001). Panels that are gone are missing from the answer.
 */
export async function acquirePanels(
  store: Store,
  panelIds: readonly string[],
  ownerId: string,
  options: AcquireOptions = {},
): Promise<AcquiredPanel[]> {
  const acquired: AcquiredPanel[] = []
  for (let from = 0; from < panelIds.length; from += ACQUIRE_BATCH) {
    const ids = panelIds.slice(from, from + ACQUIRE_BATCH)
    acquired.push(...(await store.inTransaction((tx) => acquireBatch(tx, ids, ownerId, options))))
  }
  return acquired
}

async function acquireBatch(
  tx: Transaction,
  ids: readonly string[],
  ownerId: string,
  { leaseMs }: AcquireOptions,
): Promise<AcquiredPanel[]> {
  await tx.query(
    `SELECT pg_advisory_xact_lock(key) FROM (
       SELECT DISTINCT hashtextextended('stam:site:' || site_id, 0) AS key FROM panels WHERE id = ANY ($1::uuid[]) ORDER BY key
     ) keys`,
    [ids],
  )
  const owned = await tx.query<{ panel_id: string; epoch: number }>(
    `UPDATE panel_assignments a SET epoch = a.epoch + 1, owner_id = $2, owner_since = now(),
       lease_expires_at = now() + make_interval(secs => $3::float8 / 1000)
     FROM panels p WHERE p.id = a.panel_id AND p.enabled AND p.archived_at IS NULL AND a.panel_id = ANY ($1::uuid[])
       AND ($3::float8 IS NULL OR a.owner_id IS NULL OR a.owner_id = $2 OR a.lease_expires_at IS NULL OR a.lease_expires_at < now())
     RETURNING a.panel_id, a.epoch`,
    [ids, ownerId, leaseMs ?? null],
  )
  const signals = await tx.query<RecordedSignal & { panel_id: string }>(
    `SELECT panel_id, signal, ordinal, seen_by_state, seen_by_memory, active, epoch, panel_seq FROM panel_signals WHERE panel_id = ANY ($1::uuid[])`,
    [ids],
  )
  const cursors = await tx.query<CursorRow>(
    `SELECT panel_id, memory_index, memory_record, memory_recent FROM panel_cursors
     WHERE panel_id = ANY ($1::uuid[]) AND memory_epoch IS NOT NULL`,
    [ids],
  )
  const snapshots = await tx.query<RecordedSnapshot & { panel_id: string }>(
    `SELECT s.* FROM unnest($1::uuid[]) AS p(id) CROSS JOIN LATERAL (
       SELECT panel_id, epoch, panel_seq, taken_at, state FROM panel_state_snapshots
       WHERE panel_id = p.id ORDER BY snapshot_sequence_id DESC LIMIT 1
     ) s`,
    [ids],
  )
  const signalsOf = Map.groupBy(signals, (row) => row.panel_id)
  const cursorOf = new Map(cursors.map((row) => [row.panel_id, row]))
  const snapshotOf = new Map(snapshots.map((row) => [row.panel_id, row]))
  return owned.map(({ panel_id, epoch }) => ({
    panel_id,
    epoch,
    signals: signalsOf.get(panel_id) ?? [],
    memory_cursor: toCursor(cursorOf.get(panel_id)),
    snapshot: snapshotOf.get(panel_id) ?? null,
  }))
}

interface CursorRow {
  panel_id: string
  memory_index: number | null
  memory_record: string | null
  memory_recent: MemoryCursor['recent']
}

function toCursor(row: CursorRow | undefined): MemoryCursor | 'empty' | null {
  if (row === undefined) return null
  if (row.memory_index === null || row.memory_record === null) return 'empty'
  return { last: { index: row.memory_index, record: row.memory_record }, recent: row.memory_recent }
}

/** Gives panels back, if they are still this owner's. */
export async function releasePanels(
  db: Queryable,
  panels: readonly { readonly panel_id: string; readonly epoch: number }[],
  ownerId: string,
): Promise<void> {
  if (panels.length === 0) return
  await db.execute(
    `UPDATE panel_assignments a SET owner_id = NULL, owner_since = NULL, lease_expires_at = NULL
     FROM unnest($1::uuid[], $2::bigint[]) AS mine(panel_id, epoch)
     WHERE a.panel_id = mine.panel_id AND a.epoch = mine.epoch AND a.owner_id = $3`,
    [panels.map((panel) => panel.panel_id), panels.map((panel) => panel.epoch), ownerId],
  )
  await db.query(`SELECT pg_notify($1, '')`, [PANELS_CHANNEL])
}

export interface MemoryStart {
  readonly panel_id: string
  readonly epoch: number
  /** null = the memory was empty. */
  readonly cursor: MemoryCursor | null
}

/**
 * Where the reading of panels' memories begins: everything up to there is history. Written once each, before the first record is told.
 * @returns ids of the panels that still have this owner; the others are left alone
 */
export async function startMemoryCursors(store: Store, starts: readonly MemoryStart[]): Promise<Set<string>> {
  return store.inTransaction(async (tx) => {
    const owned = await tx.query<{ panel_id: string }>(
      `SELECT a.panel_id FROM panel_assignments a JOIN unnest($1::uuid[], $2::bigint[]) AS mine(panel_id, epoch)
         ON a.panel_id = mine.panel_id AND a.epoch = mine.epoch
       ORDER BY a.panel_id FOR SHARE OF a`,
      [starts.map((start) => start.panel_id), starts.map((start) => start.epoch)],
    )
    const ids = new Set(owned.map(({ panel_id }) => panel_id))
    const rows = starts
      .filter((start) => ids.has(start.panel_id))
      .map(({ panel_id, epoch, cursor }) => ({
        panel_id,
        epoch,
        memory_index: cursor?.last.index ?? null,
        memory_record: cursor?.last.record ?? null,
        memory_recent: cursor?.recent ?? [],
      }))
    await tx.execute(
      `INSERT INTO panel_cursors AS p (panel_id, epoch, panel_seq, memory_epoch, memory_seq, memory_index, memory_record, memory_recent)
       SELECT r.panel_id, r.epoch, 0, r.epoch, 0, r.memory_index, r.memory_record, r.memory_recent
       FROM json_to_recordset($1::json) AS r(panel_id uuid, epoch bigint, memory_index int, memory_record text, memory_recent jsonb)
       ORDER BY r.panel_id
       ON CONFLICT (panel_id) DO UPDATE SET memory_epoch = EXCLUDED.memory_epoch, memory_seq = 0, memory_index = EXCLUDED.memory_index,
         memory_record = EXCLUDED.memory_record, memory_recent = EXCLUDED.memory_recent, updated_at = now()
       WHERE p.memory_epoch IS NULL`,
      [JSON.stringify(rows)],
    )
    return ids
  })
}

/** Number of the newest recorded event of each panel in its owner's epoch; panels without one are missing. */
export async function recordedPositions(
  db: Queryable,
  panelIds: readonly string[],
): Promise<Map<string, { readonly epoch: number; readonly panel_seq: number }>> {
  const rows = await db.query<{ panel_id: string; epoch: number; panel_seq: number }>(
    `SELECT panel_id, epoch, panel_seq FROM panel_cursors WHERE panel_id = ANY ($1::uuid[])`,
    [panelIds],
  )
  return new Map(rows.map(({ panel_id, ...position }) => [panel_id, position]))
}

/**
 * Those of the panels whose loss of contact stands in an open alarm as not over. A new owner may know nothing of it: its predecessor's word was
 * still on the way when it took over.
 */
export async function panelsReportedLost(db: Queryable, panelIds: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ panel_id: string }>(
    `SELECT DISTINCT a.panel_id FROM alarms a
     WHERE a.panel_id = ANY ($1::uuid[]) AND a.status <> 'CLOSED' AND a.stream = 'system'
       AND a.sources @> jsonb_build_array(jsonb_build_object('key', a.panel_id || '|comm:panel', 'active', true))`,
    [panelIds],
  )
  return rows.map(({ panel_id }) => panel_id)
}
