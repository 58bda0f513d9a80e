/** Times as dispatchers read them: 21:04:37, 21.11.2026; an age up to an hour, then the clock, then the day. */
import type { Language } from '@stam/contracts'
import { counted } from '@stam/domain'

/** Local time of the centre (spec 00: Europe/Warsaw unless configured otherwise); never the workstation's guess. */
export const displayTimeZone = 'Europe/Warsaw'

interface Parts {
  readonly year: string
  readonly month: string
  readonly day: string
  readonly hour: string
  readonly minute: string
  readonly second: string
}

const clock = new Intl.DateTimeFormat('en-GB', {
  timeZone: displayTimeZone,
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

function partsOf(ms: number): Parts {
  const parts: Record<string, string> = {}
  for (const { type, value } of clock.formatToParts(ms)) parts[type] = value
  return parts as unknown as Parts
}

const englishMonths = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const dayOf = (parts: Parts): string => `${parts.year}-${parts.month}-${parts.day}`

/** `21:04:37` */
export function timeOfDay(ms: number): string {
  const { hour, minute, second } = partsOf(ms)
  return `${hour}:${minute}:${second}`
}

/** `21.11.2026` · `21 Nov 2026` */
export function dateOf(ms: number, language: Language): string {
  const { day, month, year } = partsOf(ms)
  return language === 'pl' ? `${day}.${month}.${year}` : `${Number(day)} ${englishMonths[Number(month) - 1]} ${year}`
}

/** The clock alone today, with its date on any other day. */
export function moment(ms: number, now: number, language: Language): string {
  return dayOf(partsOf(ms)) === dayOf(partsOf(now)) ? timeOfDay(ms) : `${dateOf(ms, language)} ${timeOfDay(ms)}`
}

/** `2026-11-21`: groups entries of one local day. */
export const localDay = (ms: number): string => dayOf(partsOf(ms))

/** What a row shows of an alarm's age; a clock must not be taken for minutes and seconds, so it says what it is. */
export interface Age {
  readonly kind: 'running' | 'clock' | 'day'
  readonly text: string
}

/** `00:42`, `59:59`, then the clock (`20:15`), then the day (`20.11`, `20 Nov`). Never negative. */
export function ageOf(since: number, now: number, language: Language): Age {
  const seconds = Math.max(0, Math.floor((now - since) / 1000))
  const two = (value: number): string => String(value).padStart(2, '0')
  if (seconds < 3600) return { kind: 'running', text: `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}` }
  const parts = partsOf(since)
  if (dayOf(parts) === dayOf(partsOf(now))) return { kind: 'clock', text: `${parts.hour}:${parts.minute}` }
  const text =
    language === 'pl' ? `${parts.day}.${parts.month}` : `${Number(parts.day)} ${englishMonths[Number(parts.month) - 1]}`
  return { kind: 'day', text }
}

/** How long something has lasted, for sentences: `12 s`, `5 min`, `3 h`, `2 dni`. */
export function duration(ms: number, language: Language): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  return counted(Math.floor(seconds / 86_400), 'day', language)
}

/** Remaining time of a mute or a retry: `4:12`. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

const zoneName = new Intl.DateTimeFormat('en-GB', { timeZone: displayTimeZone, timeZoneName: 'short' })

/** `CET` or `CEST`. */
export function zoneAbbreviation(ms: number): string {
  const name = zoneName.formatToParts(ms).find((part) => part.type === 'timeZoneName')?.value ?? ''
  return name === 'GMT+1' ? 'CET' : name === 'GMT+2' ? 'CEST' : name
}

/**
 * A local wall-clock time of the centre as an instant: for "until" fields. `date` = YYYY-MM-DD, `time` = HH:MM.
 * In the hour that a clock change skips or repeats, the later reading is taken: a mode ends late rather than early.
 */
export function instantOf(date: string, time: string): number | null {
  const guess = Date.parse(`${date}T${time}:00Z`)
  if (Number.isNaN(guess)) return null
  const readings = [1, 2].map((hours) => guess - hours * 3_600_000)
  const right = readings.filter((ms) => {
    const parts = partsOf(ms)
    return dayOf(parts) === date && `${parts.hour}:${parts.minute}` === time
  })
  return right.length > 0 ? Math.max(...right) : Math.max(...readings)
}
