import { copyBytes } from './copy-bytes.ts'
import { type CodePage, decodeName, encodeName } from './code-page.ts'
import { decodeObjectNumber, encodeObjectNumber } from './measurements.ts'

/** Object types of 0xEE with their number and the payload bytes of the answer (reference 4.8). */
export const NAME_TYPE = {
  partition: 0,
  zone: 1,
  user: 2,
  module: 3,
  output: 4,
  zoneWithPartition: 5,
  timer: 6,
  telephone: 7,
  object: 15,
  partitionWithObject: 16,
  outputWithDuration: 17,
  partitionWithOptions: 18,
  partitionWithDependencies: 19,
} as const

export type NameTypeName = keyof typeof NAME_TYPE
export type NameType = (typeof NAME_TYPE)[NameTypeName]

/** Bytes behind the name; the answer has 19 + this many. */
const EXTRA_BYTES: Readonly<Record<NameType, number>> = {
  0: 0,
  1: 0,
  2: 1,
  3: 0,
  4: 0,
  5: 1,
  6: 0,
  7: 0,
  15: 0,
  16: 1,
  17: 2,
  18: 5,
  19: 9,
}

const BASE_BYTES = 19

/** Payload bytes of the answer for a name type. */
export function nameAnswerBytes(type: NameType): number {
  return BASE_BYTES + EXTRA_BYTES[type]
}

export function isNameType(type: number): type is NameType {
  return type in EXTRA_BYTES
}

/** Answer to 0xEE. */
export interface NameRecord {
  readonly type: NameType
  readonly number: number
  /** Zone reaction, output function, partition or module type; 0 where the type has none. */
  readonly function: number
  readonly name: string
  /** The raw bytes behind the name; {@link nameExtras} gives them their meaning. */
  readonly extra: Uint8Array
}

export function encodeNameRequest(type: NameType, number: number): Uint8Array {
  return Uint8Array.of(type, encodeObjectNumber(number))
}

/** Numbers of users and modules are plain bytes; only zones and outputs use 00 for 256. */
export function decodeNameRequest(payload: Uint8Array): { type: NameType; number: number } | undefined {
  if (payload.length !== 2 || !isNameType(payload[0] as number)) return undefined
  return { type: payload[0] as NameType, number: decodeObjectNumber(payload[1] as number) }
}

export function decodeNameRecord(payload: Uint8Array, codePage?: CodePage): NameRecord | undefined {
  const type = payload[0]
  if (type === undefined || !isNameType(type) || payload.length !== nameAnswerBytes(type)) return undefined
  return {
    type,
    number: decodeObjectNumber(payload[1] as number),
    function: payload[2] as number,
    name: decodeName(payload.subarray(3, BASE_BYTES), codePage),
    extra: copyBytes(payload, BASE_BYTES),
  }
}

/** @throws RangeError when `extra` does not have the length of its type */
export function encodeNameRecord(record: NameRecord, codePage?: CodePage): Uint8Array {
  if (record.extra.length !== EXTRA_BYTES[record.type]) {
    throw new RangeError(`name type ${record.type} carries ${EXTRA_BYTES[record.type]} extra bytes`)
  }
  const payload = new Uint8Array(BASE_BYTES + record.extra.length)
  payload[0] = record.type
  payload[1] = encodeObjectNumber(record.number)
  payload[2] = record.function
  payload.set(encodeName(record.name, codePage), 3)
  payload.set(record.extra, BASE_BYTES)
  return payload
}

/** Options of a partition, name types 18 and 19. */
export interface PartitionOptions {
  readonly twoCodesToArm: boolean
  readonly twoCodesToDisarm: boolean
  readonly timerPriority: boolean
  readonly codesOnTwoDevices: boolean
  readonly alarmVerification: boolean
  readonly exitDelayCanBeShortened: boolean
  readonly infiniteExitDelay: boolean
  readonly fixedFirstCodeValidity: boolean
  readonly fixedBlockingTime: boolean
  readonly noDisarmOnAlarm: boolean
  readonly autoArmCanBeDeferred: boolean
  /** Raw deferral word: the sources disagree where its status bits are. */
  readonly deferral: number
}

/** Meaning of the bytes behind the name; fields a type does not carry are absent. */
export interface NameExtras {
  readonly userSerial?: number
  readonly partition?: number
  readonly object?: number
  readonly durationMs?: number
  readonly options?: PartitionOptions
  readonly dependencies?: Uint8Array
}

export function nameExtras(record: Pick<NameRecord, 'type' | 'extra'>): NameExtras {
  const b = (i: number) => record.extra[i] ?? 0
  switch (record.type) {
    case NAME_TYPE.user:
      return { userSerial: b(0) & 0x7f }
    case NAME_TYPE.zoneWithPartition:
      return { partition: b(0) }
    case NAME_TYPE.partitionWithObject:
      return { object: b(0) }
    case NAME_TYPE.outputWithDuration:
      return { durationMs: ((b(0) << 8) | b(1)) * 100 }
    case NAME_TYPE.partitionWithOptions:
      return { object: b(0), options: partitionOptions(record.extra) }
    case NAME_TYPE.partitionWithDependencies:
      return { object: b(0), options: partitionOptions(record.extra), dependencies: copyBytes(record.extra, 5, 9) }
    default:
      return {}
  }
}

function partitionOptions(extra: Uint8Array): PartitionOptions {
  const first = extra[1] ?? 0
  const second = extra[2] ?? 0
  return {
    twoCodesToArm: (first & 0x01) !== 0,
    twoCodesToDisarm: (first & 0x02) !== 0,
    timerPriority: (first & 0x04) !== 0,
    codesOnTwoDevices: (first & 0x08) !== 0,
    alarmVerification: (first & 0x10) !== 0,
    exitDelayCanBeShortened: (first & 0x20) !== 0,
    infiniteExitDelay: (first & 0x40) !== 0,
    fixedFirstCodeValidity: (first & 0x80) !== 0,
    fixedBlockingTime: (second & 0x01) !== 0,
    noDisarmOnAlarm: (second & 0x02) !== 0,
    autoArmCanBeDeferred: (second & 0x80) !== 0,
    deferral: ((extra[3] ?? 0) << 8) | (extra[4] ?? 0),
  }
}
