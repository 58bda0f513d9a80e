import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedQueue } from './bounded-queue.ts'

test('behaves like a plain list with a ceiling', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.option(fc.integer()), { maxLength: 500 }),
      (capacity, steps) => {
        const queue = new BoundedQueue<number>(capacity)
        const model: number[] = []
        for (const step of steps) {
          if (step === null) expect(queue.poll()).toBe(model.shift())
          else {
            expect(queue.offer(step)).toBe(model.length < capacity)
            if (model.length < capacity) model.push(step)
          }
          expect(queue.size).toBe(model.length)
        }
        expect(queue.pollMany(capacity)).toEqual(model)
      },
    ),
  )
})

test('hands an item to whoever waits, in order', async () => {
  const queue = new BoundedQueue<string>(1)
  const both = Promise.all([queue.take(), queue.take()])
  expect([queue.offer('a'), queue.offer('b'), queue.offer('c'), queue.offer('d')]).toEqual([true, true, true, false])
  expect(await both).toEqual(['a', 'b'])
})

test('iteration gives what is left after closing, then ends', async () => {
  const queue = new BoundedQueue<number>(10)
  queue.offer(1)
  queue.offer(2)
  queue.close()
  expect(queue.offer(3)).toBe(false)
  const seen: number[] = []
  for await (const item of queue) seen.push(item)
  expect(seen).toEqual([1, 2])
  await expect(queue.take()).rejects.toMatchObject({ code: 'QUEUE_CLOSED' })
})

test('closing ends an iteration that waits', async () => {
  const queue = new BoundedQueue<number>(1)
  const ended = (async () => {
    for await (const _ of queue) expect.unreachable()
  })()
  queue.close()
  await ended
})

test('giving up waiting takes nothing with it', async () => {
  const queue = new BoundedQueue<string>(1)
  const controller = new AbortController()
  const waiting = queue.take(controller.signal)
  controller.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  queue.offer('kept')
  expect(queue.size).toBe(1)
})
