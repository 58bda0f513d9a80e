import pg from 'pg'

const { builtins, getTypeParser } = pg.types

/**
 * How columns arrive: times as the ISO strings of contracts, 64-bit integers as numbers (refused when they would lose digits, never
 * rounded), everything else as pg has it. Set per pool, not globally, since other users of pg may live in the same process.
 */
export const columnTypes = {
  getTypeParser(oid: number, format?: string): unknown {
    if (format !== 'binary') {
      if (oid === builtins.TIMESTAMPTZ) return isoInstant
      if (oid === builtins.INT8) return exactInteger
    }
    return getTypeParser(oid, format as 'text')
  },
} as pg.CustomTypesConfig

/** `2026-11-21 23:46:00.12+00`, as a server writes it whose sessions are in UTC: nearly every time there is, a thousand in a long list. */
const UTC_MILLISECONDS = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,3})?\+00$/
const FRACTION_AT = 19
const ZONE_LENGTH = 3

/** Exported for its test. */
export function isoInstant(text: string): string {
  if (UTC_MILLISECONDS.test(text)) {
    // PostgreSQL leaves out the zeros at the end of a fraction.
    const fraction = text.slice(FRACTION_AT + 1, -ZONE_LENGTH).padEnd(3, '0')
    return `${text.slice(0, 10)}T${text.slice(11, FRACTION_AT)}.${fraction}Z`
  }
  // 'infinity' has no ISO form and no column of ours holds it.
  const instant = new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'))
  return instant.toISOString()
}

function exactInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`integer ${text} does not fit a number exactly`)
  return value
}
