import { decodeName, decodeUserCode, encodeName } from '@stam/integra/codec'
import { FIRST_MASTER, isMaster, type PanelUser, SERVICE_USER } from '../panel/panel-users.ts'
import { rightsFromBytes, rightsToBytes } from '../panel/user-rights.ts'
import type { VirtualPanel } from '../panel/virtual-panel.ts'

/** Four bytes, partition 1 in bit 0 of the first. */
function partitionBytes(mask: number): Uint8Array {
  return Uint8Array.of(mask & 0xff, (mask >>> 8) & 0xff, (mask >>> 16) & 0xff, (mask >>> 24) & 0xff)
}

function partitionMask(bytes: Uint8Array): number {
  return (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16) | ((bytes[3] ?? 0) << 24)
}

function telephoneBytes(panel: VirtualPanel, user: PanelUser): Uint8Array {
  if (user.number === SERVICE_USER) {
    let masters = 0
    for (let n = 0; n < 8; n++) if (panel.users.get(FIRST_MASTER + n) !== undefined) masters |= 1 << n
    return Uint8Array.of(masters, 0)
  }
  if (isMaster(user)) return Uint8Array.of(0, 0)
  const digits = user.telephoneCode
  if (digits === undefined) return Uint8Array.of(0xff, 0xff)
  return Uint8Array.of(Number.parseInt(digits.slice(0, 2), 16), Number.parseInt(digits.slice(2), 16))
}

function flagsAndType(user: PanelUser): number {
  return (
    (user.codeChanged ? 0 : 0x80) |
    (user.mayIsolate ? 0x20 : 0) |
    (user.telephoneCodeChanged ? 0x10 : 0) |
    (user.type & 0x0f)
  )
}

function flagsAndObject(user: PanelUser): number {
  return (user.simple ? 0x80 : 0) | (isMaster(user) ? 0x40 : 0) | (user.object & 0x07)
}

/** Answer of 0xE0, 29 bytes (reference 4.7). */
export function ownRecord(panel: VirtualPanel, user: PanelUser): Uint8Array {
  return Uint8Array.of(
    user.number,
    ...telephoneBytes(panel, user),
    ...partitionBytes(user.partitions),
    flagsAndType(user),
    user.time,
    ...rightsToBytes(user.rights),
    ...encodeName(user.name),
    flagsAndObject(user),
  )
}

/** Answer of 0xE1, 28 bytes. */
export function userRecord(user: PanelUser): Uint8Array {
  return Uint8Array.of(
    user.number,
    ...partitionBytes(user.partitions),
    flagsAndType(user),
    user.time,
    user.temporaryTime,
    ...rightsToBytes(user.rights),
    ...encodeName(user.name),
    flagsAndObject(user),
  )
}

/** Answer of 0xE2, 61 bytes: who exists, and whom this user may edit. */
export function userList(panel: VirtualPanel, number: number, mayEdit: boolean): Uint8Array {
  const answer = new Uint8Array(61)
  answer[0] = number
  for (const user of panel.users.all) {
    if (user.number >= FIRST_MASTER) continue
    const byte = 1 + ((user.number - 1) >> 3)
    const bit = 1 << ((user.number - 1) & 7)
    answer[byte] = (answer[byte] as number) | bit
    if (mayEdit) answer[byte + 30] = (answer[byte + 30] as number) | bit
  }
  return answer
}

/** The fields of a user that 0xE6 and 0xE7 carry behind the number. */
export interface UserFields {
  /** Absent in E7: keep. */
  readonly code: string | undefined
  readonly telephoneCode: string | undefined
  readonly partitions: number
  readonly type: number
  readonly mayIsolate: boolean
  readonly simple: boolean
  readonly time: number
  readonly temporaryTime: number
  readonly rights: number
  readonly name: string
  readonly object: number
}

export const USER_FIELD_BYTES = 32

/** @param bytes code 4, telephone code 2, partitions 4, type, time, temporary time, rights 3, name 16 [, object] */
export function decodeUserFields(bytes: Uint8Array): UserFields {
  const type = bytes[10] ?? 0
  return {
    code: decodeUserCode(bytes.subarray(0, 4)),
    telephoneCode: decodeUserCode(bytes.subarray(4, 6)),
    partitions: partitionMask(bytes.subarray(6, 10)),
    type: type & 0x0f,
    mayIsolate: (type & 0x20) !== 0,
    simple: (type & 0x80) !== 0,
    time: bytes[11] ?? 0,
    temporaryTime: bytes[12] ?? 0,
    rights: rightsFromBytes(bytes.subarray(13, 16)),
    name: decodeName(bytes.subarray(16, 32)),
    object: bytes[32] ?? 0,
  }
}
