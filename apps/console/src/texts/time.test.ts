import { describe, expect, test } from 'vitest'
import { ageOf, countdown, dateOf, duration, instantOf, localDay, moment, timeOfDay, zoneAbbreviation } from './time.ts'

// 21 November 2026, 21:04:37 in Warsaw.
const now = Date.UTC(2026, 10, 21, 20, 4, 37)

test('times and dates as they are written in each language', () => {
  expect(timeOfDay(now)).toBe('21:04:37')
  expect(dateOf(now, 'pl')).toBe('21.11.2026')
  expect(dateOf(now, 'en')).toBe('21 Nov 2026')
  expect(localDay(now)).toBe('2026-11-21')
  expect([zoneAbbreviation(now), zoneAbbreviation(Date.UTC(2026, 6, 1))]).toEqual(['CET', 'CEST'])
})

test('a moment carries its date on any other day than today', () => {
  expect(moment(now - 3_600_000, now, 'pl')).toBe('20:04:37')
  expect(moment(now - 86_400_000, now, 'pl')).toBe('20.11.2026 21:04:37')
  // Half past midnight in Warsaw is still yesterday in UTC.
  expect(moment(Date.UTC(2026, 10, 20, 23, 30), now, 'pl')).toBe('00:30:00')
})

describe('age in a row', () => {
  test.each([
    [0, 'running', '00:00'],
    [42_000, 'running', '00:42'],
    [3_599_000, 'running', '59:59'],
    [3_600_000, 'clock', '20:04'],
    [20 * 3_600_000, 'clock', '01:04'],
    [22 * 3_600_000, 'day', '20.11'],
  ])('%i ms ago', (ms, kind, text) => expect(ageOf(now - ms, now, 'pl')).toEqual({ kind, text }))
  test('never negative, and the day in English', () => {
    expect(ageOf(now + 9_000, now, 'en').text).toBe('00:00')
    expect(ageOf(now - 9 * 86_400_000, now, 'en').text).toBe('12 Nov')
  })
})

test('how long something has lasted', () => {
  const say = (ms: number): string[] => [duration(ms, 'pl'), duration(ms, 'en')]
  expect(say(12_000)).toEqual(['12 s', '12 s'])
  expect(say(300_000)).toEqual(['5 min', '5 min'])
  expect(say(3 * 3_600_000)).toEqual(['3 h', '3 h'])
  expect(say(86_400_000)).toEqual(['1 dzień', '1 day'])
  expect(say(5 * 86_400_000)).toEqual(['5 dni', '5 days'])
})

test('what is left', () =>
  expect([countdown(252_000), countdown(9_400), countdown(-5)]).toEqual(['4:12', '0:10', '0:00']))

describe('an end given in local time', () => {
  const iso = (date: string, time: string): string => new Date(instantOf(date, time) ?? Number.NaN).toISOString()
  test('winter and summer', () => {
    expect(iso('2026-11-21', '21:30')).toBe('2026-11-21T20:30:00.000Z')
    expect(iso('2026-07-01', '21:30')).toBe('2026-07-01T19:30:00.000Z')
  })
  test('in the repeated hour of October the later one, in the skipped hour of March not earlier', () => {
    expect(iso('2026-10-25', '02:30')).toBe('2026-10-25T01:30:00.000Z')
    expect(iso('2026-03-29', '02:30')).toBe('2026-03-29T01:30:00.000Z')
  })
  test('nonsense is no time', () =>
    expect([instantOf('21.11.2026', '21:30'), instantOf('2026-13-40', '10:00'), instantOf('2026-11-21', 'x')]).toEqual([
      null,
      null,
      null,
    ]))
})
