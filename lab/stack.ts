/**
 * The distributed profile as native processes on one machine: PostgreSQL from npm, RabbitMQ and Redis from Debian packages, and every process of
 * ours with its own configuration and health port, all on loopback. For development and for the drills.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addPeople, generateSigningKey } from '@stam/backend'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@stam/embedded-postgres'
import { generateFernetKey } from '@stam/runtime'
import { insertPanel, insertSite, migrate, openStore, type Store } from '@stam/store'
import { freePorts, type RabbitServer, type RedisServer, startRabbit, startRedis } from '@stam/testkit'
import { Child } from './child.ts'
import { startNginx } from './nginx.ts'
import { createLinks, type Links } from './links.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const entry = (app: string): string => join(root, 'apps', app, 'src', 'main.ts')

export interface StackOptions {
  readonly folder: string
  readonly scale?: Partial<Record<'backend' | 'relay' | 'worker', number>>
  readonly panels?: number
  /** Short times for drills; production keeps the defaults of the configuration. */
  readonly env?: Readonly<Record<string, string>>
  readonly say?: (line: string) => void
  /** Puts a fault proxy into every connection between processes, servers and panels; without, `links` knows none. */
  readonly proxied?: boolean
  /** Puts nginx in front of the backends; see `entryUrl`. */
  readonly nginx?: boolean
}

export interface Operator {
  readonly email: string
  readonly password: string
}

export interface Stack {
  readonly folder: string
  readonly postgres: {
    readonly url: string
    stop(): Promise<void>
    start(): Promise<void>
    kill(): Promise<void>
    freeze(): void
    thaw(): void
  }
  readonly rabbit: RabbitServer
  readonly redis: RedisServer
  readonly simulator: Child
  readonly simulatorUrl: string
  readonly backends: readonly (Child & { readonly url?: string })[]
  readonly backendUrls: readonly string[]
  /** Where people go: nginx where there is one, else the first backend. */
  readonly entryUrl: string
  readonly relays: readonly Child[]
  readonly workers: readonly Child[]
  readonly operators: readonly Operator[]
  /** As the processes reach the database; what `./stam … --distributed` wants as DATABASE_URL. */
  readonly databaseUrl: string
  /** Straight into the database, for balancing the books. */
  readonly store: Store
  /** Simulator id → id of the panel in the database. */
  readonly panelIds: ReadonlyMap<string, string>
  readonly links: Links
  close(): Promise<void>
}

const OPERATORS = 4

