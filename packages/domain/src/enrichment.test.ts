import type { PanelEvent } from '@stam/contracts'
import { describe, expect, it } from 'vitest'
import { asOneTelling, enrichEvent, isSameKind, type StoredEvent } from './enrichment.ts'

const bits: StoredEvent = {
  source: 'STATE',
  event_type: 'ALARM',
  default_priority: 'CRITICAL',
  timestamp: '2026-11-21T20:00:41.250Z',
  event_code: 130,
  zone_no: 3,
  partition_no: null,
  user_no: null,
  output_no: null,
  description: { pl: 'Włamanie', en: 'Burglary' },
  object_name: 'Czujka PIR hol',
  raw_payload: '',
  late: false,
}
const memory: StoredEvent = {
  ...bits,
  source: 'MEMORY',
  timestamp: '2026-11-21T20:00:00.000Z',
  event_code: 131,
  partition_no: 2,
  description: { pl: 'Włamanie: obwód', en: 'Burglary: perimeter' },
  object_name: null,
  raw_payload: '7f98',
}

describe('enrichment', () => {
  it('adds what the memory knows and keeps the finer time', () => {
    expect(enrichEvent(bits, memory)).toEqual({
      event_type: 'ALARM',
      default_priority: 'CRITICAL',
      timestamp: bits.timestamp,
      event_code: 131,
      zone_no: 3,
      partition_no: 2,
      user_no: null,
      output_no: null,
      description: memory.description,
      object_name: 'Czujka PIR hol',
      raw_payload: '7f98',
      source: 'MEMORY',
    })
  })

  it('takes the panel’s time when ours was far off', () => {
    const hourBefore = { ...memory, timestamp: '2026-11-21T19:00:00.000Z' }
    expect(enrichEvent(bits, hourBefore)?.timestamp).toBe(hourBefore.timestamp)
  })

  it('lets the record say of which kind the alarm was, but never that there was none', () => {
    expect(enrichEvent(bits, { ...memory, event_type: 'TAMPER', event_code: 137 })?.event_type).toBe('TAMPER')
    expect(enrichEvent(bits, { ...memory, event_type: 'INFO', default_priority: 'INFO' })).toMatchObject({
      event_type: 'ALARM',
      default_priority: 'CRITICAL',
    })
    expect(enrichEvent(bits, { ...memory, event_type: 'UNAUTHORIZED_ACCESS' })?.event_type).toBe('ALARM')
  })

  it('ignores a redelivery, and bits after memory', () => {
    expect(enrichEvent(memory, memory)).toBe(undefined)
    expect(enrichEvent(memory, bits)).toBe(undefined)
    expect(enrichEvent(bits, bits)).toBe(undefined)
  })
})

describe('the kind of an event', () => {
  const kind = (event_type: 'ALARM' | 'TAMPER', event_code: number | null) => ({ event_type, event_code })
  it.each([
    ['perimeter instead of a burglary', kind('ALARM', 130), kind('ALARM', 131), true],
    ['entry instead of the interior', kind('ALARM', 132), kind('ALARM', 134), true],
    ['the same fire', kind('ALARM', 110), kind('ALARM', 110), true],
    ['fire instead of a burglary', kind('ALARM', 130), kind('ALARM', 110), false],
    ['water instead of gas', kind('ALARM', 151), kind('ALARM', 154), false],
    ['a verified burglary', kind('ALARM', 130), kind('ALARM', 139), false],
    ['tamper instead of an alarm', kind('ALARM', 130), kind('TAMPER', 137), false],
    ['nobody knows which', kind('ALARM', null), kind('ALARM', null), false],
    ['a code where there was none', kind('ALARM', null), kind('ALARM', 130), false],
  ])('%s', (_, before, after, same) => {
    expect(isSameKind(before, after)).toBe(same)
    expect(isSameKind(after, before)).toBe(same)
  })
})

function signalOf({ signal }: PanelEvent): NonNullable<PanelEvent['signal']> {
  if (signal === null) throw new Error('an event without a signal')
  return signal
}

describe('two tellings as one', () => {
  const cursor = { last: { index: 7, record: '0011223344556677' }, recent: [] }
  const first = {
    ...bits,
    event_id: 'e1',
    epoch: 4,
    panel_seq: 10,
    dedup_key: 'k',
    signal: { key: 'alarm:zone:3', ordinal: 2, seen_by_state: 2, seen_by_memory: 1, active: true },
    memory_cursor: null,
  } as unknown as PanelEvent
  const second: PanelEvent = {
    ...first,
    ...memory,
    panel_seq: 12,
    signal: { key: 'alarm:zone:3', ordinal: 2, seen_by_state: 2, seen_by_memory: 2, active: true },
    memory_cursor: cursor,
  }
  const other: PanelEvent = { ...first, event_id: 'e2', panel_seq: 11 }

  it('stand at the place of the first and know what the second adds', () => {
    expect(asOneTelling(first, [other], second)).toEqual({
      ...first,
      ...enrichEvent(first, second),
      signal: second.signal,
      memory_cursor: cursor,
    })
  })

  it.each<[string, PanelEvent, PanelEvent[], PanelEvent]>([
    ['the cursor would pass a record still to be told', first, [{ ...other, memory_cursor: cursor }], second],
    ['the occurrence was told once more meanwhile', first, [{ ...first, panel_seq: 11 }], second],
    ['the next occurrence has begun', first, [], { ...second, signal: { ...signalOf(second), ordinal: 3 } }],
    ['the signal has ended', first, [], { ...second, signal: { ...signalOf(second), active: false } }],
    ['another owner tells it', first, [], { ...second, epoch: 5 }],
    ['it is another event', first, [], { ...second, event_id: 'e3' }],
    ['one was read late', first, [], { ...second, late: true }],
    ['the memory told first', second, [], { ...first, panel_seq: 13 }],
    ['the second adds nothing', first, [], { ...first, panel_seq: 13 }],
  ])('stay two when %s', (_, before, between, after) => {
    expect(asOneTelling(before, between, after)).toBe(undefined)
  })
})
