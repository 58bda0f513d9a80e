import { COMMAND } from './command-numbers.ts'
import type { StateName } from './state-table.ts'
import type { TroubleName } from './trouble-names.ts'

/** What the number of a trouble counts. `expander` and `keypad` are addresses from 0, everything else is from 1. */
export type TroubleSource =
  | 'panel'
  | 'zone'
  | 'output'
  | 'expander'
  | 'keypad'
  | 'acu100'
  | 'addressable'
  | 'master'
  | 'user'

/** One trouble out of the bitmaps of reference 4.4. */
export interface Trouble {
  readonly name: TroubleName
  readonly source: TroubleSource
  /** Address or number as {@link TroubleSource} says; 0 for the panel itself. */
  readonly number: number
  /** From a memory bitmap: it was there, and has not been cleared from the memory. */
  readonly memory: boolean
  /** Jam level, or CME error of a SIM card. */
  readonly value?: number
}

/** What the layout depends on: radio devices are numbered behind the zones of the main board. */
export interface TroubleContext {
  readonly zonesOnBoard: number
  /** Basic type 4, whose phone-line bit means something else. */
  readonly wrl: boolean
}

export type TroublePart = Extract<StateName, `troubles${number}`> | Extract<StateName, `troubleMemory${number}`>

type Block =
  /** Bit i is the object `first + i`. `first` 'radio' stands for the first zone behind the main board. */
  | {
      at: number
      bytes: number
      bits: TroubleName
      source: TroubleSource
      first: number
      radio?: true
      memory?: boolean
    }
  /** Bit i of one byte is the i-th name. */
  | { at: number; flags: readonly (TroubleName | undefined)[]; source: TroubleSource; number: number }
  /** One byte per object, 0 is no trouble. */
  | { at: number; bytes: number; levels: TroubleName; source: TroubleSource; first: number }
  /** Two bytes BCD, high first, 0000 is none. */
  | { at: number; error: TroubleName; source: TroubleSource; number: number }

const SYSTEM_FLAGS = [
  ['output1', 'output2', 'output3', 'output4', 'keypadSupply', 'expanderSupply', 'batteryLow', 'acLoss'],
  ['dataBus1', 'dataBus2', 'keypadBus', 'clockLost', 'noDtr', 'batteryMissing', 'modemInitialisation', 'modemCommand'],
  [
    'phoneLineNoVoltage',
    'phoneLineBadSignal',
    'phoneLineNoSignal',
    'reportingStation1',
    'reportingStation2',
    'eepromOrClockAccess',
    'ram',
    'restart',
  ],
] as const satisfies readonly (readonly TroubleName[])[]

const ETHM_FLAGS = [
  'ethernetStation1',
  'ethernetStation2',
  'gprsStation1',
  'gprsStation2',
  'timeServer',
  'gsmInitialisation',
  'ipReportingStation1',
  'ipReportingStation2',
] as const satisfies readonly TroubleName[]

const GSM_FLAGS = [
  [
    'gsmEthernetStation1',
    'gsmEthernetStation2',
    'gsmGprsSim1Station1',
    'gsmGprsSim1Station2',
    'gsmGprsSim2Station1',
    'gsmGprsSim2Station2',
    'gsmSmsSim1Station1',
    'gsmSmsSim1Station2',
  ],
  [
    'gsmSmsSim2Station1',
    'gsmSmsSim2Station2',
    'gsmSim1Pin',
    'gsmSim2Pin',
    'gsmSim1Network',
    'gsmSim2Network',
    'gsmSim1Credit',
    'gsmSim2Credit',
  ],
  [
    'gsmSim1Sms',
    'gsmSim2Sms',
    'gsmJamming',
    'gsmSettings',
    'gsmMissing',
    'gsmReplaced',
    'gsmSatelServer',
    'gsmMailServer',
  ],
  ['gsmTimeServer'],
] as const satisfies readonly (readonly TroubleName[])[]

const zones = (at: number, bits: TroubleName, first: number, memory?: true): Block => ({
  at,
  bytes: 16,
  bits,
  source: 'zone',
  first,
  ...(memory ? { memory } : {}),
})
const expanders = (at: number, bits: TroubleName): Block => ({ at, bytes: 8, bits, source: 'expander', first: 0 })
const keypads = (at: number, bits: TroubleName): Block => ({ at, bytes: 1, bits, source: 'keypad', first: 0 })
const radio = (at: number, bits: TroubleName, source: 'zone' | 'output', first: number): Block => ({
  at,
  bytes: 15,
  bits,
  source,
  first,
  radio: true,
})
const radios = (at: number, first: number): Block[] => [
  radio(at, 'radioBatteryLow', 'zone', first),
  radio(at + 15, 'radioNoCommunication', 'zone', first),
  radio(at + 30, 'radioOutputNoCommunication', 'output', first),
]

