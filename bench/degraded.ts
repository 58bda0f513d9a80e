/**
 * The distributed profile without its broker, without Redis, or without both: how late alarms are while the part is away, and that none is lost
 * or doubled while it goes and while it comes back. Latency is that of the pipeline.
 */
import { connectTo } from './database.ts'
import { startPanelFarm } from './panel-farm.ts'
import { startPartner } from './partner.ts'
import { type Run, run, warmUp } from './pipeline.ts'
import { atMost, type BenchResult, percentile } from './report.ts'
import { type Part, startDistributed } from './systems.ts'

const DEGRADED: Readonly<Record<string, readonly Part[]>> = {
  broker: ['broker'],
  redis: ['redis'],
  both: ['broker', 'redis'],
}

/** So many that none sends enough signals of one zone to be told apart as a broken detector, which would be an alarm more. */
const GROUPS = [{ prefix: 'steady', count: 200, zones: 64 }]
const PER_SECOND = 200
const AWAY_MS = 20_000
/** The load around the moment a part goes or comes back, and when within it that happens. */
const CHANGE_MS = 10_000
const CHANGE_AT_MS = 3_000
const BAR_P95_MS = 1_000

/** @param what `broker`, `redis` or `both` */
export async function benchDegraded(what: string): Promise<BenchResult> {
  const system = await startDistributed()
  const parts = (DEGRADED[what] ?? []).map((part) => system.parts[part])
  const closers: (() => Promise<unknown>)[] = [() => system.close()]
  try {
    const client = await connectTo(system.databaseUrl)
    closers.push(() => client.end())
    const screens = startPartner('./screens-process.ts')
    closers.push(() => screens.close())
    await screens.ask('open', { ...system.operator, urls: system.urls })
    const farm = await startPanelFarm(client, GROUPS)
    closers.push(() => farm.close())
    await warmUp(farm, screens, client, farm.panelIds.size)
    const load = (overMs: number): Promise<Run> =>
      run(farm, screens, client, { panels: '*', count: (PER_SECOND * overMs) / 1000, overMs, restoreAtEnd: true })
    const during = async (change: () => Promise<unknown>): Promise<Run> => {
      const [loaded] = await Promise.all([load(CHANGE_MS), pause(CHANGE_AT_MS).then(change)])
      return loaded
    }
    const loss = await during(() => Promise.all(parts.map((part) => part.kill())))
    const away = await load(AWAY_MS)
    const back = await during(() => Promise.all(parts.map((part) => part.start())))
    const lost = loss.lost + away.lost + back.lost
    const doubled = loss.doubled + away.doubled + back.doubled
    return {
      name: `pipeline distributed, without ${DEGRADED[what]?.join(' and ')}`,
      metrics: {
        events_per_s: PER_SECOND,
        ...latencies('away', away),
        ...latencies('loss', loss),
        ...latencies('return', back),
        lost,
        doubled,
      },
      baseline: {},
      ratio: null,
      bars: [
        atMost('event → WebSocket p95 while it is away, ms', percentile(away.latencies, 0.95), BAR_P95_MS),
        atMost('lost', lost, 0),
        atMost('doubled', doubled, 0),
      ],
    }
  } finally {
    for (let next = closers.pop(); next !== undefined; next = closers.pop()) await next().catch(() => {})
  }
}

function latencies(name: string, { latencies: samples, noticed }: Run): Record<string, number> {
  return {
    [`${name}_p50_ms`]: percentile(samples, 0.5),
    [`${name}_p95_ms`]: percentile(samples, 0.95),
    [`${name}_p99_ms`]: percentile(samples, 0.99),
    [`${name}_max_ms`]: percentile(samples, 1),
    [`${name}_panel_to_worker_p99_ms`]: percentile(noticed, 0.99),
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
