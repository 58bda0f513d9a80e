/**
 * A whole backend for a test: real PostgreSQL, in-process bus and live state, real sockets. Numbers are given and
 * published by a little relay of the test's own, so that a test decides when.
 */
import { randomUUID } from 'node:crypto'
import { type Bus, createMemoryBus, MemoryBroker } from '@stam/bus'
import type { EventType, HumanRole, PanelEvent } from '@stam/contracts'
import { createBundler, enrichEvent, repeatAnomaly } from '@stam/domain'
import { createMemoryLive, type Live, MemoryLiveStore } from '@stam/live'
import { type Clock, generateFernetKey, type Log, silentLog, systemClock } from '@stam/runtime'
import {
  claimOverdue,
  insertPanel,
  insertSite,
  markPublished,
  numberOutbox,
  openStore,
  recordEvents,
  type Store,
} from '@stam/store'
import { testDatabase } from '@stam/testkit'
import {
  addPeople,
  BackendConfig,
  type BackendConfigInput,
  generateSigningKey,
  type RunningBackend,
  startBackend,
} from '../src/index.ts'

const signingKey = generateSigningKey()
const encryptionKey = generateFernetKey()
const PASSWORD = 'Bardzo-Dlugie-Haslo-7341'

export interface Rig {
  readonly backend: RunningBackend
  readonly store: Store
  readonly bus: Bus
  readonly live: Live
  readonly config: BackendConfig
  /** Broker and live store behind the bus and `live`; `stop()` and `start()` are their outages. */
  readonly broker: MemoryBroker
  readonly liveStore: MemoryLiveStore
  /** Numbers and publishes everything committed; `publish: false` leaves it to PostgreSQL. */
  relay(options?: { publish?: boolean }): Promise<number>
  person(role: HumanRole, siteIds?: readonly string[]): Promise<Signed>
  site(fields?: { name?: string; city?: string; code?: string }): Promise<string>
  panel(siteId: string): Promise<string>
  /** Opens an alarm by recording a signal of the panel, the way real ones do; the alarm's id. */
  alarm(panelId: string, signal?: Partial<PanelEvent>): Promise<string>
  close(): Promise<void>
}

export interface Signed {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly password: string
  readonly token: string
  readonly cookie: string
  call(
    method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    url: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>
}

export interface Answer {
  readonly status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- what an answer holds is what the tests are about
  readonly body: any
  readonly headers: Record<string, unknown>
}

export interface RigOptions {
  readonly config?: Partial<BackendConfigInput>
  readonly clock?: Clock
  readonly log?: Log
  /** Instead of the one in memory, so `broker` is not behind it; closed with the rig. */
  readonly bus?: Bus
  /** Instead of the one in memory, so `liveStore` is not behind it. */
  readonly live?: Live
}

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const database = await testDatabase()
  const store = await openStore({ url: database.url, poolSize: 12, applicationName: 'backend-test' })
  const broker = new MemoryBroker()
  const bus = options.bus ?? createMemoryBus({ broker })
  const clock = options.clock ?? systemClock
  const liveStore = new MemoryLiveStore({ clock })
  const live = options.live ?? createMemoryLive({ store: liveStore })
  const config = configOf(options.config)
  const backend = await startBackend(config, { store, bus, live, clock, log: options.log ?? silentLog })
  return {
    backend,
    store,
    bus,
    live,
    config,
    broker,
    liveStore,
    relay: ({ publish = true } = {}) => relay(store, bus, publish),
    person: (role, siteIds) => person(store, backend, role, siteIds),
    site: (fields = {}) => addSite(store, fields),
    panel: (siteId) => addPanel(store, siteId),
    alarm: (panelId, signal = {}) => addAlarm(store, panelId, signal),
    async close() {
      await backend.close()
      await bus.close()
      await live.close()
      await store.close()
      await database.close()
    },
  }
}

export function configOf(config: Partial<BackendConfigInput> = {}): BackendConfig {
  return {
    ...BackendConfig.parse({
      port: 0,
      instanceId: 'backend-test',
      loginsPerMinute: 1_000,
      passkeyQuestionsPerMinute: 1_000,
      ticketsPerMinute: 1_000,
      alarmActionsPerMinute: 1_000_000,
      reportsPerMinute: 1_000_000,
      requestsPerMinute: 1_000_000,
      consoleFolder: '/nowhere',
      jwtPrivateKey: signingKey,
      encryptionKey,
      ...config,
    }),
  }
}

