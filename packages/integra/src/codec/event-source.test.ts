import { describe, expect, test } from 'vitest'
import { decodeEventRecord, type EventRecord } from './event-record.ts'
import { type EventPlace, eventPlace, userRole } from './event-source.ts'
import { panelType } from './panel-types.ts'

const EMPTY = decodeEventRecord(new Uint8Array(8))
const plus128 = panelType(67)
const plus256 = panelType(72)
const small = panelType(1)

function place(kind: number, fields: Partial<EventRecord>, panel = plus128): EventPlace {
  return eventPlace({ ...EMPTY, ...fields }, panel, kind)
}

describe('source by kind', () => {
  test.each([
    [0, { source: 5 }, { source: { type: 'none' }, partition: undefined }],
    [1, { source: 7, partition: 3 }, { source: { type: 'zone', zone: 7 }, partition: 3 }],
    [1, { source: 0 }, { source: { type: 'panel' }, partition: 1 }],
    [1, { source: 128 }, { source: { type: 'zone', zone: 128 }, partition: 1 }],
    [1, { source: 129 }, { source: { type: 'expander', address: 0 }, partition: 1 }],
    [1, { source: 192 }, { source: { type: 'expander', address: 63 }, partition: 1 }],
    [1, { source: 193 }, { source: { type: 'keypad', device: 'keypad', address: 0 }, partition: 1 }],
    [1, { source: 208 }, { source: { type: 'keypad', device: 'guardx', address: 7 }, partition: 1 }],
    [1, { source: 209 }, { source: { type: 'keypad', device: 'dloadx_cable', address: 0 }, partition: 1 }],
    [1, { source: 210 }, { source: { type: 'keypad', device: 'dloadx_modem', address: 0 }, partition: 1 }],
    [1, { source: 211 }, { source: { type: 'unknown', number: 211 }, partition: 1 }],
    [2, { source: 10, partition: 2 }, { source: { type: 'user', user: 10, role: 'user' }, partition: 2 }],
    [4, { source: 0 }, { source: { type: 'panel' }, partition: undefined }],
    [5, { partition: 9 }, { source: { type: 'none' }, partition: 9 }],
    [7, { source: 255 }, { source: { type: 'user', user: 255, role: 'service' }, partition: undefined }],
    [8, { source: 130 }, { source: { type: 'expander', address: 1 }, partition: undefined }],
    [9, { source: 2 }, { source: { type: 'telephone', telephone: 2 }, partition: undefined }],
    [10, { source: 3 }, { source: { type: 'telephone_relay', relay: 3 }, partition: undefined }],
    [11, { source: 0 }, { source: { type: 'data_bus', bus: 'DTM' }, partition: 1 }],
    [11, { source: 2 }, { source: { type: 'data_bus', bus: 'DT2' }, partition: 1 }],
    [11, { source: 131 }, { source: { type: 'expander', address: 2 }, partition: 1 }],
    [12, { source: 4 }, { source: { type: 'output', output: 4 }, partition: undefined }],
    [13, { source: 130 }, { source: { type: 'expander_output', address: 1 }, partition: 1 }],
    [15, { source: 6, partition: 4 }, { source: { type: 'timer', timer: 6 }, partition: 4 }],
    [
      31,
      { source: 1, userControl: 31, object: 7 },
      { source: { type: 'ip_second_half', octets: [1, 255] }, partition: undefined },
    ],
    [32, { source: 33 }, { source: { type: 'zone', zone: 33 }, partition: 1 }],
    [99, { source: 33 }, { source: { type: 'unknown', number: 33 }, partition: 1 }],
  ] as const)('kind %s, %o', (kind, fields, expected) => {
    expect(place(kind, fields)).toEqual(expected)
  })

  test('kind 3: partition and R together are the address of the keypad', () => {
    expect(place(3, { source: 10, partition: 12, restore: true })).toEqual({
      source: { type: 'user', user: 10, role: 'user' },
      partition: undefined,
      via: { type: 'expander', address: 23 },
    })
  })

  test('kind 6: the partition field is a keypad-bus address', () => {
    expect(place(6, { source: 3, partition: 3 }).via).toEqual({ type: 'keypad', device: 'keypad', address: 2 })
  })

  test('kind 14 and 30: telephone and keypad', () => {
    expect(place(14, { source: 3, partition: 3 }).via).toEqual({ type: 'telephone', telephone: 2 })
    expect(place(30, { source: 192, object: 5, userControl: 8, partition: 2 })).toEqual({
      source: { type: 'ip_first_half', octets: [192, 168] },
      partition: undefined,
      via: { type: 'keypad', device: 'keypad', address: 1 },
    })
  })

  test('without a kind the table decides', () => {
    expect(eventPlace({ ...EMPTY, code: 130, source: 5, partition: 2 }, plus128)).toEqual({
      source: { type: 'zone', zone: 5 },
      partition: 2,
    })
  })
})

describe('panel sizes', () => {
  test('user control 1 adds 128 on a 256 Plus only', () => {
    expect(place(1, { source: 72, userControl: 1 }, plus256).source).toEqual({ type: 'zone', zone: 200 })
    expect(place(12, { source: 1, userControl: 1 }, plus256).source).toEqual({ type: 'output', output: 129 })
    expect(place(1, { source: 72, userControl: 1 }, plus128).source).toEqual({ type: 'zone', zone: 72 })
  })

  test('small panels have four keypad addresses', () => {
    expect(place(1, { source: 197 }, small).source).toEqual({ type: 'keypad', device: 'guardx', address: 0 })
    expect(place(1, { source: 201 }, small).source).toEqual({ type: 'keypad', device: 'dloadx_cable', address: 0 })
    expect(place(1, { source: 202 }, small).source).toEqual({ type: 'keypad', device: 'dloadx_modem', address: 0 })
  })
})

test.each([
  [0, 'unknown'],
  [1, 'user'],
  [240, 'user'],
  [241, 'master'],
  [248, 'master'],
  [249, 'int_av'],
  [252, 'timer'],
  [254, 'quick_arm'],
  [255, 'service'],
] as const)('user %s is %s', (number, role) => {
  expect(userRole(number)).toBe(role)
})
