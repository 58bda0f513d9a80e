import { copyBytes } from './copy-bytes.ts'
import { decodeSetClock, encodeSetClock, type WallTime } from './clock.ts'
import { COMMAND } from './command-numbers.ts'
import { decodeUserCode, encodeUserCode } from './user-code.ts'

/** Payloads of the control commands 0x80..0x91, 0xA0..0xA3 (reference 4.6). All start with an 8-byte code field. */

export type ControlShape = 'arm' | 'partitions' | 'zones' | 'outputs' | 'door' | 'code_only' | 'first_code' | 'clock'

const SHAPES: Readonly<Record<number, ControlShape>> = {
  [COMMAND.arm0]: 'arm',
  [COMMAND.arm1]: 'arm',
  [COMMAND.arm2]: 'arm',
  [COMMAND.arm3]: 'arm',
  [COMMAND.forceArm0]: 'arm',
  [COMMAND.forceArm1]: 'arm',
  [COMMAND.forceArm2]: 'arm',
  [COMMAND.forceArm3]: 'arm',
  [COMMAND.disarm]: 'partitions',
  [COMMAND.clearAlarm]: 'partitions',
  [COMMAND.bypassZones]: 'zones',
  [COMMAND.unbypassZones]: 'zones',
  [COMMAND.isolateZones]: 'zones',
  [COMMAND.outputsOnCommand]: 'outputs',
  [COMMAND.outputsOffCommand]: 'outputs',
  [COMMAND.outputsToggleCommand]: 'outputs',
  [COMMAND.openDoor]: 'door',
  [COMMAND.clearTroubleMemory]: 'code_only',
  [COMMAND.enterFirstCode]: 'first_code',
  [COMMAND.setClock]: 'clock',
}

/** Shape of a control command's payload, undefined for any other command. */
export function controlShape(command: number): ControlShape | undefined {
  return SHAPES[command]
}

/** Arming option byte with capability bit 2: without bypasses and without delay. */
export const ARM_AT_ONCE = 0x80

/** Action of 0x8D. */
export const FIRST_CODE_ACTION = { arm: 0, disarm: 1, cancel: 2 } as const
export type FirstCodeAction = keyof typeof FIRST_CODE_ACTION

export interface ControlFields {
  /** Partition (4 bytes), zone or output mask (16 or 32 bytes). */
  readonly mask?: Uint8Array
  /** Arming option byte. */
  readonly option?: number
  /** Door: expander addresses, 8 bytes. */
  readonly expanders?: Uint8Array
  readonly validitySeconds?: number
  readonly action?: FirstCodeAction
  readonly time?: WallTime
}

export interface ControlRequest extends ControlFields {
  readonly command: number
  readonly shape: ControlShape
  /** Digits of the code field, prefix included; undefined when the field is malformed. */
  readonly code: string | undefined
}

const CODE_BYTES = 8
const NO_BYTES = new Uint8Array(0)

/** @throws RangeError for a code that does not fit; the message never contains it */
export function encodeControlRequest(
  command: number,
  fields: ControlFields & { readonly code: string; readonly prefix?: string },
): Uint8Array {
  const code = encodeUserCode(fields.code, fields.prefix)
  return Uint8Array.of(...code, ...controlTail(command, fields))
}

function controlTail(command: number, fields: ControlFields): Uint8Array {
  const mask = fields.mask ?? NO_BYTES
  switch (controlShape(command)) {
    case 'arm':
      return fields.option === undefined ? mask : Uint8Array.of(...mask, fields.option)
    case 'partitions':
    case 'zones':
    case 'outputs':
      return mask
    case 'door':
      return Uint8Array.of(...mask, ...(fields.expanders ?? new Uint8Array(8)))
    case 'first_code': {
      const seconds = fields.validitySeconds ?? 0
      return Uint8Array.of(...mask, seconds & 0xff, (seconds >> 8) & 0xff, FIRST_CODE_ACTION[fields.action ?? 'arm'])
    }
    case 'clock':
      if (fields.time === undefined) throw new RangeError('setting the clock needs a time')
      return encodeSetClock(fields.time)
    case 'code_only':
      return NO_BYTES
    default:
      throw new RangeError(`command ${command} is not a control command`)
  }
}

/** What a module reads out of a control request; undefined where it would stay silent (wrong command or length). */
export function decodeControlRequest(command: number, payload: Uint8Array): ControlRequest | undefined {
  const shape = controlShape(command)
  if (shape === undefined || payload.length < CODE_BYTES) return undefined
  const fields = decodeTail(shape, copyBytes(payload, CODE_BYTES))
  if (fields === undefined) return undefined
  return { command, shape, code: decodeUserCode(payload.subarray(0, CODE_BYTES)), ...fields }
}

function decodeTail(shape: ControlShape, tail: Uint8Array): ControlFields | undefined {
  const length = tail.length
  switch (shape) {
    case 'arm':
      if (length === 5) return { mask: tail.slice(0, 4), option: tail[4] as number }
      return length === 4 ? { mask: tail } : undefined
    case 'partitions':
      return length === 4 ? { mask: tail } : undefined
    case 'zones':
    case 'outputs':
      return length === 16 || length === 32 ? { mask: tail } : undefined
    case 'door':
      if (length !== 24 && length !== 40) return undefined
      return { mask: tail.slice(0, length - 8), expanders: tail.slice(length - 8) }
    case 'first_code': {
      if (length !== 7) return undefined
      const action = (['arm', 'disarm', 'cancel'] as const)[tail[6] as number]
      if (action === undefined) return undefined
      return { mask: tail.slice(0, 4), validitySeconds: (tail[4] as number) | ((tail[5] as number) << 8), action }
    }
    case 'clock': {
      const time = decodeSetClock(tail)
      return time === undefined ? undefined : { time }
    }
    case 'code_only':
      return length === 0 ? {} : undefined
  }
}
