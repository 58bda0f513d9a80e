/** Issue 2, "done when": kill -9 in the middle of a burst; the simulator's ledger and the database agree, none lost, none doubled. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@stam/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildConsole } from '../build-console.ts'
import { type Launched, launchOrFail, queryStation } from './launch-station.ts'

const SIGNALS = 120
const CATCH_UP_MS = 120_000
let data: string
let station: Launched | undefined

beforeAll(async () => {
  data = join(mkdtempSync(join(tmpdir(), 'stam-burst-')), 'data')
  await buildConsole(() => {})
}, 120_000)
afterAll(async () => {
  await station?.end('SIGKILL')
  rmSync(join(data, '..'), { recursive: true, force: true })
})

interface LedgerPage {
  readonly entries: readonly {
    readonly panel: string
    readonly code: number
    readonly restore: boolean
    readonly zone: number | null
  }[]
}

async function ask<T>(path: string, body?: object): Promise<T> {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(`${station?.ready.simulator}${path}`, body ? post : {})
  expect(response.ok, path).toBe(true)
  return (await response.json()) as T
}

/** Every signal the panels emitted: which panel, what, coming or going, where. */
async function emitted(): Promise<string[]> {
  const panels = await ask<{ id: string; port: number }[]>('/panels')
  const ports = new Map(panels.map(({ id, port }) => [id, port]))
  const { entries } = await ask<LedgerPage>('/ledger?since=0&limit=10000')
  return entries.map(({ panel, code, restore, zone }) => `${ports.get(panel)}|${code}|${restore}|${zone}`).sort()
}

/** Every event of a panel in the database, the same way; what the worker itself says about a link is not a signal. */
async function recorded(): Promise<string[]> {
  const rows = await queryStation<{ port: number; event_code: number; restore: boolean; zone_no: number | null }>(
    data,
    `SELECT p.port, e.event_code, e.restore, e.zone_no FROM events e JOIN panels p ON p.id = e.panel_id
     WHERE e.source IN ('STATE', 'MEMORY')`,
  )
  return rows.map(({ port, event_code, restore, zone_no }) => `${port}|${event_code}|${restore}|${zone_no}`).sort()
}

/** Linked, and the place in each panel's memory known from which on everything counts: what was before first contact is history. */
async function allConnected(): Promise<void> {
  const everyPanel = async () => {
    const linked = (await ask<{ connected: boolean }[]>('/panels')).every(({ connected }) => connected)
    const [row] = await queryStation<{ all_placed: boolean }>(
      data,
      `SELECT bool_and(c.memory_epoch IS NOT NULL) AS all_placed FROM panels p LEFT JOIN panel_cursors c ON c.panel_id = p.id`,
    )
    return linked && row?.all_placed
  }
  await eventually(everyPanel, { deadlineMs: 60_000, everyMs: 200, what: 'a link to every panel' })
}

test(
  'the ledger of the simulator and the database agree after a kill -9',
  async () => {
    station = await launchOrFail(['--port', '0', '--data', data])
    await allConnected()
    await ask('/scenarios', { name: 'burst', burst: { panels: '*', count: SIGNALS, overMs: 4_000, action: 'alarm' } })
    // In the middle: a good part has been emitted, and some of that is recorded already.
    await eventually(async () => (await emitted()).length > SIGNALS / 3 && (await recorded()).length > 0, {
      deadlineMs: 30_000,
      everyMs: 50,
      what: 'the middle of the burst',
    })
    await station.end('SIGKILL')

    station = await launchOrFail(['--port', '0', '--data', data])
    await allConnected()
    await ask('/scenarios', {
      name: 'more',
      burst: { panels: '*', count: SIGNALS / 4, overMs: 1_000, action: 'alarm' },
    })
    await eventually(
      async () => {
        const ledger = await emitted()
        expect(ledger.length).toBeGreaterThan(SIGNALS / 2)
        expect(await recorded()).toEqual(ledger)
        return true
      },
      { deadlineMs: CATCH_UP_MS, everyMs: 500 },
    )
    const doubled = await queryStation(
      data,
      'SELECT panel_id, signal, ordinal FROM events WHERE signal IS NOT NULL GROUP BY 1, 2, 3 HAVING count(*) > 1',
    )
    expect(doubled).toEqual([])
  },
  CATCH_UP_MS + 120_000,
)
