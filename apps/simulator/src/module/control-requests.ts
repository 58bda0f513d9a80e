import { bitsToNumbers, COMMAND, decodeSetClock, decodeUserCode } from '@stam/integra/codec'
import { type ArmMode, arm, armCheck, disarm } from '../panel/arming.ts'
import { releaseDoor } from '../panel/doors.ts'
import type { PanelUser } from '../panel/panel-users.ts'
import { setBypass, unbypass } from '../panel/perform-action.ts'
import { openOutputDoors, switchOutputs } from '../panel/switch-outputs.ts'
import { clearTroubleMemory } from '../panel/trouble-status.ts'
import { hasRight, type UserRight } from '../panel/user-rights.ts'
import type { VirtualPanel } from '../panel/virtual-panel.ts'
import { enterWrongCode, isLocked } from '../panel/wrong-codes.ts'
import { clearAlarm } from '../panel/zone-alarms.ts'
import { takesArmOption } from './module-profile.ts'
import type { Answer, RequestContext, RequestHandler } from './module-request.ts'
import { accepted, RESULT, result } from './result-answers.ts'

const CODE_BYTES = 8
const PARTITION_BYTES = 4
const ARM_NOW = 0x80
/** Number of the ETHM-1 in event records: first address of the keypad bus. */
const MODULE_SOURCE = 193

/** The user of a code field, or undefined after counting a wrong one. 4-byte fields carry no prefix. */
export function userOf(panel: VirtualPanel, field: Uint8Array): PanelUser | undefined {
  if (isLocked(panel)) return undefined
  const digits = decodeUserCode(field)
  const user = digits === undefined ? undefined : panel.users.byDigits(digits, field.length === CODE_BYTES)
  if (user === undefined) panel.transact(() => enterWrongCode(panel, 1, MODULE_SOURCE))
  else panel.wrongCodes = 0
  return user
}

type Control = (context: RequestContext, user: PanelUser, rest: Uint8Array, command: number) => Answer | undefined

/**
 * A command with an 8-byte code. Lengths are checked first: a frame of a wrong length is never answered. Then the
 * code (01), then the right (02).
 */
function control(
  lengths: (context: RequestContext) => readonly number[],
  right: UserRight | ((user: PanelUser) => boolean) | undefined,
  run: Control,
): RequestHandler {
  return (context, payload, command) => {
    if (!lengths(context).includes(payload.length - CODE_BYTES)) return undefined
    const user = userOf(context.panel, payload.subarray(0, CODE_BYTES))
    if (user === undefined) return result(RESULT.codeNotRecognised)
    const allowed =
      right === undefined ? true : typeof right === 'function' ? right(user) : hasRight(user.rights, right)
    if (!allowed) return result(RESULT.noAccess)
    if (context.panel.inServiceMode) return result(RESULT.otherError)
    return run(context, user, payload.subarray(CODE_BYTES), command)
  }
}

const exactly = (bytes: number) => (): readonly number[] => [bytes]
/** Zone and output masks: v1 takes 16 bytes, v2 also 32 and cuts what the panel has not (reference 4.6). */
const objectMask =
  (more = 0) =>
  ({ profile }: RequestContext): readonly number[] =>
    profile.generation === 1 ? [16 + more] : [16 + more, 32 + more]

/** Partitions of a mask that exist and belong to the user; the others are skipped without a word. */
function ownPartitions(panel: VirtualPanel, user: PanelUser, mask: Uint8Array): number[] {
  return bitsToNumbers(mask.subarray(0, PARTITION_BYTES)).filter(
    (number) => panel.layout.partition(number) !== undefined && ((user.partitions >>> (number - 1)) & 1) === 1,
  )
}

function ownZones(panel: VirtualPanel, user: PanelUser, mask: Uint8Array) {
  return bitsToNumbers(mask)
    .map((number) => panel.layout.zone(number))
    .filter((zone) => zone !== undefined)
    .filter((zone) => ((user.partitions >>> (zone.partition - 1)) & 1) === 1)
}

function armCommand(force: boolean): RequestHandler {
  const lengths = ({ profile }: RequestContext): readonly number[] =>
    takesArmOption(profile) ? [PARTITION_BYTES, PARTITION_BYTES + 1] : [PARTITION_BYTES]
  return control(lengths, 'arm', (context, user, rest, command) => {
    const { panel } = context
    const mode = (command & 0x0f) as ArmMode
    const partitions = ownPartitions(panel, user, rest)
    const lacksFirstCode = partitions.some(
      (number) =>
        panel.layout.partition(number)?.twoCodesToArm && !panel.state.has(COMMAND.partitionsFirstCode, number),
    )
    const check = lacksFirstCode ? 'cannot' : armCheck(panel, partitions, mode, force)
    if (check === 'may_force') return result(RESULT.mayForce)
    if (check === 'cannot') return result(RESULT.cannotArm)
    const now = rest[PARTITION_BYTES] === ARM_NOW
    return accepted(context, () => arm(panel, partitions, mode, { user: user.number }, { now, force }))
  })
}

