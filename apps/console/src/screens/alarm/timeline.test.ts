import type { AlarmDetail } from '@stam/contracts'
import { expect, test } from 'vitest'
import { timelineOf } from './timeline.ts'

const event = (id: string, at: string) => ({ event_id: id, timestamp: at }) as AlarmDetail['events'][number]
const transition = (id: string, at: string, action: string) =>
  ({ id, at, action }) as AlarmDetail['transitions'][number]

test('events and acts are one story, newest first; what the events tell is not told twice', () => {
  const detail = {
    events: [event('e2', '2026-11-21T20:00:20Z'), event('e1', '2026-11-21T20:00:00Z')],
    transitions: [
      transition('open', '2026-11-21T20:00:00Z', 'open'),
      transition('claim', '2026-11-21T20:00:10Z', 'claim'),
      transition('join', '2026-11-21T20:00:20Z', 'join'),
      transition('normal', '2026-11-21T20:00:20Z', 'normal'),
    ],
  }
  expect(timelineOf(detail).map((entry) => entry.id)).toEqual(['normal', 'e2', 'claim', 'e1'])
})
