/**
 * Lists and claims at full size (1,000,000 alarms, 10,000,000 events), asked over HTTP by 20 operators whose screens are on the stream as well.
 * The times are of an open model: requests come at their own moments, however long the one before takes, and count from the moment they were
 * due, so that a stall shows in every request it held up. The rates are the highest that the server's own limits let 20 people reach (config.ts).
 * What the machine can do at most is measured afterwards, without pauses, and is no latency.
 *
 * Baseline: the plainest statement that reads the same 50 rows by primary key, on a connection of its own. The backend runs in a process of its own.
 */
import { randomBytes } from 'node:crypto'
import type { AlarmList } from '@stam/contracts'
import { addPeople } from '@stam/backend'
import { openStore } from '@stam/store'
import type { Client } from 'pg'
import { type ApiClient, signIn } from './api-client.ts'
import { type BenchDatabase, benchDatabase } from './database.ts'
import { fullSize, type LoadSize, loadHistory } from './load.ts'
import { openModel, withoutPauses } from './open-model.ts'
import { startPartner } from './partner.ts'
import { atMost, type BenchResult, percentile } from './report.ts'

const OPERATORS = 20
/** `requestsPerMinute` 120 and `alarmActionsPerMinute` 60, for each of them. */
const LISTS_PER_S = OPERATORS * 2
const CLAIMS_PER_S = OPERATORS
const WARM_UP_S = 3
const SECONDS = 30
const AT_MOST_S = 5
const DATABASE = 'list'

export interface ListOptions {
  readonly size?: LoadSize
  /** Folder in which the loaded database is kept and found again; absent = loaded anew and removed. */
  readonly keep?: string | undefined
}

export async function benchList({ size = fullSize, keep }: ListOptions = {}): Promise<BenchResult> {
  const database = await benchDatabase(keep)
  try {
    const { url, loadSeconds } = await loaded(database, size)
    const client = await database.connect(url)
    const signIns = await addOperators(url)
    const backend = startPartner('./system-process.ts')
    try {
      const backendUrl = await backend.ask<string>('start', {
        databaseUrl: url,
        parts: ['backend', 'relay'],
        poolSize: 10,
      })
      const operators: ApiClient[] = []
      for (const { email, password } of signIns) operators.push(await signIn(backendUrl, email, password))
      const sockets = await Promise.all(operators.map((operator) => operator.socket(['alarms'], () => {})))
      const result = await measure(operators, client, {
        ...(loadSeconds === null ? {} : { load_s: loadSeconds }),
        alarms: size.alarms,
      })
      for (const socket of sockets) socket.terminate()
      return result
    } finally {
      await backend.close()
      await client.end()
    }
  } finally {
    await database.stop()
  }
}

async function measure(
  operators: readonly ApiClient[],
  client: Client,
  loading: Readonly<Record<string, number>>,
): Promise<BenchResult> {
  const queries = await queriesOf(operators[0] as ApiClient)
  const open = await openAlarms(operators[0] as ApiClient)
  const lists = new Map(queries.map((query) => [query, [] as number[]]))
  const operator = (n: number): ApiClient => operators[n % OPERATORS] as ApiClient
  const list = (n: number) => operator(n).get<AlarmList>(queries[n % queries.length]?.path as string)
  const claim = async (n: number): Promise<void> => {
    const alarm = open.pop()
    if (alarm === undefined) throw new Error('there are too few open alarms')
    const { status } = await operator(n).post(`/api/alarms/${alarm.id}/claim`, { version: alarm.version })
    if (status !== 200) throw new Error(`claim answered ${status}`)
  }
  const room = (seconds: number, note: (query: Query, ms: number) => void) =>
    Promise.all([
      openModel(LISTS_PER_S, seconds, list, (n, ms) => note(queries[n % queries.length] as Query, ms)),
      openModel(CLAIMS_PER_S, seconds, claim),
    ])
  // Code that is not compiled and pages that are not read yet are those of a start, not of a night.
  await room(WARM_UP_S, () => {})
  const [all, claims] = await room(SECONDS, (query, ms) => lists.get(query)?.push(ms))
  const listsAtMost = await withoutPauses(OPERATORS, AT_MOST_S, list)
  const claimsAtMost = await withoutPauses(OPERATORS, AT_MOST_S, claim)
  const raw = await timeRaw(client)
  return {
    name: 'list',
    metrics: {
      ...loading,
      operators: OPERATORS,
      lists_asked_per_s: LISTS_PER_S,
      claims_asked_per_s: CLAIMS_PER_S,
      list_requests: all.length,
      list_p50_ms: percentile(all, 0.5),
      list_p95_ms: percentile(all, 0.95),
      list_p99_ms: percentile(all, 0.99),
      claim_requests: claims.length,
      claim_p50_ms: percentile(claims, 0.5),
      claim_p95_ms: percentile(claims, 0.95),
      claim_p99_ms: percentile(claims, 0.99),
      ...Object.fromEntries(
        [...lists].map(([{ name }, samples]) => [`list_p95_ms ${name}`, percentile(samples, 0.95)]),
      ),
      without_pauses_lists_per_s: listsAtMost.perSecond,
      without_pauses_list_p95_ms: percentile(listsAtMost.samples, 0.95),
      without_pauses_claims_per_s: claimsAtMost.perSecond,
      without_pauses_claim_p95_ms: percentile(claimsAtMost.samples, 0.95),
    },
    baseline: { raw_50_rows_p95_ms: percentile(raw, 0.95) },
    ratio: percentile(raw, 0.95) / percentile(all, 0.95),
    bars: [atMost('list p95, ms', percentile(all, 0.95), 20), atMost('claim p95, ms', percentile(claims, 0.95), 20)],
  }
}

