import { describe, expect, test } from 'vitest'
import { filterFromSearch, narrowings, queryOf, rangeOf, withoutGaps } from './audit-filter.ts'

// 21 November 2026, 21:04:37 in Warsaw.
const now = Date.UTC(2026, 10, 21, 20, 4, 37)

describe('the address', () => {
  test('is read, and nonsense in it dropped', () => {
    expect(filterFromSearch({ range: 'day', action: 'LOGIN', entry: 12, from: '2026-11-20T08:30' })).toEqual({
      range: 'day',
      action: 'LOGIN',
      entry: 12,
      from: '2026-11-20T08:30',
    })
    expect(
      filterFromSearch({
        range: 'year',
        action: ['x'],
        entry: -1,
        from: 'yesterday',
        site_id: '',
        request_id: 'x'.repeat(81),
      }),
    ).toEqual({})
    // The router reads digits as a number.
    expect(filterFromSearch({ entity_id: 4711 })).toEqual({ entity_id: '4711' })
  })
  test('holds nothing that narrows nothing', () =>
    expect(withoutGaps({ action: undefined, site_id: '', entity_type: 'alarm' })).toEqual({ entity_type: 'alarm' }))
})

test('a week at first; everything there is about one thing', () => {
  expect(rangeOf({})).toBe('week')
  expect(rangeOf({ action: 'LOGIN', actor_id: 'a' })).toBe('week')
  for (const one of [{ entity_id: 'a' }, { request_id: 'r' }, { entry: 3 }]) expect(rangeOf(one)).toBe('all')
  expect(rangeOf({ entity_id: 'a', range: 'hour' })).toBe('hour')
})

describe('the question', () => {
  test.each([
    ['hour', '2026-11-21T19:04:37.000Z'],
    ['day', '2026-11-20T20:04:37.000Z'],
    ['week', '2026-11-14T20:04:37.000Z'],
    ['month', '2026-10-22T20:04:37.000Z'],
  ] as const)('of the last %s', (range, from) => expect(queryOf({ range }, now)).toEqual({ from }))
  test('of everything', () => expect(queryOf({ range: 'all', actor_id: 'a' }, now)).toEqual({ actor_id: 'a' }))
  test('between two moments of the centre, winter and summer', () => {
    const filter = { range: 'between', from: '2026-07-01T08:00', to: '2026-11-01T08:00' } as const
    expect(queryOf(filter, now)).toEqual({ from: '2026-07-01T06:00:00.000Z', to: '2026-11-01T07:00:00.000Z' })
    expect(queryOf({ range: 'between', to: '2026-11-01T08:00' }, now)).toEqual({ to: '2026-11-01T07:00:00.000Z' })
  })
})

test('what narrows the view is counted without the time', () => {
  expect(narrowings({ range: 'day', from: 'x', to: 'y' })).toBe(0)
  expect(narrowings({ range: 'day', action: 'LOGIN', site_id: 's' })).toBe(2)
})
