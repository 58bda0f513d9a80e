import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hex, toHex } from '../../test/hex.ts'
import { numbersToBits } from './bits.ts'
import { COMMAND } from './command-numbers.ts'
import { type ControlFields, controlShape, decodeControlRequest, encodeControlRequest } from './control-requests.ts'
import {
  decodeNameRecord,
  decodeNameRequest,
  encodeNameRecord,
  encodeNameRequest,
  NAME_TYPE,
  nameAnswerBytes,
  nameExtras,
} from './names.ts'
import { decodeEventAnswer } from './event-record.ts'
import { stateRowByName } from './state-table.ts'
import { TROUBLE_TEXTS, type TroubleName, troubleText } from './trouble-names.ts'
import { decodeTroubles, encodeTroubles, TROUBLE_PARTS, type TroubleContext, troublePart } from './troubles.ts'
import {
  type CardRequest,
  decodeCardAnswer,
  decodeCardRequest,
  decodeKeyFob,
  encodeCardAnswer,
  encodeCardRequest,
  encodeKeyFob,
} from './user-cards.ts'
import {
  decodeOwnUserRecord,
  decodeRights,
  decodeUserList,
  decodeUserLocks,
  decodeUserRecord,
  decodeUserSettings,
  encodeOwnUserRecord,
  encodeRights,
  encodeUserList,
  encodeUserLocks,
  encodeUserRecord,
  encodeUserSettings,
  USER_RIGHTS,
} from './users.ts'

