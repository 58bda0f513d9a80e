import type { WallTime } from '../codec/clock.ts'

const QUARTER_HOUR_MS = 15 * 60_000
const formats = new Map<string, Intl.DateTimeFormat>()
/** Offset per zone and quarter of an hour: links ask every few seconds, and zones change on quarter hours only. */
const offsets = new Map<string, Map<number, number>>()
const MAX_CACHED_OFFSETS = 512

function formatFor(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timeZone, format)
  }
  return format
}

/**
 * Offset of a zone from UTC at an instant, in milliseconds, positive to the east.
 * @throws RangeError for an unknown zone
 */
export function zoneOffsetMs(timeZone: string, utcMs: number): number {
  const quarter = Math.floor(utcMs / QUARTER_HOUR_MS)
  let cache = offsets.get(timeZone)
  if (cache === undefined) {
    cache = new Map()
    offsets.set(timeZone, cache)
  }
  const known = cache.get(quarter)
  if (known !== undefined) return known
  const at = quarter * QUARTER_HOUR_MS
  const fields: Record<string, number> = {}
  for (const part of formatFor(timeZone).formatToParts(at)) fields[part.type] = Number(part.value)
  const wall = Date.UTC(
    fields['year'] as number,
    (fields['month'] as number) - 1,
    fields['day'] as number,
    fields['hour'] as number,
    fields['minute'] as number,
    fields['second'] as number,
  )
  const offset = wall - at
  if (cache.size >= MAX_CACHED_OFFSETS) cache.clear()
  cache.set(quarter, offset)
  return offset
}

/**
 * Wall time of a panel as an instant.
 *
 * unique: one instant has this wall time · ambiguous: two have (the hour repeated in autumn); `utcMs` is the earlier
 * one, `laterUtcMs` the other · skipped: none has (the hour left out in spring, or a panel that does not change its
 * clock); `utcMs` reads it with the offset before the change
 */
export type PanelInstant =
  | { readonly kind: 'unique' | 'skipped'; readonly utcMs: number }
  | { readonly kind: 'ambiguous'; readonly utcMs: number; readonly laterUtcMs: number }

const DAY_MS = 24 * 3600_000

/** @throws RangeError for an unknown zone */
export function panelTimeToUtc(wall: WallTime, timeZone: string): PanelInstant {
  const naive = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second)
  const before = zoneOffsetMs(timeZone, naive - DAY_MS)
  const after = zoneOffsetMs(timeZone, naive + DAY_MS)
  const first = naive - before
  const second = naive - after
  const firstFits = zoneOffsetMs(timeZone, first) === before
  const secondFits = zoneOffsetMs(timeZone, second) === after
  if (firstFits && secondFits && first !== second) {
    return { kind: 'ambiguous', utcMs: Math.min(first, second), laterUtcMs: Math.max(first, second) }
  }
  if (firstFits) return { kind: 'unique', utcMs: first }
  if (secondFits) return { kind: 'unique', utcMs: second }
  return { kind: 'skipped', utcMs: first }
}

/** The reading of a wall time that lies nearest to a known instant; how drift is measured. */
export function nearestInstant(instant: PanelInstant, utcMs: number): number {
  if (instant.kind !== 'ambiguous') return instant.utcMs
  return Math.abs(instant.utcMs - utcMs) <= Math.abs(instant.laterUtcMs - utcMs) ? instant.utcMs : instant.laterUtcMs
}

/** Wall time of an instant, for setting a panel's clock. */
export function utcToPanelTime(utcMs: number, timeZone: string): WallTime {
  const local = new Date(utcMs + zoneOffsetMs(timeZone, utcMs))
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
  }
}
