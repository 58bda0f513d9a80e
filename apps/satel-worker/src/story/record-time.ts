import { nearestInstant, panelTimeToUtc, type WallTime } from '@stam/integra'

const MINUTE_MS = 60_000
/** How long after its minute a record may be read and still have happened "just now". */
const FRESH_MS = 30_000

export interface RecordTime {
  /** Milliseconds since 1970: when it happened, as near as can be told. */
  readonly at: number
  /** Start of the record's minute on our clock; undefined when the record holds no time. */
  readonly minute: number | undefined
}

/**
 * When a record happened. The memory keeps whole minutes of the panel's own clock: its error is taken out, and within
 * the minute the time of reading is the best guess for what was read at once. What was read later stays at the start
 * of its minute.
 *
 * @param readAt when we read it; `drift` panel minus us, undefined = not known
 */
export function recordTime(
  panelTime: WallTime | undefined,
  timeZone: string,
  drift: number | undefined,
  readAt: number,
): RecordTime {
  if (panelTime === undefined) return { at: readAt, minute: undefined }
  const error = drift ?? 0
  const minute = nearestInstant(panelTimeToUtc(panelTime, timeZone), readAt + error) - error
  const fresh = readAt >= minute && readAt < minute + MINUTE_MS + FRESH_MS
  return { at: fresh ? Math.min(readAt, minute + MINUTE_MS - 1) : minute, minute }
}
