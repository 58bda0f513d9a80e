/**
 * Lists and claims at full size (1,000,000 alarms, 10,000,000 events), asked over HTTP by 20 operators at once. Baseline: the plainest
 * statement that reads the same 50 rows by primary key, on a connection of its own. The backend runs in a process of its own.
 */
import { randomBytes } from 'node:crypto'
import type { AlarmList } from '@stam/contracts'
import { addPeople } from '@stam/backend'
import { openStore } from '@stam/store'
import type { Client } from 'pg'
import { type ApiClient, signIn } from './api-client.ts'
import { benchDatabase } from './database.ts'
import { fullSize, type LoadSize, loadHistory } from './load.ts'
import { startPartner } from './partner.ts'
import { atMost, type BenchResult, percentile } from './report.ts'

const OPERATORS = 20
const REQUESTS_PER_OPERATOR = 60
const CLAIMS = 600
const QUERIES = [
  '/api/alarms?limit=50',
  '/api/alarms?limit=50&sort=priority',
  '/api/alarms?limit=50&status=NEW&priority=WARNING',
  '/api/alarms?limit=50&status=CLOSED',
  '/api/alarms?limit=50&status=CLOSED&text=Czujka%2017',
]

export async function benchList(size: LoadSize = fullSize): Promise<BenchResult> {
  const database = await benchDatabase()
  try {
    const url = await database.create('list')
    const client = await database.connect(url)
    const started = performance.now()
    await loadHistory(client, size, (share) => process.stderr.write(`\rloading ${Math.round(share * 100)} %`))
    const loadSeconds = (performance.now() - started) / 1000
    process.stderr.write(`\rloaded ${size.alarms} alarms in ${Math.round(loadSeconds)} s\n`)
    const store = await openStore({ url, poolSize: 2, applicationName: 'bench' })
    const password = randomBytes(12).toString('base64url')
    await addPeople(
      store,
      Array.from({ length: OPERATORS }, (_, i) => ({
        email: `operator${i}@bench.example`,
        name: `Operator ${i}`,
        role: 'OPERATOR' as const,
        language: 'pl' as const,
        password,
      })),
    )
    await store.close()
    const backend = startPartner('./system-process.ts')
    try {
      const backendUrl = await backend.ask<string>('start', {
        databaseUrl: url,
        parts: ['backend', 'relay'],
        poolSize: 10,
      })
      const operators: ApiClient[] = []
      for (let i = 0; i < OPERATORS; i++)
        operators.push(await signIn(backendUrl, `operator${i}@bench.example`, password))
      const perQuery = await timeLists(operators)
      const claims = await timeClaims(operators)
      const raw = await timeRaw(client)
      const all = Object.values(perQuery).flat()
      const metrics: Record<string, number> = {
        load_s: loadSeconds,
        list_requests: all.length,
        list_p50_ms: percentile(all, 0.5),
        list_p95_ms: percentile(all, 0.95),
        claim_p50_ms: percentile(claims, 0.5),
        claim_p95_ms: percentile(claims, 0.95),
      }
      for (const [query, samples] of Object.entries(perQuery))
        metrics[`p95_ms ${query.slice(11)}`] = percentile(samples, 0.95)
      return {
        name: 'list',
        metrics,
        baseline: { raw_50_rows_p95_ms: percentile(raw, 0.95) },
        ratio: percentile(raw, 0.95) / percentile(all, 0.95),
        bars: [
          atMost('list p95, ms', percentile(all, 0.95), 20),
          atMost('claim p95, ms', percentile(claims, 0.95), 20),
        ],
      }
    } finally {
      await backend.close()
      await client.end()
    }
  } finally {
    await database.stop()
  }
}

/** Operators work, they do not hammer: each asks, reads for a moment, asks again. 20 of them make about 100 requests a second. */
async function timeLists(operators: readonly ApiClient[]): Promise<Record<string, number[]>> {
  const samples: Record<string, number[]> = Object.fromEntries(QUERIES.map((query) => [query, []]))
  await Promise.all(
    operators.map(async (operator, i) => {
      for (let n = 0; n < REQUESTS_PER_OPERATOR; n++) {
        const query = QUERIES[(i + n) % QUERIES.length] as string
        const start = performance.now()
        await operator.get(query)
        samples[query]?.push(performance.now() - start)
        await pause(150 + ((i * 37 + n * 13) % 100))
      }
    }),
  )
  return samples
}

async function timeClaims(operators: readonly ApiClient[]): Promise<number[]> {
  const open: { id: string; version: number }[] = []
  for (let after: string | null = ''; after !== null && open.length < CLAIMS; ) {
    const page: AlarmList = await (operators[0] as ApiClient).get(
      `/api/alarms?limit=100&status=NEW${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`,
    )
    open.push(...page.data)
    after = page.next
  }
  const samples: number[] = []
  await Promise.all(
    operators.map(async (operator, i) => {
      for (let n = i; n < Math.min(CLAIMS, open.length); n += operators.length) {
        const alarm = open[n] as { id: string; version: number }
        const start = performance.now()
        const { status } = await operator.post(`/api/alarms/${alarm.id}/claim`, { version: alarm.version })
        samples.push(performance.now() - start)
        if (status !== 200) throw new Error(`claim answered ${status}`)
        await pause(150 + ((i * 37 + n * 13) % 100))
      }
    }),
  )
  return samples
}

async function timeRaw(client: Client): Promise<number[]> {
  const { rows } = await client.query<{ id: string }>('SELECT id FROM alarms ORDER BY created_at DESC LIMIT 50')
  const ids = rows.map(({ id }) => id)
  const samples: number[] = []
  for (let n = 0; n < 200; n++) {
    const start = performance.now()
    await client.query(
      'SELECT a.*, s.name, s.code, s.city FROM alarms a JOIN sites s ON s.id = a.site_id WHERE a.id = ANY($1::uuid[])',
      [ids],
    )
    samples.push(performance.now() - start)
  }
  return samples
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
