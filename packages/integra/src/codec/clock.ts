/** Wall time of the panel: no zone, no offset. Month and day are 1-based. */
export interface WallTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** Answer to 0x1A: clock and status (reference 4.2). */
export interface ClockStatus {
  readonly time: WallTime
  /** 0 Monday .. 6 Sunday, as the panel reports it. */
  readonly weekday: number
  readonly serviceMode: boolean
  readonly troubles: boolean
  readonly acu100Present: boolean
  readonly intRxPresent: boolean
  readonly troubleMemory: boolean
  readonly gradeOption: boolean
  /** 4-bit basic panel type, equal to the low half of the 0x7E type code. */
  readonly basicType: number
}

export const CLOCK_PAYLOAD_BYTES = 9

/** Two decimal digits of a packed byte, or NaN when a half is above 9. */
function fromBcd(byte: number | undefined): number {
  if (byte === undefined || byte >> 4 > 9 || (byte & 0x0f) > 9) return Number.NaN
  return (byte >> 4) * 10 + (byte & 0x0f)
}

function toBcd(value: number): number {
  return (Math.trunc(value / 10) << 4) | (value % 10)
}

/** 0 Monday .. 6 Sunday of a calendar day. */
export function weekdayOf(time: WallTime): number {
  return (new Date(Date.UTC(time.year, time.month - 1, time.day)).getUTCDay() + 6) % 7
}

/** Whether it names a real calendar moment. */
export function isWallTime(time: WallTime): boolean {
  const { year, month, day, hour, minute, second } = time
  if (!(hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60)) return false
  if (!(year >= 0 && year <= 9999)) return false
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

/** The answer to 0x1A, or undefined when the length is wrong or the digits are no date. */
export function decodeClock(payload: Uint8Array): ClockStatus | undefined {
  if (payload.length !== CLOCK_PAYLOAD_BYTES) return undefined
  const time: WallTime = {
    year: fromBcd(payload[0]) * 100 + fromBcd(payload[1]),
    month: fromBcd(payload[2]),
    day: fromBcd(payload[3]),
    hour: fromBcd(payload[4]),
    minute: fromBcd(payload[5]),
    second: fromBcd(payload[6]),
  }
  if (!isWallTime(time)) return undefined
  const status = payload[7] as number
  const type = payload[8] as number
  return {
    time,
    weekday: status & 0x07,
    serviceMode: (status & 0x80) !== 0,
    troubles: (status & 0x40) !== 0,
    acu100Present: (type & 0x80) !== 0,
    intRxPresent: (type & 0x40) !== 0,
    troubleMemory: (type & 0x20) !== 0,
    gradeOption: (type & 0x10) !== 0,
    basicType: type & 0x0f,
  }
}

export function encodeClock(status: ClockStatus): Uint8Array {
  const { time } = status
  return Uint8Array.of(
    toBcd(Math.trunc(time.year / 100)),
    toBcd(time.year % 100),
    toBcd(time.month),
    toBcd(time.day),
    toBcd(time.hour),
    toBcd(time.minute),
    toBcd(time.second),
    (status.weekday & 0x07) | (status.serviceMode ? 0x80 : 0) | (status.troubles ? 0x40 : 0),
    (status.basicType & 0x0f) |
      (status.acu100Present ? 0x80 : 0) |
      (status.intRxPresent ? 0x40 : 0) |
      (status.troubleMemory ? 0x20 : 0) |
      (status.gradeOption ? 0x10 : 0),
  )
}

/** The 14 ASCII digits of command 0x8E, `YYYYMMDDhhmmss`. */
export function encodeSetClock(time: WallTime): Uint8Array {
  if (!isWallTime(time)) throw new RangeError('not a calendar moment')
  const two = (value: number) => String(value).padStart(2, '0')
  const text =
    String(time.year).padStart(4, '0') +
    two(time.month) +
    two(time.day) +
    two(time.hour) +
    two(time.minute) +
    two(time.second)
  return Uint8Array.from(text, (digit) => digit.charCodeAt(0))
}

export function decodeSetClock(field: Uint8Array): WallTime | undefined {
  if (field.length !== 14) return undefined
  const text = String.fromCharCode(...field)
  if (!/^[0-9]{14}$/.test(text)) return undefined
  const time: WallTime = {
    year: Number(text.slice(0, 4)),
    month: Number(text.slice(4, 6)),
    day: Number(text.slice(6, 8)),
    hour: Number(text.slice(8, 10)),
    minute: Number(text.slice(10, 12)),
    second: Number(text.slice(12, 14)),
  }
  return isWallTime(time) ? time : undefined
}
