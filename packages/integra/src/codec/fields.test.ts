import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hex, toHex } from '../../test/hex.ts'
import { bitsToNumbers, commandsToMask, hasBit, isAllZero, maskToCommands, numbersToBits } from './bits.ts'
import { encodeBusyBlock, matchBusyBlock } from './busy.ts'
import { decodeClock, decodeSetClock, encodeClock, encodeSetClock, isWallTime, weekdayOf } from './clock.ts'
import { decodeName, decodeText, encodeName, encodeText } from './code-page.ts'
import {
  decodeEventText,
  decodeEventTextRequest,
  encodeEventText,
  encodeEventTextRequest,
  shortKindOf,
} from './event-text.ts'
import { decodeOutputPower, decodeZoneTemperature, encodeOutputPower, encodeZoneTemperature } from './measurements.ts'
import { decodeUserCode, encodeUserCode, isCodeDigits } from './user-code.ts'
import { decodeModuleVersion, decodePanelVersion, encodeModuleVersion, encodePanelVersion } from './versions.ts'

describe('bit masks', () => {
  test.each([
    ['vector 17', '04 20 00*13 80', [3, 14, 128]],
    ['vector 13', '08 00*11 08 00*19', [4, 100]],
    ['vector 25', '03 00 00 10', [1, 2, 29]],
    ['vector 27', '05 00*6 20 00*6 80 00', [1, 3, 62, 120]],
    ['vector 29', '80 01 00*5 84 00*8', [8, 9, 59, 64]],
    ['256 objects', '04 20 00*13 80 00*8 80 00*7', [3, 14, 128, 200]],
  ])('%s', (_, bytes, numbers) => {
    const bits = hex(bytes)
    expect(bitsToNumbers(bits)).toEqual(numbers)
    expect(numbersToBits(numbers, bits.length)).toEqual(bits)
    expect(numbers.every((number) => hasBit(bits, number))).toBe(true)
  })

  test('a number that does not fit is refused, never cut off', () => {
    expect(() => numbersToBits([129], 16)).toThrow(RangeError)
    expect(() => numbersToBits([0], 16)).toThrow(RangeError)
    expect(hasBit(new Uint8Array(16).fill(0xff), 129)).toBe(false)
  })

  test('new-data list of the reference', () => {
    const mask = hex('01 04 80 04 00 04')
    expect(maskToCommands(mask)).toEqual([0x00, 0x0a, 0x17, 0x1a, 0x2a])
    expect(commandsToMask([0x00, 0x0a, 0x17, 0x1a, 0x2a], 6)).toEqual(mask)
    expect(isAllZero(new Uint8Array(7))).toBe(true)
    expect(isAllZero(mask)).toBe(false)
  })
})

describe('user codes', () => {
  test.each([
    ['1234', '', '12 34 FF*6'],
    ['1234', '97', '97 12 34 FF*5'],
    ['1234', '987', '98 71 23 4F FF*4'],
    ['12345', '', '12 34 5F FF*5'],
    ['1234567812345678', '', '12 34 56 78 12 34 56 78'],
  ])('%s with prefix %s', (code, prefix, field) => {
    expect(toHex(encodeUserCode(code, prefix))).toBe(toHex(hex(field)))
    expect(decodeUserCode(hex(field))).toBe(prefix + code)
  })

  test('the short field of vector 3', () => {
    expect(toHex(encodeUserCode('1234', '', 4))).toBe('1234FFFF')
  })

  test.each(['', '12a4', '12345678123456789', ' 1234'])('%s is refused without being repeated', (code) => {
    const attempt = () => encodeUserCode(code)
    expect(attempt).toThrow(RangeError)
    if (code !== '') expect(attempt).not.toThrow(code)
    expect(isCodeDigits(code)).toBe(/^[0-9]+$/.test(code))
  })

  test.each(['FF*8', '1F 34 FF*6', 'A2 34 FF*6', '12 FF 34 FF*5'])('%s is no code', (field) => {
    expect(decodeUserCode(hex(field))).toBeUndefined()
  })
})

