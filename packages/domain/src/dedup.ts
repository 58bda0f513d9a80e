import type { EventType, Priority } from '@stam/contracts'

/**
 * Key of spec 02 "Identity and duplicates": panel, what was said about which object, and the type. The signal key
 * already names the object and, where state bits cannot express it, the code; so a signal has one key whichever
 * source told it first. A beginning and its end differ by type, hence are never repeats of each other.
 */
export function dedupKey(panelId: string, signalKey: string, eventType: EventType): string {
  return `${panelId}|${signalKey}|${eventType}`
}

/** What is remembered of an event that later ones may repeat. */
export interface RecentEvent {
  readonly event_id: string
  readonly dedup_key: string
  /** Milliseconds since 1970 of `timestamp`. */
  readonly at: number
  readonly priority: Priority
  readonly test_mode: boolean
  readonly alarm_id: string | null
}

/**
 * Whether something that happened at `at` lies within the duplicate window of `original`. Times of happening, not of
 * receipt: events read back after a gap arrive together but did not happen together. The window counts from the
 * original, so a detector that never rests still makes a new event every window.
 */
export function withinDuplicateWindow(original: RecentEvent, at: number, windowSeconds: number): boolean {
  return Math.abs(at - original.at) < windowSeconds * 1000
}

/** Repeats of one site in one clock hour. */
export interface RepeatCounter {
  /** Start of the hour, milliseconds since 1970. */
  readonly hour: number
  readonly count: number
}

/** More repeats than this in an hour mean a broken or attacked detector (spec 02). */
export const REPEATS_PER_HOUR = 50
const HOUR_MS = 3_600_000

/** Counts one more repeat. `anomaly` is true exactly once an hour, for the repeat that passes the limit. */
export function countRepeat(
  counter: RepeatCounter | undefined,
  at: number,
): { counter: RepeatCounter; anomaly: boolean } {
  const hour = Math.floor(at / HOUR_MS) * HOUR_MS
  // A straggler of an earlier hour counts in the current one: the counter never runs backwards.
  const count = counter !== undefined && counter.hour >= hour ? counter.count + 1 : 1
  const next = { hour: Math.max(hour, counter?.hour ?? hour), count }
  return { counter: next, anomaly: count === REPEATS_PER_HOUR + 1 }
}
