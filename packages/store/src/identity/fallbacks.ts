/** What the live store does when it is there, and PostgreSQL when it is not: tickets and rate limits (spec 04 "Live state"). */
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

/** Counts one hit in the key's window. */
export async function hitRateLimit(
  db: Queryable,
  key: string,
  windowMs: number,
): Promise<{ hits: number; resetMs: number }> {
  const [row] = await db.query<{ hits: number; reset_ms: number }>(
    `INSERT INTO rate_limits AS r (key, window_start, expires_at, hits)
     VALUES ($1, now(), now() + make_interval(secs => $2::double precision / 1000), 1)
     ON CONFLICT (key) DO UPDATE SET
       window_start = CASE WHEN r.expires_at <= now() THEN now() ELSE r.window_start END,
       hits = CASE WHEN r.expires_at <= now() THEN 1 ELSE r.hits + 1 END,
       expires_at = CASE WHEN r.expires_at <= now() THEN excluded.expires_at ELSE r.expires_at END
     RETURNING hits, ceil(extract(epoch FROM expires_at - now()) * 1000)::int AS reset_ms`,
    [key, windowMs],
  )
  return { hits: row?.hits ?? 1, resetMs: row?.reset_ms ?? windowMs }
}

/** Takes one back that turned out not to count. */
export async function forgiveRateLimit(db: Queryable, key: string): Promise<void> {
  await db.execute(`UPDATE rate_limits SET hits = hits - 1 WHERE key = $1 AND hits > 0 AND expires_at > now()`, [key])
}
