/**
 * What a screen gets after it was away, and how 100 screens are told at once. The backend runs in a process of its own, the clients in another.
 * Baseline of the replay from PostgreSQL: the same rows read by a bare client in one statement.
 */
import { performance } from 'node:perf_hooks'
import type { Client } from 'pg'
import { benchDatabase } from './database.ts'
import { startPartner, type Partner } from './partner.ts'
import { atMost, type BenchResult, percentile } from './report.ts'
import { createSites, type SampleSite } from './sample-events.ts'
import type { Arrival, HerdReport, ReplayReport, ScreensRequest } from './screens-process.ts'
import { addOperator } from './systems.ts'
import { waitUntil } from './wait-until.ts'

const BUFFERED = 5_000
const ROUNDS = 10
const CLIENTS = 100
const LIVE_EVENTS = 400
const LIVE_PER_SECOND = 20
const HERD = 200
const SITES = 500

export async function benchReplay(): Promise<BenchResult> {
  const database = await benchDatabase()
  try {
    const databaseUrl = await database.create('replay')
    const client = await database.connect(databaseUrl)
    const operator = await addOperator(databaseUrl)
    const sites = await offlineSites(client)
    const tier1 = await withBackend(databaseUrl, {}, async (backend, screens, url) => {
      await fillStream(client, backend, sites)
      const request = { ...operator, urls: [url] }
      const replays = await replayRounds(client, screens, request, 1)
      const live = await liveDelivery(client, backend, screens, { ...operator, urls: Array(CLIENTS).fill(url) }, sites)
      return { replays, live }
    })
    // Started anew, as after an outage: all clients of the other backend come here at once.
    const herd = await withBackend(databaseUrl, {}, async (_backend, screens, url) =>
      screens.ask<HerdReport>('herd', {
        ...operator,
        urls: Array(HERD).fill(url),
        from: (await headOf(client)) - BUFFERED / 5,
      }),
    )
    const tier2 = await withBackend(databaseUrl, { streamMemoryMessages: 1 }, (_backend, screens, url) =>
      replayRounds(client, screens, { ...operator, urls: [url] }, 2),
    )
    const raw = await rawReads(client)
    await client.end()
    const complete = herd.received.filter((received) => received >= BUFFERED / 5).length
    return {
      name: 'replay',
      metrics: {
        messages: BUFFERED,
        tier1_p50_ms: percentile(tier1.replays, 0.5),
        tier1_max_ms: percentile(tier1.replays, 1),
        tier2_p50_ms: percentile(tier2, 0.5),
        tier2_max_ms: percentile(tier2, 1),
        live_clients: CLIENTS,
        live_messages: tier1.live.length,
        live_p50_ms: percentile(tier1.live, 0.5),
        live_p99_ms: percentile(tier1.live, 0.99),
        herd_clients: HERD,
        herd_complete: complete,
        herd_p50_ms: percentile(herd.caughtUpMs, 0.5),
        herd_last_ms: percentile(herd.caughtUpMs, 1),
      },
      baseline: { raw_read_of_the_rows_p50_ms: percentile(raw, 0.5) },
      ratio: percentile(raw, 0.5) / percentile(tier2, 0.5),
      bars: [
        atMost('replay of 5,000 from memory p50, ms', percentile(tier1.replays, 0.5), 50),
        atMost('replay of 5,000 from PostgreSQL p50, ms', percentile(tier2, 0.5), 200),
        atMost('committed → 100 clients p99, ms', percentile(tier1.live, 0.99), 50),
        atMost('clients of the herd not caught up', HERD - complete, 0),
        atMost('the last of 200 returning clients, ms', percentile(herd.caughtUpMs, 1), 5_000),
      ],
    }
  } finally {
    await database.stop()
  }
}

async function withBackend<T>(
  databaseUrl: string,
  backend: Readonly<Record<string, unknown>>,
  use: (system: Partner, screens: Partner, url: string) => Promise<T>,
): Promise<T> {
  const system = startPartner('./system-process.ts')
  const screens = startPartner('./screens-process.ts')
  try {
    const url = await system.ask<string>('start', { databaseUrl, parts: ['backend', 'relay'], backend })
    return await use(system, screens, url)
  } finally {
    await screens.close()
    await system.close()
  }
}

