import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isUuid, uuidv5, uuidv7 } from './uuid.ts'

const DNS = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'

test('version 5 agrees with the vector of RFC 9562, appendix A.4', () => {
  expect(uuidv5(DNS, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2')
})

test('version 5 refuses a namespace that is no UUID', () => {
  expect(() => uuidv5('stam', 'x')).toThrow(TypeError)
})

test('version 5 is stable and separates names, also Polish ones', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      expect(uuidv5(DNS, a)).toBe(uuidv5(DNS, a))
      expect(uuidv5(DNS, a) === uuidv5(DNS, b)).toBe(a === b)
    }),
  )
})

test('version 7 sorts in the order of making, within a millisecond and when the clock steps back', () => {
  const start = Date.now() + 60_000
  const ids = Array.from({ length: 10_000 }, (_, i) => uuidv7(i < 9_000 ? start : start - 5_000))
  expect([...ids].sort()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.every((id) => isUuid(id) && id[14] === '7' && '89ab'.includes(id[19] as string))).toBe(true)
})

test('version 7 begins with the time', () => {
  const at = Date.now() + 3_600_000
  expect(Number.parseInt(uuidv7(at).replaceAll('-', '').slice(0, 12), 16)).toBe(at)
})
