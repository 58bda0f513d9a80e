/** The alarm list: keyset pages in one statement, so that the page and the stream position come from one snapshot. */
import type { AlarmStatus, AlarmStream, AlarmSummary, Priority, SiteScope } from '@stam/contracts'
import { alarmStatuses, alarmStreams, priorities } from '@stam/contracts'
import type { Queryable } from '../connection.ts'
import { scopeValue, withinScope } from '../system/site-scope.ts'
import { type SummaryRow, summaryColumns, summaryJoins, toAlarmSummary } from './alarm-summary.ts'

export interface AlarmFilter {
  readonly scope: SiteScope
  readonly statuses: readonly AlarmStatus[]
  readonly priorities: readonly Priority[]
  readonly streams: readonly AlarmStream[]
  readonly siteId?: string | undefined
  /** `none` = nobody has it in hand. */
  readonly assignee?: string | 'none' | undefined
  /** Created in [from, to). ISO instants. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly text?: string | undefined
  readonly test: 'hide' | 'only' | 'all'
}

/** Where a page ended: the last row's sort key. `rank` counts only when sorted by priority. */
export interface AlarmPosition {
  readonly rank: number
  readonly createdAt: string
  readonly id: string
}

interface Paging {
  readonly sort: 'newest' | 'priority'
  readonly after: AlarmPosition | null
}

export interface AlarmPage {
  readonly alarms: AlarmSummary[]
  readonly next: AlarmPosition | null
  /** Every change with a number up to here is in the page (or was before it). */
  readonly streamPosition: number
}

const DEFAULT_OPEN = alarmStatuses.filter((status) => status !== 'CLOSED')
const MOST_WORDS = 8

/** Reads one page; `limit` rows at most. */
export async function listAlarms(
  db: Queryable,
  filter: AlarmFilter,
  page: Paging & { readonly limit: number },
): Promise<AlarmPage> {
  const { sql, values } = pageStatement(filter, await resolveWords(db, filter.text), page)
  const rows = await db.query<SummaryRow & { position: number }>(sql, values)
  const found = rows.filter((row) => row.id !== null)
  const shown = found.slice(0, page.limit)
  const last = shown.at(-1)
  return {
    alarms: shown.map(toAlarmSummary),
    next:
      last && found.length > page.limit
        ? { rank: priorities.indexOf(last.priority), createdAt: last.created_at, id: last.id }
        : null,
    streamPosition: rows[0]?.position ?? 0,
  }
}

/** Bound values with their `$n`. */
class Values {
  readonly list: unknown[] = []
  add(value: unknown): string {
    this.list.push(value)
    return `$${this.list.length}`
  }
}

/** A word of the search text: as a LIKE pattern, and the sites whose name, code or address contains it. */
interface Word {
  readonly pattern: string
  readonly siteIds: readonly string[]
  /** Too short for a trigram, hence for the index: it is looked for in sites only. */
  readonly short: boolean
}

const TRIGRAM = 3

/**
 * Sites are few and looked up first. With their ids as plain values the planner can choose for each word: the ordered scan for a common one, which
 * fills the page soon, or the trigram index and the sites' alarms for a rare one. As a subquery it could only scan: 1 s at a million alarms.
 */
async function resolveWords(db: Queryable, text: string | undefined): Promise<Word[]> {
  const words = searchWords(text)
  if (words.length === 0) return []
  const rows = await db.query<{ pattern: string; short: boolean; site_ids: string[] }>(
    `SELECT '%' || fold_text(w.word) || '%' AS pattern, length(w.word) < ${TRIGRAM} AS short,
       ARRAY(SELECT s.id::text FROM sites s WHERE s.search_text LIKE '%' || fold_text(w.word) || '%') AS site_ids
     FROM unnest($1::text[]) AS w(word)`,
    [words],
  )
  return rows.map(({ site_ids, ...word }) => ({ ...word, siteIds: site_ids }))
}

function pageStatement(
  filter: AlarmFilter,
  words: readonly Word[],
  page: Paging & { readonly limit: number },
): { sql: string; values: unknown[] } {
  const values = new Values()
  const limit = values.add(page.limit + 1)
  const byRank = page.sort === 'priority'
  // The keys are found first and by index alone; the wide rows and their joins are fetched for one page only.
  const sql = `
    SELECT head.last_seq AS position, p.*
    FROM stream_head head
    LEFT JOIN LATERAL (
      SELECT ${summaryColumns}, k.rank
      FROM (SELECT keys.* FROM ${keysFrom(filter, words, page, values, limit)}
            ORDER BY ${byRank ? 'keys.rank, ' : ''}keys.created_at DESC, keys.id DESC LIMIT ${limit}) k
      JOIN alarms a ON a.id = k.id
      ${summaryJoins}
    ) p ON true
    ORDER BY ${byRank ? 'p.rank, ' : ''}p.created_at DESC, p.id DESC`
  return { sql, values: values.list }
}

/**
 * The rows to choose from. Which index can give them in order depends on what is asked:
 * a site or a scope → newest per site; otherwise one slice per (status, priority, stream), each read in order from
 * alarms_slice_idx and merged; the default view of the queue → alarms_open_idx, which holds only what is open.
 */
function keysFrom(filter: AlarmFilter, words: readonly Word[], page: Paging, values: Values, limit: string): string {
  const residual = residualConditions(filter, words, values)
  const sites = siteList(filter)
  if (sites || filter.assignee || words.length > 0) {
    const own = [
      `a.status = ANY (${values.add([...filter.statuses])}::text[])`,
      `a.stream = ANY (${values.add([...filter.streams])}::text[])`,
      ...residual,
    ].join(' AND ')
    const inner = (extra: string) => (run: Run) =>
      `(SELECT a.id, a.created_at, ${run.rank} AS rank FROM alarms a
        WHERE ${extra} AND a.priority = ANY (${values.add([...run.of])}::text[]) AND ${own} ${afterIn(run, page, values)}
        ORDER BY a.created_at DESC, a.id DESC LIMIT ${limit})`
    const runs = runsOf(filter, page)
    if (!sites) return `(${runs.map(inner('true')).join(' UNION ALL ') || NO_KEYS}) keys`
    const perSite = runs.map(inner('a.site_id = site.id')).join(' UNION ALL ') || NO_KEYS
    return `unnest(${values.add(sites)}::uuid[]) AS site(id) CROSS JOIN LATERAL (${perSite}) keys`
  }
  if (page.sort === 'newest' && isDefaultView(filter)) {
    const conditions = ["a.status <> 'CLOSED'", ...residual].join(' AND ')
    return `(SELECT a.id, a.created_at, 0 AS rank FROM alarms a WHERE ${conditions} ${afterIn({ rank: 0, of: priorities }, page, values)}
             ORDER BY a.created_at DESC, a.id DESC LIMIT ${limit}) keys`
  }
  return slicesFrom(sliceRows(filter, page), residual, values, limit)
}

function slicesFrom(rows: readonly Slice[], residual: readonly string[], values: Values, limit: string): string {
  const column = (key: keyof Slice) => values.add(rows.map((row) => row[key]))
  return `
    unnest(${column('status')}::text[], ${column('priority')}::text[], ${column('stream')}::text[], ${column('rank')}::int[],
           ${column('beforeAt')}::timestamptz[], ${column('beforeId')}::uuid[])
      AS slice(status, priority, stream, rank, before_at, before_id)
    CROSS JOIN LATERAL (
      SELECT a.id, a.created_at, slice.rank AS rank FROM alarms a
      WHERE a.status = slice.status AND a.priority = slice.priority AND a.stream = slice.stream
        AND (a.created_at, a.id) < (slice.before_at, slice.before_id)
        ${residual.map((condition) => `AND ${condition}`).join(' ')}
      ORDER BY a.created_at DESC, a.id DESC LIMIT ${limit}
    ) keys`
}

interface Slice {
  readonly status: string
  readonly priority: string
  readonly stream: string
  readonly rank: number
  readonly beforeAt: string
  readonly beforeId: string
}

const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** One row per (status, priority, stream) that can still hold something after the cursor, with where it goes on. */
function sliceRows(filter: AlarmFilter, page: Paging): Slice[] {
  const { after, sort } = page
  return filter.priorities.flatMap((priority) => {
    const rank = priorities.indexOf(priority)
    if (sort === 'priority' && after && rank < after.rank) return []
    const goesOn = after !== null && (sort === 'newest' || rank === after.rank)
    const before = goesOn
      ? { beforeAt: after.createdAt, beforeId: after.id }
      : { beforeAt: filter.to ?? 'infinity', beforeId: LAST_ID }
    return filter.statuses.flatMap((status) =>
      filter.streams.map((stream) => ({ status, priority, stream, rank, ...before })),
    )
  })
}

/** Rows that are in order by themselves: everything when the newest come first, one priority after the other otherwise. */
interface Run {
  readonly rank: number
  readonly of: readonly Priority[]
}

const NO_KEYS = 'SELECT NULL::uuid AS id, NULL::timestamptz AS created_at, 0 AS rank WHERE false'

/** The runs that can still hold something after the cursor. No index is in the order of ranks, so none is asked for it. */
function runsOf(filter: AlarmFilter, { sort, after }: Paging): Run[] {
  if (sort === 'newest') return [{ rank: 0, of: filter.priorities }]
  return filter.priorities
    .map((priority) => ({ rank: priorities.indexOf(priority), of: [priority] }))
    .filter(({ rank }) => after === null || rank >= after.rank)
}

function afterIn(run: Run, { sort, after }: Paging, values: Values): string {
  if (after === null || (sort === 'priority' && run.rank !== after.rank)) return ''
  return `AND (a.created_at, a.id) < (${values.add(after.createdAt)}::timestamptz, ${values.add(after.id)}::uuid)`
}

function residualConditions(filter: AlarmFilter, words: readonly Word[], values: Values): string[] {
  const conditions: string[] = []
  if (filter.test === 'hide') conditions.push('NOT a.test_mode')
  if (filter.test === 'only') conditions.push('a.test_mode')
  if (filter.from) conditions.push(`a.created_at >= ${values.add(filter.from)}::timestamptz`)
  if (filter.to) conditions.push(`a.created_at < ${values.add(filter.to)}::timestamptz`)
  if (filter.assignee === 'none') conditions.push('a.handler_id IS NULL')
  else if (filter.assignee) conditions.push(`a.handler_id = ${values.add(filter.assignee)}::uuid`)
  for (const { pattern, siteIds, short } of words) {
    const ofSite = `a.site_id = ANY (${values.add(siteIds)}::uuid[])`
    conditions.push(short ? ofSite : `(a.search_text LIKE ${values.add(pattern)} OR ${ofSite})`)
  }
  return conditions
}

/** Words of a search text, with the wildcards of LIKE made harmless. */
export function searchWords(text: string | undefined): string[] {
  return (text ?? '')
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, MOST_WORDS)
    .map((word) => word.replace(/[\\%_]/g, '\\$&'))
}

