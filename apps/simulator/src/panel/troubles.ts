import { COMMAND } from '@stam/integra/codec'
import { SimulatorError } from '../simulator-error.ts'
import type { PanelSignal, VirtualPanel } from './virtual-panel.ts'

/** What the number in a trouble action counts. */
export type TroubleIndex = 'none' | 'output' | 'station' | 'bus' | 'expander' | 'keypad' | 'zone' | 'user'

/** One trouble of the panel: where its bit is and what it writes (reference 4.4 and 5.4). */
interface Trouble {
  readonly index: TroubleIndex
  readonly first: number
  readonly last: number
  /** Slot and bit number (1-based: byte * 8 + bit + 1) of the live bit. */
  readonly place: (panel: VirtualPanel, index: number) => readonly [slot: number, number: number]
  readonly memory?: (panel: VirtualPanel, index: number) => readonly [slot: number, number: number]
  readonly signal?: (panel: VirtualPanel, index: number) => Omit<PanelSignal, 'restore'>
  readonly delay?: 'acLossDelayMs' | 'batteryDelayMs'
}

/** Parts whose memory has the same layout. */
const MEMORY_SLOT: Readonly<Record<number, number>> = {
  [COMMAND.troubles1]: COMMAND.troubleMemory1,
  [COMMAND.troubles2]: COMMAND.troubleMemory2,
  [COMMAND.troubles3]: COMMAND.troubleMemory3,
  [COMMAND.troubles4]: COMMAND.troubleMemory4,
  [COMMAND.troubles6]: COMMAND.troubleMemory6,
  [COMMAND.troubles8]: COMMAND.troubleMemory8,
}

const at = (byte: number, bit: number): number => byte * 8 + bit + 1
const EXPANDER_SOURCE = 129
const KEYPAD_SOURCE = 193

function system(byte: number, bit: number, code: number, more: Partial<Trouble> = {}): Trouble {
  return {
    index: 'none',
    first: 0,
    last: 0,
    place: () => [COMMAND.troubles1, at(byte, bit)],
    signal: () => ({ code }),
    ...more,
  }
}

/** One bit per expander address, 8 bytes from `byte`. */
function expander(slot: number, byte: number, code: number): Trouble {
  return {
    index: 'expander',
    first: 0,
    last: 63,
    place: (_panel, index) => [slot, byte * 8 + index + 1],
    signal: (_panel, index) => ({ code, source: EXPANDER_SOURCE + index }),
  }
}

/** One bit per keypad-bus address, 1 byte. */
function keypad(slot: number, byte: number, code: number): Trouble {
  return {
    index: 'keypad',
    first: 0,
    last: 7,
    place: (_panel, index) => [slot, byte * 8 + index + 1],
    signal: (_panel, index) => ({ code, source: KEYPAD_SOURCE + index }),
  }
}

/** Part 8: eight bytes per INT-GSM, one block per keypad-bus address. */
function gsm(byte: number, bit: number, code: number): Trouble {
  return {
    index: 'keypad',
    first: 0,
    last: 7,
    place: (_panel, index) => [COMMAND.troubles8, at(index * 8 + byte, bit)],
    signal: (_panel, index) => ({ code, source: KEYPAD_SOURCE + index }),
  }
}

/** Radio device i of part 3, or i - 120 of part 6, belongs to zone i + 1 + zones on the main board (reference 4.4). */
function radio(part3Byte: number, part6Byte: number, code: number): Trouble {
  return {
    index: 'zone',
    first: 1,
    last: 256,
    place: (panel, zone) => {
      const device = zone - 1 - panel.layout.type.zonesOnBoard
      if (device < 0) {
        throw new SimulatorError('INVALID_REQUEST', `zone ${zone} is on the main board, it has no radio`)
      }
      return device < 120
        ? [COMMAND.troubles3, part3Byte * 8 + device + 1]
        : [COMMAND.troubles6, part6Byte * 8 + (device - 120) + 1]
    },
    signal: (panel, zone) => ({ code, object: zone, partition: panel.layout.zone(zone)?.partition ?? 1 }),
  }
}

/** A zone fault with a state read of its own; `block` counts 16-byte blocks of its memory (24 or 2F). */
function zoneFault(slot: number, block: number | undefined, code: number): Trouble {
  return {
    index: 'zone',
    first: 1,
    last: 256,
    place: (_panel, zone) => [slot, zone],
    memory: (_panel, zone) =>
      block === undefined
        ? [COMMAND.zonesMaskedMemory, zone]
        : [zone <= 128 ? COMMAND.troubleMemory5 : COMMAND.troubleMemory7, block * 128 + ((zone - 1) % 128) + 1],
    signal: (panel, zone) => ({ code, object: zone, partition: panel.layout.zone(zone)?.partition ?? 1 }),
  }
}

const DATA_BUS_BIT = [2, 0, 1] as const

