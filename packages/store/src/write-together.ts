import type { Queryable } from './connection.ts'

/** One table's share of a statement: an INSERT, UPDATE or DELETE that takes its rows from one JSON value and ends with RETURNING. */
export interface WritePart {
  readonly rows: readonly object[]
  /** @param json place of the rows as a JSON array, e.g. `$1::json`. */
  readonly sql: (json: string) => string
}

/**
 * Writes many tables in one round trip; returns how many rows each part touched. One JSON value per table is as fast as COPY and needs no array
 * per column. Parts see one snapshot, so no row may be touched by two of them, and none may rely on what another has written.
 */
export async function writeTogether(db: Queryable, parts: readonly WritePart[]): Promise<number[]> {
  const used = parts.filter((part) => part.rows.length > 0)
  if (used.length === 0) return parts.map(() => 0)
  const statements = used.map((part, index) => `w${index} AS (${part.sql(`$${index + 1}::json`)})`)
  const counts = used.map((_, index) => `(SELECT count(*) FROM w${index}) AS w${index}`)
  const [row] = await db.query<Record<string, number>>(
    `WITH ${statements.join(',\n')}\nSELECT ${counts.join(', ')}`,
    used.map((part) => JSON.stringify(part.rows)),
  )
  const touched = Object.values(row ?? {})
  return parts.map((part) => (part.rows.length > 0 ? (touched.shift() as number) : 0))
}
