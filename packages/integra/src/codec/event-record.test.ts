import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hex, toHex } from '../../test/hex.ts'
import {
  decodeEventAnswer,
  decodeEventRecord,
  type EventRecord,
  encodeEventAnswer,
  encodeEventRecord,
  eventKey,
  eventWallTime,
  isEndOfLog,
} from './event-record.ts'

/** Reference 5.3, field by field. */
const EXAMPLES: readonly (readonly [string, EventRecord, string])[] = [
  [
    '7F 98 83 13 5D A6 0A 02',
    {
      yearModulo4: 1,
      notEmpty: true,
      eventPresent: true,
      station2: 'not_reported',
      station1: 'not_reported',
      eventClass: 4,
      day: 24,
      month: 8,
      minutes: 787,
      partition: 12,
      restore: true,
      code: 422,
      source: 10,
      object: 0,
      userControl: 2,
    },
    '2017-8-24 13:7',
  ],
  [
    'BF C5 54 C2 87 FB 03 01',
    {
      yearModulo4: 2,
      notEmpty: true,
      eventPresent: true,
      station2: 'not_reported',
      station1: 'not_reported',
      eventClass: 6,
      day: 5,
      month: 5,
      minutes: 1218,
      partition: 17,
      restore: true,
      code: 1019,
      source: 3,
      object: 0,
      userControl: 1,
    },
    '2026-5-5 20:18',
  ],
]

describe('records of the reference', () => {
  test.each(EXAMPLES)('%s', (bytes, record, time) => {
    expect(decodeEventRecord(hex(bytes))).toEqual(record)
    expect(toHex(encodeEventRecord(record))).toBe(toHex(hex(bytes)))
    const now = time.startsWith('2017')
      ? { year: 2017, month: 8, day: 24, hour: 13, minute: 8, second: 0 }
      : { year: 2026, month: 5, day: 5, hour: 20, minute: 18, second: 30 }
    const wall = eventWallTime(record, now)
    expect(`${wall?.year}-${wall?.month}-${wall?.day} ${wall?.hour}:${wall?.minute}`).toBe(time)
  })

  test('vector 22 as an answer: index and echo', () => {
    const payload = hex('7F 98 83 13 5D A6 0A 02 06 68 DE FF FF FF')
    const answer = decodeEventAnswer(payload)
    expect(answer).toMatchObject({ index: 0x0668de, requested: 0xffffff })
    expect(toHex(encodeEventAnswer(hex('7F 98 83 13 5D A6 0A 02'), 0x0668de, 0xffffff))).toBe(toHex(payload))
  })

  test('vector 23: index and echo need not be neighbours', () => {
    expect(decodeEventAnswer(hex('BF C5 54 C2 87 FB 03 01 03 58 96 03 50 96'))).toMatchObject({
      index: 0x035896,
      requested: 0x035096,
    })
  })

  test('vector 33 ends either log', () => {
    const answer = decodeEventAnswer(hex('00*8 06 68 DE 06 68 DE'))
    if (answer === undefined) throw new Error('undecodable')
    expect([isEndOfLog(answer), isEndOfLog(answer, 'grade')]).toEqual([true, true])
  })

  test('the standard log ends with Z = 0, the grade log only with an empty first byte', () => {
    const answer = decodeEventAnswer(hex('9F 98 83 13 5D A6 0A 02 000001 000002'))
    if (answer === undefined) throw new Error('undecodable')
    expect([isEndOfLog(answer), isEndOfLog(answer, 'grade')]).toEqual([true, false])
  })

  test('any other length is no answer', () => {
    for (const length of [0, 13, 15]) expect(decodeEventAnswer(new Uint8Array(length))).toBeUndefined()
  })
})

test('every eight bytes survive decoding and encoding', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes) => {
      expect(encodeEventRecord(decodeEventRecord(bytes))).toEqual(bytes)
    }),
    { numRuns: 2000 },
  )
})

test('the key ignores what changes when reporting succeeds, and nothing else', () => {
  const bytes = hex('70 98 83 13 5D A6 0A 02')
  const key = eventKey(0x0668de, bytes)
  for (let states = 0; states < 16; states++) {
    const reported = bytes.slice()
    reported[0] = 0x70 | states
    expect(eventKey(0x0668de, reported)).toBe(key)
  }
  expect(eventKey(0x0668df, bytes)).not.toBe(key)
  for (let at = 1; at < 8; at++) {
    const other = bytes.slice()
    other[at] = (other[at] as number) ^ 1
    expect(eventKey(0x0668de, other)).not.toBe(key)
  }
})

describe('year of a record', () => {
  const record = (yearModulo4: number, month: number, day: number, minutes: number) => ({
    yearModulo4,
    month,
    day,
    minutes,
  })
  const now = { year: 2026, month: 1, day: 1, hour: 0, minute: 10, second: 0 }

  test.each([
    ['this minute', record(2, 1, 1, 10), 2026],
    ['last evening, last year', record(1, 12, 31, 1430), 2025],
    ['an hour ahead: the clock was set back', record(2, 1, 1, 70), 2026],
    ['two days ahead: four years ago', record(2, 1, 3, 0), 2022],
    ['later this year: four years ago', record(2, 6, 1, 0), 2022],
    ['last leap day', record(0, 2, 29, 0), 2024],
    ['a year with the other remainder', record(3, 1, 1, 0), 2023],
  ])('%s', (_, fields, year) => {
    expect(eventWallTime(fields, now)?.year).toBe(year)
  })

  test('just before midnight of New Year a record may carry the new year already', () => {
    const late = { year: 2025, month: 12, day: 31, hour: 23, minute: 59, second: 50 }
    expect(eventWallTime(record(2, 1, 1, 0), late)).toMatchObject({ year: 2026, month: 1, day: 1 })
  })

  test.each([
    ['month 0', record(2, 0, 1, 0)],
    ['month 13', record(2, 13, 1, 0)],
    ['31 April', record(1, 4, 31, 0)],
    ['29 February of no leap year', record(1, 2, 29, 0)],
    ['minute 1440', record(1, 4, 1, 1440)],
  ])('no day: %s', (_, fields) => {
    expect(eventWallTime(fields, now)).toBeUndefined()
  })
})
