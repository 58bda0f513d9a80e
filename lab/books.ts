/** Balancing the books: what panels emitted, what the database holds, what screens show. */
import { until } from './child.ts'
import type { Screen } from './screen.ts'
import type { Stack } from './stack.ts'

export interface Balance {
  readonly emitted: number
  readonly stored: number
  readonly shown: number
  readonly lost: number
  readonly doubled: number
  /** Signals of one zone, or of one panel, whose order in the database is not their order at the panel. */
  readonly misordered: number
  readonly explanation: readonly string[]
}

interface LedgerEntry {
  readonly seq: number
  readonly panel: string
  readonly token: string
  readonly zone: number | null
  readonly raisesAlarm: boolean
}

interface StoredEvent {
  readonly panel_id: string
  readonly token: string
  readonly epoch: number
  readonly panel_seq: number
  readonly alarm_id: string | null
}

/** Waits until everything emitted is stored and shown, at most so long, and says what is missing. */
export async function balance(stack: Stack, screens: readonly Screen[], deadlineMs: number): Promise<Balance> {
  let last: Balance | undefined
  await until(
    async () => {
      last = await count(stack, screens)
      return last.lost === 0 && last.doubled === 0 && last.misordered === 0
    },
    deadlineMs,
    500,
  )
  return last ?? (await count(stack, screens))
}

async function count(stack: Stack, screens: readonly Screen[]): Promise<Balance> {
  const ledger = await readLedger(stack.simulatorUrl)
  const explanation: string[] = []
  const rows = await stack.store.query<StoredEvent>(
    `SELECT panel_id, lpad(to_hex(memory_index), 6, '0') AS token, epoch, panel_seq, alarm_id FROM events WHERE memory_index IS NOT NULL`,
  )
  const stored = new Map<string, StoredEvent[]>()
  for (const row of rows) {
    const key = `${row.panel_id}|${row.token}`
    stored.set(key, [...(stored.get(key) ?? []), row])
  }
  const eventsOf = (entry: LedgerEntry): readonly StoredEvent[] =>
    stored.get(`${stack.panelIds.get(entry.panel)}|${entry.token}`) ?? []
  let lost = 0
  let doubled = 0
  let silent = 0
  for (const entry of ledger) {
    const events = eventsOf(entry)
    if (events.length === 0) lost++
    if (events.length > 1) doubled += events.length - 1
    if (entry.raisesAlarm && events.some(({ alarm_id }) => alarm_id === null)) silent++
  }
  lost += silent
  if (silent > 0) explanation.push(`${silent} signals recorded without an alarm`)
  const told = await toldByAlarms(stack)
  for (const [id, difference] of countedApart(ledger, eventsOf, told)) {
    if (difference > 0) lost += difference
    else doubled -= difference
    explanation.push(`alarm ${id} tells of ${difference > 0 ? 'fewer' : 'more'} signals than it has (${difference})`)
  }
  // A signal told by bits and never found in the memory would be one too many.
  const [orphans] = await stack.store.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM events WHERE source = 'STATE' AND memory_index IS NULL`,
  )
  doubled += orphans?.n ?? 0
  if (lost > 0) explanation.push(`${lost} ledger entries without an event`)
  if (doubled > 0) explanation.push(`${doubled} events too many (${orphans?.n} told by bits only)`)
  const [sums] = await stack.store.query<{ stored: number; expected: number }>(
    `SELECT (SELECT count(*)::int FROM events WHERE memory_index IS NOT NULL) AS stored,
       (SELECT coalesce(sum(event_count + repeat_count), 0)::int FROM alarms WHERE status <> 'CLOSED') AS expected`,
  )
  const misordered = countMisordered(ledger, eventsOf)
  for (const [n, screen] of screens.entries()) {
    const missing = (sums?.expected ?? 0) - screen.shown
    if (missing > 0) lost += missing
    if (missing < 0) doubled -= missing
    if (missing !== 0) explanation.push(`screen ${n + 1} shows ${screen.shown} of ${sums?.expected}`)
    if (screen.outOfOrder > 0) explanation.push(`screen ${n + 1} was shown ${screen.outOfOrder} old versions`)
  }
  return {
    emitted: ledger.length,
    stored: sums?.stored ?? 0,
    shown: Math.min(...screens.map((screen) => screen.shown)),
    lost,
    doubled,
    misordered,
    explanation,
  }
}

/** Signals each alarm tells of, without those that no panel's memory has (the loss of a link). */
async function toldByAlarms(stack: Stack): Promise<Map<string, number>> {
  const rows = await stack.store.query<{ id: string; told: number }>(
    `SELECT a.id, (a.event_count + a.repeat_count - (SELECT count(*) FROM events e WHERE e.alarm_id = a.id AND e.memory_index IS NULL))::int AS told
     FROM alarms a`,
  )
  return new Map(rows.map(({ id, told }) => [id, told]))
}

/** Alarms, closed ones too, whose count is not that of the signals recorded under them; what joined a closed alarm shows here. */
function countedApart(
  ledger: readonly LedgerEntry[],
  eventsOf: (entry: LedgerEntry) => readonly StoredEvent[],
  told: ReadonlyMap<string, number>,
): [id: string, difference: number][] {
  const recorded = new Map<string, number>()
  for (const entry of ledger) {
    for (const { alarm_id } of entry.raisesAlarm ? eventsOf(entry) : [])
      if (alarm_id !== null) recorded.set(alarm_id, (recorded.get(alarm_id) ?? 0) + 1)
  }
  return [...told].flatMap(([id, count]) => {
    const difference = (recorded.get(id) ?? 0) - count
    return difference === 0 ? [] : [[id, difference]]
  })
}

/** What happened at one zone after the other must have been told after it: by the panel's owners in turn, and by each of them. */
function countMisordered(ledger: readonly LedgerEntry[], eventsOf: (entry: LedgerEntry) => readonly StoredEvent[]) {
  const last = new Map<string, StoredEvent>()
  let misordered = 0
  for (const entry of ledger) {
    const [event] = eventsOf(entry)
    if (event === undefined) continue
    const place = `${entry.panel}|${entry.zone}`
    const before = last.get(place)
    if (before && (event.epoch < before.epoch || (event.epoch === before.epoch && event.panel_seq < before.panel_seq)))
      misordered++
    else last.set(place, event)
  }
  return misordered
}

/** Signals that should raise an alarm, by panel of the database. */
export async function raisedByPanel(stack: Stack): Promise<Map<string, number>> {
  const raised = new Map<string, number>()
  for (const { panel, raisesAlarm } of await readLedger(stack.simulatorUrl)) {
    const id = stack.panelIds.get(panel) as string
    if (raisesAlarm) raised.set(id, (raised.get(id) ?? 0) + 1)
  }
  return raised
}

async function readLedger(simulatorUrl: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for (let since = 0; ; ) {
    const page = (await (await fetch(`${simulatorUrl}/ledger?limit=10000&since=${since}`)).json()) as {
      entries: LedgerEntry[]
      next: number
    }
    entries.push(...page.entries)
    if (page.next === since || page.entries.length === 0) return entries
    since = page.next
  }
}
