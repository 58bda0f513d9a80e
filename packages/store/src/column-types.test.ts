// Times leave the store as ISO strings in UTC with milliseconds (contracts `Instant`), however PostgreSQL has written them.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isoInstant } from './column-types.ts'

/** As PostgreSQL writes a timestamptz(3) in a session at UTC: no zeros at the end of the fraction. */
function asPostgresWrites(iso: string): string {
  return iso.replace('T', ' ').replace(/\.?0*Z$/, '+00')
}

describe('a time', () => {
  it('comes back as the instant it went in', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
        (date) => {
          expect(isoInstant(asPostgresWrites(date.toISOString()))).toBe(date.toISOString())
        },
      ),
    )
  })

  it.each([
    ['2026-11-21 23:46:00+00', '2026-11-21T23:46:00.000Z'],
    ['2026-11-21 23:46:00.1+00', '2026-11-21T23:46:00.100Z'],
    ['2026-11-21 23:46:00.012+00', '2026-11-21T23:46:00.012Z'],
    ['2026-11-21 23:46:00.012987+00', '2026-11-21T23:46:00.012Z'],
    ['2026-11-22 00:46:00.5+01', '2026-11-21T23:46:00.500Z'],
    ['2026-11-22 05:16:00+05:30', '2026-11-21T23:46:00.000Z'],
  ])('%s is %s', (text, iso) => expect(isoInstant(text)).toBe(iso))

  it('without an ISO form is refused', () => expect(() => isoInstant('infinity')).toThrow(RangeError))
})
