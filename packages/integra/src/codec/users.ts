import { copyBytes } from './copy-bytes.ts'
import { type CodePage, decodeName, encodeName } from './code-page.ts'
import { decodeUserCode, encodeUserCode } from './user-code.ts'

/** Records and requests of the user commands E0..EA (reference 4.7). Masks are raw bytes, see `bitsToNumbers`. */

export const USER_TYPES = [
  'normal',
  'one_time',
  'time_renewable',
  'time_not_renewable',
  'duress',
  'mono_outputs',
  'bi_outputs',
  'temporary_partition_blocking',
  'cash_machine',
  'guard',
  'schedule',
] as const
export type UserType = (typeof USER_TYPES)[number] | 'unknown'

/** Rights in wire order: bit i of the 24-bit field, byte 1 bit 0 first. */
export const USER_RIGHTS = [
  'arm',
  'disarm',
  'clearAlarmOwnPartitions',
  'clearAlarmOwnObject',
  'clearAlarmWholeSystem',
  'deferArming',
  'changeCode',
  'editUsers',
  'bypassZones',
  'setClock',
  'viewTroubles',
  'viewEvents',
  'resetZones',
  'changeOptions',
  'tests',
  'downloading',
  'disarmArmedByOthers',
  'cancelVoiceMessaging',
  'guardx',
  'enterBlockedPartitions',
  'firstCode',
  'secondCode',
  'controlOutputs',
  'clearLatchedOutputs',
] as const
export type UserRight = (typeof USER_RIGHTS)[number]

