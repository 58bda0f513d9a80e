/** Outbox rows as the numbered stream, in the order of commits (docs/adr/0011). */
import type { StreamMessage } from '@stam/contracts'
import type { Queryable } from '../connection.ts'

/**
 * Notified with the new head, as text, when rows were numbered: at once where nobody is about to publish them, else at most twenty times a
 * second. Empty when the broker refused some.
 */
export const STREAM_CHANNEL = 'stam_stream'
/** Notified when a transaction with something to tell has committed. */
export const OUTBOX_CHANNEL = 'stam_outbox'

interface StreamRow {
  stream_seq: number
  event_type: string
  site_id: string | null
  payload: Record<string, unknown>
  created_at: string
  request_id: string | null
}

const streamColumns = 'stream_seq, event_type, site_id, payload, created_at, request_id'

function toStreamMessage(row: StreamRow): StreamMessage {
  return {
    kind: 'stream',
    schema_version: 1,
    sequence_id: row.stream_seq,
    type: row.event_type,
    site_id: row.site_id,
    data: row.payload,
    timestamp: row.created_at,
    request_id: row.request_id,
  }
}

export interface StreamPage {
  /** Highest number committed when the page was read. */
  readonly head: number
  /** Contiguous, ascending, at most `limit`. */
  readonly messages: StreamMessage[]
  /** False when something after `after` is no longer there, or is older than asked for: replay cannot help, reload. */
  readonly complete: boolean
}

/** What was committed after number `after`, and the head, in one snapshot. */
export async function readStream(
  db: Queryable,
  after: number,
  limit: number,
  maxAgeMs = Number.POSITIVE_INFINITY,
): Promise<StreamPage> {
  const rows = await db.query<StreamRow & { head: number; age_ms: number | null }>(
    `SELECT head.last_seq AS head, m.* FROM stream_head head LEFT JOIN LATERAL (
       SELECT ${streamColumns}, extract(epoch FROM clock_timestamp() - created_at)::float8 * 1000 AS age_ms
       FROM outbox WHERE stream_seq > $1 AND stream_seq <= head.last_seq ORDER BY stream_seq LIMIT $2
     ) m ON true ORDER BY m.stream_seq`,
    [after, limit],
  )
  const [first] = rows
  const head = first?.head ?? 0
  const messages = rows.filter((row) => row.stream_seq !== null).map(toStreamMessage)
  const complete = after >= head || limit === 0 || (first?.stream_seq === after + 1 && (first.age_ms ?? 0) <= maxAgeMs)
  return { head, messages, complete }
}

/** Highest number given so far. Read before a list in the same repeatable-read transaction, the list is at least that new. */
export async function streamPosition(db: Queryable): Promise<number> {
  const [row] = await db.query<{ last_seq: number }>('SELECT last_seq FROM stream_head')
  return row?.last_seq ?? 0
}

/**
 * Gives the next numbers to at most `most` committed rows and returns them, ascending. They are the caller's to publish for `leaseMs`, then
 * anybody's. Commits by itself: never call it inside a transaction, others would wait for its end.
 */
export async function numberOutbox(db: Queryable, most: number, leaseMs: number): Promise<StreamMessage[]> {
  const rows = await db.query<StreamRow>(
    `SELECT ${streamColumns} FROM number_outbox($1, make_interval(secs => $2)) ORDER BY stream_seq`,
    [most, leaseMs / 1000],
  )
  return rows.map(toStreamMessage)
}

/** Rows that were numbered but not published in time: their relay died, or the broker refused. Leased to the caller like {@link numberOutbox}. */
export async function claimOverdue(db: Queryable, most: number, leaseMs: number): Promise<StreamMessage[]> {
  const rows = await db.query<StreamRow>(
    `WITH overdue AS (
       SELECT id FROM outbox WHERE status = 'PENDING' AND stream_seq IS NOT NULL AND next_attempt_at <= clock_timestamp()
       ORDER BY stream_seq LIMIT $1 FOR UPDATE SKIP LOCKED
     ), claimed AS (
       UPDATE outbox SET next_attempt_at = clock_timestamp() + make_interval(secs => $2) WHERE id IN (SELECT id FROM overdue)
       RETURNING ${streamColumns}
     )
     SELECT * FROM claimed ORDER BY stream_seq`,
    [most, leaseMs / 1000],
  )
  return rows.map(toStreamMessage)
}

