import { COMMAND } from '@stam/integra/codec'
import type { OutputSpec } from './panel-spec.ts'
import { hasTroubles } from './trouble-status.ts'
import type { VirtualPanel } from './virtual-panel.ts'

export const OUTPUT_MONO = 24
export const OUTPUT_BI = 25
const ROLLER_UP = 105
const ROLLER_DOWN = 106
const DOOR_CARD = 101

/** How 0x88, 0x89 and 0x91 move an output; undefined for functions that do not react to them (reference 6.3). */
export function outputControl(outputFunction: number): 'mono' | 'bi' | undefined {
  if (outputFunction === OUTPUT_BI) return 'bi'
  if (outputFunction === OUTPUT_MONO || outputFunction === ROLLER_UP || outputFunction === ROLLER_DOWN) return 'mono'
  // Telephone relays, one source only.
  if ((outputFunction >= 64 && outputFunction <= 79) || outputFunction === 98) return 'bi'
  return undefined
}

/** Whether 0x8A opens it. */
export function opensDoor(outputFunction: number): boolean {
  return outputFunction === DOOR_CARD
}

type Follows = (panel: VirtualPanel, partitions: readonly number[]) => boolean

const anyPartition =
  (...slots: number[]): Follows =>
  (panel, partitions) =>
    slots.some((slot) => partitions.some((number) => panel.state.has(slot, number)))

const anyZone =
  (slot: number): Follows =>
  (panel, partitions) =>
    panel.state.any(slot) &&
    partitions.some((number) => panel.layout.zonesOf(number).some((zone) => panel.state.has(slot, zone.number)))

/** Byte 40 of troubles part 1 is the first of the three bytes of system troubles (reference 4.4). */
const systemTrouble =
  (byte: number, bit: number): Follows =>
  (panel) =>
    panel.state.has(COMMAND.troubles1, byte * 8 + bit + 1)

const isArmed = anyPartition(COMMAND.partitionsArmed)

const FUNCTIONS: Readonly<Record<number, Follows>> = {
  1: anyPartition(COMMAND.partitionsAlarm),
  2: anyPartition(COMMAND.partitionsAlarm, COMMAND.partitionsFireAlarm),
  3: anyPartition(COMMAND.partitionsFireAlarm),
  8: anyZone(COMMAND.zonesTamperAlarm),
  14: anyZone(COMMAND.zonesViolated),
  15: (panel, partitions) => !isArmed(panel, partitions),
  16: isArmed,
  17: (panel, partitions) => !anyZone(COMMAND.zonesViolated)(panel, partitions),
  18: anyZone(COMMAND.zonesBypassed),
  19: anyPartition(COMMAND.partitionsExitDelayLong, COMMAND.partitionsExitDelayShort),
  20: anyPartition(COMMAND.partitionsEntryDelay),
  21: isArmed,
  22: (panel, partitions) => partitions.every((number) => panel.state.has(COMMAND.partitionsArmed, number)),
  27: (panel) => hasTroubles(panel.state),
  28: systemTrouble(40, 7),
  31: systemTrouble(40, 6),
  38: (panel) => panel.inServiceMode,
  41: () => true,
  42: isArmed,
  45: anyPartition(COMMAND.partitionsTemporarilyBlocked),
  86: (panel) => panel.state.any(COMMAND.doorsOpen),
  87: (panel) => panel.state.any(COMMAND.doorsOpenLong),
  88: anyPartition(COMMAND.partitionsAlarm),
  111: anyPartition(COMMAND.partitionsVerifiedAlarm),
  115: isArmed,
  116: anyPartition(COMMAND.partitionsAlarm, COMMAND.partitionsFireAlarm),
  117: anyZone(COMMAND.zonesTampered),
}

/** What an output that follows the panel must be; undefined for one that is switched by command or not at all. */
export function outputIsOn(output: OutputSpec, panel: VirtualPanel): boolean | undefined {
  const follows = FUNCTIONS[output.function]
  if (follows === undefined) return undefined
  return follows(panel, output.partitions ?? panel.layout.partitions.map(({ number }) => number))
}