export function decodeRights(field: Uint8Array): UserRight[] {
  return USER_RIGHTS.filter((_, bit) => (((field[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1)
}

export function encodeRights(rights: Iterable<UserRight>): Uint8Array {
  const field = new Uint8Array(3)
  for (const right of rights) {
    const bit = USER_RIGHTS.indexOf(right)
    field[bit >> 3] = (field[bit >> 3] as number) | (1 << (bit & 7))
  }
  return field
}

/** Answer to E1, and the common part of E0. */
export interface UserRecord {
  readonly number: number
  readonly partitions: Uint8Array
  readonly type: UserType
  readonly typeNumber: number
  readonly codeNeverChanged: boolean
  readonly codeCollision: boolean
  readonly mayIsolateZones: boolean
  readonly telephoneCodeChanged: boolean
  /** Days, schedule or minutes, depending on the type. */
  readonly time: number
  readonly temporaryTime: number
  readonly rights: readonly UserRight[]
  readonly name: string
  readonly simple: boolean
  readonly master: boolean
  /** 0..7 */
  readonly object: number
}

/** Answer to E0: the user whose code was sent. */
export interface OwnUserRecord extends UserRecord {
  /** Two raw bytes: telephone code; for the service the mask of existing masters. */
  readonly telephoneField: Uint8Array
  readonly prefixMustChange: boolean
  readonly telephoneCodeMustChange: boolean
  readonly codeMustChange: boolean
}

export const OWN_USER_BYTES = 29
export const USER_BYTES = 28

function flagsOf(record: UserRecord): number {
  return (
    (record.typeNumber & 0x0f) |
    (record.codeNeverChanged ? 0x80 : 0) |
    (record.codeCollision ? 0x40 : 0) |
    (record.mayIsolateZones ? 0x20 : 0) |
    (record.telephoneCodeChanged ? 0x10 : 0)
  )
}

function commonFields(flags: number, last: number) {
  return {
    type: USER_TYPES[flags & 0x0f] ?? ('unknown' as const),
    typeNumber: flags & 0x0f,
    codeNeverChanged: (flags & 0x80) !== 0,
    codeCollision: (flags & 0x40) !== 0,
    mayIsolateZones: (flags & 0x20) !== 0,
    telephoneCodeChanged: (flags & 0x10) !== 0,
    simple: (last & 0x80) !== 0,
    master: (last & 0x40) !== 0,
    object: last & 0x07,
  }
}

export function decodeUserRecord(payload: Uint8Array, codePage?: CodePage): UserRecord | undefined {
  if (payload.length !== USER_BYTES) return undefined
  return {
    number: payload[0] as number,
    partitions: copyBytes(payload, 1, 5),
    ...commonFields(payload[5] as number, payload[27] as number),
    time: payload[6] as number,
    temporaryTime: payload[7] as number,
    rights: decodeRights(payload.subarray(8, 11)),
    name: decodeName(payload.subarray(11, 27), codePage),
  }
}

export function encodeUserRecord(record: UserRecord, codePage?: CodePage): Uint8Array {
  const payload = new Uint8Array(USER_BYTES)
  payload[0] = record.number
  payload.set(record.partitions, 1)
  payload[5] = flagsOf(record)
  payload[6] = record.time
  payload[7] = record.temporaryTime
  payload.set(encodeRights(record.rights), 8)
  payload.set(encodeName(record.name, codePage), 11)
  payload[27] = (record.object & 7) | (record.simple ? 0x80 : 0) | (record.master ? 0x40 : 0)
  return payload
}

export function decodeOwnUserRecord(payload: Uint8Array, codePage?: CodePage): OwnUserRecord | undefined {
  if (payload.length !== OWN_USER_BYTES) return undefined
  const last = payload[28] as number
  return {
    number: payload[0] as number,
    telephoneField: copyBytes(payload, 1, 3),
    partitions: copyBytes(payload, 3, 7),
    ...commonFields(payload[7] as number, last),
    time: payload[8] as number,
    temporaryTime: 0,
    rights: decodeRights(payload.subarray(9, 12)),
    name: decodeName(payload.subarray(12, 28), codePage),
    prefixMustChange: (last & 0x20) !== 0,
    telephoneCodeMustChange: (last & 0x10) !== 0,
    codeMustChange: (last & 0x08) !== 0,
  }
}

export function encodeOwnUserRecord(record: OwnUserRecord, codePage?: CodePage): Uint8Array {
  const payload = new Uint8Array(OWN_USER_BYTES)
  payload[0] = record.number
  payload.set(record.telephoneField, 1)
  payload.set(record.partitions, 3)
  payload[7] = flagsOf(record)
  payload[8] = record.time
  payload.set(encodeRights(record.rights), 9)
  payload.set(encodeName(record.name, codePage), 12)
  payload[28] =
    (record.object & 7) |
    (record.simple ? 0x80 : 0) |
    (record.master ? 0x40 : 0) |
    (record.prefixMustChange ? 0x20 : 0) |
    (record.telephoneCodeMustChange ? 0x10 : 0) |
    (record.codeMustChange ? 0x08 : 0)
  return payload
}

/** Answer to E2: who exists, and whom the asking user may edit. 30 bytes each, users 1..240. */
export interface UserList {
  readonly number: number
  readonly existing: Uint8Array
  readonly editable: Uint8Array
}

export function decodeUserList(payload: Uint8Array): UserList | undefined {
  if (payload.length !== 61) return undefined
  return { number: payload[0] as number, existing: copyBytes(payload, 1, 31), editable: copyBytes(payload, 31, 61) }
}

export function encodeUserList(list: UserList): Uint8Array {
  const payload = new Uint8Array(61)
  payload[0] = list.number
  payload.set(list.existing, 1)
  payload.set(list.editable, 31)
  return payload
}

/** Answer to E3. */
export interface UserLocks {
  readonly number: number
  readonly locks: Uint8Array
}

export function decodeUserLocks(payload: Uint8Array): UserLocks | undefined {
  return payload.length === 9 ? { number: payload[0] as number, locks: copyBytes(payload, 1) } : undefined
}

export function encodeUserLocks(locks: UserLocks): Uint8Array {
  const payload = new Uint8Array(9)
  payload[0] = locks.number
  payload.set(locks.locks, 1)
  return payload
}

/** What E6 and E7 write. */
export interface UserSettings {
  /** E6: 255 lets the panel choose. */
  readonly number: number
  /** undefined keeps the code (E7 only). */
  readonly code: string | undefined
  /** Four digits; undefined is none (E6) or keep (E7). */
  readonly telephoneCode: string | undefined
  readonly partitions: Uint8Array
  readonly typeNumber: number
  readonly simple: boolean
  readonly master: boolean
  readonly mayIsolateZones: boolean
  readonly time: number
  readonly temporaryTime: number
  readonly rights: readonly UserRight[]
  readonly name: string
  /** E6 by the service only. */
  readonly object?: number
}

const SETTINGS_BYTES = 33

/** The bytes behind the code field of the requesting user; with `object` 34, else 33. */
export function encodeUserSettings(settings: UserSettings, codePage?: CodePage): Uint8Array {
  const payload = new Uint8Array(SETTINGS_BYTES + (settings.object === undefined ? 0 : 1))
  payload[0] = settings.number
  payload.set(settings.code === undefined ? new Uint8Array(4).fill(0xff) : encodeUserCode(settings.code, '', 4), 1)
  payload.set(encodeTelephoneCode(settings.telephoneCode), 5)
  payload.set(settings.partitions, 7)
  payload[11] =
    (settings.typeNumber & 0x0f) |
    (settings.simple ? 0x80 : 0) |
    (settings.master ? 0x40 : 0) |
    (settings.mayIsolateZones ? 0x20 : 0)
  payload[12] = settings.time
  payload[13] = settings.temporaryTime
  payload.set(encodeRights(settings.rights), 14)
  payload.set(encodeName(settings.name, codePage), 17)
  if (settings.object !== undefined) payload[SETTINGS_BYTES] = settings.object
  return payload
}

export function decodeUserSettings(field: Uint8Array, codePage?: CodePage): UserSettings | undefined {
  if (field.length !== SETTINGS_BYTES && field.length !== SETTINGS_BYTES + 1) return undefined
  const type = field[11] as number
  return {
    number: field[0] as number,
    code: decodeUserCode(field.subarray(1, 5)),
    telephoneCode: decodeUserCode(field.subarray(5, 7)),
    partitions: copyBytes(field, 7, 11),
    typeNumber: type & 0x0f,
    simple: (type & 0x80) !== 0,
    master: (type & 0x40) !== 0,
    mayIsolateZones: (type & 0x20) !== 0,
    time: field[12] as number,
    temporaryTime: field[13] as number,
    rights: decodeRights(field.subarray(14, 17)),
    name: decodeName(field.subarray(17, 33), codePage),
    ...(field.length > SETTINGS_BYTES ? { object: field[SETTINGS_BYTES] as number } : {}),
  }
}

/** Four digits packed, FFFF for none. @throws RangeError when it is neither */
export function encodeTelephoneCode(code: string | undefined): Uint8Array {
  if (code === undefined) return Uint8Array.of(0xff, 0xff)
  if (!/^[0-9]{4}$/.test(code)) throw new RangeError('a telephone code has four digits')
  return encodeUserCode(code, '', 4).slice(0, 2)
}
