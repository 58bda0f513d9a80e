import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventMemory } from './event-memory.ts'

function record(n: number): Uint8Array {
  return Uint8Array.of(n & 0xff, (n >> 8) & 0xff, (n >> 16) & 0xff, 1, 2, 3, 4, 5)
}

/** The walk a client does: newest first, then by the token returned, to the end. */
function walk(memory: EventMemory): number[] {
  const ordinals: number[] = []
  for (let at = memory.newest(); at !== undefined; at = memory.before(at.token)) ordinals.push(at.ordinal)
  return ordinals
}

const even = (max: number) => fc.integer({ min: 0, max: max >> 1 }).map((half) => half * 2)
const shape = fc.record({
  capacity: fc.integer({ min: 1, max: 60 }),
  tokenStart: even(0xfffffe),
  tokenStride: fc.integer({ min: 1, max: 0x800 }).map((half) => half * 2),
})

test('a walk meets exactly the latest records, newest first, whatever start, stride and wrap', () => {
  fc.assert(
    fc.property(shape, fc.integer({ min: 0, max: 200 }), (options, writes) => {
      const memory = new EventMemory(options)
      for (let i = 0; i < writes; i++) memory.append(record(i))
      const kept = Math.min(writes, options.capacity)
      expect(walk(memory)).toEqual(Array.from({ length: kept }, (_, i) => writes - 1 - i))
      expect(memory.newest()?.bytes).toEqual(writes === 0 ? undefined : record(writes - 1))
    }),
  )
})

test('no token is ever FFFFFF or 00FFFF', () => {
  fc.assert(
    fc.property(shape, fc.integer({ min: 0, max: 0x1000000 }), (options, ordinal) => {
      const token = new EventMemory(options).tokenOf(ordinal)
      expect([0xffffff, 0x00ffff]).not.toContain(token)
      expect(token).toBeGreaterThanOrEqual(0)
      expect(token).toBeLessThan(0x1000000)
    }),
  )
})

test('an overwritten token, a foreign token and the oldest one end the walk', () => {
  const memory = new EventMemory({ capacity: 3, tokenStart: 0xfffff0, tokenStride: 12 })
  const tokens = [0, 1, 2, 3, 4].map((n) => memory.append(record(n)))
  // The space wraps behind FFFFFF.
  expect(tokens).toEqual([0xfffff0, 0xfffffc, 0x000008, 0x000014, 0x000020])
  expect(memory.before(tokens[0] as number)).toBeUndefined()
  expect(memory.before(tokens[1] as number)).toBeUndefined()
  expect(memory.before(tokens[2] as number)).toBeUndefined()
  expect(memory.before(tokens[3] as number)?.ordinal).toBe(2)
  for (const foreign of [0x000009, 0x00000a, 0x7ffffe, 0xffffff, 0x00ffff]) {
    expect(memory.before(foreign)).toBeUndefined()
  }
})

test('after erasing, old tokens are dead and new records get fresh ones', () => {
  const memory = new EventMemory({ capacity: 10, tokenStart: 0, tokenStride: 12 })
  const old = memory.append(record(1))
  memory.erase()
  expect(memory.newest()).toBeUndefined()
  const fresh = memory.append(record(2))
  expect(fresh).not.toBe(old)
  expect(memory.before(fresh)).toBeUndefined()
  expect(memory.holds(old)).toBe(false)
})

test('storage grows with use', () => {
  const memory = new EventMemory({ capacity: 22_527, tokenStart: 0, tokenStride: 12 })
  for (let i = 0; i < 50_000; i++) memory.append(record(i))
  expect(memory.count).toBe(22_527)
  expect(memory.newest()?.bytes).toEqual(record(49_999))
  expect(memory.at(memory.oldestOrdinal)?.bytes).toEqual(record(50_000 - 22_527))
})

test('a stride too wide for the capacity, and odd tokens, are refused', () => {
  expect(() => new EventMemory({ capacity: 5_000, tokenStart: 0, tokenStride: 0x1000 })).toThrow(RangeError)
  expect(() => new EventMemory({ capacity: 5, tokenStart: 1, tokenStride: 2 })).toThrow(RangeError)
  expect(() => new EventMemory({ capacity: 5, tokenStart: 0, tokenStride: 3 })).toThrow(RangeError)
})
