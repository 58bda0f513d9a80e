import { describe, expect, test } from 'vitest'
import { queueOf, searchable, wholeQueue } from './queue-view.ts'
import { sampleAlarm, someone } from '../../test/sample-alarm.ts'

const other = { id: 'other', name: 'Jan Wójcik' }
// Newest first, as the board keeps them.
const alarms = [
  sampleAlarm(6, { priority: 'INFO' }),
  sampleAlarm(5, { priority: 'WARNING', status: 'IN_PROGRESS', handler: someone }),
  sampleAlarm(4, { status: 'RESOLVED', handler: other }),
  sampleAlarm(3, { priority: 'WARNING' }),
  sampleAlarm(2, { test_mode: true }),
  sampleAlarm(1),
]
const shown = (change: Partial<typeof wholeQueue>): number[] =>
  queueOf(alarms, { ...wholeQueue, ...change }, someone.id).map((alarm) => alarm.number - 1000)

describe('order', () => {
  test('by priority, newest first within one', () => expect(shown({})).toEqual([4, 1, 5, 3, 6]))
  test('newest first', () => expect(shown({ order: 'newest' })).toEqual([6, 5, 4, 3, 1]))
  test('claiming and acknowledging move no row', () => {
    const claimed = alarms.map((alarm) =>
      alarm.status === 'NEW' ? { ...alarm, status: 'ACK' as const, handler: someone } : alarm,
    )
    expect(queueOf(claimed, wholeQueue, someone.id).map((alarm) => alarm.number)).toEqual(
      queueOf(alarms, wholeQueue, someone.id).map((alarm) => alarm.number),
    )
  })
})

describe('filters', () => {
  test.each([
    ['alarms on test stay out of the queue', {}, [4, 1, 5, 3, 6]],
    ['unless asked for', { test: true }, [2]],
    ['priorities add up', { priorities: ['WARNING', 'INFO'] }, [5, 3, 6]],
    ['new', { whose: 'new' }, [1, 3, 6]],
    ['mine', { whose: 'mine' }, [5]],
    ['to be closed', { whose: 'unfinished' }, [4]],
    ['text without Polish letters', { text: 'swietokrzyska lodz' }, [4, 1, 5, 3, 6]],
    ['text: every word must be there', { text: 'swietokrzyska gdansk' }, []],
    ['text: number', { text: '#1003' }, [3]],
    ['text: handler', { text: 'wojcik' }, [4]],
  ] as const)('%s', (_, change, expected) => expect(shown(change as Partial<typeof wholeQueue>)).toEqual(expected))
})

test('letters are compared without their marks, ł as l', () => {
  expect(searchable('  ŁÓDŹ Żółw ')).toBe('lodz zolw')
  expect(searchable('Plain')).toBe('plain')
})