/** The sites to look at, where they are few; null = all of them. A site outside the scope leaves none. */
function siteList(filter: AlarmFilter): readonly string[] | null {
  const scope = scopeValue(filter.scope)
  if (!filter.siteId) return scope
  return scope === null || scope.includes(filter.siteId) ? [filter.siteId] : []
}

function isDefaultView(filter: AlarmFilter): boolean {
  return (
    filter.statuses.length === DEFAULT_OPEN.length &&
    DEFAULT_OPEN.every((status) => filter.statuses.includes(status)) &&
    filter.priorities.length === priorities.length &&
    filter.streams.length === alarmStreams.length
  )
}

export interface OpenCounts {
  CRITICAL: number
  WARNING: number
  INFO: number
  new: number
}

/** Open alarms by priority, and how many of them nobody has claimed; without those of sites on test. */
export async function countOpenAlarms(db: Queryable, scope: SiteScope): Promise<OpenCounts> {
  const rows = await db.query<{ priority: Priority; is_new: boolean; count: number }>(
    `SELECT a.priority, a.status = 'NEW' AS is_new, count(*) AS count FROM alarms a
     WHERE a.status <> 'CLOSED' AND NOT a.test_mode AND ${withinScope('a.site_id', '$1')} GROUP BY 1, 2`,
    [scopeValue(scope)],
  )
  const counts: OpenCounts = { CRITICAL: 0, WARNING: 0, INFO: 0, new: 0 }
  for (const row of rows) {
    counts[row.priority] += row.count
    if (row.is_new) counts.new += row.count
  }
  return counts
}
