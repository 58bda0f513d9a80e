import { describe, expect, test } from 'vitest'
import { backoffDelayMs, retry } from './backoff.ts'
import { createBulkhead } from './bulkhead.ts'
import { type Clock, systemClock } from './clock.ts'
import { withDeadline } from './deadline.ts'

describe('back-off', () => {
  test('doubles up to its ceiling and stays there', () => {
    const options = { initialMs: 1_000, maxMs: 30_000 }
    expect([1, 2, 3, 4, 5, 6, 7, 1_000].map((attempt) => backoffDelayMs(options, attempt))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
    ])
  })

  test('jitter only shortens', () => {
    const options = { initialMs: 1_000, maxMs: 30_000, jitter: 0.2 }
    expect(backoffDelayMs(options, 9, () => 0)).toBe(30_000)
    expect(backoffDelayMs(options, 9, () => 1)).toBe(24_000)
  })
})

describe('retry', () => {
  const slept: number[] = []
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, signal) => {
      slept.push(ms)
      return signal?.aborted ? Promise.reject(signal.reason) : Promise.resolve()
    },
  }
  const backoff = { initialMs: 500, maxMs: 500 }

  test('gives the result of the first call that succeeds', async () => {
    slept.length = 0
    const result = await retry({ attempts: 3, backoff, clock }, async (attempt) => {
      if (attempt < 3) throw new Error(`no ${attempt}`)
      return attempt
    })
    expect([result, ...slept]).toEqual([3, 500, 500])
  })

  test('gives the last error, and does not repeat what is not worth it', async () => {
    let calls = 0
    const work = async () => {
      calls++
      throw new Error('no')
    }
    await expect(retry({ attempts: 3, backoff, clock }, work)).rejects.toThrow('no')
    expect(calls).toBe(3)
    await expect(retry({ attempts: 3, backoff, clock, when: () => false }, work)).rejects.toThrow('no')
    expect(calls).toBe(4)
  })

  test('stops when told to', async () => {
    const controller = new AbortController()
    const work = () => {
      controller.abort(new Error('draining'))
      return Promise.reject(new Error('no'))
    }
    await expect(retry({ attempts: Infinity, backoff, clock, signal: controller.signal }, work)).rejects.toThrow(
      'draining',
    )
  })
})

test('a deadline ends the wait and tells the work', async () => {
  let fire = () => {}
  const clock: Clock = { ...systemClock, setTimer: (_, callback) => ((fire = callback), () => {}) }
  let told: unknown
  const call = withDeadline(
    'redis ping',
    2_000,
    (signal) => {
      signal.addEventListener('abort', () => (told = signal.reason))
      return new Promise(() => {})
    },
    clock,
  )
  fire()
  await expect(call).rejects.toMatchObject({
    code: 'DEADLINE_EXCEEDED',
    message: 'redis ping did not finish within 2000 ms',
  })
  expect(told).toBeInstanceOf(Error)
})

test('a sleeping timer is gone after an abort', async () => {
  const controller = new AbortController()
  const asleep = systemClock.sleep(60_000, controller.signal)
  controller.abort(new Error('woken'))
  await expect(asleep).rejects.toThrow('woken')
})

test('a bulkhead bounds what runs and what waits', async () => {
  const bulkhead = createBulkhead({ name: 'hashing', concurrent: 2, waiting: 1 })
  const finishers: (() => void)[] = []
  const work = () => new Promise<void>((resolve) => finishers.push(resolve))
  const calls = [bulkhead.run(work), bulkhead.run(work), bulkhead.run(work)]
  expect([bulkhead.running, bulkhead.waiting, finishers.length]).toEqual([2, 1, 2])
  await expect(bulkhead.run(work)).rejects.toMatchObject({ code: 'BULKHEAD_FULL' })
  finishers[0]?.()
  await calls[0]
  await Promise.resolve()
  expect([bulkhead.running, bulkhead.waiting, finishers.length]).toEqual([2, 0, 3])
  for (const finish of finishers) finish()
  await Promise.all(calls)
  expect(bulkhead.running).toBe(0)
})
