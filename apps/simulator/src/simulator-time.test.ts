import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualTime, RealTime } from './simulator-time.ts'

test('tasks run in order of their time, and in order of creation within one', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 200 }), (delays) => {
      const time = new ManualTime(0)
      const ran: [number, number][] = []
      delays.forEach((ms, i) => time.after(ms, () => ran.push([ms, i])))
      time.advance(25)
      time.advance(25)
      const expected = delays.map((ms, i) => [ms, i] as [number, number]).sort((a, b) => a[0] - b[0] || a[1] - b[1])
      expect(ran).toEqual(expected)
    }),
  )
})

test('a task sees the time it was due at, and one started meanwhile still runs', () => {
  const time = new ManualTime(1_000)
  const seen: number[] = []
  time.after(10, () => {
    seen.push(time.wallMs())
    time.after(5, () => seen.push(time.wallMs()))
  })
  time.advance(100)
  expect(seen).toEqual([1_010, 1_015])
  expect(time.wallMs()).toBe(1_100)
})

test('a cancelled task does not run', () => {
  const time = new ManualTime(0)
  let ran = false
  const timer = time.after(1, () => {
    ran = true
  })
  timer.cancel()
  time.advance(10)
  expect(ran).toBe(false)
})

test('on the real clock a failing task is reported and the next one runs', async () => {
  const errors: unknown[] = []
  const time = new RealTime((error) => errors.push(error))
  const failure = new Error('broken panel')
  time.after(0, () => {
    throw failure
  })
  // The clock does not keep the process alive; this timer does.
  const alive = setInterval(() => {}, 1_000)
  await new Promise<void>((resolve) => time.after(1, resolve))
  clearInterval(alive)
  time.close()
  expect(errors).toEqual([failure])
})
