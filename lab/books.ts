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
  /** Signals of one kind at one panel whose order in the database is not their order at the panel. */
  readonly misordered: number
  readonly explanation: readonly string[]
}

interface LedgerEntry {
  readonly seq: number
  readonly panel: string
  readonly token: string
  readonly raisesAlarm: boolean
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
  const rows = await stack.store.query<{ panel_id: string; token: string; n: number }>(
    `SELECT panel_id, lpad(to_hex(memory_index), 6, '0') AS token, count(*)::int AS n FROM events
     WHERE memory_index IS NOT NULL GROUP BY panel_id, memory_index`,
  )
  const stored = new Map(rows.map((row) => [`${row.panel_id}|${row.token}`, row.n]))
  let lost = 0
  let doubled = 0
  for (const entry of ledger) {
    const key = `${stack.panelIds.get(entry.panel)}|${entry.token}`
    const n = stored.get(key) ?? 0
    if (n === 0) lost++
    if (n > 1) doubled += n - 1
  }
  // A signal told by bits and never found in the memory would be one too many.
  const [orphans] = await stack.store.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM events WHERE source = 'STATE' AND memory_index IS NULL`,
  )
  doubled += orphans?.n ?? 0
  if (lost > 0) explanation.push(`${lost} ledger entries without an event`)
  if (doubled > 0) explanation.push(`${doubled} events too many (${orphans?.n} told by bits only)`)
  const [misordered] = await stack.store.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM (
       SELECT ordinal, lag(ordinal) OVER (PARTITION BY panel_id, signal ORDER BY epoch, panel_seq) AS before FROM events WHERE signal IS NOT NULL
     ) o WHERE ordinal < before`,
  )
  const [sums] = await stack.store.query<{ stored: number; expected: number }>(
    `SELECT (SELECT count(*)::int FROM events WHERE memory_index IS NOT NULL) AS stored,
       (SELECT coalesce(sum(event_count + repeat_count), 0)::int FROM alarms WHERE status <> 'CLOSED') AS expected`,
  )
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
    misordered: misordered?.n ?? 0,
    explanation,
  }
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
