/** What the audit browser looks at, as it stands in the address, and as it is asked of the server. Pure. */
import type { AuditQuery } from '../../data/audit.ts'
import { instantOf } from '../../texts/time.ts'

export const auditRanges = ['hour', 'day', 'week', 'month', 'all', 'between'] as const
export type AuditRange = (typeof auditRanges)[number]

/** In the address, so that a filtered view can be reloaded, bookmarked and linked to. */
export interface AuditFilter {
  readonly range?: AuditRange | undefined
  /** `2026-11-21T21:04`, local time of the centre; for `between`. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly action?: string | undefined
  readonly entity_type?: string | undefined
  readonly entity_id?: string | undefined
  readonly actor_id?: string | undefined
  readonly site_id?: string | undefined
  readonly request_id?: string | undefined
  readonly entry?: number | undefined
}

const HOUR = 3_600_000
const lengths: Readonly<Record<Exclude<AuditRange, 'all' | 'between'>, number>> = {
  hour: HOUR,
  day: 24 * HOUR,
  week: 7 * 24 * HOUR,
  month: 30 * 24 * HOUR,
}
const ordinary: AuditRange = 'week'
const longest = 80

/** Whatever stands in the address; nonsense is dropped, not complained about. */
export function filterFromSearch(search: Record<string, unknown>): AuditFilter {
  const text = (name: string): string | undefined => {
    const value = search[name]
    return (typeof value === 'string' || typeof value === 'number') &&
      String(value) !== '' &&
      String(value).length <= longest
      ? String(value)
      : undefined
  }
  const range = auditRanges.find((one) => one === search['range'])
  const entry = Number(search['entry'])
  const local = (name: string): string | undefined => {
    const value = text(name)
    return value !== undefined && /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(value) ? value : undefined
  }
  return withoutGaps({
    range,
    from: local('from'),
    to: local('to'),
    action: text('action'),
    entity_type: text('entity_type'),
    entity_id: text('entity_id'),
    actor_id: text('actor_id'),
    site_id: text('site_id'),
    request_id: text('request_id'),
    entry: Number.isSafeInteger(entry) && entry > 0 ? entry : undefined,
  })
}

/** Without the names that hold nothing: an address shows only what narrows the view. */
export function withoutGaps(filter: AuditFilter): AuditFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined && value !== ''))
}

/** A week, unless one thing is looked for: then everything there is about it. */
export function rangeOf(filter: AuditFilter): AuditRange {
  const one = filter.entity_id ?? filter.request_id ?? filter.entry
  return filter.range ?? (one === undefined ? ordinary : 'all')
}

/** The question for the server at the moment `now`. An end that is no time is left out. */
export function queryOf(filter: AuditFilter, now: number): AuditQuery {
  const { entry, action, entity_type, entity_id, actor_id, site_id, request_id } = filter
  const range = rangeOf(filter)
  const iso = (ms: number | null): string | undefined => (ms === null ? undefined : new Date(ms).toISOString())
  const period =
    range === 'all'
      ? {}
      : range === 'between'
        ? { from: iso(localInstant(filter.from)), to: iso(localInstant(filter.to)) }
        : { from: iso(now - lengths[range]) }
  return Object.fromEntries(
    Object.entries({ entry, action, entity_type, entity_id, actor_id, site_id, request_id, ...period }).filter(
      ([, value]) => value !== undefined,
    ),
  )
}

function localInstant(local: string | undefined): number | null {
  const [date, time] = local?.split('T') ?? []
  return date === undefined || time === undefined ? null : instantOf(date, time)
}

/** How many things narrow the view besides the time. */
export const narrowings = ({ range: _, from: _from, to: _to, ...rest }: AuditFilter): number =>
  Object.values(rest).filter((value) => value !== undefined).length
