import type { PanelBits, PartitionState } from '@stam/contracts'

/**
 * Display state of a partition (protocol reference 4.1): the most urgent thing its bits say. Modes: 1 = full with
 * bypasses is shown as such, 2 = without interior (stay), 3 = without interior and entry delay (away in STAM's words).
 */
export function partitionState(bits: PanelBits, partition: number): PartitionState {
  if (bits.partitions_fire_alarm.includes(partition)) return 'FIRE_ALARM'
  if (bits.partitions_alarm.includes(partition)) return 'ALARM'
  if (bits.partitions_entry_delay.includes(partition)) return 'ENTRY_DELAY'
  if (bits.partitions_exit_delay.includes(partition)) return 'EXIT_DELAY'
  if (!bits.partitions_armed.includes(partition)) return 'DISARMED'
  if (bits.partitions_armed_mode1.includes(partition)) return 'ARMED_MODE_1'
  if (bits.partitions_armed_mode2.includes(partition)) return 'ARMED_STAY'
  if (bits.partitions_armed_mode3.includes(partition)) return 'ARMED_AWAY'
  return 'ARMED_FULL'
}

export const zoneStates = [
  'ALARM',
  'TAMPER_ALARM',
  'TAMPERED',
  'MASKED',
  'ISOLATED',
  'BYPASSED',
  'VIOLATED',
  'ALARM_MEMORY',
  'NORMAL',
] as const
export type ZoneState = (typeof zoneStates)[number]

/** Display state of a zone, the most urgent first. */
export function zoneState(bits: PanelBits, zone: number): ZoneState {
  if (bits.zones_alarm.includes(zone)) return 'ALARM'
  if (bits.zones_tamper_alarm.includes(zone)) return 'TAMPER_ALARM'
  if (bits.zones_tampered.includes(zone)) return 'TAMPERED'
  if (bits.zones_masked.includes(zone)) return 'MASKED'
  if (bits.zones_isolated.includes(zone)) return 'ISOLATED'
  if (bits.zones_bypassed.includes(zone)) return 'BYPASSED'
  if (bits.zones_violated.includes(zone)) return 'VIOLATED'
  if (bits.zones_alarm_memory.includes(zone)) return 'ALARM_MEMORY'
  return 'NORMAL'
}