describe('troubles', () => {
  const contexts: TroubleContext[] = [
    { zonesOnBoard: 4, wrl: false },
    { zonesOnBoard: 16, wrl: false },
    { zonesOnBoard: 8, wrl: true },
  ]

  test.each(TROUBLE_PARTS)('%s has the length of its state read', (part) => {
    expect(encodeTroubles(part, [])).toHaveLength(stateRowByName(part).bytes)
    expect(decodeTroubles(part, new Uint8Array(stateRowByName(part).bytes))).toEqual([])
    expect(decodeTroubles(part, new Uint8Array(stateRowByName(part).bytes + 1))).toBeUndefined()
    expect(troublePart(COMMAND[part])).toBe(part)
  })

  test.each(TROUBLE_PARTS)('%s: every single bit is one trouble and comes back as that bit', (part) => {
    for (const context of contexts) {
      const bytes = stateRowByName(part).bytes
      const seen = new Set<string>()
      for (let bit = 0; bit < bytes * 8; bit++) {
        const payload = new Uint8Array(bytes)
        payload[bit >> 3] = 1 << (bit & 7)
        const troubles = decodeTroubles(part, payload, context) ?? []
        // Undefined bits (fill of part 3 and part 8) mean nothing; everything else means exactly one thing.
        expect(troubles.length).toBeLessThanOrEqual(1)
        const [trouble] = troubles
        if (trouble === undefined) continue
        expect(toHex(encodeTroubles(part, [trouble], context))).toBe(toHex(payload))
        const identity = JSON.stringify(trouble)
        expect(seen.has(identity)).toBe(false)
        seen.add(identity)
      }
      expect(seen.size).toBeGreaterThan(0)
    }
  })

  test.each([
    ['troubles1', 0, 0x04, { name: 'technicalZone', source: 'zone', number: 3 }],
    ['troubles1', 16, 0x01, { name: 'expanderAcLoss', source: 'expander', number: 0 }],
    ['troubles1', 40, 0x80, { name: 'acLoss', source: 'panel', number: 0 }],
    ['troubles1', 40, 0x40, { name: 'batteryLow', source: 'panel', number: 0 }],
    ['troubles1', 41, 0x20, { name: 'batteryMissing', source: 'panel', number: 0 }],
    ['troubles1', 42, 0x80, { name: 'restart', source: 'panel', number: 0 }],
    ['troubles1', 46, 0x10, { name: 'timeServer', source: 'panel', number: 0 }],
    ['troubles3', 15, 0x01, { name: 'radioBatteryLow', source: 'zone', number: 17 }],
    ['troubles3', 45, 0x02, { name: 'radioOutputNoCommunication', source: 'output', number: 18 }],
    ['troubles4', 27, 0x80, { name: 'keypadTamper', source: 'keypad', number: 7 }],
    ['troubles5', 1, 0x01, { name: 'userFobBattery', source: 'user', number: 1 }],
    ['troubles6', 0, 0x01, { name: 'radioBatteryLow', source: 'zone', number: 137 }],
    ['troubles7', 0, 0x01, { name: 'technicalZone', source: 'zone', number: 129, memory: false }],
    ['troubles7', 16, 0x01, { name: 'technicalZone', source: 'zone', number: 129, memory: true }],
    ['troubles8', 8 + 2, 0x10, { name: 'gsmMissing', source: 'keypad', number: 1 }],
    ['troubleMemory1', 40, 0x80, { name: 'acLoss', source: 'panel', number: 0, memory: true }],
    ['troubleMemory5', 32, 0x01, { name: 'zoneTamper', source: 'zone', number: 1, memory: true }],
    ['troubleMemory7', 47, 0x80, { name: 'zoneTamper', source: 'zone', number: 256, memory: true }],
  ] as const)('%s byte %s bit %s', (part, at, bit, expected) => {
    const payload = new Uint8Array(stateRowByName(part).bytes)
    payload[at] = bit
    expect(decodeTroubles(part, payload)).toEqual([expect.objectContaining(expected)])
  })

  test('levels and SIM errors carry a value', () => {
    const jam = new Uint8Array(60)
    jam[2] = 77
    expect(decodeTroubles('troubles3', jam)).toEqual([
      { name: 'radioJamming', source: 'acu100', number: 3, memory: false, value: 77 },
    ])
    const sim = new Uint8Array(39)
    sim.set([0x01, 0x23], 35)
    const [error] = decodeTroubles('troubleMemory2', sim) ?? []
    expect(error).toEqual({ name: 'simError', source: 'panel', number: 0, memory: true, value: 123 })
    if (error !== undefined) expect(encodeTroubles('troubleMemory2', [error])).toEqual(sim)
  })

  test('the phone-line bit of a 128-WRL is its auxiliary processor', () => {
    const payload = new Uint8Array(47)
    payload[42] = 1
    const names = (wrl: boolean) => decodeTroubles('troubles1', payload, { zonesOnBoard: 8, wrl })?.map((it) => it.name)
    expect([names(false), names(true)]).toEqual([['phoneLineNoVoltage'], ['auxiliaryProcessor']])
  })

  test('every name has both texts', () => {
    for (const name of Object.keys(TROUBLE_TEXTS) as TroubleName[]) {
      expect(troubleText(name, 'en').length * troubleText(name, 'pl').length).toBeGreaterThan(0)
    }
  })
})