/** Sites whose panels nobody polls. */
async function offlineSites(client: Client): Promise<SampleSite[]> {
  const sites = await createSites(client, SITES)
  await client.query('UPDATE panels SET enabled = false')
  return sites
}

/** Events until the stream holds enough messages: those of one alarm and one transaction share a message. */
async function fillStream(client: Client, backend: Partner, sites: readonly SampleSite[]): Promise<void> {
  let from = 1
  while ((await headOf(client)) < BUFFERED + 1_000) {
    await backend.ask('publish', { sites, count: SITES, from })
    from++
    await settled(client, from - 1)
  }
}

/** Everything published is recorded and numbered. */
async function settled(client: Client, rounds: number): Promise<void> {
  await waitUntil('the events are recorded and numbered', 30_000, async () => {
    const { rows } = await client.query<{ events: number; unnumbered: number }>(
      `SELECT (SELECT count(*)::int FROM events) AS events, (SELECT count(*)::int FROM outbox WHERE stream_seq IS NULL) AS unnumbered`,
    )
    return rows[0] !== undefined && rows[0].events >= rounds * SITES && rows[0].unnumbered === 0
  })
}

async function headOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ head: string }>('SELECT last_seq AS head FROM stream_head')
  return Number(rows[0]?.head)
}

async function replayRounds(
  client: Client,
  screens: Partner,
  request: ScreensRequest,
  tier: number,
): Promise<number[]> {
  const from = (await headOf(client)) - BUFFERED
  const samples: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const report = await screens.ask<ReplayReport>('replay', { ...request, from })
    if (report.received !== BUFFERED || report.outOfOrder > 0 || report.tier !== tier) {
      throw new Error(
        `replayed ${report.received} messages from tier ${report.tier}, ${report.outOfOrder} out of order`,
      )
    }
    // The first one finds code that is not compiled yet.
    if (round > 0) samples.push(report.ms)
  }
  return samples
}

/** From the commit, whose time the message carries, to each client; one value per client and message. */
async function liveDelivery(
  client: Client,
  backend: Partner,
  screens: Partner,
  request: ScreensRequest,
  sites: readonly SampleSite[],
): Promise<number[]> {
  await screens.ask('open', request)
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const base = 1_000
  for (let n = 0; n < LIVE_EVENTS; n++) {
    const at = performance.now()
    await backend.ask('publish', { sites: [sites[n % SITES]], count: 1, from: base + Math.floor(n / SITES) })
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 1_000 / LIVE_PER_SECOND - (performance.now() - at))))
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const arrivals = await screens.ask<Arrival[]>('arrivals')
  const { rows } = await client.query<{ id: string; counted: number; at: number }>(
    `SELECT aggregate_id AS id, (payload->>'event_count')::int + (payload->>'repeat_count')::int AS counted,
       (extract(epoch FROM created_at) * 1000)::float8 AS at FROM outbox WHERE aggregate_type = 'alarm'`,
  )
  const committed = new Map(rows.map(({ id, counted, at }) => [`${id}|${counted}`, at]))
  const samples = arrivals.flatMap(({ alarmId, counted, at }) => {
    const from = committed.get(`${alarmId}|${counted}`)
    return from === undefined ? [] : [at - from]
  })
  if (samples.length !== LIVE_EVENTS * CLIENTS)
    throw new Error(`${samples.length} of ${LIVE_EVENTS * CLIENTS} messages came`)
  return samples
}

async function rawReads(client: Client): Promise<number[]> {
  const from = (await headOf(client)) - BUFFERED
  const samples: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    await client.query('SELECT stream_seq, event_type, payload FROM outbox WHERE stream_seq > $1 ORDER BY stream_seq', [
      from,
    ])
    samples.push(performance.now() - start)
  }
  return samples
}