const TROUBLES = {
  ac_loss: system(40, 7, 301, { delay: 'acLossDelayMs' }),
  battery_low: system(40, 6, 302, { delay: 'batteryDelayMs' }),
  battery_missing: system(41, 5, 302),
  output_overload: system(40, 0, 95, {
    index: 'output',
    first: 1,
    last: 4,
    place: (_panel, output) => [COMMAND.troubles1, at(40, output - 1)],
    signal: (_panel, output) => ({ code: 95, object: output }),
  }),
  keypad_supply: system(40, 4, 312),
  expander_supply: system(40, 5, 312),
  data_bus: system(41, 0, 333, {
    index: 'bus',
    first: 0,
    last: 2,
    place: (_panel, bus) => [COMMAND.troubles1, at(41, DATA_BUS_BIT[bus] ?? 0)],
    signal: (_panel, bus) => ({ code: 333, source: bus }),
  }),
  phone_line: system(42, 0, 351),
  reporting: system(42, 3, 350, {
    index: 'station',
    first: 1,
    last: 2,
    place: (_panel, station) => [COMMAND.troubles1, at(42, 2 + station)],
  }),
  time_server: system(46, 4, 1015),
  network: keypad(COMMAND.troubles1, 43, 1002),
  server_rejected: keypad(COMMAND.troubles1, 44, 979),
  server_unreachable: keypad(COMMAND.troubles1, 45, 980),
  expander_ac_loss: expander(COMMAND.troubles1, 16, 301),
  expander_battery_low: expander(COMMAND.troubles1, 24, 302),
  expander_battery_missing: expander(COMMAND.troubles1, 32, 302),
  reader_a: expander(COMMAND.troubles2, 0, 330),
  reader_b: expander(COMMAND.troubles2, 8, 330),
  expander_overload: expander(COMMAND.troubles2, 16, 312),
  jamming: { ...expander(COMMAND.troubles2, 24, 344), last: 15 },
  radio_battery: radio(15, 0, 384),
  radio_lost: radio(30, 15, 381),
  expander_missing: expander(COMMAND.troubles4, 0, 300),
  expander_substituted: expander(COMMAND.troubles4, 8, 92),
  keypad_missing: keypad(COMMAND.troubles4, 16, 300),
  lan_cable: keypad(COMMAND.troubles4, 18, 78),
  fob_battery: {
    index: 'user',
    first: 1,
    last: 248,
    place: (_panel, user) => [COMMAND.troubles5, user <= 240 ? 8 + user : user - 240],
  },
  gsm_network: gsm(1, 4, 88),
  gsm_jamming: gsm(2, 2, 344),
  sim1_credit: gsm(1, 6, 971),
  sim2_credit: gsm(1, 7, 972),
  zone_no_violation: zoneFault(COMMAND.zonesNoViolationTrouble, 1, 98),
  zone_long_violation: zoneFault(COMMAND.zonesLongViolationTrouble, 0, 97),
  zone_masked: zoneFault(COMMAND.zonesMasked, undefined, 380),
  expander_tamper: {
    ...expander(COMMAND.troubles4, 19, 145),
    signal: (_panel, index) => ({ code: 145, source: EXPANDER_SOURCE + index }),
  },
  keypad_tamper: keypad(COMMAND.troubles4, 27, 145),
} as const satisfies Record<string, Trouble>

export type TroubleName = keyof typeof TROUBLES
export const troubleNames = Object.keys(TROUBLES) as [TroubleName, ...TroubleName[]]

/** What the `index` of a trouble counts, for documentation and forms. */
export function troubleIndex(name: TroubleName): { index: TroubleIndex; first: number; last: number } {
  const { index, first, last } = TROUBLES[name]
  return { index, first, last }
}

function resolve(name: TroubleName, given: number | undefined): { trouble: Trouble; index: number } {
  const trouble: Trouble = TROUBLES[name]
  const index = given ?? trouble.first
  if (index < trouble.first || index > trouble.last) {
    throw new SimulatorError(
      'INVALID_REQUEST',
      `trouble ${name} takes an index of ${trouble.first} to ${trouble.last} (${trouble.index})`,
    )
  }
  return { trouble, index }
}

/** Raises a trouble, after its delay unless `now`. @returns false when it is present or on its way already */
export function raiseTrouble(panel: VirtualPanel, name: TroubleName, given?: number, now = false): boolean {
  const { trouble, index } = resolve(name, given)
  const [slot, number] = trouble.place(panel, index)
  if (panel.state.has(slot, number)) return false
  const timer = `trouble:${name}:${index}`
  const delay = trouble.delay === undefined || now ? 0 : panel.spec.timing[trouble.delay]
  if (delay > 0) {
    if (panel.hasTimer(timer)) return false
    panel.timer(timer, delay, () => setTrouble(panel, trouble, index))
    return true
  }
  panel.cancelTimer(timer)
  setTrouble(panel, trouble, index)
  return true
}

function setTrouble(panel: VirtualPanel, trouble: Trouble, index: number): void {
  const [slot, number] = trouble.place(panel, index)
  panel.state.set(slot, number, true)
  const memorySlot = MEMORY_SLOT[slot]
  const memory = trouble.memory?.(panel, index) ?? (memorySlot === undefined ? undefined : [memorySlot, number])
  if (memory !== undefined) panel.state.set(memory[0] as number, memory[1] as number, true)
  const signal = trouble.signal?.(panel, index)
  if (signal !== undefined) panel.record(signal)
}

/** Ends a trouble. @returns false when there was none */
export function endTrouble(panel: VirtualPanel, name: TroubleName, given?: number): boolean {
  const { trouble, index } = resolve(name, given)
  if (panel.cancelTimer(`trouble:${name}:${index}`)) return true
  const [slot, number] = trouble.place(panel, index)
  if (!panel.state.set(slot, number, false)) return false
  const signal = trouble.signal?.(panel, index)
  if (signal !== undefined) panel.record({ ...signal, restore: true })
  return true
}

/** Names and indices of the troubles that are present now. */
export function presentTroubles(panel: VirtualPanel): { trouble: TroubleName; index: number }[] {
  const present: { trouble: TroubleName; index: number }[] = []
  for (const name of troubleNames) {
    const trouble: Trouble = TROUBLES[name]
    for (let index = trouble.first; index <= trouble.last; index++) {
      if (trouble.index === 'zone' && panel.layout.zone(index) === undefined) continue
      if (name.startsWith('radio_') && index <= panel.layout.type.zonesOnBoard) continue
      const [slot, number] = trouble.place(panel, index)
      if (panel.state.has(slot, number)) present.push({ trouble: name, index })
    }
  }
  return present
}
