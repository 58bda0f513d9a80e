import { expect, it } from 'vitest'
import { LastMinute } from './last-minute.ts'

it('counts what came in the last sixty seconds, and nothing older', () => {
  let now = 5_000
  const minute = new LastMinute(() => now)
  minute.add(3)
  now += 30_000
  minute.add(4)
  expect(minute.count).toBe(7)
  now += 29_999
  expect(minute.count).toBe(7)
  now += 1
  expect(minute.count).toBe(4)
  now += 3_600_000
  expect(minute.count).toBe(0)
  minute.add(1)
  expect(minute.count).toBe(1)
})