const disarmCommand = control(exactly(PARTITION_BYTES), 'disarm', (context, user, rest) => {
  const { panel } = context
  const partitions = ownPartitions(panel, user, rest).filter(
    (number) =>
      !panel.layout.partition(number)?.twoCodesToDisarm || panel.state.has(COMMAND.partitionsFirstCode, number),
  )
  return accepted(context, () => disarm(panel, partitions, { user: user.number }))
})

const CLEAR_RIGHTS: readonly UserRight[] = ['clear_alarm_partition', 'clear_alarm_object', 'clear_alarm_system']

const clearAlarmCommand = control(
  exactly(PARTITION_BYTES),
  (user) => CLEAR_RIGHTS.some((right) => hasRight(user.rights, right)),
  (context, user, rest) => {
    const partitions = ownPartitions(context.panel, user, rest)
    return accepted(context, () => clearAlarm(context.panel, partitions, user.number))
  },
)

function bypassCommand(slot: number | undefined, right: UserRight | ((user: PanelUser) => boolean)): RequestHandler {
  return control(objectMask(), right, (context, user, rest) => {
    const { panel } = context
    const zones = ownZones(panel, user, rest)
    return accepted(context, () => {
      for (const zone of zones) {
        if (slot === undefined) unbypass(panel, zone)
        else setBypass(panel, zone, slot, true)
      }
    })
  })
}

function outputCommand(move: 'on' | 'off' | 'toggle'): RequestHandler {
  return control(objectMask(), 'control_outputs', (context, _user, rest) => {
    const numbers = bitsToNumbers(rest)
    return accepted(context, () => switchOutputs(context.panel, numbers, move))
  })
}

const openDoorCommand = control(objectMask(8), 'control_outputs', (context, _user, rest) => {
  const { panel } = context
  const outputs = bitsToNumbers(rest.subarray(0, rest.length - 8))
  const doors = bitsToNumbers(rest.subarray(rest.length - 8)).map((number) => number - 1)
  return accepted(context, () => {
    openOutputDoors(panel, outputs)
    for (const door of doors) if (panel.spec.expanders.some(({ address }) => address === door)) releaseDoor(panel, door)
  })
})

const clearTroubleMemoryCommand = control(exactly(0), 'view_troubles', (context, user) => {
  const { panel } = context
  return accepted(context, () => {
    clearTroubleMemory(panel.state)
    panel.record({ code: 69, source: user.number })
  })
})

const CANCEL_FIRST_CODE = 2

/** 0x8D: 4 partitions, validity in seconds (low byte first), and what the second code will do. */
const firstCodeCommand = control(exactly(PARTITION_BYTES + 3), 'first_code', (context, user, rest) => {
  const { panel } = context
  const partitions = ownPartitions(panel, user, rest)
  const seconds = (rest[4] as number) | ((rest[5] as number) << 8)
  const cancel = rest[6] === CANCEL_FIRST_CODE
  return accepted(context, () => {
    for (const partition of partitions) {
      if (!panel.state.set(COMMAND.partitionsFirstCode, partition, !cancel)) continue
      panel.record({ code: cancel ? 45 : 37, partition, source: user.number })
      if (cancel) panel.cancelTimer(`first-code:${partition}`)
      else {
        panel.timer(`first-code:${partition}`, seconds * 1_000, () => {
          if (panel.state.set(COMMAND.partitionsFirstCode, partition, false)) panel.record({ code: 44, partition })
        })
      }
    }
  })
})

const setClockCommand = control(exactly(14), 'set_clock', (context, user, rest) => {
  const { panel } = context
  const time = decodeSetClock(rest)
  if (time === undefined) return result(RESULT.otherError)
  return accepted(context, () => {
    panel.clock.set(time)
    panel.noteClockSet()
    panel.record({ code: 625, source: user.number })
  })
})

export const CONTROL_REQUESTS: ReadonlyMap<number, RequestHandler> = new Map<number, RequestHandler>([
  ...[COMMAND.arm0, COMMAND.arm1, COMMAND.arm2, COMMAND.arm3].map((command) => [command, armCommand(false)] as const),
  ...[COMMAND.forceArm0, COMMAND.forceArm1, COMMAND.forceArm2, COMMAND.forceArm3].map(
    (command) => [command, armCommand(true)] as const,
  ),
  [COMMAND.disarm, disarmCommand],
  [COMMAND.clearAlarm, clearAlarmCommand],
  [COMMAND.bypassZones, bypassCommand(COMMAND.zonesBypassed, 'bypass_zones')],
  [COMMAND.unbypassZones, bypassCommand(undefined, 'bypass_zones')],
  [COMMAND.isolateZones, bypassCommand(COMMAND.zonesIsolated, (user) => user.mayIsolate)],
  [COMMAND.outputsOnCommand, outputCommand('on')],
  [COMMAND.outputsOffCommand, outputCommand('off')],
  [COMMAND.outputsToggleCommand, outputCommand('toggle')],
  [COMMAND.openDoor, openDoorCommand],
  [COMMAND.clearTroubleMemory, clearTroubleMemoryCommand],
  [COMMAND.enterFirstCode, firstCodeCommand],
  [COMMAND.setClock, setClockCommand],
])
