import { expect, test } from 'vitest'
import { msLeft, showSecret } from './shown-secret.ts'

const since = { monotonic: 5_000, wall: Date.UTC(2026, 10, 22, 4) }
const after = (monotonic: number, wall = monotonic) => ({
  monotonic: since.monotonic + monotonic,
  wall: since.wall + wall,
})

test.each([
  ['at once', 60_000, after(0), 60_000],
  ['in the middle', 60_000, after(20_000), 40_000],
  ['when the minute is over', 60_000, after(60_000), 0],
  ['when what the server allows ends sooner', 12_000, after(10_000), 2_000],
  ['when the server would allow more', 600_000, after(59_000), 1_000],
  ['when the time of day was set back by an hour', 60_000, after(59_000, -3_541_000), 1_000],
  ['when the workstation slept for an hour', 60_000, after(2_000, 3_602_000), 0],
])('%s', (_, allowed, now, left) => {
  expect(msLeft(showSecret('482913', allowed, since), now)).toBe(left)
})
