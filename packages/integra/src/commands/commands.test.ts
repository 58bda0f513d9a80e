import { describe, expect, test } from 'vitest'
import { hex, toHex } from '../../test/hex.ts'
import { COMMAND } from '../codec/command-numbers.ts'
import { encodeFrame } from '../codec/frame.ts'
import { panelType } from '../codec/panel-types.ts'
import { NO_CAPABILITIES } from '../codec/versions.ts'
import type { CommandContext, PanelCommand } from './command.ts'
import * as commands from './index.ts'

const V1: CommandContext = {
  panel: panelType(3),
  capabilities: NO_CAPABILITIES,
  v2: false,
  maskBytes: 16,
  codePage: 'windows-1250',
}
const V2: CommandContext = { ...V1, v2: true, capabilities: { wideData: true, part8: true, armOptions: true } }
const WIDE: CommandContext = { ...V2, panel: panelType(72), maskBytes: 32 }

type AnyCommand = PanelCommand<never, unknown>

function isCommand(value: unknown): value is AnyCommand {
  return typeof value === 'object' && value !== null && 'encode' in value && 'number' in value
}

const ALL: AnyCommand[] = Object.values(commands).flatMap((value) => {
  if (isCommand(value)) return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).filter(isCommand) : []
})

test('every documented command is a value, the result frame apart', () => {
  const covered = new Set(ALL.map((command) => command.number))
  expect([...covered].sort((a, b) => a - b)).toEqual(
    Object.values(COMMAND)
      .filter((number) => number !== COMMAND.result)
      .sort((a, b) => a - b),
  )
})

test('whatever takes a code says that it is a secret', () => {
  const credentials = { code: '48151623', partitions: [1], zones: [1], outputs: [1], user: 3, validitySeconds: 1 }
  const args = {
    ...credentials,
    action: 'arm',
    time: { year: 2026, month: 1, day: 1, hour: 0, minute: 0, second: 0 },
    type: 'zone',
    number: 1,
    zone: 1,
    output: 1,
    index: 1,
    restore: false,
    length: 'long',
    onChange: [],
    onUpdate: [],
    locks: new Uint8Array(8),
    newCode: '4815',
    newTelephoneCode: '4815',
    request: { function: 'writeCard', user: 1, data: new Uint8Array(5) },
    settings: {
      number: 1,
      code: '4815',
      telephoneCode: undefined,
      partitions: new Uint8Array(4),
      typeNumber: 0,
      simple: false,
      master: false,
      mayIsolateZones: false,
      time: 0,
      temporaryTime: 0,
      rights: [],
      name: 'x',
    },
  }
  for (const command of ALL) {
    const withCode = command.name === 'readEventText' ? { ...args, code: 130 } : args
    const payload = toHex(command.encode(withCode as never, V2))
    expect(command.secrets.includes('code'), command.name).toBe(payload.includes('48151623'))
  }
})

