import { createHash } from 'node:crypto'
import { sqlState } from './errors.ts'

/** Uses of one text before it is worth a name: what is asked once is not kept on every connection. */
const USES_BEFORE_NAME = 5
/** Names per process, and texts watched; lists composed of many filters must not fill the server's memory. */
const MOST_NAMES = 120
const MOST_WATCHED = 1_000
/** Shorter ones are parsed faster than they are looked up. */
const SHORTEST = 100

/**
 * Names for statements that come again and again, so that the server parses and plans each once per connection and not at every call: planning
 * the statement that records a batch takes as long as running it. Not through a transaction pool, where the next call lands on another server
 * connection; such a pool is recognised by its answer, and names are given up.
 */
export class StatementNames {
  readonly #names = new Map<string, string>()
  readonly #uses = new Map<string, number>()
  #generation = 0
  #enabled: boolean

  constructor(enabled: boolean) {
    this.#enabled = enabled
  }

  nameOf(sql: string): string | undefined {
    if (!this.#enabled || sql.length < SHORTEST) return undefined
    const name = this.#names.get(sql)
    if (name !== undefined) return name
    if (this.#names.size >= MOST_NAMES) return undefined
    const uses = (this.#uses.get(sql) ?? 0) + 1
    if (uses < USES_BEFORE_NAME) {
      if (this.#uses.size >= MOST_WATCHED) this.#uses.clear()
      this.#uses.set(sql, uses)
      return undefined
    }
    this.#uses.delete(sql)
    // Made of the text itself: behind a pool nobody told of, a name met on a foreign connection can only ever mean the same statement.
    const given = `stam_${this.#generation}_${createHash('sha256').update(sql).digest('hex').slice(0, 32)}`
    this.#names.set(sql, given)
    return given
  }

  /**
   * Draws the consequence of a failed statement: a plan outlived a change of the schema (new names, nothing stays of the old ones), or the
   * server does not know our names (none from now on).
   * @returns whether the statement failed for its name alone, hence may be sent again. Others under way at that moment fail alike, after the
   *   names were given up; so this never depends on what was learnt before, and the caller bounds the attempts.
   */
  learnFrom(error: unknown): boolean {
    if (isOutlivedPlan(error)) {
      this.#generation++
      this.#names.clear()
      return true
    }
    if (!isForeignName(error)) return false
    this.#enabled = false
    this.#names.clear()
    this.#uses.clear()
    return true
  }
}

/** PostgreSQL has no code of its own for it (plancache.c, RevalidateCachedQuery). */
function isOutlivedPlan(error: unknown): boolean {
  return sqlState(error) === '0A000' && /cached plan/.test((error as Error).message)
}

/** "prepared statement does not exist" and "already exists": somebody else's connection, behind a transaction pool. */
function isForeignName(error: unknown): boolean {
  const state = sqlState(error)
  return state === '26000' || state === '42P05'
}
