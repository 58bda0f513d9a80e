import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffOf, listChange } from './audit-diff.ts'

test('what changed comes first, what stayed after it', () => {
  expect(
    diffOf(
      { name: 'Anna', role: 'OPERATOR', active: true },
      { name: 'Anna', role: 'ADMIN', active: true, ended_sessions: 2 },
    ),
  ).toEqual([
    { path: 'role', kind: 'changed', before: 'OPERATOR', after: 'ADMIN' },
    { path: 'ended_sessions', kind: 'added', before: undefined, after: 2 },
    { path: 'name', kind: 'same', before: 'Anna', after: 'Anna' },
    { path: 'active', kind: 'same', before: true, after: true },
  ])
})

test('an entry that only tells of afterwards, or only of before', () => {
  expect(diffOf(null, { device: 'Chrome' })).toEqual([
    { path: 'device', kind: 'added', before: undefined, after: 'Chrome' },
  ])
  expect(diffOf({ device: 'Chrome' }, null)).toEqual([
    { path: 'device', kind: 'removed', before: 'Chrome', after: undefined },
  ])
  expect(diffOf(null, null)).toEqual([])
})

test('objects and lists of objects are walked, lists of plain values are one value', () => {
  const before = { settings: { window: 60 }, contacts: [{ name: 'A', phone: '1' }], ids: ['a', 'b'] }
  const after = { settings: { window: 90 }, contacts: [{ name: 'A', phone: '2' }], ids: ['a'] }
  expect(diffOf(before, after)).toEqual([
    { path: 'settings.window', kind: 'changed', before: 60, after: 90 },
    { path: 'contacts.0.phone', kind: 'changed', before: '1', after: '2' },
    { path: 'ids', kind: 'changed', before: ['a', 'b'], after: ['a'] },
    { path: 'contacts.0.name', kind: 'same', before: 'A', after: 'A' },
  ])
})

test('a null that was written is a value, not an absence', () =>
  expect(diffOf({ locked_until: '2026-11-21T20:00:00.000Z' }, { locked_until: null })).toEqual([
    { path: 'locked_until', kind: 'changed', before: '2026-11-21T20:00:00.000Z', after: null },
  ]))

test('nothing differs from itself, and nothing is told twice', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()), (value) => {
      const lines = diffOf(value, value)
      expect(lines.every(({ kind }) => kind === 'same')).toBe(true)
    }),
  )
})

test('lists tell what came and what went', () =>
  expect(listChange(['a', 'b', 1], ['b', 'c'])).toEqual({ gained: ['c'], lost: ['a', 1] }))
