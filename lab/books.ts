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
  /** Signals of one zone whose order is not that at the panel, and events of one panel recorded in another order than they were told. */
  readonly misordered: number
  readonly explanation: readonly string[]
}

export interface LedgerEntry {
  readonly seq: number
  readonly panel: string
  readonly token: string
  readonly zone: number | null
  readonly raisesAlarm: boolean
}

export interface StoredEvent {
  readonly panel_id: string
  readonly token: string
  readonly epoch: number
  readonly panel_seq: number
  readonly alarm_id: string | null
  /** Beginning of the transaction, ms since 1970. */
  readonly recorded_ms: number
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

/** What the books are made of, all of it taken from outside the processes that are being tested. */
export interface Account {
  readonly ledger: readonly LedgerEntry[]
  /** Simulator id → id of the panel in the database. */
  readonly panelIds: ReadonlyMap<string, string>
  /** Events with a place in a panel's memory. */
  readonly events: readonly StoredEvent[]
  /** Events told by bits that no memory confirmed. */
  readonly onlyBits: number
  /** Signals each alarm tells of, without those that no panel's memory has. */
  readonly told: ReadonlyMap<string, number>
  /** Signals of all alarms that are not closed: what a screen has to show. */
  readonly open: number
  readonly screens: readonly Pick<Screen, 'shown' | 'outOfOrder'>[]
}

async function count(stack: Stack, screens: readonly Screen[]): Promise<Balance> {
  const ledger = await readLedger(stack.simulatorUrl)
  const events = await stack.store.query<StoredEvent>(
    `SELECT panel_id, lpad(to_hex(memory_index), 6, '0') AS token, epoch, panel_seq, alarm_id,
       (extract(epoch FROM recorded_at) * 1000)::float8 AS recorded_ms
     FROM events WHERE memory_index IS NOT NULL`,
  )
  const told = await toldByAlarms(stack)
  const [sums] = await stack.store.query<{ only_bits: number; open: number }>(
    `SELECT (SELECT count(*)::int FROM events WHERE source = 'STATE' AND memory_index IS NULL) AS only_bits,
       (SELECT coalesce(sum(event_count + repeat_count), 0)::int FROM alarms WHERE status <> 'CLOSED') AS open`,
  )
  const { only_bits: onlyBits = 0, open = 0 } = sums ?? {}
  return weigh({ ledger, panelIds: stack.panelIds, events, onlyBits, told, open, screens })
}

/** The judgement alone: what is lost, doubled and out of order. */
export function weigh({ ledger, panelIds, events: rows, onlyBits, told, open, screens }: Account): Balance {
  const explanation: string[] = []
  const stored = new Map<string, StoredEvent[]>()
  for (const row of rows) {
    const key = `${row.panel_id}|${row.token}`
    stored.set(key, [...(stored.get(key) ?? []), row])
  }
  const eventsOf = (entry: LedgerEntry): readonly StoredEvent[] =>
    stored.get(`${panelIds.get(entry.panel)}|${entry.token}`) ?? []
  let lost = 0
  // A signal told by bits and never found in the memory would be one too many.
  let doubled = onlyBits
  let silent = 0
  let unknown = rows.length
  for (const entry of ledger) {
    const events = eventsOf(entry)
    unknown -= events.length
    if (events.length === 0) lost++
    if (events.length > 1) doubled += events.length - 1
    if (entry.raisesAlarm && events.some(({ alarm_id }) => alarm_id === null)) silent++
  }
  lost += silent
  doubled += Math.max(0, unknown)
  if (unknown > 0) explanation.push(`${unknown} events of signals that no panel emitted`)
  if (silent > 0) explanation.push(`${silent} signals recorded without an alarm`)
  for (const [id, difference] of countedApart(ledger, eventsOf, told)) {
    if (difference > 0) lost += difference
    else doubled -= difference
    explanation.push(`alarm ${id} tells of ${difference > 0 ? 'fewer' : 'more'} signals than it has (${difference})`)
  }
  if (lost > 0) explanation.push(`${lost} ledger entries without an event`)
  if (doubled > 0) explanation.push(`${doubled} events too many (${onlyBits} told by bits only)`)
  const [atPlaces, overtaken] = [countMisordered(ledger, eventsOf), countOvertaken(rows)]
  if (atPlaces > 0) explanation.push(`${atPlaces} signals of a zone told before what happened there earlier`)
  if (overtaken > 0) explanation.push(`${overtaken} events recorded before what their panel had told earlier`)
  for (const [n, screen] of screens.entries()) {
    const missing = open - screen.shown
    if (missing > 0) lost += missing
    if (missing < 0) doubled -= missing
    if (missing !== 0) explanation.push(`screen ${n + 1} shows ${screen.shown} of ${open}`)
    if (screen.outOfOrder > 0) explanation.push(`screen ${n + 1} was shown ${screen.outOfOrder} old versions`)
  }
  return {
    emitted: ledger.length,
    stored: rows.length,
    shown: Math.min(...screens.map((screen) => screen.shown)),
    lost,
    doubled,
    misordered: atPlaces + overtaken,
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

/** Of one panel and owner, what was told first must not be recorded after what was told later; what came in one transaction came together. */
function countOvertaken(rows: readonly StoredEvent[]): number {
  const recorded = new Map<string, number>()
  let overtaken = 0
  for (const { panel_id, epoch, recorded_ms } of [...rows].sort((x, y) => x.panel_seq - y.panel_seq)) {
    const owner = `${panel_id}|${epoch}`
    const before = recorded.get(owner) ?? 0
    if (recorded_ms < before) overtaken++
    else recorded.set(owner, recorded_ms)
  }
  return overtaken
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
