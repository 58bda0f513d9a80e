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

function isoInstant(text: string): string {
  // `2026-11-21 23:46:00.123+00`; 'infinity' has no ISO form and no column of ours holds it.
  const instant = new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'))
  return instant.toISOString()
}

function exactInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`integer ${text} does not fit a number exactly`)
  return value
}