/** After the broker's confirm. Repeating it changes nothing. */
export function markPublished(db: Queryable, sequenceIds: readonly number[]): Promise<number> {
  return db.execute(
    `UPDATE outbox SET status = 'PUBLISHED', published_at = clock_timestamp(), last_error = NULL
     WHERE stream_seq = ANY ($1::bigint[]) AND status = 'PENDING'`,
    [sequenceIds],
  )
}

/** Counts a failed attempt; the next one comes after 1, 2, 4 … 64 s. Returns the highest count among them. */
export async function markFailed(db: Queryable, sequenceIds: readonly number[], error: string): Promise<number> {
  const rows = await db.query<{ retry_count: number }>(
    `WITH failed AS (
       UPDATE outbox SET retry_count = retry_count + 1, last_error = $2,
         next_attempt_at = clock_timestamp() + make_interval(secs => power(2, least(retry_count, 6)))
       WHERE stream_seq = ANY ($1::bigint[]) AND status = 'PENDING' RETURNING retry_count
     )
     SELECT retry_count, pg_notify('${STREAM_CHANNEL}', '') FROM failed`,
    [sequenceIds, error.slice(0, 500)],
  )
  return rows.reduce((most, row) => Math.max(most, row.retry_count), 0)
}

export interface OutboxBacklog {
  /** Committed but not yet confirmed by the broker; counted up to 10,000. */
  readonly pending: number
  /** Of them, still without a number. */
  readonly unnumbered: number
  /** Of them, refused often enough that somebody must look. */
  readonly failing: number
  /** Age of the oldest, milliseconds; 0 when there is none. */
  readonly oldestMs: number
}

export const FAILURES_BEFORE_ALERT = 5

export async function outboxBacklog(db: Queryable): Promise<OutboxBacklog> {
  const [row] = await db.query<{ pending: number; unnumbered: number; failing: number; oldest_ms: number }>(
    `SELECT count(*) AS pending, count(*) FILTER (WHERE stream_seq IS NULL) AS unnumbered,
       count(*) FILTER (WHERE retry_count >= $1) AS failing,
       coalesce(extract(epoch FROM clock_timestamp() - min(created_at)) * 1000, 0)::float8 AS oldest_ms
     FROM (SELECT stream_seq, retry_count, created_at FROM outbox WHERE status = 'PENDING' ORDER BY stream_seq LIMIT 10000) oldest`,
    [FAILURES_BEFORE_ALERT],
  )
  return {
    pending: row?.pending ?? 0,
    unnumbered: row?.unnumbered ?? 0,
    failing: row?.failing ?? 0,
    oldestMs: Math.max(0, row?.oldest_ms ?? 0),
  }
}

/**
 * Removes published rows older than `keepMs`, a page at a time from the oldest on, so that it never reads what it will not remove. What is not
 * published or not numbered stays, however old.
 */
export async function pruneOutbox(db: Queryable, keepMs: number, pageSize = 5_000): Promise<number> {
  let removed = 0
  for (let after = 0; ; ) {
    const [page] = await db.query<{ last_id: number | null; beyond: boolean; removed: number }>(
      `WITH page AS (SELECT id, status, created_at FROM outbox WHERE id > $1 ORDER BY id LIMIT $3),
         old AS (SELECT id FROM page WHERE status = 'PUBLISHED' AND created_at < clock_timestamp() - make_interval(secs => $2)),
         gone AS (DELETE FROM outbox WHERE id IN (SELECT id FROM old) AND status = 'PUBLISHED' RETURNING 1)
       SELECT max(id) AS last_id, coalesce(max(created_at) >= clock_timestamp() - make_interval(secs => $2), true) AS beyond,
         (SELECT count(*) FROM gone) AS removed
       FROM page`,
      [after, keepMs / 1000, pageSize],
    )
    removed += page?.removed ?? 0
    if (!page || page.last_id === null || page.beyond) return removed
    after = page.last_id
  }
}
