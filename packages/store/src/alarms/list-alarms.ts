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
  const { sql, values } = pageStatement(filter, page)
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

function pageStatement(
  filter: AlarmFilter,
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
      FROM (SELECT keys.* FROM ${keysFrom(filter, page, values, limit)}
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
function keysFrom(filter: AlarmFilter, page: Paging, values: Values, limit: string): string {
  const residual = residualConditions(filter, values)
  const sites = siteList(filter)
  if (sites || filter.assignee || filter.text) {
    const rank = `array_position(${values.add([...priorities])}::text[], a.priority) - 1`
    const after = page.after ? [afterCondition(page.sort, page.after, values, rank)] : []
    const own = [
      `a.status = ANY (${values.add([...filter.statuses])}::text[])`,
      `a.priority = ANY (${values.add([...filter.priorities])}::text[])`,
      `a.stream = ANY (${values.add([...filter.streams])}::text[])`,
      ...residual,
      ...after,
    ].join(' AND ')
    const order = page.sort === 'priority' ? 'rank, a.created_at DESC, a.id DESC' : 'a.created_at DESC, a.id DESC'
    const inner = (extra: string) =>
      `SELECT a.id, a.created_at, ${rank} AS rank FROM alarms a WHERE ${extra} AND ${own} ORDER BY ${order} LIMIT ${limit}`
    if (!sites) return `(${inner('true')}) keys`
    return `unnest(${values.add(sites)}::uuid[]) AS site(id) CROSS JOIN LATERAL (${inner('a.site_id = site.id')}) keys`
  }
  if (page.sort === 'newest' && isDefaultView(filter)) {
    const after = page.after ? [afterCondition('newest', page.after, values, '0')] : []
    const conditions = ["a.status <> 'CLOSED'", ...residual, ...after].join(' AND ')
    return `(SELECT a.id, a.created_at, 0 AS rank FROM alarms a WHERE ${conditions}
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
      : { beforeAt: 'infinity', beforeId: LAST_ID }
    return filter.statuses.flatMap((status) =>
      filter.streams.map((stream) => ({ status, priority, stream, rank, ...before })),
    )
  })
}

function afterCondition(sort: Paging['sort'], after: AlarmPosition, values: Values, rank: string): string {
  const at = values.add(after.createdAt)
  const id = values.add(after.id)
  const older = `(a.created_at, a.id) < (${at}::timestamptz, ${id}::uuid)`
  if (sort === 'newest') return older
  const afterRank = values.add(after.rank)
  return `(${rank} > ${afterRank}::int OR (${rank} = ${afterRank}::int AND ${older}))`
}

function residualConditions(filter: AlarmFilter, values: Values): string[] {
  const conditions: string[] = []
  if (filter.test === 'hide') conditions.push('NOT a.test_mode')
  if (filter.test === 'only') conditions.push('a.test_mode')
  if (filter.from) conditions.push(`a.created_at >= ${values.add(filter.from)}::timestamptz`)
  if (filter.to) conditions.push(`a.created_at < ${values.add(filter.to)}::timestamptz`)
  if (filter.assignee === 'none') conditions.push('a.handler_id IS NULL')
  else if (filter.assignee) conditions.push(`a.handler_id = ${values.add(filter.assignee)}::uuid`)
  for (const word of searchWords(filter.text)) {
    const pattern = `fold_text(${values.add(word)})`
    conditions.push(
      `(a.search_text LIKE '%' || ${pattern} || '%' OR a.site_id IN (SELECT id FROM sites WHERE search_text LIKE '%' || ${pattern} || '%'))`,
    )
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
