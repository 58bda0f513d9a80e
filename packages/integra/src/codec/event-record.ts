import { copyBytes } from './copy-bytes.ts'
import type { WallTime } from './clock.ts'

/** What became of the report of a record to a monitoring station (reference 5.1, corrected in [S19]). */
export type ReportingState = 'new' | 'sent' | 'not_sent' | 'not_reported'
const REPORTING: readonly ReportingState[] = ['new', 'sent', 'not_sent', 'not_reported']

/** The eight bytes of an event-memory record, fields as on the wire unless said otherwise (reference 5.1). */
export interface EventRecord {
  readonly yearModulo4: number
  /** Z: the record is not empty. Z = 0 ends the standard log. */
  readonly notEmpty: boolean
  /** E: an event is present; normally equal to Z. */
  readonly eventPresent: boolean
  readonly station1: ReportingState
  readonly station2: ReportingState
  /** K: class 0..7. */
  readonly eventClass: number
  readonly day: number
  readonly month: number
  /** Minutes since midnight of the panel's wall clock; there are no seconds in the memory. */
  readonly minutes: number
  /** 1-based; the wire is 0-based. */
  readonly partition: number
  /** R: restore, or second meaning, or an address bit (kind 3). */
  readonly restore: boolean
  /** 10-bit event code. */
  readonly code: number
  /** n: zone, user, expander … depending on the kind of the code. */
  readonly source: number
  /** S: 0..7. */
  readonly object: number
  /** u: user control number; on a 256 Plus 1 means "add 128" to a zone or output number. */
  readonly userControl: number
}

export const EVENT_RECORD_BYTES = 8
export const EVENT_ANSWER_BYTES = 14

/** Index that asks for the newest record of the standard log. */
export const STANDARD_LOG_HEAD = 0xffffff
/** Index that asks for the newest record of the Grade 2/3 log. */
export const GRADE_LOG_HEAD = 0x00ffff

/** Never fails: every 8 bytes are some record. Missing bytes count as zero. */
export function decodeEventRecord(bytes: Uint8Array): EventRecord {
  const b = (i: number) => bytes[i] ?? 0
  return {
    yearModulo4: b(0) >> 6,
    notEmpty: (b(0) & 0x20) !== 0,
    eventPresent: (b(0) & 0x10) !== 0,
    station2: REPORTING[(b(0) >> 2) & 3] as ReportingState,
    station1: REPORTING[b(0) & 3] as ReportingState,
    eventClass: b(1) >> 5,
    day: b(1) & 0x1f,
    month: b(2) >> 4,
    minutes: ((b(2) & 0x0f) << 8) | b(3),
    partition: (b(4) >> 3) + 1,
    restore: (b(4) & 0x04) !== 0,
    code: ((b(4) & 0x03) << 8) | b(5),
    source: b(6),
    object: b(7) >> 5,
    userControl: b(7) & 0x1f,
  }
}

export function encodeEventRecord(record: EventRecord): Uint8Array {
  return Uint8Array.of(
    ((record.yearModulo4 & 3) << 6) |
      (record.notEmpty ? 0x20 : 0) |
      (record.eventPresent ? 0x10 : 0) |
      (REPORTING.indexOf(record.station2) << 2) |
      REPORTING.indexOf(record.station1),
    ((record.eventClass & 7) << 5) | (record.day & 0x1f),
    ((record.month & 0x0f) << 4) | ((record.minutes >> 8) & 0x0f),
    record.minutes & 0xff,
    (((record.partition - 1) & 0x1f) << 3) | (record.restore ? 0x04 : 0) | ((record.code >> 8) & 3),
    record.code & 0xff,
    record.source & 0xff,
    ((record.object & 7) << 5) | (record.userControl & 0x1f),
  )
}

