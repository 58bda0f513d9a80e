import { COMMAND } from '../codec/command-numbers.ts'
import { STATE_TABLE, type StateRow } from '../codec/state-table.ts'
import type { CommandContext } from '../commands/command.ts'

/** Reading order after a list of new data: what an operator must learn first comes first (reference 8.2). */
const URGENCY: readonly number[] = [
  COMMAND.partitionsAlarm,
  COMMAND.partitionsFireAlarm,
  COMMAND.zonesAlarm,
  COMMAND.zonesTamperAlarm,
  COMMAND.partitionsVerifiedAlarm,
  COMMAND.partitionsWarningAlarm,
  COMMAND.partitionsEntryDelay,
  COMMAND.partitionsExitDelayLong,
  COMMAND.partitionsExitDelayShort,
  COMMAND.partitionsArmed,
  COMMAND.partitionsArmedMode1,
  COMMAND.partitionsArmedMode2,
  COMMAND.partitionsArmedMode3,
  COMMAND.zonesViolated,
  COMMAND.zonesTampered,
  COMMAND.outputsOn,
  COMMAND.zonesBypassed,
  COMMAND.zonesIsolated,
]

/** Read together whenever one of {@link ARMING_TRIGGERS} changed, so that a partition's composed state fits together. */
const ARMING_GROUP: readonly number[] = [
  COMMAND.partitionsAlarm,
  COMMAND.partitionsFireAlarm,
  COMMAND.partitionsEntryDelay,
  COMMAND.partitionsExitDelayLong,
  COMMAND.partitionsExitDelayShort,
  COMMAND.partitionsArmed,
  COMMAND.partitionsArmedMode1,
  COMMAND.partitionsArmedMode2,
  COMMAND.partitionsArmedMode3,
]

function inArmingTriggers(command: number): boolean {
  return (command >= 0x09 && command <= 0x16) || command === 0x25 || command === 0x27 || isMode1Or2B(command)
}
function isMode1Or2B(command: number): boolean {
  return command === 0x2a || command === 0x2b
}

/** Changes of these mean that the event memory has probably grown (reference 8.3 step 8). */
export function hintsAtMemory(command: number): boolean {
  return command <= 0x05 || (command >= 0x09 && command <= 0x17) || (command >= 0x1b && command <= 0x31)
}

const ORDER: readonly number[] = [
  ...URGENCY,
  ...STATE_TABLE.map((row) => row.command).filter((command) => !URGENCY.includes(command)),
]

/** Whether this module and panel answer a state read. */
export function isAvailable(row: StateRow, context: CommandContext): boolean {
  // Masking means something on Plus panels only (reference 6.1) and costs a version 1 module seconds.
  if (row.command === COMMAND.zonesMasked || row.command === COMMAND.zonesMaskedMemory) {
    return context.v2 || context.panel?.plus !== false
  }
  if (row.availability === 'capability1') return context.capabilities.part8
  // Parts 6 and 7 speak of devices a panel up to 128 zones does not have.
  if (row.availability === 'v2') return context.v2 && (context.panel === undefined || context.panel.zones > 128)
  return true
}

/**
 * States a panel may lawfully leave unanswered. Missing one of them twice takes it off the plan; missing any other
 * means that the panel is not read, and the link must not pretend that it is.
 */
export function isOptional(command: number): boolean {
  if (command >= 0x1b && command <= 0x24) return true
  if (command >= 0x2c && command <= 0x31) return true
  return [0x07, 0x08, 0x0d, 0x11, 0x12, 0x18, 0x19, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2b].includes(command)
}

/** On v1 these take up to 5 s (reference 4.1), during which nothing else can be asked. */
export function isSlow(command: number, context: Pick<CommandContext, 'v2'>): boolean {
  return !context.v2 && (command === 0x28 || command === 0x29 || isMode1Or2B(command))
}

/** Everything this panel answers, most urgent first, what is slow last. The clock is read by the keep-alive and is not part of it. */
export function fullPlan(context: CommandContext, skipped: ReadonlySet<number>): number[] {
  const available = new Set(STATE_TABLE.filter((row) => isAvailable(row, context)).map((row) => row.command))
  const plan = ORDER.filter((command) => available.has(command) && !skipped.has(command) && command !== COMMAND.clock)
  return [...plan.filter((command) => !isSlow(command, context)), ...plan.filter((command) => isSlow(command, context))]
}

/**
 * What to read after a new-data list.
 *
 * @param mask answer to 0x7F; bits that are no state read are ignored
 * @param plan the full plan of this panel; only its members are read
 */
export function changedPlan(mask: Uint8Array, plan: readonly number[], context: Pick<CommandContext, 'v2'>): number[] {
  let arming = false
  for (let command = 0x09; command <= 0x2b && !arming; command++) {
    if (hasCommand(mask, command) && inArmingTriggers(command)) arming = true
  }
  return plan.filter((command) => {
    if (hasCommand(mask, command)) return true
    return isSlow(command, context) ? isImpliedOnV1(mask, command) : arming && ARMING_GROUP.includes(command)
  })
}

/**
 * The list of a v1 module ends at 0x27 and never names the slow states. Mode 1 can only have changed together with
 * arming, a warning alarm only with the entry delay before it; the masks wait for the full read.
 */
function isImpliedOnV1(mask: Uint8Array, command: number): boolean {
  if (command === COMMAND.partitionsArmedMode1) {
    return [0x09, 0x0a, 0x0b, 0x0c].some((changed) => hasCommand(mask, changed))
  }
  return command === COMMAND.partitionsWarningAlarm && hasCommand(mask, COMMAND.partitionsEntryDelay)
}

export function hasCommand(mask: Uint8Array, command: number): boolean {
  return (((mask[command >> 3] ?? 0) >> (command & 7)) & 1) === 1
}

/** Whether a new-data list names anything but the clock: most answers of a quiet panel do not. */
export function isQuiet(mask: Uint8Array): boolean {
  for (let i = 0; i < mask.length; i++) {
    const byte = mask[i] as number
    if (byte !== 0 && (i !== COMMAND.clock >> 3 || byte !== 1 << (COMMAND.clock & 7))) return false
  }
  return true
}
