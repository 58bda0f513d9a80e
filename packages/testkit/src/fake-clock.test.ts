import { expect, test } from 'vitest'
import { fakeClock } from './fake-clock.ts'

test('timers fire in order, each at its own moment, also those set on the way', async () => {
  const clock = fakeClock(0)
  const seen: string[] = []
  clock.setTimer(30, () => seen.push(`b@${clock.now()}`))
  clock.setTimer(10, () => {
    seen.push(`a@${clock.now()}`)
    clock.setTimer(5, () => seen.push(`a2@${clock.now()}`))
  })
  const cancel = clock.setTimer(20, () => seen.push('cancelled'))
  cancel()
  await clock.advance(100)
  expect(seen).toEqual(['a@10', 'a2@15', 'b@30'])
  expect([clock.now(), clock.pending]).toEqual([100, 0])
})

test('code that sleeps in a loop is carried along', async () => {
  const clock = fakeClock()
  let rounds = 0
  const controller = new AbortController()
  const loop = (async () => {
    for (;;) {
      await clock.sleep(1_000, controller.signal)
      rounds++
    }
  })()
  await clock.advance(10_500)
  expect(rounds).toBe(10)
  controller.abort(new Error('enough'))
  await expect(loop).rejects.toThrow('enough')
  expect(clock.pending).toBe(0)
})

test('a jump of the wall clock leaves timers and monotonic time alone', async () => {
  const clock = fakeClock(0)
  let fired = false
  clock.setTimer(1_000, () => (fired = true))
  clock.jumpTo(3_600_000)
  expect([clock.now(), clock.monotonic(), fired]).toEqual([3_600_000, 0, false])
  await clock.advance(1_000)
  expect([clock.now(), fired]).toEqual([3_601_000, true])
})
