/**
 * Every open alarm this person may see, as one table in memory. Fed by REST pages (a *sweep*) and by numbered messages.
 *
 * Invariants, each with its test in alarm-board.test.ts:
 * - an older version never replaces a newer one, from whichever source it comes;
 * - a closed alarm stays closed: an older page cannot bring it back (tombstones);
 * - only a completed sweep removes an alarm the server no longer lists, and never one heard of since the sweep began.
 */
import type { AlarmSummary, Priority } from '@stam/contracts'

export type PriorityCounts = Readonly<Record<Priority, number>> & { readonly new: number }

export interface BoardChange {
  /** Alarms first heard of after the list was read once: what may ring and be announced. */
  readonly arrived: readonly AlarmSummary[]
  /** Alarms whose newest version changed, including arrived ones. */
  readonly changed: readonly AlarmSummary[]
}

interface Entry {
  alarm: AlarmSummary
  /** Sweep in which it was last confirmed. */
  sweep: number
}

/** Closed alarms stay in the view this long, dimmed, so that nothing jumps away under the pointer. */
export const lingerMs = 4_000
const tombstoneLimit = 20_000
const noChange: BoardChange = { arrived: [], changed: [] }

export interface Board {
  /** Grows with every change; what React compares. */
  readonly revision: number
  /** True once a sweep has read the list to its end. */
  readonly complete: boolean
  /** When the first page arrived; null = nothing known yet. */
  readonly loadedAt: number | null
  /** Open alarms outside test mode; exact when complete, else the server's figures carried forward. */
  readonly counts: PriorityCounts
  get(id: string): AlarmSummary | undefined
  /** Open alarms and those that closed within `lingerMs`. Test-mode alarms included; views leave them out. */
  all(): readonly AlarmSummary[]
  live(alarms: readonly AlarmSummary[], now: number): BoardChange
  /** Starts a sweep and returns its number; pages of another sweep are ignored. */
  beginSweep(): number
  page(
    sweep: number,
    page: { alarms: readonly AlarmSummary[]; counts: PriorityCounts; last: boolean },
    now: number,
  ): BoardChange
  /** Forgets closed alarms whose time to linger is over. Returns whether anything went. */
  prune(now: number): boolean
  clear(): void
}

export function createBoard(): Board {
  let entries = new Map<string, Entry>()
  /** Versions of closed alarms. */
  let closed = new Map<string, number>()
  /** Closed alarms still shown, and since when. */
  let lingering = new Map<string, number>()
  let sweep = 0
  let sweepRunning = false
  let complete = false
  let loadedAt: number | null = null
  let revision = 0
  let serverCounts: PriorityCounts = { CRITICAL: 0, WARNING: 0, INFO: 0, new: 0 }
  let cachedAll: readonly AlarmSummary[] | null = null
  let cachedCounts: PriorityCounts | null = null

  const touched = (): void => {
    revision += 1
    cachedAll = null
    cachedCounts = null
  }

  const put = (alarm: AlarmSummary, now: number): 'new' | 'newer' | 'same' | 'old' => {
    const known = entries.get(alarm.id)
    const dead = closed.get(alarm.id)
    if (dead !== undefined && alarm.version <= dead) return 'old'
    if (known !== undefined) {
      // Listed, so still there, even if this page is older than what the stream has brought.
      known.sweep = sweep
      if (alarm.version < known.alarm.version) return 'old'
      if (alarm.version === known.alarm.version) return 'same'
    }
    if (alarm.status === 'CLOSED') {
      closed.set(alarm.id, alarm.version)
      if (closed.size > tombstoneLimit) closed.delete(closed.keys().next().value ?? '')
      // Only what was on the screen lingers on it.
      if (known === undefined) return 'old'
      lingering.set(alarm.id, now)
    }
    entries.set(alarm.id, { alarm, sweep })
    return known === undefined ? 'new' : 'newer'
  }

  return {
    get revision() {
      return revision
    },
    get complete() {
      return complete
    },
    get loadedAt() {
      return loadedAt
    },
    get counts() {
      cachedCounts ??= complete ? countOpen(entries) : serverCounts
      return cachedCounts
    },
    get: (id) => entries.get(id)?.alarm,
    all() {
      cachedAll ??= Array.from(entries.values(), (entry) => entry.alarm)
      return cachedAll
    },
    live(alarms, now) {
      const arrived: AlarmSummary[] = []
      const changed: AlarmSummary[] = []
      for (const alarm of alarms) {
        const before = entries.get(alarm.id)?.alarm
        const result = put(alarm, now)
        if (result === 'old' || result === 'same') continue
        changed.push(alarm)
        if (result === 'new') arrived.push(alarm)
        serverCounts = carried(serverCounts, before, alarm)
      }
      if (changed.length === 0) return noChange
      touched()
      return { arrived, changed }
    },
    beginSweep() {
      sweep += 1
      sweepRunning = true
      return sweep
    },
    page(of, page, now) {
      if (of !== sweep || !sweepRunning) return noChange
      const arrived: AlarmSummary[] = []
      const changed: AlarmSummary[] = []
      for (const alarm of page.alarms) {
        const result = put(alarm, now)
        if (result === 'new' || result === 'newer') changed.push(alarm)
        // On the first reading everything is new to us, but nothing of it has just happened.
        if (result === 'new' && complete) arrived.push(alarm)
      }
      serverCounts = page.counts
      loadedAt ??= now
      if (page.last) {
        sweepRunning = false
        complete = true
        for (const [id, entry] of entries) if (entry.sweep < sweep && !closed.has(id)) entries.delete(id)
      }
      touched()
      return { arrived, changed }
    },
    prune(now) {
      let gone = 0
      for (const [id, since] of lingering) {
        if (now - since < lingerMs) continue
        lingering.delete(id)
        entries.delete(id)
        gone += 1
      }
      if (gone > 0) touched()
      return gone > 0
    },
    clear() {
      entries = new Map()
      closed = new Map()
      lingering = new Map()
      sweepRunning = false
      complete = false
      loadedAt = null
      serverCounts = { CRITICAL: 0, WARNING: 0, INFO: 0, new: 0 }
      touched()
    },
  }
}

const counted = (alarm: AlarmSummary | undefined): alarm is AlarmSummary =>
  alarm !== undefined && alarm.status !== 'CLOSED' && !alarm.test_mode

function countOpen(entries: ReadonlyMap<string, Entry>): PriorityCounts {
  const counts = { CRITICAL: 0, WARNING: 0, INFO: 0, new: 0 }
  for (const { alarm } of entries.values()) {
    if (!counted(alarm)) continue
    counts[alarm.priority] += 1
    if (alarm.status === 'NEW') counts.new += 1
  }
  return counts
}

/** The server's figures moved along by one change, until the next page brings new ones. */
function carried(counts: PriorityCounts, before: AlarmSummary | undefined, after: AlarmSummary): PriorityCounts {
  // Not on any page so far, but not new either: the server's figure already has it.
  if (before === undefined && after.version > 1) return counts
  const next = { ...counts }
  if (counted(before)) {
    next[before.priority] -= 1
    if (before.status === 'NEW') next.new -= 1
  }
  if (counted(after)) {
    next[after.priority] += 1
    if (after.status === 'NEW') next.new += 1
  }
  return next
}
