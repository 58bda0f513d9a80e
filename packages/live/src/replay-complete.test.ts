import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isComplete } from './replay-complete.ts'

describe('isComplete', () => {
  it('is true exactly when the numbers run from the next one to the newest without a gap', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 60 }), (from, known) => {
        const buffer = known.sort((a, b) => a - b)
        const messages = buffer.filter((number) => number > from).map((sequence_id) => ({ sequence_id }))
        const newest = buffer.at(-1) ?? null
        const wanted =
          newest === null || newest < from ? null : Array.from({ length: newest - from }, (_, i) => from + 1 + i)
        const expected = wanted?.every((number) => buffer.includes(number)) ?? false
        expect(isComplete(from, messages, newest)).toBe(expected)
      }),
    )
  })
})
