import { COMMAND } from './command-numbers.ts'

/** What the bits of a state answer count. `expander` bits are addresses 0..63; `troubles` are structured blocks. */
export type StateObjects = 'zone' | 'partition' | 'output' | 'expander' | 'clock' | 'troubles'

export interface StateRow {
  readonly name: StateName
  readonly command: number
  readonly objects: StateObjects
  /** Data bytes of the ordinary answer. */
  readonly bytes: number
  /** Data bytes of the answer to a request with one extra byte; equal to `bytes` where the extra byte changes nothing. */
  readonly wideBytes: number
  /** Modules that answer it: all, v2 only, or v2 with capability bit 1 of 0x7C. */
  readonly availability: 'all' | 'v2' | 'capability1'
}

/** Names of the state reads 0x00..0x31, equal to the keys of {@link COMMAND}. */
export type StateName = keyof Pick<
  typeof COMMAND,
  | `zones${
      | 'Violated'
      | 'Tampered'
      | 'Alarm'
      | 'TamperAlarm'
      | 'AlarmMemory'
      | 'TamperAlarmMemory'
      | 'Bypassed'
      | 'NoViolationTrouble'
      | 'LongViolationTrouble'
      | 'Isolated'
      | 'Masked'
      | 'MaskedMemory'}`
  | `partitions${
      | 'ArmedSuppressed'
      | 'Armed'
      | 'ArmedMode1'
      | 'ArmedMode2'
      | 'ArmedMode3'
      | 'FirstCode'
      | 'EntryDelay'
      | 'ExitDelayLong'
      | 'ExitDelayShort'
      | 'TemporarilyBlocked'
      | 'GuardBlocked'
      | 'Alarm'
      | 'FireAlarm'
      | 'AlarmMemory'
      | 'FireAlarmMemory'
      | 'Violated'
      | 'VerifiedAlarm'
      | 'WarningAlarm'}`
  | 'outputsOn'
  | 'doorsOpen'
  | 'doorsOpenLong'
  | 'clock'
  | `troubles${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`
  | `troubleMemory${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`
>

function rows(
  objects: StateObjects,
  bytes: number,
  names: readonly StateName[],
  availability: StateRow['availability'] = 'all',
): StateRow[] {
  const wideBytes = objects === 'zone' || objects === 'output' ? 32 : bytes
  return names.map((name) => ({ name, command: COMMAND[name], objects, bytes, wideBytes, availability }))
}

/** Every state read of the protocol, by command number (reference 4.1). */
export const STATE_TABLE: readonly StateRow[] = [
  ...rows('zone', 16, [
    'zonesViolated',
    'zonesTampered',
    'zonesAlarm',
    'zonesTamperAlarm',
    'zonesAlarmMemory',
    'zonesTamperAlarmMemory',
    'zonesBypassed',
    'zonesNoViolationTrouble',
    'zonesLongViolationTrouble',
    'zonesIsolated',
    'zonesMasked',
    'zonesMaskedMemory',
  ]),
  ...rows('partition', 4, [
    'partitionsArmedSuppressed',
    'partitionsArmed',
    'partitionsArmedMode1',
    'partitionsArmedMode2',
    'partitionsArmedMode3',
    'partitionsFirstCode',
    'partitionsEntryDelay',
    'partitionsExitDelayLong',
    'partitionsExitDelayShort',
    'partitionsTemporarilyBlocked',
    'partitionsGuardBlocked',
    'partitionsAlarm',
    'partitionsFireAlarm',
    'partitionsAlarmMemory',
    'partitionsFireAlarmMemory',
    'partitionsViolated',
    'partitionsVerifiedAlarm',
    'partitionsWarningAlarm',
  ]),
  ...rows('output', 16, ['outputsOn']),
  ...rows('expander', 8, ['doorsOpen', 'doorsOpenLong']),
  ...rows('clock', 9, ['clock']),
  ...rows('troubles', 47, ['troubles1', 'troubleMemory1']),
  ...rows('troubles', 26, ['troubles2']),
  ...rows('troubles', 39, ['troubleMemory2']),
  ...rows('troubles', 60, ['troubles3', 'troubleMemory3']),
  ...rows('troubles', 30, ['troubles4', 'troubleMemory4']),
  ...rows('troubles', 31, ['troubles5']),
  ...rows('troubles', 48, ['troubleMemory5']),
  ...rows('troubles', 45, ['troubles6', 'troubleMemory6'], 'v2'),
  ...rows('troubles', 47, ['troubles7'], 'v2'),
  ...rows('troubles', 48, ['troubleMemory7'], 'v2'),
  ...rows('troubles', 64, ['troubles8', 'troubleMemory8'], 'capability1'),
].sort((a, b) => a.command - b.command)

const byCommand: readonly (StateRow | undefined)[] = Array.from({ length: 0x32 }, (_, command) =>
  STATE_TABLE.find((row) => row.command === command),
)
const byName = new Map(STATE_TABLE.map((row) => [row.name, row]))

/** Row of a state read by command number, undefined for every other command. */
export function stateRow(command: number): StateRow | undefined {
  return byCommand[command]
}

export function stateRowByName(name: StateName): StateRow {
  return byName.get(name) as StateRow
}

/** Whether an answer (or a push) to this read may have that many data bytes; pushes are wide whatever was asked. */
export function isStateLength(row: StateRow, bytes: number): boolean {
  return bytes === row.bytes || bytes === row.wideBytes
}