export async function startStack(options: StackOptions): Promise<Stack> {
  const { folder, scale = {}, panels = 40, env: extra = {}, say = () => {}, proxied = false, nginx = false } = options
  makeFolder(folder)
  const closers: (() => Promise<unknown>)[] = []
  const close = async (): Promise<void> => {
    for (let next = closers.pop(); next !== undefined; next = closers.pop()) await next().catch(() => {})
  }
  try {
    say('starting PostgreSQL, RabbitMQ and Redis')
    const [database, rabbit, redis] = await Promise.all([startDatabase(folder), startRabbit(), startRedis()])
    closers.push(
      () => database.stop(),
      () => rabbit.close(),
      () => redis.close(),
    )
    const app = { name: 'stam_process', password: randomBytes(18).toString('base64url') }
    await migrate({ url: database.url, appLogin: app })
    const store = await openStore({ url: database.url, poolSize: 3, applicationName: 'lab' })
    closers.push(() => store.close())

    say(`starting ${panels} simulated panels`)
    const { simulator, simulatorUrl } = await startSimulator(folder, panels)
    closers.push(() => simulator.end())
    const links = createLinks()
    closers.push(() => links.close())
    const panelIds = await addSites(store, simulatorUrl, (id, port) =>
      proxied ? links.add(`${id}:panel`, port) : port,
    )
    const operators = await addOperators(store)

    const shared = { ...sharedSettings(database.url, app, redis, rabbit), ...extra }
    const own = ownSettings()
    const backendPorts = await freePorts(scale.backend ?? 2)
    const start = async (name: string, count: number, env: (n: number) => Record<string, string>): Promise<Child[]> => {
      const children = await startChildren(name, count, folder, async (child, n) => ({
        ...shared,
        ...(proxied ? await throughLinks(links, child, shared) : {}),
        ...env(n),
      }))
      closers.push(() => Promise.all(children.map((child) => (child.thaw(), child.end()))))
      return children
    }
    say('starting backends, relays and workers')
    const backends = await start('backend', backendPorts.length, (n) => ({
      PORT: String(backendPorts[n]),
      ...own.backend,
      TRUST_PROXY: String(nginx),
    }))
    const relays = await start('outbox-relay', scale.relay ?? 2, () => ({}))
    const workers = await start('satel-worker', scale.worker ?? 2, (n) => ({
      ...own.worker,
      DATA_FOLDER: join(folder, `satel-worker-${n + 1}`),
    }))
    const backendUrls = backendPorts.map((port) => `http://127.0.0.1:${port}`)
    const proxy = nginx ? await startNginx(folder, ((await freePorts(1)) as [number])[0], backendPorts) : undefined
    closers.push(async () => proxy?.close())
    return {
      folder,
      postgres: database,
      rabbit,
      redis,
      simulator,
      simulatorUrl,
      backends,
      backendUrls,
      entryUrl: proxy?.url ?? String(backendUrls[0]),
      relays,
      workers,
      operators,
      databaseUrl: String(shared['DATABASE_URL']),
      store,
      panelIds,
      links,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // The servers run under accounts of their own and must be able to walk through.
  chmodSync(folder, 0o711)
}

/** Four operators of a drill do in a minute what a shift does in an hour. */
const withoutLimits = {
  LOGINS_PER_MINUTE: '10000',
  TICKETS_PER_MINUTE: '10000',
  REQUESTS_PER_MINUTE: '1000000',
  ALARM_ACTIONS_PER_MINUTE: '1000000',
  SOCKETS_PER_USER: '500',
}

function sharedSettings(
  databaseUrl: string,
  app: { readonly name: string; readonly password: string },
  redis: RedisServer,
  rabbit: RabbitServer,
): Record<string, string> {
  const processUrl = new URL(databaseUrl)
  processUrl.username = app.name
  processUrl.password = app.password
  return {
    DATABASE_URL: processUrl.href,
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(redis.port),
    REDIS_HOSTS: `127.0.0.1:${redis.port}`,
    REDIS_PASSWORD: redis.password,
    RABBITMQ_HOSTS: `127.0.0.1:${rabbit.port}`,
    RABBITMQ_USERNAME: rabbit.username,
    RABBITMQ_PASSWORD: rabbit.password,
  }
}

/** Each kind gets the keys it needs: a worker opens the keys of panels, but not what signs a person's token (docs/adr/0022); a relay opens nothing. */
function ownSettings(): Record<'backend' | 'worker', Record<string, string>> {
  const ENCRYPTION_KEY = generateFernetKey()
  return {
    backend: {
      ...withoutLimits,
      ENCRYPTION_KEY,
      JWT_ENCRYPTION_KEY: generateFernetKey(),
      JWT_PRIVATE_KEY: generateSigningKey(),
    },
    worker: { ENCRYPTION_KEY },
  }
}

/** The same servers, for one process, through proxies of its own. */
async function throughLinks(
  links: Links,
  child: string,
  shared: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const databaseUrl = new URL(shared['DATABASE_URL'] as string)
  databaseUrl.port = String(await links.add(`${child}:database`, Number(databaseUrl.port)))
  const redisPort = await links.add(`${child}:redis`, Number(shared['REDIS_PORT']))
  const brokerPort = await links.add(`${child}:broker`, Number(shared['RABBITMQ_HOSTS']?.split(':')[1]))
  return {
    DATABASE_URL: databaseUrl.href,
    REDIS_PORT: String(redisPort),
    REDIS_HOSTS: `127.0.0.1:${redisPort}`,
    RABBITMQ_HOSTS: `127.0.0.1:${brokerPort}`,
  }
}

async function startSimulator(folder: string, panels: number): Promise<{ simulator: Child; simulatorUrl: string }> {
  const [port] = (await freePorts(1)) as [number]
  const simulatorUrl = `http://127.0.0.1:${port}`
  const simulator = new Child({
    name: 'simulator',
    entry: entry('simulator'),
    folder,
    readyUrl: `${simulatorUrl}/panels?limit=1`,
    env: {
      SIMULATOR_PORT: String(port),
      SIMULATOR_DEMO: 'false',
      SIMULATOR_BENCH_PANELS: String(panels),
      SIMULATOR_LATENCY: 'zero',
      SIMULATOR_STATE_DIR: join(folder, 'simulator'),
    },
  })
  await simulator.start()
  return { simulator, simulatorUrl }
}

async function startChildren(
  app: string,
  count: number,
  folder: string,
  env: (name: string, n: number) => Promise<Record<string, string>>,
): Promise<Child[]> {
  const ports = await freePorts(count)
  const children = await Promise.all(
    ports.map(async (port, n) => {
      const name = `${app}-${n + 1}`
      return new Child({
        name,
        entry: entry(app),
        folder,
        readyUrl: `http://127.0.0.1:${port}/readyz`,
        env: { INSTANCE_ID: name, HEALTH_PORT: String(port), ...(await env(name, n)) },
      })
    }),
  )
  await Promise.all(children.map((child) => child.start()))
  return children
}

async function startDatabase(folder: string): Promise<Stack['postgres']> {
  const password = randomBytes(18).toString('base64url')
  const [port] = (await freePorts(1)) as [number]
  const launch = (): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({
      dataFolder: join(folder, 'postgres'),
      password,
      port,
      logFile: join(folder, 'postgres.log'),
      settings: { shared_buffers: '256MB', max_connections: '200' },
    })
  let server = await launch()
  /** Its sessions are processes with groups of their own. */
  const signal = (name: NodeJS.Signals): void => {
    for (const pid of [server.pid, ...childrenOf(server.pid)]) process.kill(pid, name)
  }
  return {
    url: server.url(),
    stop: () => server.stop(),
    start: async () => {
      server = await launch()
    },
    kill: async () => {
      process.kill(server.pid, 'SIGKILL')
      await server.exited
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

interface ListedPanel {
  readonly id: string
  readonly name: string
  readonly host: string
  readonly port: number
}

async function addSites(
  store: Store,
  simulatorUrl: string,
  portOf: (id: string, port: number) => number | Promise<number>,
): Promise<Map<string, string>> {
  const answer = (await (await fetch(`${simulatorUrl}/panels`)).json()) as ListedPanel[] | { data: ListedPanel[] }
  const panels = Array.isArray(answer) ? answer : answer.data
  const ids = new Map<string, string>()
  for (const [n, panel] of panels.entries()) {
    const [siteId, panelId] = [randomUUID(), randomUUID()]
    const port = await portOf(panel.id, panel.port)
    await store.inTransaction(async (tx) => {
      await insertSite(tx, {
        id: siteId,
        code: `LAB-${n + 1}`,
        name: `Obiekt ${n + 1}`,
        type: 'SHOP',
        address_line: '',
        postal_code: '',
        city: '',
        latitude: null,
        longitude: null,
        time_zone: 'Europe/Warsaw',
        notes: '',
        settings: {},
      })
      await insertPanel(tx, {
        id: panelId,
        site_id: siteId,
        name: panel.name,
        host: panel.host,
        port,
        enabled: true,
        time_zone: 'Europe/Warsaw',
        encryptedKey: null,
      })
    })
    ids.set(panel.id, panelId)
  }
  return ids
}

async function addOperators(store: Store): Promise<Operator[]> {
  const people = Array.from({ length: OPERATORS }, (_, n) => ({
    email: `operator${n + 1}@lab.example`,
    name: `Operator ${n + 1}`,
    role: 'OPERATOR' as const,
    password: randomBytes(12).toString('base64url'),
  }))
  await addPeople(store, people)
  return people
}

/** What `stack status` shows, and what stops it. */
export function describeStack(stack: Stack): Record<string, unknown> {
  const children = [stack.simulator, ...stack.backends, ...stack.relays, ...stack.workers]
  return {
    entry: stack.entryUrl,
    backends: stack.backendUrls,
    simulator: stack.simulatorUrl,
    processes: Object.fromEntries(children.map((child) => [child.name, { pid: child.pid, ready: child.readyUrl }])),
  }
}

export function writeStackFile(stack: Stack, path: string): void {
  writeFileSync(
    path,
    `${JSON.stringify({ pid: process.pid, ...describeStack(stack), database: stack.databaseUrl, operators: stack.operators }, null, 2)}\n`,
    { mode: 0o600 },
  )
}
