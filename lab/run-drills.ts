/** Runs drills on one stack and balances the ledger after each. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Balance, balance } from './books.ts'
import { until } from './child.ts'
import type { Drill, DrillContext } from './drill.ts'
import { drills } from './drills.ts'
import { Screen } from './screen.ts'
import { type Stack, startStack } from './stack.ts'

export interface DrillResult extends Omit<Balance, 'explanation' | 'misordered'> {
  readonly drill: string
  /** Signals recorded, and versions shown, out of order. */
  readonly order: number
  /** Null where the drill has no recovery to measure. */
  readonly rto_ms: number | null
  readonly pass: boolean
  readonly note: string
}

const SCREENS = 4
const BALANCE_MS = 90_000
/** The lease of production is 30 s; drills shorten it so that all of them fit into 20 minutes. What the default does, CH-05d and CH-05e measure. */
const SHORT_LEASES = { LEASE_MS: '9000', LEASE_RENEW_MS: '3000', LEASE_SCAN_MS: '1500' }
const DRILL_ENV = {
  MEMORY_INTERVAL_MS: '3000',
  BACKOFF_MS: '500,1000,2000',
  CLOSE_QUIET_INTERVAL_MS: '200',
  PRUNE_INTERVAL_MS: '1000',
}

export interface RunDrillsOptions {
  readonly panels: number
  say(line: string): void
  onResult(result: DrillResult): void
}

/** One after the other, on one stack for those with short leases and one for those with the leases of production. */
export async function runDrills(chosen: readonly Drill[], options: RunDrillsOptions): Promise<DrillResult[]> {
  const results: DrillResult[] = []
  for (const leases of [undefined, 'default'] as const) {
    const some = chosen.filter((drill) => drill.leases === leases)
    if (some.length > 0) results.push(...(await runOnOneStack(some, leases, options)))
  }
  return results
}

async function runOnOneStack(
  chosen: readonly Drill[],
  leases: Drill['leases'],
  options: RunDrillsOptions,
): Promise<DrillResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'stam-drill-'))
  const env = leases === 'default' ? DRILL_ENV : { ...DRILL_ENV, ...SHORT_LEASES }
  const stack = await startStack({ folder, panels: options.panels, env, proxied: true, say: options.say })
  const screens = Array.from(
    { length: SCREENS },
    (_, n) =>
      new Screen(stack.backendUrls, stack.operators[n % stack.operators.length] as Stack['operators'][number], n),
  )
  const results: DrillResult[] = []
  let failed = false
  try {
    await Promise.all(screens.map((screen) => screen.open()))
    await allConnected(stack)
    for (const drill of chosen) {
      options.say(`${drill.id}: ${drill.what}`)
      const result = await runOne(drill, {
        stack,
        screens,
        load: (signals, overMs) => burst(stack, signals, overMs),
        recovery,
        balance: (deadlineMs) => balance(stack, screens, deadlineMs),
        say: options.say,
        measured: {},
      })
      results.push(result)
      options.onResult(result)
      failed ||= !result.pass
    }
    return results
  } finally {
    await Promise.all(screens.map((screen) => screen.close()))
    await stack.close()
    if (failed) options.say(`logs of the processes: ${folder}`)
    else await rm(folder, { recursive: true, force: true })
  }
}

export function findDrills(name: string): readonly Drill[] {
  if (name === 'all') return drills
  return drills.filter(({ id }) => id.toLowerCase() === name.toLowerCase())
}

async function runOne(drill: Drill, context: DrillContext): Promise<DrillResult> {
  let rto = Number.NaN
  let problem: string | undefined
  try {
    rto = await drill.run(context)
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error)
  }
  const { explanation, misordered, ...books } = await context.balance(BALANCE_MS)
  const inTime = drill.rtoBarMs === undefined || rto <= drill.rtoBarMs
  const order = misordered + context.screens.reduce((sum, screen) => sum + screen.outOfOrder, 0)
  const pass = problem === undefined && inTime && books.lost === 0 && books.doubled === 0 && order === 0
  const note = [problem, inTime ? undefined : `recovery above ${drill.rtoBarMs} ms`, ...explanation]
    .filter(Boolean)
    .join('; ')
  const rto_ms = Number.isFinite(rto) ? Math.round(rto) : null
  return { drill: drill.id, ...books, order, rto_ms, pass, note, ...drill.details, ...context.measured }
}

async function burst(stack: Stack, count: number, overMs: number): Promise<void> {
  const answer = await fetch(`${stack.simulatorUrl}/scenarios`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ burst: { panels: '*', count, overMs, action: 'violate' } }),
  })
  if (!answer.ok) throw new Error(`the simulator refused the load: ${await answer.text()}`)
  const { id } = (await answer.json()) as { id: string }
  await until(
    async () => {
      const state = (await (await fetch(`${stack.simulatorUrl}/scenarios/${id}`)).json()) as { status: string }
      return state.status !== 'running'
    },
    overMs + 30_000,
    50,
  )
}

async function recovery(condition: () => Promise<boolean> | boolean, deadlineMs = 60_000): Promise<number> {
  const start = performance.now()
  const recovered = await until(condition, deadlineMs, 50)
  return recovered ? performance.now() - start : Number.POSITIVE_INFINITY
}

/** Every panel reached, and the place marked from which its memory counts: what lies before first contact is history. */
async function allConnected(stack: Stack): Promise<void> {
  const known = await until(async () => {
    const [row] = await stack.store.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM panel_cursors WHERE memory_epoch IS NOT NULL',
    )
    return row?.n === stack.panelIds.size
  }, 60_000)
  if (!known) throw new Error('not every panel was reached and read within a minute')
}