describe('clock', () => {
  const vector7 = hex('20 26 04 23 08 24 00 03 01')
  test('vector 7', () => {
    const clock = decodeClock(vector7)
    expect(clock).toEqual({
      time: { year: 2026, month: 4, day: 23, hour: 8, minute: 24, second: 0 },
      weekday: 3,
      serviceMode: false,
      troubles: false,
      acu100Present: false,
      intRxPresent: false,
      troubleMemory: false,
      gradeOption: false,
      basicType: 1,
    })
    if (clock === undefined) throw new Error('undecodable')
    expect(encodeClock(clock)).toEqual(vector7)
    expect(weekdayOf(clock.time)).toBe(3)
  })

  test.each([
    [7, 0x80, 'serviceMode'],
    [7, 0x40, 'troubles'],
    [8, 0x80, 'acu100Present'],
    [8, 0x40, 'intRxPresent'],
    [8, 0x20, 'troubleMemory'],
    [8, 0x10, 'gradeOption'],
  ] as const)('byte %s bit %s is %s alone', (at, bit, flag) => {
    const payload = vector7.slice()
    payload[at] = (payload[at] as number) | bit
    const clock = decodeClock(payload)
    const flags = ['serviceMode', 'troubles', 'acu100Present', 'intRxPresent', 'troubleMemory', 'gradeOption'] as const
    expect(flags.filter((name) => clock?.[name])).toEqual([flag])
    if (clock !== undefined) expect(encodeClock(clock)).toEqual(payload)
  })

  test.each([
    '20 26 13 23 08 24 00 03 01',
    '20 26 04 31 08 24 00 03 01',
    '20 26 04 23 24 24 00 03 01',
    '20 2A 04 23 08 24 00 03 01',
    '20 26 04 23 08 24 00 03',
  ])('%s is no clock', (payload) => {
    expect(decodeClock(hex(payload))).toBeUndefined()
  })

  test('setting takes 14 digits', () => {
    const time = { year: 2026, month: 4, day: 3, hour: 8, minute: 4, second: 9 }
    expect(new TextDecoder().decode(encodeSetClock(time))).toBe('20260403080409')
    expect(decodeSetClock(encodeSetClock(time))).toEqual(time)
    expect(decodeSetClock(hex('3230323630343033303830343041'))).toBeUndefined()
    expect(decodeSetClock(new Uint8Array(13).fill(0x31))).toBeUndefined()
    expect(() => encodeSetClock({ ...time, day: 31 })).toThrow(RangeError)
    expect(isWallTime({ ...time, month: 0 })).toBe(false)
  })
})

describe('texts', () => {
  test('vector 10 in CP1250', () => {
    const field = hex('44727A77692077656A9C63696F776520')
    expect(decodeName(field)).toBe('Drzwi wejściowe')
    expect(encodeName('Drzwi wejściowe')).toEqual(field)
  })

  test('every Polish letter, and the letter whose byte is FE', () => {
    const text = 'ĄĆĘŁŃÓŚŹŻąćęłńóśźżţ'
    expect(decodeText(encodeText(text, 19))).toBe(text)
    expect(encodeText('ţ', 1)).toEqual(hex('FE'))
  })

  test('cut at the width, unknown letters marked, composed letters found', () => {
    expect(decodeName(encodeName('abcdefghijklmnopqrstuv'))).toBe('abcdefghijklmnop')
    expect(decodeText(encodeText('Ω1', 2))).toBe('?1')
    expect(decodeText(encodeText('s\u0301', 2))).toBe('ś')
    expect(decodeText(hex('41 00 00'))).toBe('A')
    expect(decodeName(new Uint8Array(16).fill(0x20))).toBe('')
  })

  test('another page', () => {
    expect(decodeText(encodeText('Дверь', 8, 'windows-1251'), 'windows-1251')).toBe('Дверь')
  })

  test('event texts, vector 24', () => {
    expect(toHex(encodeEventTextRequest(422, true, 'long'))).toBe('85A6')
    expect(decodeEventTextRequest(hex('85 A6'))).toEqual({ code: 422, restore: true, length: 'long' })
    const answer = { code: 422, restore: true, longKind: 3, shortKind: 0x000c, text: 'Przyznano dostęp' }
    expect(decodeEventText(encodeEventText(answer, 'long'))).toEqual(answer)
    expect(encodeEventText(answer, 'long')).toHaveLength(51)
    expect(encodeEventText(answer, 'short')).toHaveLength(21)
    expect(decodeEventText(new Uint8Array(51))).toBeUndefined()
    expect([shortKindOf(130, 1), shortKindOf(97, 1), shortKindOf(350, 0)]).toEqual([0x0003, 0x0002, 0x8000])
  })
})