describe('requests of the reference', () => {
  const frameOf = <Args>(command: PanelCommand<Args, unknown>, args: Args, context = V1) =>
    toHex(encodeFrame(command.number, command.encode(args, context)))

  test.each([
    [
      'vector 25',
      () => frameOf(commands.arm[0], { code: '1234', partitions: [1, 2, 29] }),
      'FE FE 80 12 34 FF*6 03 00 00 10 9D 9D FE 0D',
    ],
    [
      'vector 26',
      () => frameOf(commands.disarm, { code: '1234', partitions: [1] }),
      'FE FE 84 12 34 FF*6 01 00 00 00 E0 F1 FE 0D',
    ],
    [
      'vector 27',
      () => frameOf(commands.bypassZones, { code: '1234', zones: [1, 3, 62, 120] }),
      'FE FE 86 12 34 FF*6 05 00*6 20 00*6 80 00 38 09 FE 0D',
    ],
    ['vector 9', () => frameOf(commands.readName, { type: 'zone', number: 1 }), 'FE FE EE 01 01 63 08 FE 0D'],
    ['vector 18', () => frameOf(commands.readZoneTemperature, { zone: 254 }), 'FE FE 7D FE F0 50 8D FE 0D'],
    ['vector 21', () => frameOf(commands.readEvent, { index: 0xffffff }), 'FE FE 8C FF FF FF 40 43 FE 0D'],
    [
      'vector 24',
      () => frameOf(commands.readEventText, { code: 422, restore: true, length: 'long' }),
      'FE FE 8F 85 A6 61 25 FE 0D',
    ],
    ['vector 14 narrow', () => frameOf(commands.readState.zonesViolated, undefined), 'FE FE 00 D7 E2 FE 0D'],
    ['vector 14 wide', () => frameOf(commands.readState.zonesViolated, undefined, WIDE), 'FE FE 00 00 50 8A FE 0D'],
    ['vector 15 v1', () => frameOf(commands.readNewData, undefined), 'FE FE 7F D8 61 FE 0D'],
    [
      'vector 15 v2',
      () => frameOf(commands.readNewData, undefined, { ...V2, capabilities: NO_CAPABILITIES }),
      'FE FE 7F 00 4F 8B FE 0D',
    ],
    ['vector 15 part 8', () => frameOf(commands.readNewData, undefined, V2), 'FE FE 7F 00 00 61 49 FE 0D'],
    [
      'vector 12',
      () =>
        frameOf(
          commands.subscribe,
          { onChange: [0x00, 0x09, 0x0a, 0x0b, 0x13, 0x2a], onUpdate: [] },
          { ...V2, capabilities: NO_CAPABILITIES },
        ),
      'FE FE 7F 01 0E 08 00 00 04 00 00 00 00 00 00 C1 5E FE 0D',
    ],
  ] as const)('%s', (_, frame, wire) => {
    expect(frame()).toBe(toHex(hex(wire)))
  })

  test('a prefix, the option byte, 256 zones', () => {
    const prefixed = commands.disarm.encode({ code: '1234', prefix: '97', partitions: [1] }, V1)
    expect(toHex(prefixed.subarray(0, 8))).toBe('971234FFFFFFFFFF')
    const args = { code: '1234', partitions: [1], atOnce: true }
    expect(commands.arm[1].encode(args, V2).at(-1)).toBe(0x80)
    expect(commands.arm[1].encode(args, V2)).toHaveLength(13)
    expect(commands.arm[1].encode({ ...args, atOnce: false }, V2)).toHaveLength(12)
    expect(commands.arm[1].unsupported?.(args, V1)).toContain('cannot arm')
    expect(commands.bypassZones.encode({ code: '1', zones: [256] }, WIDE)).toHaveLength(40)
    expect(() => commands.bypassZones.encode({ code: '1', zones: [129] }, V2)).toThrow(RangeError)
  })

  test('doors take outputs, expander addresses, or both', () => {
    const door = commands.openDoor.encode({ code: '1234', outputs: [], expanders: [0, 63] }, V1)
    expect(toHex(door.subarray(24))).toBe('0100000000000080')
  })

  test('what a module cannot answer is not asked', () => {
    expect(commands.readState.troubles6.unsupported?.(undefined, V1)).toBeDefined()
    expect(commands.readState.troubles6.unsupported?.(undefined, V2)).toBeUndefined()
    expect(commands.readState.troubles8.unsupported?.(undefined, V1)).toBeDefined()
    expect(commands.subscribe.unsupported?.({ onChange: [], onUpdate: [] }, V1)).toBeDefined()
  })
})

describe('which answer is its own', () => {
  const matches = <Args>(command: PanelCommand<Args, unknown>, args: Args, answer: string) =>
    command.matches(hex(answer), command.encode(args, V2))

  test.each([
    ['temperature of the zone', () => matches(commands.readZoneTemperature, { zone: 5 }, '05 00 96'), true],
    ['temperature of another zone', () => matches(commands.readZoneTemperature, { zone: 5 }, '06 00 96'), false],
    ['zone 256', () => matches(commands.readZoneTemperature, { zone: 256 }, '00 00 96'), true],
    ['power of another output', () => matches(commands.readOutputPower, { output: 5 }, '06 00 96'), false],
    ['record asked for', () => matches(commands.readEvent, { index: 7 }, '00*11 00 00 07'), true],
    ['another record', () => matches(commands.readEvent, { index: 7 }, '00*11 00 00 08'), false],
    ['name asked for', () => matches(commands.readName, { type: 'zone', number: 3 }, '01 03 00 20*16'), true],
    ['name of another type', () => matches(commands.readName, { type: 'zone', number: 3 }, '04 03 00 20*16'), false],
    [
      'long text',
      () => matches(commands.readEventText, { code: 422, restore: true, length: 'long' }, '85 A6 00*49'),
      true,
    ],
    [
      'short text',
      () => matches(commands.readEventText, { code: 422, restore: true, length: 'long' }, '05 A6 00*19'),
      false,
    ],
    ['user asked for', () => matches(commands.readUser, { code: '1', user: 9 }, '09 00*27'), true],
    ['another user', () => matches(commands.readUser, { code: '1', user: 9 }, '0A 00*27'), false],
    ['seven bytes', () => matches(commands.readNewData, undefined, '00*7'), true],
    ['six bytes', () => matches(commands.readNewData, undefined, '00*6'), false],
    ['wide push', () => matches(commands.readState.zonesAlarm, undefined, '00*32'), true],
    ['partitions with 16 bytes', () => matches(commands.readState.partitionsAlarm, undefined, '00*16'), false],
    [
      'card of the user',
      () =>
        matches(commands.readCards, { code: '1', request: { function: 'readCard', user: 5 } }, '31 05 01 02 03 04 05'),
      true,
    ],
    [
      'error of the function',
      () => matches(commands.readCards, { code: '1', request: { function: 'readCard', user: 5 } }, '3F 31 05 02'),
      true,
    ],
    [
      'card of another user',
      () =>
        matches(commands.readCards, { code: '1', request: { function: 'readCard', user: 5 } }, '31 06 01 02 03 04 05'),
      false,
    ],
  ] as const)('%s', (_, match, expected) => {
    expect(match()).toBe(expected)
  })
})
