import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anchoredScroll, waitingAbove } from './anchored-scroll.ts'

const rowHeight = 50
const viewport = 200
const rows = (...ids: string[]) => ids.map((id) => ({ id, status: 'NEW', priority: 'WARNING' }))
const stand = (before: string[], after: string[], scrollTop: number, ...held: (string | undefined)[]): number | null =>
  anchoredScroll({ before: rows(...before), after: rows(...after), scrollTop, rowHeight, viewport, held })

describe('where the list stands', () => {
  test('at the top with nothing held, new rows come into view', () =>
    expect(stand(['b', 'c'], ['a', 'b', 'c'], 0)).toBeNull())
  test('the opened row stays where it is', () => expect(stand(['b', 'c'], ['a', 'b', 'c'], 0, 'c')).toBe(50))
  test('the opened row before the pointed one', () =>
    expect(stand(['b', 'c', 'd'], ['b', 'x', 'c', 'y', 'd'], 0, 'd', 'c')).toBe(100))
  test('a held row that is out of sight holds nothing', () =>
    expect(stand(['a', 'b', 'c', 'd', 'e', 'f'], ['n', 'a', 'b', 'c', 'd', 'e', 'f'], 0, 'f')).toBeNull())
  test('scrolled down, the first row in sight stays', () =>
    expect(stand(['a', 'b', 'c', 'd', 'e', 'f'], ['n', 'a', 'b', 'c', 'd', 'e', 'f'], 75)).toBe(125))
  test('when that row goes, the next one stays', () =>
    expect(stand(['a', 'b', 'c', 'd', 'e', 'f'], ['a', 'c', 'd', 'e', 'f'], 60)).toBe(10))
  test('never above the top', () => expect(stand(['a', 'b', 'c'], ['c'], 60, 'c')).toBe(0))
})

test('whatever changes, a held row in sight does not move by a pixel unless the list is at its top', () => {
  const list = fc.uniqueArray(fc.integer({ min: 0, max: 60 }).map(String), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(list, list, fc.nat(1_000), fc.nat(39), (before, after, scroll, pick) => {
      const scrollTop = Math.min(scroll, before.length * rowHeight)
      const first = Math.floor(scrollTop / rowHeight)
      const inSight = before.slice(first, first + viewport / rowHeight)
      const held = inSight[pick % Math.max(1, inSight.length)]
      fc.pre(held !== undefined && after.includes(held))
      const top = stand(before, after, scrollTop, held) ?? scrollTop
      const was = before.indexOf(held ?? '') * rowHeight - scrollTop
      const is = after.indexOf(held ?? '') * rowHeight - top
      expect(top === 0 ? Math.min(is, was) : is).toBe(top === 0 ? is : was)
    }),
  )
})

describe('new rows out of sight', () => {
  const list = rows('a', 'b', 'c', 'd', 'e', 'f')
  test('above the window they wait, inside it they are seen', () => {
    const unseen = new Set(['a', 'c', 'f'])
    expect(waitingAbove(list, unseen, 100, rowHeight, viewport)).toEqual(['a'])
    expect([...unseen]).toEqual(['a'])
  })
  test('below the window they are none of the chip’s business', () => {
    const unseen = new Set(['f'])
    expect(waitingAbove(list, unseen, 0, rowHeight, viewport)).toEqual([])
    expect([...unseen]).toEqual(['f'])
  })
  test('half a row above the edge still waits', () => {
    expect(waitingAbove(list, new Set(['b']), 80, rowHeight, viewport)).toEqual(['b'])
    expect(waitingAbove(list, new Set(['b']), 70, rowHeight, viewport)).toEqual([])
  })
  test('an unclaimed CRITICAL above waits whether it was seen or not, until somebody has it', () => {
    const critical = (status: string) => [{ id: 'a', status, priority: 'CRITICAL' }, ...list.slice(1)]
    expect(waitingAbove(critical('NEW'), new Set(), 100, rowHeight, viewport)).toEqual(['a'])
    expect(waitingAbove(critical('IN_PROGRESS'), new Set(), 100, rowHeight, viewport)).toEqual([])
    expect(waitingAbove(critical('NEW'), new Set(), 0, rowHeight, viewport)).toEqual([])
  })
})
