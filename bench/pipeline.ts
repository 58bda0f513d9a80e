/**
 * The whole way: simulated panel → TCP → worker → bus → PostgreSQL → relay → hub → WebSocket, with panels, system and clients in processes
 * of their own. Latency counts from the worker's stamp (`received_at`, when the frame was decoded) to the arrival of the first message whose
 * cumulative count covers the event. Baselines: the same rows inserted by a bare client, pgbench, RabbitMQ's confirms alone, a bare TCP echo.
 */
import type { Client } from 'pg'
import { connectTo, createDatabase } from './database.ts'
import { linkRoundTrip } from './link-round-trip.ts'
import { type PanelFarm, startPanelFarm } from './panel-farm.ts'
import type { BurstReport, BurstRequest } from './panel-farm-process.ts'
import { startPartner, type Partner } from './partner.ts'
import { insertSameRows, pgbenchEvents } from './recording.ts'
import { atLeast, atMost, type BenchResult, percentile } from './report.ts'
import { createSites, type SampleSite } from './sample-events.ts'
import type { Arrival } from './screens-process.ts'
import { type Profile, startSystem, type System } from './systems.ts'
import { waitUntil } from './wait-until.ts'

const DIRECT_EVENTS = 10_000
const DIRECT_SITES = 200
const WARM = { panels: 'steady-*', count: 2_000, overMs: 10_000, restoreAtEnd: true }
const STEADY = { panels: 'steady-*', count: 4_000, overMs: 20_000 }
const FLOOD = { panels: 'flood-*', count: 10_000, overMs: 10_000 }
const GROUPS = [
  { prefix: 'steady', count: 100, zones: 64 },
  { prefix: 'flood', count: 200, zones: 64 },
]
/** From the first signal; recorded as lost when longer. */
const GIVE_UP_MS = 60_000
const BARS = { embedded: { floodS: 15, ratio: 0.5 }, distributed: { floodS: 20, ratio: 0.4 } }

export async function benchPipeline(profile: Profile): Promise<BenchResult> {
  const system = await startSystem(profile)
  const closers: (() => Promise<unknown>)[] = [() => system.close()]
  try {
    const client = await connectTo(system.databaseUrl)
    closers.push(() => client.end())
    const screens = startPartner('./screens-process.ts')
    closers.push(() => screens.close())
    await screens.ask('open', { ...system.operator, urls: system.urls })
    const farm = await startPanelFarm(client, GROUPS, [{ prefix: 'spare', count: 1, zones: 1 }])
    closers.push(() => farm.close())
    await warmUp(farm, screens, client, farm.panelIds.size + 1)
    // A centre runs for months: what is compiled, analysed and planned during the first minute of its life is no part of how it runs.
    await client.query('VACUUM (ANALYZE)')
    await run(farm, screens, client, WARM)
    await pause(2_000)
    const steady = await run(farm, screens, client, STEADY)
    await pause(2_000)
    const flood = await run(farm, screens, client, FLOOD)
    const link = await linkRoundTrip(farm.ports('spare')[0] as number)
    // Last, since what 10,000 rows at once leave to vacuum and to write back is no part of the steady run; and with nobody else on the machine.
    await client.query('UPDATE panels SET enabled = false')
    await pause(2_000)
    await Promise.all([farm.close(), screens.close()])
    const direct = await throughput(system, client)
    const brokerAlone = await system.publishAlone(direct.sites, DIRECT_EVENTS)
    const bar = BARS[profile]
    const slower = Math.min(direct.raw, brokerAlone ?? Number.POSITIVE_INFINITY)
    return {
      name: `pipeline ${profile}`,
      metrics: {
        steady_events_per_s: STEADY.count / (STEADY.overMs / 1000),
        steady_p50_ms: percentile(steady.latencies, 0.5),
        steady_p99_ms: percentile(steady.latencies, 0.99),
        steady_max_ms: percentile(steady.latencies, 1),
        steady_panel_to_worker_p99_ms: percentile(steady.noticed, 0.99),
        steady_lost: steady.lost,
        steady_doubled: steady.doubled,
        flood_events: FLOOD.count,
        flood_over_s: (flood.report.endedAt - flood.report.startedAt) / 1000,
        flood_all_shown_s: flood.shownAfterMs / 1000,
        flood_p50_ms: percentile(flood.latencies, 0.5),
        flood_p99_ms: percentile(flood.latencies, 0.99),
        flood_lost: flood.lost,
        flood_doubled: flood.doubled,
        bus_to_stored_events_per_s: direct.ours,
        link_round_trip_p50_ms: link.linkP50,
        link_round_trip_p99_ms: link.linkP99,
      },
      baseline: {
        raw_insert_events_per_s: direct.raw,
        ...(direct.pgbench === undefined ? {} : { pgbench_single_event_rows_per_s: direct.pgbench }),
        ...(brokerAlone === undefined ? {} : { broker_confirmed_messages_per_s: brokerAlone }),
        tcp_echo_p50_ms: link.echoP50,
        tcp_echo_p99_ms: link.echoP99,
      },
      ratio: direct.ours / slower,
      bars: [
        atMost('event → WebSocket p99 at 200 events/s, ms', percentile(steady.latencies, 0.99), 100),
        atMost('10,000 events in 10 s all shown, s', flood.shownAfterMs / 1000, bar.floodS),
        atMost('lost', steady.lost + flood.lost, 0),
        atMost('doubled', steady.doubled + flood.doubled, 0),
        atLeast('bus → stored against the slower baseline', direct.ours / slower, bar.ratio),
      ],
    }
  } finally {
    for (let next = closers.pop(); next !== undefined; next = closers.pop()) await next().catch(() => {})
  }
}

