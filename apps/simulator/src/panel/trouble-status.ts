import { COMMAND } from '@stam/integra/codec'
import { INTERNAL_SLOT, type PanelState } from './panel-state.ts'

/** State reads whose bits mean that a trouble is present (0x1A byte 7 bit 6). */
const TROUBLE_SLOTS: readonly number[] = [
  COMMAND.zonesNoViolationTrouble,
  COMMAND.zonesLongViolationTrouble,
  COMMAND.zonesMasked,
  COMMAND.troubles1,
  COMMAND.troubles2,
  COMMAND.troubles3,
  COMMAND.troubles4,
  COMMAND.troubles5,
  COMMAND.troubles6,
  COMMAND.troubles8,
]
/** Troubles part 7 holds live bits and memory in one block: 16 bytes technical zones, 16 memory, 15 jam levels. */
const PART7_TECHNICAL = { from: 0, to: 16 }
const PART7_MEMORY = { from: 16, to: 32 }

const TROUBLE_MEMORY_SLOTS: readonly number[] = [
  COMMAND.troubleMemory1,
  COMMAND.troubleMemory2,
  COMMAND.troubleMemory3,
  COMMAND.troubleMemory4,
  COMMAND.troubleMemory5,
  COMMAND.troubleMemory6,
  COMMAND.troubleMemory7,
  COMMAND.troubleMemory8,
]

/** A change of any of these changes the status in 0x1A. */
export const STATUS_SLOTS: readonly number[] = [
  ...TROUBLE_SLOTS,
  ...TROUBLE_MEMORY_SLOTS,
  COMMAND.troubles7,
  INTERNAL_SLOT.flags,
]

function anyIn(bytes: Uint8Array, range: { from: number; to: number }): boolean {
  for (let i = range.from; i < range.to; i++) if (bytes[i] !== 0) return true
  return false
}

export function hasTroubles(state: PanelState): boolean {
  return TROUBLE_SLOTS.some((slot) => state.any(slot)) || anyIn(state.bytes(COMMAND.troubles7), PART7_TECHNICAL)
}

export function hasTroubleMemory(state: PanelState): boolean {
  return TROUBLE_MEMORY_SLOTS.some((slot) => state.any(slot)) || anyIn(state.bytes(COMMAND.troubles7), PART7_MEMORY)
}

/** Forgets every remembered trouble, as 0x8B does; zone memories of part 5 and 7 included. */
export function clearTroubleMemory(state: PanelState): void {
  for (const slot of TROUBLE_MEMORY_SLOTS) state.replace(slot, new Uint8Array(0))
  const part7 = state.bytes(COMMAND.troubles7).slice()
  part7.fill(0, PART7_MEMORY.from, PART7_MEMORY.to)
  state.replace(COMMAND.troubles7, part7)
  state.replace(COMMAND.zonesMaskedMemory, new Uint8Array(0))
}
