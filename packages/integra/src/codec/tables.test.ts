import { describe, expect, test } from 'vitest'
import { COMMAND, commandName } from './command-numbers.ts'
import { FrameDecoder, encodeFrame } from './frame.ts'
import {
  EXPANDER_TYPES,
  isControllableOutput,
  KEYPAD_BUS_TYPES,
  OUTPUT_FUNCTIONS,
  outputFunction,
  PARTITION_TYPES,
  partitionType,
  ZONE_REACTIONS,
  zoneReaction,
} from './object-types.ts'
import { PANEL_LANGUAGES, PANEL_TYPES, panelType } from './panel-types.ts'
import { RESULT_CODES, resultCode } from './results.ts'
import { isStateLength, STATE_TABLE, stateRow, stateRowByName } from './state-table.ts'

describe('commands', () => {
  test('numbers are unique, and every one can be framed', () => {
    const numbers = Object.values(COMMAND)
    expect(new Set(numbers).size).toBe(numbers.length)
    for (const number of numbers) {
      expect(new FrameDecoder().push(encodeFrame(number))[0]).toMatchObject({ kind: 'frame', command: number })
    }
    expect(commandName(0x7f)).toBe('newData')
    expect(commandName(0xeb)).toBeUndefined()
  })

  test('state reads are 00 to 31 without a hole', () => {
    expect(STATE_TABLE.map((row) => row.command)).toEqual(Array.from({ length: 0x32 }, (_, i) => i))
  })

  /** Reference 4.1: bytes of the ordinary answer by command. */
  const LENGTHS: Readonly<Record<number, number>> = {
    0x1a: 9,
    0x1b: 47,
    0x1c: 26,
    0x1d: 60,
    0x1e: 30,
    0x1f: 31,
    0x20: 47,
    0x21: 39,
    0x22: 60,
    0x23: 30,
    0x24: 48,
    0x2c: 45,
    0x2d: 47,
    0x2e: 45,
    0x2f: 48,
    0x30: 64,
    0x31: 64,
    0x18: 8,
    0x19: 8,
  }
  const SIXTEEN = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0x17, 0x26, 0x28, 0x29]
  test.each(STATE_TABLE.map((row) => [row.name, row] as const))('%s has the lengths of the reference', (_, row) => {
    const expected = LENGTHS[row.command] ?? (SIXTEEN.includes(row.command) ? 16 : 4)
    expect(row.bytes).toBe(expected)
    expect(row.wideBytes).toBe(expected === 16 ? 32 : expected)
    expect(isStateLength(row, expected)).toBe(true)
    expect(isStateLength(row, expected + 1)).toBe(false)
    expect(stateRow(row.command)).toBe(row)
    expect(stateRowByName(row.name)).toBe(row)
  })

  test('availability', () => {
    const of = (availability: string) =>
      STATE_TABLE.filter((row) => row.availability === availability).map((row) => row.command)
    expect(of('v2')).toEqual([0x2c, 0x2d, 0x2e, 0x2f])
    expect(of('capability1')).toEqual([0x30, 0x31])
  })
})

describe('panels', () => {
  test.each([
    [0, 'INTEGRA 24', 24, 4, 4],
    [1, 'INTEGRA 32', 32, 16, 8],
    [2, 'INTEGRA 64', 64, 32, 16],
    [3, 'INTEGRA 128', 128, 32, 16],
    [4, 'INTEGRA 128-WRL SIM300', 128, 32, 8],
    [66, 'INTEGRA 64 Plus', 64, 32, 16],
    [67, 'INTEGRA 128 Plus', 128, 32, 16],
    [72, 'INTEGRA 256 Plus', 256, 32, 16],
    [132, 'INTEGRA 128-WRL LEON', 128, 32, 8],
  ] as const)('%s is %s', (code, model, zones, partitions, zonesOnBoard) => {
    expect(panelType(code)).toMatchObject({ model, zones, partitions, zonesOnBoard, basicType: code & 15 })
  })

  test('nothing else, 68 included', () => {
    expect(PANEL_TYPES).toHaveLength(9)
    expect(panelType(68)).toBeUndefined()
    expect(PANEL_LANGUAGES).toHaveLength(31)
  })
})

describe('object types', () => {
  test.each([
    ['zone reactions', ZONE_REACTIONS, 98],
    ['output functions', OUTPUT_FUNCTIONS, 124],
    ['partition types', PARTITION_TYPES, 9],
  ] as const)('%s are complete in both languages', (_, table, count) => {
    expect(table.map((row) => row.number)).toEqual(Array.from({ length: count }, (__, i) => i))
    for (const row of table) expect(row.english.length * row.polish.length).toBeGreaterThan(0)
  })

  test.each([
    [zoneReaction(0), 'entry/exit'],
    [zoneReaction(16), 'counting L1'],
    [zoneReaction(31), 'counting L16'],
    [zoneReaction(47), 'no alarm action'],
    [zoneReaction(64), 'bypassing group 1'],
    [zoneReaction(97), 'fire panel fault monitoring'],
    [outputFunction(24), 'MONO switch'],
    [outputFunction(48), 'voice message 0'],
    [outputFunction(79), 'telephone relay 16'],
    [outputFunction(101), 'card read on module'],
    [outputFunction(120), 'thermostat'],
    [partitionType(8), 'vault'],
  ])('%o is %s', (row, english) => {
    expect(row?.english).toBe(english)
  })

  test('modules', () => {
    expect(Object.keys(EXPANDER_TYPES)).toHaveLength(28)
    expect([EXPANDER_TYPES[12], EXPANDER_TYPES[28]]).toEqual(['ACU-100', 'INT-ADR'])
    expect([KEYPAD_BUS_TYPES[5], KEYPAD_BUS_TYPES[16]]).toEqual(['ETHM-1', 'ETHM-1 Plus with INT-GSM'])
  })

  test('controllable outputs', () => {
    const controllable = OUTPUT_FUNCTIONS.map((row) => row.number).filter(isControllableOutput)
    expect(controllable).toEqual([24, 25, ...Array.from({ length: 16 }, (_, i) => 64 + i), 98, 105, 106])
  })
})

describe('results', () => {
  test('only 00 and FF are successes, whatever the byte', () => {
    for (let code = 0; code < 256; code++) expect(resultCode(code).success).toBe(code === 0 || code === 0xff)
  })
  test.each([
    [0x11, 'cannot_arm_may_force'],
    [0x12, 'cannot_arm'],
    [0x85, 'unspecified_error'],
    [0x42, 'unknown_result'],
  ] as const)('%s is %s', (code, name) => {
    expect(resultCode(code).name).toBe(name)
  })
  test('documented ones have both languages', () => {
    expect(RESULT_CODES).toHaveLength(12)
    for (const { english, polish } of RESULT_CODES) expect(english.length * polish.length).toBeGreaterThan(0)
  })
})