/** Resolves when every panel is known and has sent once, and all of it has been shown: all are ready, and code is compiled. */
export async function warmUp(farm: PanelFarm, screens: Partner, client: Client, panels: number): Promise<void> {
  await farm.allConnected()
  // What happened before the first look into a panel's memory is told by its bits alone: begin after that look.
  await waitUntil('the memory of every panel was looked into', GIVE_UP_MS, async () => {
    const { rows } = await client.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM panel_cursors c JOIN panels p ON p.id = c.panel_id AND p.enabled`,
    )
    return (rows[0]?.n ?? 0) >= farm.panelIds.size
  })
  // Restored, or the first signal of what is measured would raise a zone that is in alarm: no change to be told of, found only in the memory.
  const request = { panels: '*', count: panels, overMs: 3_000, restoreAtEnd: true }
  await run(farm, screens, client, request, farm.panelIds.size)
  await pause(2_000)
}

interface Direct {
  readonly ours: number
  readonly raw: number
  readonly pgbench: number | undefined
  readonly sites: readonly SampleSite[]
}

/** Events put on the bus as fast as it takes them, until the last is committed; then the same rows by a bare client. */
async function throughput(system: System, client: Client): Promise<Direct> {
  await client.query('BEGIN')
  const sites = await createSites(client, DIRECT_SITES)
  // Nobody answers there: the worker shall not dial.
  await client.query('UPDATE panels SET enabled = false')
  await client.query('COMMIT')
  const stored = async (): Promise<number> =>
    Number((await client.query<{ n: string }>('SELECT count(*) AS n FROM events')).rows[0]?.n)
  const before = await stored()
  const start = performance.now()
  const published = system.publish(sites, DIRECT_EVENTS)
  const all = before + DIRECT_EVENTS
  await waitUntil('all events on the bus are stored', GIVE_UP_MS, async () => (await stored()) >= all, 25)
  const ours = DIRECT_EVENTS / ((performance.now() - start) / 1000)
  await published
  await waitUntil('the stream has caught up', GIVE_UP_MS, async () => {
    const { rows } = await client.query<{ n: string }>('SELECT count(*) AS n FROM outbox WHERE stream_seq IS NULL')
    return rows[0]?.n === '0'
  })
  const raw = await insertSameRows(system.databaseUrl, await createDatabase(system.databaseUrl, 'raw'), await stored())
  const pgbench = await pgbenchEvents(system.databaseUrl, await createDatabase(system.databaseUrl, 'pgbench'))
  return { ours, raw: raw.eventsPerSecond, pgbench, sites }
}

export interface Run {
  readonly report: BurstReport
  /** From the first signal to the last one on the slowest screen; NaN when it never came. */
  readonly shownAfterMs: number
  /** One per event and screen, ms. */
  readonly latencies: number[]
  /** From the panel's own record of each alarm to the stamp of the worker, ms: what the latency leaves out. */
  readonly noticed: readonly number[]
  readonly lost: number
  readonly doubled: number
}

/** One burst, until it is on every screen and the books balance. */
export async function run(
  farm: PanelFarm,
  screens: Partner,
  client: Client,
  request: BurstRequest,
  expected = request.count,
): Promise<Run> {
  await screens.ask('forget')
  const report = await farm.burst(request)
  let shown = 0
  await waitUntil(
    'every signal is shown',
    GIVE_UP_MS,
    async () => (shown = await screens.ask<number>('shown')) >= expected,
  ).catch(() => {})
  // Long enough for one too many to come as well.
  await pause(1_000)
  const tooMany = Math.max(0, (await screens.ask<number>('shown')) - expected)
  const arrivals = await screens.ask<Arrival[]>('arrivals')
  const books = await compareWithLedger(farm, client, report)
  const lastShown = arrivals.reduce((latest, { at }) => Math.max(latest, at), 0)
  return {
    report,
    shownAfterMs: shown >= expected ? lastShown - report.startedAt : Number.NaN,
    latencies: await latenciesOf(client, arrivals, report.startedAt),
    noticed: books.noticed,
    lost: books.lost + Math.max(0, expected - shown),
    doubled: books.doubled + tooMany,
  }
}

interface Books {
  readonly lost: number
  readonly doubled: number
  readonly noticed: readonly number[]
}

/** Every line of the ledger is exactly one row, by panel and place in the panel's memory. */
async function compareWithLedger(farm: PanelFarm, client: Client, report: BurstReport): Promise<Books> {
  const ledger = (await farm.ledger(report)).filter(({ panel }) => farm.panelIds.has(panel))
  const count = async (): Promise<Books> => {
    const { rows } = await client.query<{ key: string; n: number; received: number }>(
      `SELECT panel_id || '|' || lpad(to_hex(memory_index), 6, '0') AS key, count(*)::int AS n,
         (extract(epoch FROM min(received_at)) * 1000)::float8 AS received
       FROM events WHERE memory_index IS NOT NULL GROUP BY 1`,
    )
    const stored = new Map(rows.map((row) => [row.key, row]))
    const { rows: onlyBits } = await client.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM events e JOIN panels p ON p.id = e.panel_id
       WHERE p.enabled AND e.source = 'STATE' AND e.memory_index IS NULL`,
    )
    const found = ledger.map((line) => ({ ...line, row: stored.get(`${farm.panelIds.get(line.panel)}|${line.token}`) }))
    return {
      lost: found.filter(({ row }) => row === undefined).length,
      doubled: found.reduce((sum, { row }) => sum + Math.max(0, (row?.n ?? 1) - 1), onlyBits[0]?.n ?? 0),
      noticed: found.flatMap(({ row, raisesAlarm, atMs }) => (row && raisesAlarm ? [row.received - atMs] : [])),
    }
  }
  // The memory confirms what the bits told first, a moment later.
  let books = await count()
  await waitUntil(
    'the books balance',
    30_000,
    async () => {
      books = await count()
      return books.lost === 0 && books.doubled === 0
    },
    500,
  ).catch(() => {})
  return books
}

async function latenciesOf(client: Client, arrivals: readonly Arrival[], startedAt: number): Promise<number[]> {
  const { rows } = await client.query<{ alarm_id: string; received: string }>(
    `SELECT alarm_id, (extract(epoch FROM received_at) * 1000)::float8 AS received FROM events
     WHERE alarm_id = ANY ($1::uuid[]) AND NOT restore ORDER BY epoch, panel_seq`,
    [[...new Set(arrivals.map(({ alarmId }) => alarmId))]],
  )
  const received = new Map<string, number[]>()
  for (const { alarm_id, received: at } of rows) {
    const of = received.get(alarm_id)
    if (of === undefined) received.set(alarm_id, [Number(at)])
    else of.push(Number(at))
  }
  const covered = new Map<string, number>()
  const latencies: number[] = []
  for (const { client: number, alarmId, counted, at } of arrivals) {
    const key = `${number}|${alarmId}`
    const stamps = received.get(alarmId) ?? []
    for (let k = covered.get(key) ?? 0; k < counted; k++) {
      const stamp = stamps[k]
      if (stamp !== undefined && stamp >= startedAt) latencies.push(at - stamp)
    }
    covered.set(key, Math.max(counted, covered.get(key) ?? 0))
  }
  return latencies
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
