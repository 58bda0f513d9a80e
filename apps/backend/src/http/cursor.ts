/**
 * Keyset cursors: opaque to the client, validated on the way back. A cursor names its list, so that one of another list
 * or sort order is refused instead of silently giving the wrong page. Nothing in it is secret or trusted: it only says
 * where to go on, and every part is checked against the schema of its list.
 */
import type { z } from 'zod'
import { Problem } from './problem.ts'

const LONGEST = 400

export interface CursorKind<Position> {
  write(position: Position): string
  /** Throws Problem INVALID_CURSOR for anything this list did not give out. */
  read(cursor: string | undefined): Position | null
}

export function cursorOf<Schema extends z.ZodType>(list: string, schema: Schema): CursorKind<z.output<Schema>> {
  return {
    write: (position) => Buffer.from(JSON.stringify([list, position]), 'utf8').toString('base64url'),
    read(cursor) {
      if (cursor === undefined) return null
      if (cursor.length > LONGEST || !/^[A-Za-z0-9_-]+$/.test(cursor)) throw new Problem('INVALID_CURSOR')
      const bytes = Buffer.from(cursor, 'base64url')
      if (bytes.toString('base64url') !== cursor) throw new Problem('INVALID_CURSOR')
      const content = parse(bytes.toString('utf8'))
      if (!Array.isArray(content) || content.length !== 2 || content[0] !== list) throw new Problem('INVALID_CURSOR')
      const position = schema.safeParse(content[1])
      if (!position.success) throw new Problem('INVALID_CURSOR')
      return position.data
    },
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Limits above the maximum are cut, and the answer says so (spec 05). */
export function limitOf(asked: number, maximum = 100): { limit: number; limit_cut: boolean } {
  return { limit: Math.min(asked, maximum), limit_cut: asked > maximum }
}