/** Answer to 0x8C. Indices are opaque 24-bit tokens: compare for equality only (reference 5.1). */
export interface EventAnswer {
  readonly record: EventRecord
  /** The eight record bytes as received; identity of a record is index plus these with byte 0 masked by F0. */
  readonly recordBytes: Uint8Array
  readonly index: number
  readonly requested: number
}

export function encodeEventIndex(index: number): Uint8Array {
  return Uint8Array.of((index >> 16) & 0xff, (index >> 8) & 0xff, index & 0xff)
}

export function decodeEventIndex(bytes: Uint8Array, offset = 0): number {
  return ((bytes[offset] ?? 0) << 16) | ((bytes[offset + 1] ?? 0) << 8) | (bytes[offset + 2] ?? 0)
}

export function decodeEventAnswer(payload: Uint8Array): EventAnswer | undefined {
  if (payload.length !== EVENT_ANSWER_BYTES) return undefined
  const recordBytes = copyBytes(payload, 0, EVENT_RECORD_BYTES)
  return {
    record: decodeEventRecord(recordBytes),
    recordBytes,
    index: decodeEventIndex(payload, 8),
    requested: decodeEventIndex(payload, 11),
  }
}

/** @param record a decoded record, or the eight bytes as a simulator stores them */
export function encodeEventAnswer(record: EventRecord | Uint8Array, index: number, requested: number): Uint8Array {
  const payload = new Uint8Array(EVENT_ANSWER_BYTES)
  payload.set(record instanceof Uint8Array ? record : encodeEventRecord(record), 0)
  payload.set(encodeEventIndex(index), 8)
  payload.set(encodeEventIndex(requested), 11)
  return payload
}

/** Whether the answer marks the end of the log: Z = 0 in the standard log, a zero first byte in the Grade log. */
export function isEndOfLog(answer: EventAnswer, log: 'standard' | 'grade' = 'standard'): boolean {
  return log === 'standard' ? !answer.record.notEmpty : answer.recordBytes[0] === 0
}

/**
 * Identity of a record inside one panel: index and content. The reporting states change later, so they are masked
 * out (reference 5.1); identical events of one minute are told apart by the index alone.
 */
export function eventKey(index: number, recordBytes: Uint8Array): string {
  let key = index.toString(16).padStart(6, '0') + ((recordBytes[0] ?? 0) & 0xf0).toString(16).padStart(2, '0')
  for (let i = 1; i < EVENT_RECORD_BYTES; i++) key += (recordBytes[i] ?? 0).toString(16).padStart(2, '0')
  return key
}

/** How far a record may lie ahead of the panel's clock before it is taken for one of four years ago. */
const FUTURE_TOLERANCE_MINUTES = 26 * 60

/**
 * Full wall time of a record. The memory keeps the year modulo 4 only: it is the latest such year that does not lie
 * after the panel's clock (reference 5.1). A clock that was set back (winter time, correction by hand) makes fresh
 * records look like the future, so about a day of future is accepted.
 *
 * @returns undefined when the record holds no calendar day
 */
export function eventWallTime(
  record: Pick<EventRecord, 'yearModulo4' | 'month' | 'day' | 'minutes'>,
  panelNow: WallTime,
): WallTime | undefined {
  const { month, day, minutes } = record
  if (minutes >= 24 * 60) return undefined
  const now = Date.UTC(panelNow.year, panelNow.month - 1, panelNow.day, panelNow.hour, panelNow.minute)
  const limit = now + FUTURE_TOLERANCE_MINUTES * 60_000
  let year = new Date(limit).getUTCFullYear()
  while (year % 4 !== record.yearModulo4) year--
  if (Date.UTC(year, month - 1, day, 0, minutes) > limit) year -= 4
  const check = new Date(Date.UTC(year, month - 1, day))
  if (check.getUTCMonth() !== month - 1 || check.getUTCDate() !== day) return undefined
  return { year, month, day, hour: Math.trunc(minutes / 60), minute: minutes % 60, second: 0 }
}
