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
const noCounts: PriorityCounts = { CRITICAL: 0, WARNING: 0, INFO: 0, new: 0 }

export interface BoardPage {
  readonly alarms: readonly AlarmSummary[]
  readonly counts: PriorityCounts
  readonly last: boolean
}

type Put = 'new' | 'newer' | 'same' | 'old'

export class Board {
  #entries = new Map<string, Entry>()
  /** The same entries, newest first: kept in order, so that no view ever sorts ten thousand alarms. */
  #order: Entry[] = []
  /** Versions of closed alarms. */
  #closed = new Map<string, number>()
  /** Closed alarms still shown, and since when. */
  #lingering = new Map<string, number>()
  #sweep = 0
  #sweepRunning = false
  #complete = false
  #loadedAt: number | null = null
  #revision = 0
  #serverCounts: PriorityCounts = noCounts
  #cachedAll: readonly AlarmSummary[] | null = null
  #cachedCounts: PriorityCounts | null = null

  /** Grows with every change; what React compares. */
  get revision(): number {
    return this.#revision
  }

  /** True once a sweep has read the list to its end. */
  get complete(): boolean {
    return this.#complete
  }

  /** When the first page arrived; null = nothing known yet. */
  get loadedAt(): number | null {
    return this.#loadedAt
  }

  /** Open alarms outside test mode; exact when complete, else the server's figures carried forward. */
  get counts(): PriorityCounts {
    this.#cachedCounts ??= this.#complete ? countOpen(this.#entries) : this.#serverCounts
    return this.#cachedCounts
  }

  get(id: string): AlarmSummary | undefined {
    return this.#entries.get(id)?.alarm
  }

  /** Open alarms and those that closed within `lingerMs`, newest first. Test-mode alarms included; views leave them out. */
  all(): readonly AlarmSummary[] {
    this.#cachedAll ??= this.#order.map((entry) => entry.alarm)
    return this.#cachedAll
  }

  /** Alarms off the stream, or out of the answer to an action. */
  live(alarms: readonly AlarmSummary[], now: number): BoardChange {
    const arrived: AlarmSummary[] = []
    const changed: AlarmSummary[] = []
    for (const alarm of alarms) {
      const before = this.get(alarm.id)
      const result = this.#put(alarm, now)
      if (result === 'old' || result === 'same') continue
      changed.push(alarm)
      if (result === 'new') arrived.push(alarm)
      this.#serverCounts = carried(this.#serverCounts, before, alarm)
    }
    if (changed.length === 0) return noChange
    this.#touched()
    return { arrived, changed }
  }

  /** Starts a sweep and returns its number; pages of another sweep are ignored. */
  beginSweep(): number {
    this.#sweep += 1
    this.#sweepRunning = true
    return this.#sweep
  }

  page(sweep: number, page: BoardPage, now: number): BoardChange {
    if (sweep !== this.#sweep || !this.#sweepRunning) return noChange
    const arrived: AlarmSummary[] = []
    const changed: AlarmSummary[] = []
    for (const alarm of page.alarms) {
      const result = this.#put(alarm, now)
      if (result === 'new' || result === 'newer') changed.push(alarm)
      // On the first reading everything is new to us, but nothing of it has just happened.
      if (result === 'new' && this.#complete) arrived.push(alarm)
    }
    this.#serverCounts = page.counts
    this.#loadedAt ??= now
    if (page.last) this.#endSweep()
    this.#touched()
    return { arrived, changed }
  }

  /** Forgets closed alarms whose time to linger is over. Returns whether anything went. */
  prune(now: number): boolean {
    let gone = 0
    for (const [id, since] of this.#lingering) {
      if (now - since < lingerMs) continue
      this.#lingering.delete(id)
      this.#entries.delete(id)
      gone += 1
    }
    if (gone === 0) return false
    this.#dropForgotten()
    this.#touched()
    return true
  }

  clear(): void {
    this.#entries = new Map()
    this.#order = []
    this.#closed = new Map()
    this.#lingering = new Map()
    this.#sweepRunning = false
    this.#complete = false
    this.#loadedAt = null
    this.#serverCounts = noCounts
    this.#touched()
  }

  #put(alarm: AlarmSummary, now: number): Put {
    const known = this.#entries.get(alarm.id)
    const dead = this.#closed.get(alarm.id)
    if (dead !== undefined && alarm.version <= dead) return 'old'
    if (known !== undefined) {
      // Listed, so still there, even if this page is older than what the stream has brought.
      known.sweep = this.#sweep
      if (alarm.version < known.alarm.version) return 'old'
      if (alarm.version === known.alarm.version) return 'same'
    }
    if (alarm.status === 'CLOSED') {
      this.#closed.set(alarm.id, alarm.version)
      if (this.#closed.size > tombstoneLimit) this.#closed.delete(this.#closed.keys().next().value ?? '')
      // Only what was on the screen lingers on it.
      if (known === undefined) return 'old'
      this.#lingering.set(alarm.id, now)
    }
    if (known !== undefined) {
      // When an alarm began does not change, so neither does its place.
      known.alarm = alarm
      return 'newer'
    }
    const entry = { alarm, sweep: this.#sweep }
    this.#entries.set(alarm.id, entry)
    this.#order.splice(placeOf(this.#order, alarm), 0, entry)
    return 'new'
  }

  #endSweep(): void {
    this.#sweepRunning = false
    this.#complete = true
    for (const [id, entry] of this.#entries) {
      if (entry.sweep < this.#sweep && !this.#closed.has(id)) this.#entries.delete(id)
    }
    this.#dropForgotten()
  }

  #dropForgotten(): void {
    this.#order = this.#order.filter((entry) => this.#entries.get(entry.alarm.id) === entry)
  }

  #touched(): void {
    this.#revision += 1
    this.#cachedAll = null
    this.#cachedCounts = null
  }
}

/** Newer first; ISO instants in UTC with equal precision compare as text, the number decides between equal ones. */
export const newerFirst = (a: AlarmSummary, b: AlarmSummary): number =>
  a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : b.number - a.number

/** Where an alarm belongs in the order, by halving. */
function placeOf(order: readonly Entry[], alarm: AlarmSummary): number {
  let low = 0
  let high = order.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const entry = order[middle]
    if (entry !== undefined && newerFirst(entry.alarm, alarm) < 0) low = middle + 1
    else high = middle
  }
  return low
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
