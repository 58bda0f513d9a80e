import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nearestInstant, panelTimeToUtc, utcToPanelTime, zoneOffsetMs } from './panel-time.ts'

const WARSAW = 'Europe/Warsaw'
const wall = (text: string) => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/\D/).map(Number)
  return { year, month, day, hour, minute, second }
}

describe('wall time to instant', () => {
  test.each([
    ['winter', '2026-01-15 12:00:00', 'unique', '2026-01-15T11:00:00Z'],
    ['summer', '2026-07-15 12:00:00', 'unique', '2026-07-15T10:00:00Z'],
    ['last minute before spring', '2026-03-29 01:59:59', 'unique', '2026-03-29T00:59:59Z'],
    ['the hour left out', '2026-03-29 02:30:00', 'skipped', '2026-03-29T01:30:00Z'],
    ['first minute of spring', '2026-03-29 03:00:00', 'unique', '2026-03-29T01:00:00Z'],
    ['before the repeated hour', '2026-10-25 01:59:59', 'unique', '2026-10-24T23:59:59Z'],
    ['the repeated hour', '2026-10-25 02:30:00', 'ambiguous', '2026-10-25T00:30:00Z'],
    ['after the repeated hour', '2026-10-25 03:00:00', 'unique', '2026-10-25T02:00:00Z'],
  ])('%s', (_, text, kind, utc) => {
    expect(panelTimeToUtc(wall(text), WARSAW)).toMatchObject({ kind, utcMs: Date.parse(utc) })
  })

  test('the repeated hour has two instants; drift takes the nearer', () => {
    const instant = panelTimeToUtc(wall('2026-10-25 02:30:00'), WARSAW)
    const early = Date.parse('2026-10-25T00:30:00Z')
    const late = Date.parse('2026-10-25T01:30:00Z')
    expect(instant).toEqual({ kind: 'ambiguous', utcMs: early, laterUtcMs: late })
    expect(nearestInstant(instant, late + 5000)).toBe(late)
    expect(nearestInstant(instant, early - 5000)).toBe(early)
  })

  test('a zone with a half hour', () => {
    expect(panelTimeToUtc(wall('2026-01-15 12:00:00'), 'Asia/Kolkata')).toEqual({
      kind: 'unique',
      utcMs: Date.parse('2026-01-15T06:30:00Z'),
    })
  })

  test('an unknown zone is refused', () => {
    expect(() => zoneOffsetMs('Europe/Nowhere', 0)).toThrow(RangeError)
  })

  test('every instant comes back, as one of two in the repeated hour', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.parse('2020-01-01T00:00:00Z') / 1000, max: Date.parse('2035-01-01T00:00:00Z') / 1000 }),
        fc.constantFrom(WARSAW, 'America/New_York', 'Australia/Lord_Howe', 'UTC'),
        (seconds, zone) => {
          const utcMs = seconds * 1000
          const instant = panelTimeToUtc(utcToPanelTime(utcMs, zone), zone)
          expect(instant.kind).not.toBe('skipped')
          expect(nearestInstant(instant, utcMs)).toBe(utcMs)
        },
      ),
      { numRuns: 300 },
    )
  })
})
