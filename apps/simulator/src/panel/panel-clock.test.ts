import { expect, test } from 'vitest'
import { isTimeZone, PanelClock, zoneOffsetMs } from './panel-clock.ts'

const HOUR = 3_600_000

test('Warsaw is one hour ahead in winter and two in summer; the change is exact', () => {
  const springForward = Date.UTC(2026, 2, 29, 1, 0)
  expect(zoneOffsetMs('Europe/Warsaw', springForward - 1)).toBe(HOUR)
  expect(zoneOffsetMs('Europe/Warsaw', springForward)).toBe(2 * HOUR)
  const fallBack = Date.UTC(2026, 9, 25, 1, 0)
  expect(zoneOffsetMs('Europe/Warsaw', fallBack - 1)).toBe(2 * HOUR)
  expect(zoneOffsetMs('Europe/Warsaw', fallBack)).toBe(HOUR)
})

test('a quick clock gains by its rate, from the moment it was set', () => {
  let wall = Date.UTC(2026, 0, 1)
  const clock = new PanelClock({ timeZone: 'UTC', driftPpm: 100, shiftMs: 0, wallMs: () => wall })
  wall += 24 * HOUR
  expect(clock.errorMs()).toBeCloseTo(8_640)
  clock.set({ year: 2026, month: 1, day: 2, hour: 0, minute: 0, second: 0 })
  expect(clock.errorMs()).toBe(0)
  wall += 24 * HOUR
  expect(clock.errorMs()).toBeCloseTo(8_640)
})

test('shifting adds to the error there is', () => {
  const clock = new PanelClock({ timeZone: 'UTC', driftPpm: 0, shiftMs: 5_000, wallMs: () => Date.UTC(2026, 0, 1) })
  clock.shift(-60_000)
  expect(clock.errorMs()).toBe(-55_000)
  expect(clock.now()).toEqual({ year: 2025, month: 12, day: 31, hour: 23, minute: 59, second: 5 })
})

test('unknown zones are recognised', () => {
  expect([isTimeZone('Europe/Warsaw'), isTimeZone('Europe/Wroclaw')]).toEqual([true, false])
})