describe('measurements', () => {
  test.each([
    ['01 00 96', { zone: 1, celsius: 20 }],
    ['FE 00 FE', { zone: 254, celsius: 72 }],
    ['05 00 00', { zone: 5, celsius: -55 }],
    ['05 00 6E', { zone: 5, celsius: 0 }],
    ['05 FF FF', { zone: 5, celsius: undefined }],
    ['00 00 6F', { zone: 256, celsius: 0.5 }],
  ])('temperature %s', (payload, temperature) => {
    expect(decodeZoneTemperature(hex(payload))).toEqual(temperature)
    expect(encodeZoneTemperature(temperature)).toEqual(hex(payload))
  })

  test('power in tenths', () => {
    expect(decodeOutputPower(hex('00 04 D2'))).toEqual({ output: 256, watts: 123.4 })
    expect(encodeOutputPower({ output: 256, watts: 123.4 })).toEqual(hex('00 04 D2'))
    expect(() => encodeOutputPower({ output: 257, watts: 0 })).toThrow(RangeError)
  })
})

describe('versions', () => {
  test('module: 1.23 of 2012-05-27, and its capabilities', () => {
    const payload = Uint8Array.of(...new TextEncoder().encode('12320120527'), 0b011)
    const version = {
      version: '1.23',
      date: '2012-05-27',
      capabilities: { wideData: true, part8: true, armOptions: false },
    }
    expect(decodeModuleVersion(payload)).toEqual(version)
    expect(encodeModuleVersion(version)).toEqual(payload)
  })

  test('panel', () => {
    const version = { typeCode: 72, version: '1.24', date: '2025-03-12', language: 0, inFlash: true }
    const payload = encodePanelVersion(version)
    expect(toHex(payload)).toBe('48' + '3132343230323530333132' + '00FF')
    expect(decodePanelVersion(payload)).toEqual(version)
  })

  test('letters where digits belong', () => {
    expect(decodePanelVersion(new Uint8Array(14).fill(0x41))).toBeUndefined()
    expect(decodeModuleVersion(new Uint8Array(12))).toBeUndefined()
    expect(() => encodePanelVersion({ typeCode: 0, version: '1', date: '', language: 0, inFlash: false })).toThrow(
      RangeError,
    )
  })
})

describe('busy block', () => {
  test.each(['A5 A5 A5 A5 A5 A5 A5 A5', 'D8 A5 A5 A5 A5 A5 A5 A5'])('captured with filler %s', (filler) => {
    const block = hex(`10 42 75 73 79 21 0D 0A ${filler}`)
    expect(encodeBusyBlock(hex(filler))).toEqual(block)
    for (let length = 0; length < 6; length++) expect(matchBusyBlock(block.subarray(0, length))).toBe('maybe')
    for (let length = 6; length <= 16; length++) expect(matchBusyBlock(block.subarray(0, length))).toBe('yes')
  })

  test('anything else is not busy', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 20 }), (bytes) => {
        fc.pre(toHex(bytes.subarray(0, 6)) !== '104275737921')
        expect(matchBusyBlock(bytes)).toBe('no')
      }),
    )
  })
})