interface Query {
  readonly name: string
  readonly path: string
}

/** What the console asks for (all open by priority, then page by page; what is closed), and what people filter by. */
async function queriesOf(operator: ApiClient): Promise<Query[]> {
  const page = (query: string) => operator.get<AlarmList>(`/api/alarms?${query}`)
  const next = async (query: string): Promise<string> => {
    const { next: after } = await page(query)
    return `${query}&after=${encodeURIComponent(after as string)}`
  }
  const { data } = await page('limit=1&status=CLOSED')
  const siteId = data[0]?.site.id as string
  const number = data[0]?.number as number
  const months = (ago: number): string => new Date(Date.now() - ago * 30 * 86_400_000).toISOString()
  const queries: Record<string, string> = {
    'board, 100 by priority': 'limit=100&test=all&sort=priority',
    'board, its next 100': await next('limit=100&test=all&sort=newest'),
    'open, 50': 'limit=50',
    'new warnings': 'limit=50&status=NEW&priority=WARNING',
    mine: 'limit=50&assignee=me',
    closed: 'limit=50&test=all&status=CLOSED',
    'closed, page 2': await next('limit=50&test=all&status=CLOSED'),
    'closed of a site': `limit=50&test=all&status=CLOSED&site_id=${siteId}`,
    'closed six months ago': `limit=50&status=CLOSED&from=${months(7)}&to=${months(6)}`,
    'closed with a common word': 'limit=50&test=all&status=CLOSED&text=Czujka%2017',
    'closed with a rare word': `limit=50&test=all&status=CLOSED&text=${number}`,
  }
  return Object.entries(queries).map(([name, query]) => ({ name, path: `/api/alarms?${query}` }))
}

async function openAlarms(operator: ApiClient): Promise<{ id: string; version: number }[]> {
  const open: { id: string; version: number }[] = []
  for (let after: string | null = ''; after !== null; ) {
    const page: AlarmList = await operator.get(
      `/api/alarms?limit=100&status=NEW${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`,
    )
    open.push(...page.data)
    after = page.next
  }
  return open
}

/** Loaded, or as an earlier run has left it with all its open alarms free again; then as quiet as a database at the start of a night. */
async function loaded(database: BenchDatabase, size: LoadSize): Promise<{ url: string; loadSeconds: number | null }> {
  const kept = await database.open(DATABASE)
  const url = kept ?? (await database.create(DATABASE))
  const client = await database.connect(url)
  const started = performance.now()
  if (kept === null) {
    await loadHistory(client, size, (share) => process.stderr.write(`\rloading ${Math.round(share * 100)} %`))
    process.stderr.write(`\rloaded ${size.alarms} alarms in ${Math.round((performance.now() - started) / 1000)} s\n`)
  } else {
    const { rows } = await client.query<{ alarms: number }>('SELECT count(*)::int AS alarms FROM alarms')
    if (rows[0]?.alarms !== size.alarms) throw new Error(`the kept database holds ${rows[0]?.alarms} alarms`)
    // Active again as well, or the clock closes them while we measure.
    await client.query(`UPDATE alarms SET status = 'NEW', handler_id = NULL, claimed_at = NULL, last_active = now(), version = version + 1
      WHERE status IN ('NEW', 'IN_PROGRESS')`)
    await client.query('VACUUM (ANALYZE) alarms')
  }
  const loadSeconds = kept === null ? (performance.now() - started) / 1000 : null
  // Gigabytes loaded in minutes would be written out during the measurement: no night has that.
  await client.query('CHECKPOINT')
  await client.end()
  return { url, loadSeconds }
}

async function addOperators(url: string): Promise<{ email: string; password: string }[]> {
  const store = await openStore({ url, poolSize: 2, applicationName: 'bench' })
  const run = randomBytes(4).toString('hex')
  const password = randomBytes(12).toString('base64url')
  const people = Array.from({ length: OPERATORS }, (_, i) => ({
    email: `operator${i}@${run}.example`,
    name: `Operator ${i}`,
    role: 'OPERATOR' as const,
    language: 'pl' as const,
    password,
  }))
  await addPeople(store, people)
  await store.close()
  return people
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
