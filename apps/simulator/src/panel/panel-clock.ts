import type { WallTime } from '@stam/integra/codec'

const HOUR_MS = 3_600_000
const QUARTER_MS = 900_000

interface CachedOffset {
  quarter: number
  offsetMs: number
  readonly format: Intl.DateTimeFormat
}

// Shared by all panels: thousands of them live in a handful of zones, and asking Intl costs microseconds.
const offsets = new Map<string, CachedOffset>()

function formatFor(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
}

/** Whether the platform knows the zone. */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatFor(timeZone)
    return true
  } catch {
    return false
  }
}

/** Local minus universal time of a zone at a moment, in ms. Zones change their offset on quarters of an hour. */
export function zoneOffsetMs(timeZone: string, wallMs: number): number {
  const quarter = Math.floor(wallMs / QUARTER_MS)
  let cached = offsets.get(timeZone)
  if (cached === undefined) {
    cached = { quarter: Number.NaN, offsetMs: 0, format: formatFor(timeZone) }
    offsets.set(timeZone, cached)
  }
  if (cached.quarter !== quarter) {
    const at = quarter * QUARTER_MS
    const parts: Record<string, number> = {}
    for (const part of cached.format.formatToParts(at)) parts[part.type] = Number(part.value)
    const local = Date.UTC(
      parts.year as number,
      (parts.month as number) - 1,
      parts.day as number,
      parts.hour as number,
      parts.minute as number,
      parts.second as number,
    )
    cached.offsetMs = local - at
    cached.quarter = quarter
  }
  return cached.offsetMs
}

/** The calendar fields of local milliseconds. */
export function wallTimeOf(localMs: number): WallTime {
  const date = new Date(localMs)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  }
}

export function localMsOf(time: WallTime): number {
  return Date.UTC(time.year, time.month - 1, time.day, time.hour, time.minute, time.second)
}

/** What survives a restart of a panel's clock. */
export interface ClockSetting {
  /** Difference from true local time at `setAtMs`, in ms. */
  shiftMs: number
  /** Wall time at which `shiftMs` was exact. */
  setAtMs: number
}

/**
 * A panel's clock: local wall time without zone (reference 4.2), off by a shift, running fast or slow. It follows
 * summer time by itself, as INTEGRA does when told to.
 */
export class PanelClock {
  readonly timeZone: string
  readonly driftPpm: number
  readonly #wallMs: () => number
  #setting: ClockSetting

  constructor(options: { timeZone: string; driftPpm: number; shiftMs: number; wallMs: () => number }) {
    this.timeZone = options.timeZone
    this.driftPpm = options.driftPpm
    this.#wallMs = options.wallMs
    this.#setting = { shiftMs: options.shiftMs, setAtMs: options.wallMs() }
  }

  get setting(): Readonly<ClockSetting> {
    return this.#setting
  }

  restore(setting: ClockSetting): void {
    this.#setting = { ...setting }
  }

  /** How far the panel is ahead of true local time, in ms. */
  errorMs(): number {
    return this.#setting.shiftMs + ((this.#wallMs() - this.#setting.setAtMs) * this.driftPpm) / 1e6
  }

  /** Panel time as local milliseconds; read its fields with {@link wallTimeOf}. */
  localMs(): number {
    const wall = this.#wallMs()
    return wall + zoneOffsetMs(this.timeZone, wall) + this.errorMs()
  }

  now(): WallTime {
    return wallTimeOf(this.localMs())
  }

  /** Command 0x8E and DLOADX set the panel's own wall time. */
  set(time: WallTime): void {
    const wall = this.#wallMs()
    this.#setting = { shiftMs: localMsOf(time) - wall - zoneOffsetMs(this.timeZone, wall), setAtMs: wall }
  }

  shift(ms: number): void {
    const wall = this.#wallMs()
    this.#setting = { shiftMs: this.errorMs() + ms, setAtMs: wall }
  }
}

/** The next full hour: zones change their offset there, so summer time is looked for then. */
export function msToNextHour(wallMs: number): number {
  return HOUR_MS - (wallMs % HOUR_MS)
}
