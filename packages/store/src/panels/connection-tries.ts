/** Trying whether a module answers: asked by a backend, done by one worker, since only workers talk to panels. */
import type { ConnectionTryAnswer } from '@stam/contracts'
import type { Queryable } from '../connection.ts'

/** Tells workers that somebody asked. A hint: whoever asks waits a few seconds only, so nobody looks without it. */
export const TRIES_CHANNEL = 'stam_tries'
/** Tells the id of a try that was answered. */
export const TRY_ANSWERS_CHANNEL = 'stam_try_answers'

/** A try nobody took within so many seconds is asked for by nobody any more. */
const FRESH_S = 10

export interface AskedTry {
  readonly id: string
  readonly host: string
  readonly port: number
  /** Null = in clear. */
  readonly encryptedKey: string | null
}

/** Asks, and removes what a backend that died has left behind. */
export async function askForTry(db: Queryable, asked: AskedTry): Promise<void> {
  await db.query(`DELETE FROM connection_tries WHERE asked_at < clock_timestamp() - interval '2 minutes'`)
  await db.query(`INSERT INTO connection_tries (id, host, port, integration_key_encrypted) VALUES ($1, $2, $3, $4)`, [
    asked.id,
    asked.host,
    asked.port,
    asked.encryptedKey,
  ])
  await db.query(`SELECT pg_notify($1, '')`, [TRIES_CHANNEL])
}

/** The oldest try nobody has taken, now this worker's; null = there is none. */
export async function takeTry(db: Queryable, workerId: string): Promise<AskedTry | null> {
  const [row] = await db.query<{ id: string; host: string; port: number; key: string | null }>(
    `UPDATE connection_tries SET taken_by = $1
     WHERE id = (
       SELECT id FROM connection_tries WHERE taken_by IS NULL AND asked_at > clock_timestamp() - make_interval(secs => ${FRESH_S})
       ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED
     )
     RETURNING id, host, port, integration_key_encrypted AS key`,
    [workerId],
  )
  return row === undefined ? null : { id: row.id, host: row.host, port: row.port, encryptedKey: row.key }
}

export async function answerTry(db: Queryable, id: string, answer: ConnectionTryAnswer): Promise<void> {
  await db.query(`UPDATE connection_tries SET answer = $2, integration_key_encrypted = NULL WHERE id = $1`, [
    id,
    JSON.stringify(answer),
  ])
  await db.query(`SELECT pg_notify($1, $2)`, [TRY_ANSWERS_CHANNEL, id])
}

/** How far a try is; `answer` null = not answered yet. */
export async function readTry(
  db: Queryable,
  id: string,
): Promise<{ readonly isTaken: boolean; readonly answer: ConnectionTryAnswer | null }> {
  const [row] = await db.query<{ taken: boolean; answer: ConnectionTryAnswer | null }>(
    `SELECT taken_by IS NOT NULL AS taken, answer FROM connection_tries WHERE id = $1`,
    [id],
  )
  return { isTaken: row?.taken ?? false, answer: row?.answer ?? null }
}

export async function forgetTry(db: Queryable, id: string): Promise<void> {
  await db.query(`DELETE FROM connection_tries WHERE id = $1`, [id])
}

/** The panel in use at one of these hosts, whose module must be left to its link. Hosts are compared as the address key compares them. */
export async function panelAtAddress(db: Queryable, hosts: readonly string[], port: number): Promise<string | null> {
  const [row] = await db.query<{ id: string }>(
    `SELECT id FROM panels WHERE lower(host) = ANY ($1::text[]) AND port = $2 AND enabled AND archived_at IS NULL LIMIT 1`,
    [hosts.map((host) => host.toLowerCase()), port],
  )
  return row?.id ?? null
}

/** Panels in use at this port whose host is a name: which address is behind it only a worker can tell. */
export function namedPanelsAtPort(db: Queryable, port: number): Promise<{ panel_id: string; host: string }[]> {
  return db.query(
    `SELECT id AS panel_id, host FROM panels WHERE port = $1 AND enabled AND archived_at IS NULL AND host !~ '^[0-9.]+$' AND host !~ ':'`,
    [port],
  )
}