describe('names', () => {
  test('vector 10', () => {
    const payload = hex('01 01 00 44727A77692077656A9C63696F776520')
    const record = { type: NAME_TYPE.zone, number: 1, function: 0, name: 'Drzwi wejściowe', extra: new Uint8Array(0) }
    expect(decodeNameRecord(payload)).toEqual(record)
    expect(encodeNameRecord(record)).toEqual(payload)
  })

  test('vector 32 and the number 256', () => {
    expect(encodeNameRequest(NAME_TYPE.partitionWithObject, 21)).toEqual(hex('10 15'))
    expect(encodeNameRequest(NAME_TYPE.zoneWithPartition, 256)).toEqual(hex('05 00'))
    expect(decodeNameRequest(hex('05 00'))).toEqual({ type: 5, number: 256 })
    expect(decodeNameRequest(hex('08 01'))).toBeUndefined()
  })

  test.each([
    ['partition', 19],
    ['zone', 19],
    ['user', 20],
    ['module', 19],
    ['output', 19],
    ['zoneWithPartition', 20],
    ['timer', 19],
    ['telephone', 19],
    ['object', 19],
    ['partitionWithObject', 20],
    ['outputWithDuration', 21],
    ['partitionWithOptions', 24],
    ['partitionWithDependencies', 28],
  ] as const)('answer of %s has %s bytes', (name, bytes) => {
    const type = NAME_TYPE[name]
    expect(nameAnswerBytes(type)).toBe(bytes)
    const record = { type, number: 3, function: 1, name: 'Łazienka', extra: new Uint8Array(bytes - 19).fill(2) }
    expect(encodeNameRecord(record)).toHaveLength(bytes)
    expect(decodeNameRecord(encodeNameRecord(record))).toEqual(record)
    expect(decodeNameRecord(encodeNameRecord(record).slice(0, -1))).toBeUndefined()
    expect(() => encodeNameRecord({ ...record, extra: new Uint8Array(12) })).toThrow(RangeError)
  })

  test('extras', () => {
    const extras = (type: (typeof NAME_TYPE)[keyof typeof NAME_TYPE], extra: string) =>
      nameExtras({ type, extra: hex(extra) })
    expect(extras(NAME_TYPE.user, '85')).toEqual({ userSerial: 5 })
    expect(extras(NAME_TYPE.zoneWithPartition, '20')).toEqual({ partition: 32 })
    expect(extras(NAME_TYPE.partitionWithObject, '08')).toEqual({ object: 8 })
    expect(extras(NAME_TYPE.outputWithDuration, '01 2C')).toEqual({ durationMs: 30_000 })
    expect(extras(NAME_TYPE.partitionWithDependencies, '01 10 80 00 05 03 00 00 80')).toMatchObject({
      object: 1,
      options: { alarmVerification: true, twoCodesToArm: false, autoArmCanBeDeferred: true, deferral: 5 },
      dependencies: hex('03 00 00 80'),
    })
    expect(extras(NAME_TYPE.zone, '')).toEqual({})
  })
})

describe('control requests', () => {
  const code = '1234'
  test.each([
    ['25', COMMAND.arm0, { mask: numbersToBits([1, 2, 29], 4) }, '12 34 FF*6 03 00 00 10'],
    ['26', COMMAND.disarm, { mask: numbersToBits([1], 4) }, '12 34 FF*6 01 00 00 00'],
    ['27', COMMAND.bypassZones, { mask: numbersToBits([1, 3, 62, 120], 16) }, '12 34 FF*6 05 00*6 20 00*6 80 00'],
    ['with option', COMMAND.arm1, { mask: hex('01 00 00 00'), option: 0x80 }, '12 34 FF*6 01 00 00 00 80'],
    ['wide', COMMAND.outputsOnCommand, { mask: numbersToBits([256], 32) }, '12 34 FF*6 00*31 80'],
    ['door', COMMAND.openDoor, { mask: new Uint8Array(16), expanders: hex('02 00*7') }, '12 34 FF*6 00*16 02 00*7'],
    ['code only', COMMAND.clearTroubleMemory, {}, '12 34 FF*6'],
    [
      'first code, validity low byte first',
      COMMAND.enterFirstCode,
      { mask: hex('01 00 00 00'), validitySeconds: 300, action: 'disarm' },
      '12 34 FF*6 01 00 00 00 2C 01 01',
    ],
    [
      'clock',
      COMMAND.setClock,
      { time: { year: 2026, month: 4, day: 23, hour: 8, minute: 24, second: 0 } },
      '12 34 FF*6 3230323630343233303832343030',
    ],
  ] as const satisfies readonly (readonly [string, number, ControlFields, string])[])(
    '%s',
    (_, command, fields, payload) => {
      expect(toHex(encodeControlRequest(command, { code, ...fields }))).toBe(toHex(hex(payload)))
      expect(decodeControlRequest(command, hex(payload))).toEqual({
        command,
        code,
        shape: controlShape(command),
        ...fields,
      })
    },
  )

  test('a wrong length or command is silence', () => {
    expect(decodeControlRequest(COMMAND.disarm, hex('12 34 FF FF 01 00 00 00'))).toBeUndefined()
    expect(decodeControlRequest(COMMAND.disarm, hex('12 34 FF*6 01 00 00'))).toBeUndefined()
    expect(decodeControlRequest(COMMAND.outputsOnCommand, hex('12 34 FF*6 00*17'))).toBeUndefined()
    expect(decodeControlRequest(COMMAND.setClock, hex('12 34 FF*6 00*14'))).toBeUndefined()
    expect(decodeControlRequest(COMMAND.enterFirstCode, hex('12 34 FF*6 01 00 00 00 2C 01 03'))).toBeUndefined()
    expect(decodeControlRequest(0xeb, hex('12 34 FF*6'))).toBeUndefined()
    expect(() => encodeControlRequest(0xeb, { code })).toThrow(RangeError)
    expect(() => encodeControlRequest(COMMAND.setClock, { code })).toThrow(RangeError)
  })
})

