/** How long things live (spec 03, 10 "Data life"), and the months made ahead. Outbox: see outbox/stream.ts. Events, ids and audit stay. */
import type { Queryable } from '../connection.ts'

const MONTHS_AHEAD = 3

/** Makes the months of `events` that are missing from last month to three ahead; returns how many. The default partition catches what has none. */
export async function ensureEventPartitions(db: Queryable, now: string): Promise<number> {
  const [row] = await db.query<{ made: number }>('SELECT ensure_event_partitions($1, $2) AS made', [now, MONTHS_AHEAD])
  return row?.made ?? 0
}

export interface Removed {
  readonly snapshots: number
  readonly history: number
  readonly windows: number
  readonly repeats: number
}

/**
 * - snapshots: after 30 days, but for the newest of each panel (a worker keeps the newest 100 of the panels it drives itself);
 * - state history: after 12 months;
 * - what repeats are recognised by: two days after it can no longer be repeated, since a panel's memory may be read late;
 * - counts of repeats: after 30 days.
 */
export async function removeOutlived(db: Queryable, now: string): Promise<Removed> {
  const snapshots = await db.execute(
    `DELETE FROM panel_state_snapshots s WHERE s.taken_at < $1::timestamptz - interval '30 days' AND s.snapshot_sequence_id <
       (SELECT max(newest.snapshot_sequence_id) FROM panel_state_snapshots newest WHERE newest.panel_id = s.panel_id)`,
    [now],
  )
  const history = await db.execute(
    `DELETE FROM panel_state_history WHERE changed_at < $1::timestamptz - interval '12 months'`,
    [now],
  )
  const windows = await db.execute(
    `DELETE FROM duplicate_windows WHERE received_at < $1::timestamptz - interval '2 days'`,
    [now],
  )
  const repeats = await db.execute(`DELETE FROM site_repeats WHERE hour < $1::timestamptz - interval '30 days'`, [now])
  return { snapshots, history, windows, repeats }
}
