/**
 * What the live store does when it is there, and PostgreSQL when it is not: tickets and rate limits (spec 04 "Live state"). Guesses are counted here
 * always.
 */
import type { Queryable } from '../connection.ts'

export async function putTicket(
  db: Queryable,
  ticket: { hash: Buffer; userId: string; data: object; lifeMs: number },
): Promise<void> {
  await db.execute(
    `INSERT INTO ws_tickets (ticket_hash, user_id, data, expires_at) VALUES ($1, $2, $3, now() + make_interval(secs => $4::double precision / 1000))`,
    [ticket.hash, ticket.userId, JSON.stringify(ticket.data), ticket.lifeMs],
  )
}

/** The data of a ticket that has not expired; a second call finds nothing, also when both come at once. */
export async function takeTicket(db: Queryable, hash: Buffer): Promise<unknown> {
  const [row] = await db.query<{ data: unknown }>(
    `DELETE FROM ws_tickets WHERE ticket_hash = $1 RETURNING CASE WHEN expires_at > now() THEN data END AS data`,
    [hash],
  )
  return row?.data ?? null
}

export interface LimitHits {
  readonly key: string
  readonly windowMs: number
  readonly hits: number
}

/**
 * Counts in the windows of several keys, each named once; gives for each the count in all and the rest of its window. Rows are taken in the order of
 * their keys, so that two backends never wait for each other crosswise.
 */
export async function hitRateLimits(
  db: Queryable,
  counted: readonly LimitHits[],
): Promise<ReadonlyMap<string, { readonly hits: number; readonly resetMs: number }>> {
  const rows = await db.query<{ key: string; hits: number; reset_ms: number }>(
    `INSERT INTO rate_limits AS r (key, window_start, expires_at, hits)
     SELECT key, now(), now() + make_interval(secs => "windowMs"::double precision / 1000), hits
     FROM json_to_recordset($1::json) AS c (key text, "windowMs" integer, hits integer) ORDER BY key
     ON CONFLICT (key) DO UPDATE SET
       window_start = CASE WHEN r.expires_at <= now() THEN now() ELSE r.window_start END,
       hits = CASE WHEN r.expires_at <= now() THEN excluded.hits ELSE r.hits + excluded.hits END,
       expires_at = CASE WHEN r.expires_at <= now() THEN excluded.expires_at ELSE r.expires_at END
     RETURNING key, hits, ceil(extract(epoch FROM expires_at - now()) * 1000)::int AS reset_ms`,
    [JSON.stringify(counted)],
  )
  return new Map(rows.map(({ key, hits, reset_ms }) => [key, { hits, resetMs: reset_ms }]))
}

/** Takes one back that turned out not to count. */
export async function forgiveRateLimit(db: Queryable, key: string): Promise<void> {
  await db.execute(`UPDATE rate_limits SET hits = hits - 1 WHERE key = $1 AND hits > 0 AND expires_at > now()`, [key])
}
