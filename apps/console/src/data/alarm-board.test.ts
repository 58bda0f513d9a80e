import type { AlarmSummary } from '@stam/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Board, lingerMs, newerFirst } from './alarm-board.ts'
import { sampleAlarm, someone } from '../../test/sample-alarm.ts'

const zero = { CRITICAL: 0, WARNING: 0, INFO: 0, new: 0 }
const ids = (alarms: readonly AlarmSummary[]): number[] => alarms.map((alarm) => alarm.number - 1000)
const closed = (alarm: AlarmSummary): AlarmSummary => ({ ...alarm, status: 'CLOSED', version: alarm.version + 1 })

/** A board that has read its list once. */
function read(...alarms: AlarmSummary[]): Board {
  const board = new Board()
  board.page(board.beginSweep(), { alarms, counts: zero, last: true }, 0)
  return board
}

describe('versions', () => {
  test('an older version never replaces a newer one, from whichever source', () => {
    const board = read(sampleAlarm(1, { version: 5, status: 'ACK' }))
    expect(board.live([sampleAlarm(1, { version: 4 })], 1).changed).toEqual([])
    board.page(board.beginSweep(), { alarms: [sampleAlarm(1, { version: 3 })], counts: zero, last: true }, 2)
    expect(board.get(sampleAlarm(1).id)).toMatchObject({ version: 5, status: 'ACK' })
  })

  test('the same version changes nothing, so nothing is drawn again', () => {
    const board = read(sampleAlarm(1))
    const before = board.revision
    board.live([sampleAlarm(1)], 1)
    expect(board.revision).toBe(before)
  })

  test('an older page cannot bring a closed alarm back', () => {
    const board = read(sampleAlarm(1))
    board.live([closed(sampleAlarm(1))], 1)
    board.prune(1 + lingerMs)
    board.page(board.beginSweep(), { alarms: [sampleAlarm(1)], counts: zero, last: true }, 9_999)
    expect(board.all()).toEqual([])
  })
})

describe('closing', () => {
  test('a closed alarm lingers, then goes', () => {
    const board = read(sampleAlarm(1))
    board.live([closed(sampleAlarm(1))], 100)
    expect(board.all()).toHaveLength(1)
    expect(board.prune(100 + lingerMs - 1)).toBe(false)
    expect(board.prune(100 + lingerMs)).toBe(true)
    expect(board.all()).toEqual([])
    expect(board.prune(99_999)).toBe(false)
  })

  test('an alarm first heard of when it closes is not shown at all', () => {
    const board = read()
    expect(board.live([closed(sampleAlarm(1))], 0).changed).toEqual([])
    expect(board.all()).toEqual([])
  })

  test('counts leave closed and test alarms out', () => {
    const board = read(
      sampleAlarm(1),
      sampleAlarm(2, { priority: 'WARNING', status: 'ACK' }),
      sampleAlarm(3, { test_mode: true }),
    )
    board.live([closed(sampleAlarm(1))], 0)
    expect(board.counts).toEqual({ CRITICAL: 0, WARNING: 1, INFO: 0, new: 0 })
  })
})

describe('sweeps', () => {
  test('what the server no longer lists goes when the sweep is complete, not before', () => {
    const board = read(sampleAlarm(1), sampleAlarm(2))
    const sweep = board.beginSweep()
    board.page(sweep, { alarms: [sampleAlarm(2)], counts: zero, last: false }, 1)
    expect(ids(board.all())).toEqual([2, 1])
    board.page(sweep, { alarms: [], counts: zero, last: true }, 2)
    expect(ids(board.all())).toEqual([2])
  })

  test('an alarm heard of while the sweep runs is never swept away', () => {
    const board = read(sampleAlarm(1))
    const sweep = board.beginSweep()
    board.live([sampleAlarm(9)], 1)
    board.live([sampleAlarm(1, { version: 2 })], 1)
    board.page(sweep, { alarms: [], counts: zero, last: true }, 2)
    expect(ids(board.all())).toEqual([9, 1])
  })

  test('a page older than what the stream brought still proves that the alarm is listed', () => {
    const board = read(sampleAlarm(1, { version: 7 }))
    board.page(board.beginSweep(), { alarms: [sampleAlarm(1, { version: 6 })], counts: zero, last: true }, 1)
    expect(board.get(sampleAlarm(1).id)?.version).toBe(7)
  })

  test('pages of a sweep that was given up are ignored', () => {
    const board = new Board()
    const old = board.beginSweep()
    board.beginSweep()
    board.page(old, { alarms: [sampleAlarm(1)], counts: zero, last: true }, 0)
    expect(board.all()).toEqual([])
    expect(board.complete).toBe(false)
  })

  test('until the list is read to its end the figures are the server’s, carried forward', () => {
    const board = new Board()
    board.page(
      board.beginSweep(),
      { alarms: [sampleAlarm(1)], counts: { CRITICAL: 40, WARNING: 7, INFO: 0, new: 12 }, last: false },
      0,
    )
    board.live([sampleAlarm(2)], 0)
    board.live([sampleAlarm(1, { version: 2, status: 'IN_PROGRESS', handler: someone })], 0)
    // Not on a page so far and not new: the server has counted it already.
    board.live([sampleAlarm(3, { version: 4 })], 0)
    expect(board.counts).toEqual({ CRITICAL: 41, WARNING: 7, INFO: 0, new: 12 })
  })
})

describe('arrivals', () => {
  test('nothing of the first reading has just happened', () => {
    const board = new Board()
    expect(board.page(board.beginSweep(), { alarms: [sampleAlarm(1)], counts: zero, last: true }, 0).arrived).toEqual(
      [],
    )
  })

  test('later, what is heard of for the first time has, by stream or by poll', () => {
    const board = read(sampleAlarm(1))
    expect(ids(board.live([sampleAlarm(2), sampleAlarm(1, { version: 2 })], 0).arrived)).toEqual([2])
    const page = { alarms: [sampleAlarm(3), sampleAlarm(2)], counts: zero, last: true }
    expect(ids(board.page(board.beginSweep(), page, 0).arrived)).toEqual([3])
  })
})

test('whatever comes in which order, the list is newest first and holds the newest version of each open alarm', () => {
  const change = fc.record({ id: fc.integer({ min: 1, max: 12 }), version: fc.integer({ min: 1, max: 6 }) })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const board = read()
      const newest = new Map<number, number>()
      for (const { id, version } of changes) {
        // Version 6 is the end of an alarm's life.
        board.live([sampleAlarm(id, { version, status: version === 6 ? 'CLOSED' : 'NEW' })], 0)
        newest.set(id, Math.max(newest.get(id) ?? 0, version))
      }
      board.prune(lingerMs)
      const open = [...newest].filter(([, version]) => version < 6).map(([id]) => id)
      expect(ids(board.all())).toEqual(open.sort((a, b) => b - a))
      for (const id of open) expect(board.get(sampleAlarm(id).id)?.version).toBe(newest.get(id))
      expect([...board.all()].sort(newerFirst)).toEqual(board.all())
    }),
  )
})