const PART_1: readonly Block[] = [
  zones(0, 'technicalZone', 1),
  expanders(16, 'expanderAcLoss'),
  expanders(24, 'expanderBatteryLow'),
  expanders(32, 'expanderBatteryMissing'),
  ...SYSTEM_FLAGS.map((flags, i): Block => ({ at: 40 + i, flags, source: 'panel', number: 0 })),
  keypads(43, 'keypadBusAcLoss'),
  keypads(44, 'keypadBusBatteryLow'),
  keypads(45, 'keypadBusBatteryMissing'),
  { at: 46, flags: ETHM_FLAGS, source: 'panel', number: 0 },
]
const PART_2: readonly Block[] = [
  expanders(0, 'expanderReaderHeadA'),
  expanders(8, 'expanderReaderHeadB'),
  expanders(16, 'expanderSupplyOverload'),
  { at: 24, bytes: 2, bits: 'addressableShortOrJam', source: 'addressable', first: 1 },
]
const PART_4: readonly Block[] = [
  expanders(0, 'expanderNoCommunication'),
  expanders(8, 'expanderSubstituted'),
  keypads(16, 'keypadNoCommunication'),
  keypads(17, 'keypadSubstituted'),
  keypads(18, 'noNetworkCable'),
  expanders(19, 'expanderTamper'),
  keypads(27, 'keypadTamper'),
  keypads(28, 'keypadInitialisation'),
  { at: 29, bytes: 1, levels: 'auxiliaryProcessor', source: 'panel', first: 0 },
]
const zoneTriple = (first: number): Block[] => [
  zones(0, 'longViolation', first),
  zones(16, 'noViolation', first),
  zones(32, 'zoneTamper', first),
]
const PART_8: readonly Block[] = Array.from({ length: 8 }, (_, address): Block[] => [
  ...GSM_FLAGS.map((flags, i): Block => ({ at: address * 8 + i, flags, source: 'keypad', number: address })),
  { at: address * 8 + 4, error: 'gsmSim1Error', source: 'keypad', number: address },
  { at: address * 8 + 6, error: 'gsmSim2Error', source: 'keypad', number: address },
]).flat()

/** Layout of every trouble block (reference 4.4). Offsets are payload offsets. */
const LAYOUT: Readonly<Record<TroublePart, { bytes: number; memory: boolean; blocks: readonly Block[] }>> = {
  troubles1: { bytes: 47, memory: false, blocks: PART_1 },
  troubles2: { bytes: 26, memory: false, blocks: PART_2 },
  troubles3: {
    bytes: 60,
    memory: false,
    blocks: [{ at: 0, bytes: 15, levels: 'radioJamming', source: 'acu100', first: 1 }, ...radios(15, 1)],
  },
  troubles4: { bytes: 30, memory: false, blocks: PART_4 },
  troubles5: {
    bytes: 31,
    memory: false,
    blocks: [
      { at: 0, bytes: 1, bits: 'masterFobBattery', source: 'master', first: 1 },
      { at: 1, bytes: 30, bits: 'userFobBattery', source: 'user', first: 1 },
    ],
  },
  troubles6: { bytes: 45, memory: false, blocks: radios(0, 121) },
  troubles7: {
    bytes: 47,
    memory: false,
    blocks: [
      zones(0, 'technicalZone', 129),
      zones(16, 'technicalZone', 129, true),
      { at: 32, bytes: 15, levels: 'radioJamming', source: 'acu100', first: 16 },
    ],
  },
  troubles8: { bytes: 64, memory: false, blocks: PART_8 },
  troubleMemory1: { bytes: 47, memory: true, blocks: PART_1 },
  troubleMemory2: {
    bytes: 39,
    memory: true,
    blocks: [
      ...PART_2,
      keypads(26, 'keypadRestart'),
      expanders(27, 'expanderRestart'),
      { at: 35, error: 'simError', source: 'panel', number: 0 },
      { at: 37, error: 'simErrorMemory', source: 'panel', number: 0 },
    ],
  },
  troubleMemory3: {
    bytes: 60,
    memory: true,
    blocks: [
      // 256 Plus only, zeros elsewhere: the last 14 modules, now and in memory.
      { at: 0, bytes: 2, bits: 'addressableShortOrJam', source: 'addressable', first: 17, memory: false },
      { at: 2, bytes: 2, bits: 'addressableShortOrJam', source: 'addressable', first: 17 },
      ...radios(15, 1),
    ],
  },
  troubleMemory4: { bytes: 30, memory: true, blocks: PART_4 },
  troubleMemory5: { bytes: 48, memory: true, blocks: zoneTriple(1) },
  troubleMemory6: { bytes: 45, memory: true, blocks: radios(0, 121) },
  troubleMemory7: { bytes: 48, memory: true, blocks: zoneTriple(129) },
  troubleMemory8: { bytes: 64, memory: true, blocks: PART_8 },
}

