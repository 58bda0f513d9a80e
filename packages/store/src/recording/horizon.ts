/**
 * Up to where the recorded past is complete. `recorded_at` is taken before the commit, so a slow recorder appears behind the back of a reader who
 * pages forward (house rule 16). Each recorder therefore holds a shared lock that carries the moment it began; everybody may see locks.
 */
import type { Queryable } from '../connection.ts'

/** Upper 22 bits of the lock's key; the lower 42 are milliseconds since 1970. */
const RECORDING = 1_398_357
const MS_BITS = 42

/** An expression that takes the lock. Must be evaluated before the clock is read that becomes `recorded_at`. */
export const recorderLock = `pg_advisory_xact_lock_shared((${RECORDING}::bigint << ${MS_BITS}) | floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)`

/**
 * ISO instant: nothing more will appear with a `recorded_at` before it. Ask first, read the rows in a later statement: a recorder that is not seen
 * here has either committed already or will take its time afterwards. The clock is read in a statement of its own for the same reason: inside one,
 * nobody says whether clock or locks are looked at first.
 */
export async function recordedBefore(db: Queryable): Promise<string> {
  const [asked] = await db.query<{ at: string }>(`SELECT date_trunc('milliseconds', clock_timestamp()) AS at`)
  const [row] = await db.query<{ horizon: string }>(
    `SELECT least($1::timestamptz, to_timestamp(min(key & ((1::bigint << ${MS_BITS}) - 1)) / 1000.0)) AS horizon FROM (
       SELECT (classid::bigint << 32) | objid::bigint AS key FROM pg_locks
       WHERE locktype = 'advisory' AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
     ) held WHERE key >> ${MS_BITS} = ${RECORDING}`,
    [asked?.at],
  )
  return row?.horizon as string
}
