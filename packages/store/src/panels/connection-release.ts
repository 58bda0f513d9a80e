/** DLOAD release (spec 03): the link of a panel is closed for a service engineer until a time, by the server's clock, and comes back by itself. */
import type { Queryable, Transaction } from '../connection.ts'

/** Tells workers that a release began, was prolonged or ended. A hint: they look at the table every few seconds as well. */
export const RELEASES_CHANNEL = 'stam_releases'

export interface ConnectionRelease {
  readonly until: string
  /** Name of who asked for it; null = no longer known. */
  readonly by: string | null
  readonly reason: string
}

/** The release a panel is under now, or null. Inside a transaction that goes on to change it, `lock` it first. */
export async function connectionRelease(
  db: Queryable,
  panelId: string,
  { lock = false }: { lock?: boolean } = {},
): Promise<ConnectionRelease | null> {
  if (lock) await db.query('SELECT FROM panel_assignments WHERE panel_id = $1 FOR UPDATE', [panelId])
  const [row] = await db.query<ConnectionRelease>(
    `SELECT a.released_until AS until, u.name AS by, coalesce(a.released_reason, '') AS reason
     FROM panel_assignments a LEFT JOIN users u ON u.id = a.released_by
     WHERE a.panel_id = $1 AND a.released_until > clock_timestamp()`,
    [panelId],
  )
  return row ?? null
}

/** Closes the link for so many minutes from now, whatever it was released for before. */
export async function releaseConnection(
  tx: Transaction,
  release: { readonly panelId: string; readonly minutes: number; readonly reason: string; readonly userId: string },
): Promise<void> {
  await tx.execute(
    `UPDATE panel_assignments SET released_until = clock_timestamp() + make_interval(mins => $2::int), released_reason = $3, released_by = $4
     WHERE panel_id = $1`,
    [release.panelId, release.minutes, release.reason, release.userId],
  )
  await tellWorkers(tx)
}

/** Takes the link back now. */
export async function endConnectionRelease(tx: Transaction, panelId: string): Promise<void> {
  await tx.execute(
    `UPDATE panel_assignments SET released_until = NULL, released_reason = NULL, released_by = NULL WHERE panel_id = $1`,
    [panelId],
  )
  await tellWorkers(tx)
}

async function tellWorkers(tx: Transaction): Promise<void> {
  await tx.query(`SELECT pg_notify($1, '')`, [RELEASES_CHANNEL])
}

export interface RunningRelease {
  readonly panel_id: string
  readonly until: string
  /** Milliseconds by the server's clock, which may differ from ours. */
  readonly left_ms: number
}

/** Every release that has not ended. */
export function runningReleases(db: Queryable): Promise<RunningRelease[]> {
  return db.query<RunningRelease>(
    `SELECT panel_id, released_until AS until, (extract(epoch FROM released_until - clock_timestamp()) * 1000)::float8 AS left_ms
     FROM panel_assignments WHERE released_until > clock_timestamp()`,
  )
}