describe('users', () => {
  test('rights in wire order', () => {
    expect(encodeRights(['arm', 'bypassZones', 'guardx'])).toEqual(hex('01 01 04'))
    expect(decodeRights(hex('01 01 04'))).toEqual(['arm', 'bypassZones', 'guardx'])
    expect(decodeRights(hex('FF FF FF'))).toEqual([...USER_RIGHTS])
  })

  test('the name of the own record starts at offset 12', () => {
    const payload = new Uint8Array(29)
    payload.set(hex('05 12 34 03 00 00 00 A2 07 FF 00 04'), 0)
    payload.set(new TextEncoder().encode('Jan Kowalski    '), 12)
    payload[28] = 0xeb
    const record = decodeOwnUserRecord(payload)
    expect(record).toMatchObject({
      number: 5,
      telephoneField: hex('12 34'),
      partitions: hex('03 00 00 00'),
      type: 'time_renewable',
      codeNeverChanged: true,
      codeCollision: false,
      mayIsolateZones: true,
      time: 7,
      name: 'Jan Kowalski',
      simple: true,
      master: true,
      prefixMustChange: true,
      telephoneCodeMustChange: false,
      codeMustChange: true,
      object: 3,
    })
    if (record !== undefined) expect(encodeOwnUserRecord(record)).toEqual(payload)
  })

  test('user record, list and locks', () => {
    const payload = new Uint8Array(28)
    payload.set(hex('07 01 00 00 80 54 00 FF 01 02 03'), 0)
    payload.set(new TextEncoder().encode('Anna            '), 11)
    payload[27] = 0x45
    const record = decodeUserRecord(payload)
    expect(record).toMatchObject({
      number: 7,
      type: 'duress',
      temporaryTime: 255,
      name: 'Anna',
      master: true,
      object: 5,
    })
    if (record !== undefined) expect(encodeUserRecord(record)).toEqual(payload)

    const list = { number: 1, existing: new Uint8Array(30).fill(3), editable: new Uint8Array(30).fill(1) }
    expect(decodeUserList(encodeUserList(list))).toEqual(list)
    const locks = { number: 2, locks: hex('01 02 03 04 05 06 07 08') }
    expect(decodeUserLocks(encodeUserLocks(locks))).toEqual(locks)
    expect([decodeUserRecord(new Uint8Array(29)), decodeOwnUserRecord(new Uint8Array(28))]).toEqual([
      undefined,
      undefined,
    ])
  })

  test('settings to write: F-padded code, none or kept', () => {
    const settings = {
      number: 255,
      code: '1234',
      telephoneCode: '5678',
      partitions: hex('01 00 00 00'),
      typeNumber: 2,
      simple: true,
      master: false,
      mayIsolateZones: true,
      time: 30,
      temporaryTime: 0,
      rights: ['arm', 'disarm'] as const,
      name: 'Gość',
    }
    const payload = encodeUserSettings(settings)
    expect(toHex(payload.subarray(0, 17))).toBe(toHex(hex('FF 1234FFFF 5678 01000000 A2 1E 00 03 00 00')))
    expect(decodeUserSettings(payload)).toEqual(settings)
    expect(encodeUserSettings({ ...settings, object: 2 })).toHaveLength(34)
    const kept = encodeUserSettings({ ...settings, code: undefined, telephoneCode: undefined })
    expect(toHex(kept.subarray(1, 7))).toBe('FFFFFFFFFFFF')
    expect(decodeUserSettings(kept)).toMatchObject({ code: undefined, telephoneCode: undefined })
    expect(() => encodeUserSettings({ ...settings, telephoneCode: '12' })).toThrow(RangeError)
  })
})

