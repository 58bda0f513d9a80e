/** What PostgreSQL knows of the system's state, cheap enough to be asked every second. */
import type { Queryable } from '../connection.ts'

export interface SystemFigures {
  readonly streamPosition: number
  /** Committed messages that no relay has published yet; counted up to 10,000. */
  readonly outboxPending: number
  /** How long the oldest of those without a number has waited, 0 when there is none: a relay numbers within a tenth of a second. */
  readonly oldestUnnumberedMs: number
  readonly panels: number
}

export async function systemFigures(db: Queryable): Promise<SystemFigures> {
  const [row] = await db.query<{ position: number; pending: number; oldest_ms: number; panels: number }>(
    `SELECT head.last_seq AS position, waiting.pending, waiting.oldest_ms,
       (SELECT count(*) FROM panels WHERE enabled AND archived_at IS NULL) AS panels
     FROM stream_head head, LATERAL (
       SELECT count(*) AS pending, coalesce(extract(epoch FROM clock_timestamp() - (
         SELECT created_at FROM outbox WHERE stream_seq IS NULL ORDER BY id LIMIT 1)) * 1000, 0)::float8 AS oldest_ms
       FROM (SELECT FROM outbox WHERE status = 'PENDING' LIMIT 10000) o) waiting`,
  )
  return {
    streamPosition: row?.position ?? 0,
    outboxPending: row?.pending ?? 0,
    oldestUnnumberedMs: Math.max(0, row?.oldest_ms ?? 0),
    panels: row?.panels ?? 0,
  }
}
