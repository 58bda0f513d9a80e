/**
 * Logins while alarms flow (spec 06: one hash takes an eighth of a second of a core by design). 2 logins a second; then 50 at once, again and
 * again. Baseline: alarms of the same run with nobody signing in. The backend runs in a process of its own, with its ordinary settings for
 * hashing; only the limit per address is lifted, since here everybody has one.
 */
import { randomBytes } from 'node:crypto'
import type { ServerMessage } from '@stam/contracts'
import { addPeople, createAccessTokens, fixedSigningKeys, generateSigningKey } from '@stam/backend'
import { Secret, systemClock } from '@stam/runtime'
import { openStore } from '@stam/store'
import { signIn } from './api-client.ts'
import { benchDatabase } from './database.ts'
import { type Partner, startPartner } from './partner.ts'
import { atMost, type BenchResult, percentile } from './report.ts'
import { createSites, type SampleSite } from './sample-events.ts'
import type { ProcessFigures } from './system-process.ts'
import { waitUntil } from './wait-until.ts'

const PEOPLE = 10
const STEADY_LOGINS = 40
const STEADY_EVERY_MS = 500
const STORMS = 6
const STORM_LOGINS = 50
const STORM_EVERY_MS = 4_000
const ALARM_EVERY_MS = 100
const QUIET_MS = 8_000
/** As many as a backend remembers. */
const TOKENS = 2_000

interface Person {
  readonly email: string
  readonly password: string
}

interface Login {
  readonly status: number
  readonly ms: number
  /** A refusal says when to come again. */
  readonly retryAfter: boolean
}

export async function benchLogin(): Promise<BenchResult> {
  const database = await benchDatabase()
  const system = startPartner('./system-process.ts')
  try {
    const databaseUrl = await database.create('login')
    const people = await addOperators(databaseUrl)
    const url = await system.ask<string>('start', { databaseUrl, parts: ['backend', 'relay'], poolSize: 12 })
    const client = await database.connect(databaseUrl)
    const sites = await createSites(client, 200)
    await client.query('UPDATE panels SET enabled = false')
    await client.end()
    const alarms = await Alarms.start(system, url, people[0] as Person, sites)
    // The first of everything loads code and opens connections.
    for (let n = 0; n < 5; n++) await logIn(url, people[n % PEOPLE] as Person)
    const quiet = await alarms.during(() => pause(QUIET_MS))
    const steady: Login[] = []
    const besideSteady = await alarms.during(async () => {
      await everyMs(STEADY_EVERY_MS, STEADY_LOGINS, async (n) => {
        steady.push(await logIn(url, people[n % PEOPLE] as Person))
      })
    })
    const before = await system.ask<ProcessFigures>('figures', { collect: true })
    const stormLogins: Login[] = []
    let rss = before.rssBytes
    const besideStorms = await alarms.during(async () => {
      await everyMs(STORM_EVERY_MS, STORMS, async () => {
        const storm = Array.from({ length: STORM_LOGINS }, (_, k) => logIn(url, people[k % PEOPLE] as Person))
        stormLogins.push(...(await Promise.all(storm)))
        rss = Math.max(rss, (await system.ask<ProcessFigures>('figures', {})).rssBytes)
      })
    })
    const after = await system.ask<ProcessFigures>('figures', { collect: true })
    alarms.end()
    return report({
      quiet,
      besideSteady,
      besideStorms,
      steadyMs: steady.map(({ ms }) => ms),
      storm: stormLogins,
      rss: [before.rssBytes, rss],
      heap: [before.heapBytes, after.heapBytes],
      loopPauseMs: after.loopPauseMs,
      token: await timeTokenChecks(),
    })
  } finally {
    await system.close()
    await database.stop()
  }
}

interface Seen {
  /** Event → screen with nobody signing in, with two a second, with fifty at once; ms. */
  readonly quiet: readonly number[]
  readonly besideSteady: readonly number[]
  readonly besideStorms: readonly number[]
  readonly steadyMs: readonly number[]
  readonly storm: readonly Login[]
  /** Before the storms and at most during, bytes. */
  readonly rss: readonly [number, number]
  readonly heap: readonly [number, number]
  readonly loopPauseMs: number
  readonly token: TokenChecks
}

function report(seen: Seen): BenchResult {
  const { quiet, besideSteady, besideStorms, steadyMs, storm, rss, heap, loopPauseMs, token } = seen
  const taken = storm.filter(({ status }) => status === 200)
  const refused = storm.filter(({ status, retryAfter }) => status === 429 && retryAfter)
  const takenMs = taken.map(({ ms }) => ms)
  return {
    name: 'login',
    metrics: {
      steady_logins: steadyMs.length,
      steady_login_p50_ms: percentile(steadyMs, 0.5),
      steady_login_p95_ms: percentile(steadyMs, 0.95),
      alarm_beside_steady_p99_ms: percentile(besideSteady, 0.99),
      storm_logins: storm.length,
      storm_taken: taken.length,
      storm_refused_429: refused.length,
      storm_login_max_ms: percentile(takenMs, 1),
      alarms_beside_storms: besideStorms.length,
      alarm_beside_storms_p50_ms: percentile(besideStorms, 0.5),
      alarm_beside_storms_p99_ms: percentile(besideStorms, 0.99),
      alarm_beside_storms_max_ms: percentile(besideStorms, 1),
      rss_before_mb: rss[0] / 1e6,
      rss_during_storms_mb: rss[1] / 1e6,
      heap_growth_mb: (heap[1] - heap[0]) / 1e6,
      loop_pause_during_storms_ms: loopPauseMs,
      token_first_check_ms: token.first,
      token_first_check_p99_ms: token.firstP99,
      token_check_ms: token.again,
    },
    baseline: { alarm_alone_p50_ms: percentile(quiet, 0.5), alarm_alone_p99_ms: percentile(quiet, 0.99) },
    ratio: percentile(besideStorms, 0.99) / percentile(quiet, 0.99),
    bars: [
      atMost('login p95 at 2 logins/s, ms', percentile(steadyMs, 0.95), 400),
      atMost('event → WebSocket p99 while 50 sign in at once, ms', percentile(besideStorms, 0.99), 200),
      atMost('neither taken nor refused with 429 and Retry-After', storm.length - taken.length - refused.length, 0),
      // One hash of 64 MiB, and what allocators keep of it.
      atMost('memory growth in storms, MB', (rss[1] - rss[0]) / 1e6, 200),
      atMost('first check of a token, ms', token.first, 0.1),
      atMost('token check, ms', token.again, 0.1),
    ],
  }
}