const DEFAULT_CONTEXT: TroubleContext = { zonesOnBoard: 16, wrl: false }

export const TROUBLE_PARTS = Object.keys(LAYOUT) as readonly TroublePart[]

/** Part of a command number 0x1B..0x24, 0x2C..0x31. */
export function troublePart(command: number): TroublePart | undefined {
  return TROUBLE_PARTS.find((part) => COMMAND[part] === command)
}

function firstNumber(block: Extract<Block, { bits: TroubleName }>, context: TroubleContext): number {
  return block.first + (block.radio ? context.zonesOnBoard : 0)
}

function flagName(name: TroubleName, context: TroubleContext): TroubleName {
  return name === 'phoneLineNoVoltage' && context.wrl ? 'auxiliaryProcessor' : name
}

function bcd(high: number, low: number): number {
  return (high >> 4) * 1000 + (high & 15) * 100 + (low >> 4) * 10 + (low & 15)
}

/** Every trouble of a part, in wire order; undefined when the length is not that of the part. */
export function decodeTroubles(
  part: TroublePart,
  payload: Uint8Array,
  context: TroubleContext = DEFAULT_CONTEXT,
): Trouble[] | undefined {
  const layout = LAYOUT[part]
  if (payload.length !== layout.bytes) return undefined
  const troubles: Trouble[] = []
  for (const block of layout.blocks) decodeBlock(block, payload, context, layout.memory, troubles)
  return troubles
}

function decodeBlock(
  block: Block,
  payload: Uint8Array,
  context: TroubleContext,
  memory: boolean,
  into: Trouble[],
): void {
  const b = (i: number) => payload[i] ?? 0
  if ('bits' in block) {
    const first = firstNumber(block, context)
    for (let i = 0; i < block.bytes * 8; i++) {
      if (((b(block.at + (i >> 3)) >> (i & 7)) & 1) === 0) continue
      into.push({ name: block.bits, source: block.source, number: first + i, memory: block.memory ?? memory })
    }
  } else if ('flags' in block) {
    for (let i = 0; i < block.flags.length; i++) {
      const name = block.flags[i]
      if (name === undefined || ((b(block.at) >> i) & 1) === 0) continue
      into.push({ name: flagName(name, context), source: block.source, number: block.number, memory })
    }
  } else if ('levels' in block) {
    for (let i = 0; i < block.bytes; i++) {
      const value = b(block.at + i)
      if (value !== 0) into.push({ name: block.levels, source: block.source, number: block.first + i, memory, value })
    }
  } else {
    const value = bcd(b(block.at), b(block.at + 1))
    if (value !== 0) into.push({ name: block.error, source: block.source, number: block.number, memory, value })
  }
}

/** The block with exactly the given troubles of this part set; troubles of other parts are ignored. */
export function encodeTroubles(
  part: TroublePart,
  troubles: Iterable<Trouble>,
  context: TroubleContext = DEFAULT_CONTEXT,
): Uint8Array {
  const layout = LAYOUT[part]
  const payload = new Uint8Array(layout.bytes)
  for (const trouble of troubles) {
    for (const block of layout.blocks) encodeInto(block, payload, context, layout.memory, trouble)
  }
  return payload
}

function encodeInto(block: Block, payload: Uint8Array, context: TroubleContext, memory: boolean, it: Trouble): void {
  if (block.source !== it.source) return
  const set = (at: number, mask: number) => {
    payload[at] = (payload[at] ?? 0) | mask
  }
  if ('bits' in block) {
    const index = it.number - firstNumber(block, context)
    const inMemory = block.memory ?? memory
    if (block.bits !== it.name || inMemory !== it.memory || index < 0 || index >= block.bytes * 8) return
    set(block.at + (index >> 3), 1 << (index & 7))
  } else if (memory !== it.memory) {
    return
  } else if ('flags' in block) {
    const bit = block.flags.findIndex((name) => name !== undefined && flagName(name, context) === it.name)
    if (bit >= 0 && block.number === it.number) set(block.at, 1 << bit)
  } else if ('levels' in block) {
    const index = it.number - block.first
    if (block.levels === it.name && index >= 0 && index < block.bytes) payload[block.at + index] = it.value ?? 1
  } else if (block.error === it.name && block.number === it.number) {
    const digits = String(it.value ?? 0)
      .padStart(4, '0')
      .slice(-4)
    payload[block.at] = Number.parseInt(digits.slice(0, 2), 16)
    payload[block.at + 1] = Number.parseInt(digits.slice(2), 16)
  }
}
