import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type EventAnswer, eventKey } from '../codec/event-record.ts'
import { CURSOR_KEYS, MemoryWalk, type WalkOptions } from './memory-walk.ts'
import type { MemoryCursor } from './types.ts'

/** An event memory as numbers, newest last; the number is both index and content. */
function answerOf(log: readonly number[], requested: number): EventAnswer {
  const at = requested === 0xffffff ? log.length - 1 : log.indexOf(requested) - 1
  const number = at >= 0 ? log[at] : undefined
  const recordBytes =
    number === undefined ? new Uint8Array(8) : Uint8Array.of(0x70, 0x21, 0x10, number >> 8, number & 0xff, 0, 0, 0)
  return {
    record: { notEmpty: number !== undefined } as EventAnswer['record'],
    recordBytes,
    index: number ?? requested,
    requested,
  }
}

function keyOf(number: number): string {
  return eventKey(number, answerOf([number], 0xffffff).recordBytes)
}

function walk(options: Partial<WalkOptions> = {}): MemoryWalk {
  return new MemoryWalk({ since: undefined, limit: 10_000, log: 'standard', ...options })
}

/** Steps until the end, or as often as told. */
function run(it: MemoryWalk, log: readonly number[], steps = Number.POSITIVE_INFINITY): void {
  for (let i = 0; i < steps && it.next !== undefined; i++) it.take(answerOf(log, it.next))
}

function numbers(it: MemoryWalk): number[] {
  return it.entries().map((entry) => entry.index)
}

describe('any log, any cursor, any interruptions', () => {
  test('a walk with its interruptions finds every record behind the cursor once, in order', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 30 }),
        fc.array(fc.tuple(fc.nat({ max: 12 }), fc.nat({ max: 5 })), { maxLength: 5 }),
        (known, interruptions) => {
          let next = 100
          const log: number[] = []
          const add = (count: number) => {
            for (let i = 0; i < count; i++) log.push((next += 3))
          }
          add(known)
          const first = walk()
          run(first, log)
          expect(first.coverage).toBe('start')
          add(15)
          const second = walk({ since: first.cursor() })
          for (const [steps, arrived] of interruptions) {
            run(second, log, steps)
            add(arrived)
            second.resume()
          }
          // What arrives after the last start of the walk belongs to the next one.
          const expected = log.slice(known, second.coverage === undefined ? undefined : known + numbers(second).length)
          run(second, log)
          expect(second.coverage).toBe('complete')
          expect(numbers(second)).toEqual(expected)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('successive walks lose nothing and repeat nothing, however the log grows', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 10 }), (growths) => {
        const log: number[] = []
        let next = 100
        let cursor: MemoryCursor | undefined
        const read: number[] = []
        for (const growth of growths) {
          for (let i = 0; i < growth; i++) log.push((next += 2))
          const it = walk(cursor === undefined ? {} : { since: cursor })
          run(it, log)
          read.push(...numbers(it))
          cursor = it.cursor()
          expect(cursor.keys.length).toBeLessThanOrEqual(CURSOR_KEYS)
        }
        expect(read).toEqual(log)
      }),
    )
  })
})

describe('edges', () => {
  test('a log that goes in circles ends the walk', () => {
    const it = walk({ since: { keys: [keyOf(999)] } })
    const circle = (requested: number) => answerOf([1, 2, 3], requested === 1 ? 0xffffff : requested)
    for (let i = 0; i < 10 && it.next !== undefined; i++) it.take(circle(it.next))
    expect(it.coverage).toBe('gap')
    expect(numbers(it)).toEqual([1, 2, 3])
  })

  test('interrupted twice before it joined, it still finds everything', () => {
    const log = Array.from({ length: 40 }, (_, i) => i + 1)
    const it = walk({ since: { keys: [keyOf(5)] } })
    run(it, log, 20)
    log.push(41, 42, 43)
    it.resume()
    run(it, log, 2)
    log.push(44)
    it.resume()
    run(it, log)
    expect(it.coverage).toBe('complete')
    expect(numbers(it)).toEqual(log.slice(5))
  })

  test('erased while interrupted: a gap, with what was read before and after', () => {
    const it = walk({ since: { keys: [keyOf(1)] } })
    run(it, [1, 2, 3, 4, 5, 6], 3)
    it.resume()
    run(it, [7, 8])
    expect(it.coverage).toBe('gap')
    expect(numbers(it)).toEqual([4, 5, 6, 7, 8])
    // Nothing of the old cursor is promised any more.
    expect(it.cursor().keys).toEqual([8, 7, 6, 5, 4].map(keyOf))
  })

  test('erased while the very first walk was interrupted is a gap as well, not a beginning', () => {
    const it = walk()
    run(it, [1, 2, 3, 4, 5, 6], 3)
    it.resume()
    run(it, [7, 8])
    expect(it.coverage).toBe('gap')
  })

  test('nothing read leaves the cursor as it was, even when the log is suddenly empty', () => {
    const since = { keys: [keyOf(3)] }
    const it = walk({ since })
    run(it, [])
    expect(it.coverage).toBe('gap')
    expect(it.cursor()).toBe(since)
  })

  test('the grade log starts at its own head and ends at an empty first byte', () => {
    const it = walk({ log: 'grade' })
    expect(it.next).toBe(0x00ffff)
    it.take({ ...answerOf([5], 0xffffff), record: { notEmpty: false } as EventAnswer['record'] })
    expect(it.coverage).toBeUndefined()
    it.take(answerOf([], 0xffffff))
    expect(it.coverage).toBe('start')
  })

  test('a finished walk takes nothing more', () => {
    const it = walk()
    run(it, [1])
    it.take(answerOf([9], 0xffffff))
    it.resume()
    expect(numbers(it)).toEqual([1])
    expect(it.next).toBeUndefined()
  })
})