async function addOperators(databaseUrl: string): Promise<Person[]> {
  const store = await openStore({ url: databaseUrl, poolSize: 2, applicationName: 'bench' })
  const people = Array.from({ length: PEOPLE }, (_, n) => ({
    email: `operator${n}@bench.example`,
    name: `Operator ${n}`,
    role: 'OPERATOR' as const,
    password: randomBytes(12).toString('base64url'),
  }))
  await addPeople(store, people)
  await store.close()
  return people
}

async function logIn(url: string, { email, password }: Person): Promise<Login> {
  const start = performance.now()
  const answer = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
  await answer.arrayBuffer()
  const retryAfter = Number(answer.headers.get('retry-after')) >= 1
  return { status: answer.status, ms: performance.now() - start, retryAfter }
}

/** One event after the other through the whole system, and how long each took to the screen. */
class Alarms {
  readonly #system: Partner
  readonly #sites: readonly SampleSite[]
  readonly #sentAt = new Map<string, number>()
  #latencies: number[] = []
  #next = 0
  #close = (): void => {}

  private constructor(system: Partner, sites: readonly SampleSite[]) {
    this.#system = system
    this.#sites = sites
  }

  static async start(
    system: Partner,
    url: string,
    { email, password }: Person,
    sites: readonly SampleSite[],
  ): Promise<Alarms> {
    const alarms = new Alarms(system, sites)
    const screen = await signIn(url, email, password)
    const socket = await screen.socket(['alarms'], (message, at) => alarms.#show(message, at))
    alarms.#close = () => socket.close()
    return alarms
  }

  /** Event → screen of every event sent while `work` runs, ms. @throws when one is not shown within 20 s */
  async during(work: () => Promise<unknown>): Promise<number[]> {
    this.#latencies = []
    let over = false
    let sent = 0
    const sending = (async () => {
      while (!over) {
        const due = pause(ALARM_EVERY_MS)
        const site = this.#sites[this.#next % this.#sites.length] as SampleSite
        const from = 1 + Math.floor(this.#next++ / this.#sites.length)
        this.#sentAt.set(site.panelId, Date.now())
        sent++
        await this.#system.ask('publish', { sites: [site], count: 1, from })
        await due
      }
    })()
    await work()
    over = true
    await sending
    await waitUntil('every alarm is shown', 20_000, () => this.#latencies.length >= sent)
    return this.#latencies
  }

  end(): void {
    this.#close()
  }

  /** A panel's turn comes again only after all others', so a message after its sending is of what was sent. */
  #show(message: ServerMessage, at: number): void {
    if (message.type !== 'alarm.new' && message.type !== 'alarm.updated') return
    const panelId = message.data.panel_id ?? ''
    const sentAt = this.#sentAt.get(panelId)
    if (sentAt === undefined) return
    this.#sentAt.delete(panelId)
    this.#latencies.push(at - sentAt)
  }
}

interface TokenChecks {
  /** Each token's first check, ms: mean of all, the first hundred of which run unpractised code, and their p99. */
  readonly first: number
  readonly firstP99: number
  /** Every other check of a token, mean, ms. */
  readonly again: number
}

/** What a request pays for its token. */
async function timeTokenChecks(): Promise<TokenChecks> {
  const keys = await fixedSigningKeys(new Secret(generateSigningKey()))
  const subject = { sub: '01a20000-0000-7000-8000-000000000001', sid: '01a20000-0000-7000-8000-000000000002' }
  const issuer = createAccessTokens(keys, systemClock)
  const many: string[] = []
  for (let n = 0; n < TOKENS; n++)
    many.push(await issuer.issue({ ...subject, role: 'OPERATOR', name: `Operator ${n}` }))
  const tokens = createAccessTokens(keys, systemClock)
  const check = async (token: string): Promise<number> => {
    const start = performance.now()
    if ((await tokens.verify(token)) === null) throw new Error('a good token was refused')
    return performance.now() - start
  }
  const first: number[] = []
  for (const token of many) first.push(await check(token))
  const again: number[] = []
  for (const token of many) again.push(await check(token))
  return { first: mean(first), firstP99: percentile(first, 0.99), again: mean(again) }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Starts `work` at the beat, whether or not the last one has finished; resolves when all have. */
async function everyMs(ms: number, times: number, work: (n: number) => Promise<void>): Promise<void> {
  const running: Promise<void>[] = []
  for (let n = 0; n < times; n++) {
    running.push(work(n))
    await pause(ms)
  }
  await Promise.all(running)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