async function relay(store: Store, bus: Bus, publish: boolean): Promise<number> {
  let count = 0
  for (;;) {
    // A test that takes its time makes the backend number what waits, as if every relay were dead; those are published too.
    const numbered = publish ? await claimOverdue(store, 500, 30_000) : []
    const fresh = await numberOutbox(store, 500, 30_000)
    const messages = [...numbered, ...fresh]
    if (messages.length === 0) return count
    count += messages.length
    if (publish) {
      await bus.publishMany(messages)
      await markPublished(
        store,
        messages.map((message) => message.sequence_id),
      )
    }
  }
}

let people = 0

async function person(
  store: Store,
  backend: RunningBackend,
  role: HumanRole,
  siteIds: readonly string[] = [],
): Promise<Signed> {
  const email = `person-${++people}@example.test`
  const name = `${role} ${people}`
  await addPeople(store, [{ email, name, role, password: PASSWORD, siteIds }])
  return signIn(backend, { email, name, password: PASSWORD })
}

export async function signIn(
  backend: RunningBackend,
  of: { email: string; name: string; password: string },
): Promise<Signed> {
  const answer = await backend.app.inject({
    method: 'POST',
    url: '/api/auth/login',
    payload: { email: of.email, password: of.password },
  })
  if (answer.statusCode !== 200) throw new Error(`login failed: ${answer.body}`)
  const { access_token: token, user } = answer.json<{ access_token: string; user: { id: string } }>()
  return { ...of, id: user.id, token, cookie: cookieOf(answer.headers), call: caller(backend, token) }
}

export function cookieOf(headers: Record<string, unknown>): string {
  return String([headers['set-cookie']].flat()[0] ?? '').split(';', 1)[0] ?? ''
}

export function caller(backend: RunningBackend, token: string): Signed['call'] {
  return async (method, url, body, headers = {}) => {
    const answer = await backend.app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    })
    return { status: answer.statusCode, body: answer.body === '' ? null : answer.json(), headers: answer.headers }
  }
}

let sites = 0

async function addSite(
  store: Store,
  { name, city = 'Kraków', code }: { name?: string; city?: string; code?: string },
): Promise<string> {
  const id = randomUUID()
  const number = ++sites
  const address = { address_line: '', postal_code: '', latitude: null, longitude: null, notes: '' }
  const site = { id, code: code ?? `S${number}`, name: name ?? `Sklep ${number}`, type: 'SHOP' as const, city }
  await store.inTransaction((tx) => insertSite(tx, { ...site, ...address, time_zone: 'Europe/Warsaw', settings: {} }))
  return id
}

let panels = 0

async function addPanel(store: Store, siteId: string): Promise<string> {
  const id = randomUUID()
  const number = ++panels
  const panel = { id, site_id: siteId, name: `Centrala ${number}`, host: '10.0.0.1', port: 10_000 + number }
  await store.inTransaction((tx) =>
    insertPanel(tx, { ...panel, enabled: true, time_zone: 'Europe/Warsaw', encryptedKey: null }),
  )
  return id
}

let signals = 0

/** A burglary signal of zone 1, unless told otherwise. */
export function panelEvent(panelId: string, fields: Partial<PanelEvent> = {}): PanelEvent {
  const number = ++signals
  const now = new Date().toISOString()
  return {
    kind: 'panel-event',
    schema_version: 1,
    event_id: randomUUID(),
    panel_id: panelId,
    epoch: 1,
    panel_seq: number,
    timestamp: now,
    received_at: now,
    source: 'STATE',
    event_type: 'ALARM' satisfies EventType,
    event_code: 130,
    restore: false,
    zone_no: 1,
    partition_no: 1,
    user_no: null,
    output_no: null,
    description: { pl: 'Alarm włamaniowy', en: 'Burglary alarm' },
    object_name: 'Drzwi wejściowe',
    default_priority: 'CRITICAL',
    late: false,
    raw_payload: '',
    dedup_key: `${panelId}|signal-${number}|ALARM`,
    signal: null,
    memory_cursor: null,
    service_instance_id: 'test',
    request_id: `test-${number}-request`,
    ...fields,
  }
}

async function addAlarm(store: Store, panelId: string, signal: Partial<PanelEvent>): Promise<string> {
  const [recorded] = await recordEvents(store, { createBundler, enrichEvent, repeatAnomaly }, [
    panelEvent(panelId, signal),
  ])
  if (!recorded || recorded.outcome === 'refused' || recorded.alarm_id === null) {
    throw new Error(`no alarm came of it: ${JSON.stringify(recorded)}`)
  }
  return recorded.alarm_id
}