describe('cards and fobs', () => {
  test.each([
    [{ function: 'list' }, '30'],
    [{ function: 'readCard', user: 5 }, '31 05'],
    [{ function: 'writeCard', user: 5, data: hex('01 02 03 04 05') }, '32 05 01 02 03 04 05'],
    [{ function: 'writeAbaxFob', user: 5, data: new Uint8Array(11) }, '41 05 00*11'],
  ] as const satisfies readonly (readonly [CardRequest, string])[])('%o', (request, field) => {
    expect(encodeCardRequest(request)).toEqual(hex(field))
    expect(decodeCardRequest(hex(field))).toEqual(request)
  })

  test('answers', () => {
    const list = { kind: 'list', cards: new Uint8Array(31).fill(1), dallas: new Uint8Array(31) } as const
    const data = { kind: 'data', function: 'readDallas', user: 9, data: hex('01 02 03 04 05 06') } as const
    const result = { kind: 'result', function: 0x32, user: 9, result: 2 } as const
    for (const answer of [list, data, result]) expect(decodeCardAnswer(encodeCardAnswer(answer))).toEqual(answer)
    expect(decodeCardRequest(hex('35 01'))).toBeUndefined()
    expect(decodeCardRequest(hex('32 05 01'))).toBeUndefined()
    expect(() => encodeCardRequest({ function: 'writeCard', user: 1, data: new Uint8Array(4) })).toThrow(RangeError)
  })

  test('fob layouts', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('rx' as const, 'abax' as const),
        fc.nat({ max: 0xfffff }),
        fc.array(fc.nat({ max: 255 }), { minLength: 6, maxLength: 6 }),
        fc.nat({ max: 255 }),
        (system, serial, zones, silentKeys) => {
          const fob = { system, serial, zones, silentKeys, acknowledge: system === 'abax' ? 7 : 0 }
          expect(decodeKeyFob(system, encodeKeyFob(fob))).toEqual(fob)
        },
      ),
    )
    expect(
      encodeKeyFob({ system: 'rx', serial: 0xabcdef1, zones: [1, 2, 3, 4, 5, 6], silentKeys: 3, acknowledge: 0 }),
    ).toEqual(hex('0A BC DE F1 01 02 03 04 05 06 03'))
  })
})

test('what was decoded from a Buffer does not change with it', () => {
  const buffer = Buffer.from(hex('BF C5 54 C2 87 FB 03 01 03 58 96 03 50 96'))
  const answer = decodeEventAnswer(buffer)
  const request = Buffer.from(hex('12 34 FF*6 01 00 00 00'))
  const control = decodeControlRequest(COMMAND.disarm, request)
  const name = Buffer.from(hex('05 01 00 41*16 07'))
  const record = decodeNameRecord(name)
  for (const it of [buffer, request, name]) it.fill(0)
  expect(toHex(answer?.recordBytes ?? buffer)).toBe('BFC554C287FB0301')
  expect(toHex(control?.mask ?? buffer)).toBe('01000000')
  expect(record?.extra).toEqual(hex('07'))
})
