import { numbersToBits } from '../codec/bits.ts'
import type { WallTime } from '../codec/clock.ts'
import { COMMAND } from '../codec/command-numbers.ts'
import {
  ARM_AT_ONCE,
  type ControlFields,
  encodeControlRequest,
  type FirstCodeAction,
} from '../codec/control-requests.ts'
import type { CommandContext, PanelCommand } from './command.ts'

/** The user in whose name a command is given. Both are secrets. */
export interface Credentials {
  readonly code: string
  /** Only on panels that require prefixes. */
  readonly prefix?: string
}

export interface PartitionArgs extends Credentials {
  readonly partitions: readonly number[]
}
export interface ArmArgs extends PartitionArgs {
  /** Without bypasses and without delay; needs module capability bit 2. */
  readonly atOnce?: boolean
}
export interface ZoneArgs extends Credentials {
  readonly zones: readonly number[]
}
export interface OutputArgs extends Credentials {
  readonly outputs: readonly number[]
}
export interface DoorArgs extends OutputArgs {
  /** Expander addresses 0..63. */
  readonly expanders?: readonly number[]
}
export interface FirstCodeArgs extends PartitionArgs {
  readonly validitySeconds: number
  readonly action: FirstCodeAction
}
export interface ClockArgs extends Credentials {
  /** Wall time of the panel. */
  readonly time: WallTime
}

type Control<Args> = PanelCommand<Args, never>
const SECRETS = ['code', 'prefix'] as const

/** All controls share everything but number and fields. An empty mask would be a command without an object. */
function control<Args extends Credentials>(
  name: keyof typeof COMMAND,
  fields: (args: Args, context: CommandContext) => ControlFields,
  unsupported?: Control<Args>['unsupported'],
): Control<Args> {
  return {
    name,
    number: COMMAND[name],
    kind: 'control',
    encode: ({ code, prefix, ...rest }, context) => {
      const given = fields({ code, ...rest } as Args, context)
      return encodeControlRequest(COMMAND[name], { ...given, code, ...(prefix === undefined ? {} : { prefix }) })
    },
    matches: () => false,
    decode: () => undefined,
    secrets: SECRETS,
    ...(unsupported === undefined ? {} : { unsupported }),
  }
}

function mask(numbers: readonly number[], bytes: number): Uint8Array {
  if (numbers.length === 0) throw new RangeError('at least one number is needed')
  return numbersToBits(numbers, bytes)
}

const partitions = (args: PartitionArgs): ControlFields => ({ mask: mask(args.partitions, 4) })
const zones = (args: ZoneArgs, context: CommandContext): ControlFields => ({
  mask: mask(args.zones, context.maskBytes),
})
const outputs = (args: OutputArgs, context: CommandContext): ControlFields => ({
  mask: mask(args.outputs, context.maskBytes),
})

function armCommand(name: `arm${ArmMode}` | `forceArm${ArmMode}`): Control<ArmArgs> {
  return control<ArmArgs>(
    name,
    (args, context) => ({
      ...partitions(args),
      // Modules without the capability would take the longer request for a wrong one and stay silent.
      ...(context.capabilities.armOptions && args.atOnce === true ? { option: ARM_AT_ONCE } : {}),
    }),
    (args, context) =>
      args.atOnce === true && !context.capabilities.armOptions ? 'the module cannot arm without delay' : undefined,
  )
}

export type ArmMode = 0 | 1 | 2 | 3

/** 0x80..0x83. Mode 0 full; 1 full with bypasses; 2 without interior; 3 without interior and without entry delay. */
export const arm = {
  0: armCommand('arm0'),
  1: armCommand('arm1'),
  2: armCommand('arm2'),
  3: armCommand('arm3'),
} as const satisfies Record<ArmMode, Control<ArmArgs>>

/** 0xA0..0xA3, as {@link arm} but over violated zones. */
export const forceArm = {
  0: armCommand('forceArm0'),
  1: armCommand('forceArm1'),
  2: armCommand('forceArm2'),
  3: armCommand('forceArm3'),
} as const satisfies Record<ArmMode, Control<ArmArgs>>

export const disarm = control<PartitionArgs>('disarm', partitions)
export const clearAlarm = control<PartitionArgs>('clearAlarm', partitions)
export const bypassZones = control<ZoneArgs>('bypassZones', zones)
export const unbypassZones = control<ZoneArgs>('unbypassZones', zones)
export const isolateZones = control<ZoneArgs>('isolateZones', zones)
export const outputsOn = control<OutputArgs>('outputsOnCommand', outputs)
export const outputsOff = control<OutputArgs>('outputsOffCommand', outputs)
/** Never repeat it: a second one undoes the first. */
export const outputsToggle = control<OutputArgs>('outputsToggleCommand', outputs)
export const openDoor = control<DoorArgs>('openDoor', (args, context) => ({
  mask: numbersToBits(args.outputs, context.maskBytes),
  expanders: numbersToBits(
    (args.expanders ?? []).map((address) => address + 1),
    8,
  ),
}))
export const clearTroubleMemory = control<Credentials>('clearTroubleMemory', () => ({}))
export const enterFirstCode = control<FirstCodeArgs>('enterFirstCode', (args) => {
  if (!Number.isInteger(args.validitySeconds) || args.validitySeconds < 0 || args.validitySeconds > 0xffff) {
    throw new RangeError('validity is 0..65535 seconds')
  }
  return { ...partitions(args), validitySeconds: args.validitySeconds, action: args.action }
})
export const setClock = control<ClockArgs>('setClock', (args) => ({ time: args.time }))
