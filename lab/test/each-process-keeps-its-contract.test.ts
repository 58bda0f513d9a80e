// Spec 05 "Health", 09 HA-03/HA-04, 10 "Metrics" and "Logs", of backend, outbox-relay and satel-worker as processes of their own.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerMessage } from '@stam/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { Child, until } from '../child.ts'
import type { Operator } from '../stack.ts'
import { type LogLine, type SmallStack, startSmallStack } from './small-stack.ts'

const SIGTERM_LIMIT_MS = 15_000
const BUSY_DRAIN_MS = 6_000
let small: SmallStack
beforeAll(async () => {
  small = await startSmallStack({ LOG_LEVEL: 'info' })
}, 120_000)
afterAll(() => small.close())

const apps = ['backend', 'outbox-relay', 'satel-worker'] as const
type AppName = (typeof apps)[number]
const childOf = (app: AppName): Child => {
  const { backends, relays, workers } = small.stack
  return { backend: backends[0], 'outbox-relay': relays[0], 'satel-worker': workers[0] }[app] as Child
}
const health = (child: Child, path: string) => fetch(child.readyUrl.replace('/readyz', path))

/** Of spec 10, those of the parts this version has. */
const metricsOf: Record<AppName, readonly string[]> = {
  backend: [
    'alarms_total',
    'alarms_active',
    'alarm_response_time_seconds',
    'alarm_resolution_time_seconds',
    'alarms_created_total',
    'events_per_minute',
    'events_deduplicated_total',
    'event_to_screen_seconds',
    'http_request_duration_seconds',
    'http_requests_total',
    'websocket_connections_active',
    'auth_login_failures_total',
    'ws_replay_total',
    'ws_replay_overflow_total',
    'ws_events_buffer_size',
    'stale_alarm_count',
    'dead_letters',
  ],
  'outbox-relay': [
    'outbox_pending_count',
    'outbox_relay_last_poll_timestamp',
    'outbox_relay_publish_errors_total',
    'outbox_relay_active_instances',
  ],
  'satel-worker': [
    'satel_connection_status',
    'satel_poll_duration_seconds',
    'satel_reconnect_total',
    'satel_events_published_total',
    'satel_crc_errors_total',
    'satel_worker_assigned_panels',
    'satel_panels_without_worker',
    'panels_in_unknown_state',
    'satel_spool_size',
  ],
}

describe.each(apps)('%s', (app) => {
  it('tells on its own port that it lives, what it is ready with, and the metrics of the specification', async () => {
    const child = childOf(app)
    expect(await (await health(child, '/healthz')).json()).toMatchObject({ status: 'healthy' })
    const ready = await health(child, '/readyz')
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      {
        status: 'ready',
        checks: { postgresql: { status: 'up' }, rabbitmq: { status: 'up' }, redis: { status: 'up' } },
      },
    ])
    const text = await (await health(child, '/metrics')).text()
    const missing = metricsOf[app].filter((name) => !new RegExp(`^# TYPE ${name} `, 'm').test(text))
    expect(missing).toEqual([])
  })

  it('starts with its settings from a flags file and its secrets from files, and SIGTERM ends it with 0', async () => {
    const child = await startFromFiles(app)
    const lines = await until(async () => {
      const found = await small.log(child.name)
      return found.some(({ event }) => event === 'app_ready') ? found : undefined
    }, 5_000)
    expect(lines?.find(({ event }) => event === 'app_starting')).toMatchObject({ service: app })
    expect(JSON.stringify(lines)).not.toContain((await environmentOf(app)).get('RABBITMQ_PASSWORD'))
    const startedAt = performance.now()
    await child.end('SIGTERM')
    expect(performance.now() - startedAt).toBeLessThan(SIGTERM_LIMIT_MS)
    expect(child.exitCode).toBe(0)
    expect((await small.log(child.name)).map(({ event }) => event)).toEqual(
      expect.arrayContaining(['app_draining', 'app_stopped']),
    )
  }, 60_000)
})

/** What the running one was started with, as the operating system knows it. */
async function environmentOf(app: AppName): Promise<Map<string, string>> {
  const text = await readFile(`/proc/${childOf(app).pid}/environ`, 'utf8')
  return new Map(
    text
      .split('\0')
      .filter(Boolean)
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
}

const SECRETS = [
  'DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'REDIS_PASSWORD',
  'RABBITMQ_PASSWORD',
  'ENCRYPTION_KEY',
  'JWT_ENCRYPTION_KEY',
  'JWT_PRIVATE_KEY',
]

/** A second process of the kind that has nothing in its environment but where its files are. */
async function startFromFiles(app: AppName): Promise<Child> {
  const name = `${app}-from-files`
  const { folder } = small.stack
  const secrets = join(folder, `${name}-secrets`)
  await mkdir(secrets, { recursive: true, mode: 0o700 })
  const settings = await environmentOf(app)
  for (const secret of SECRETS) {
    const value = settings.get(secret)
    if (value !== undefined) await writeFile(join(secrets, secret.toLowerCase()), `${value}\n`, { mode: 0o600 })
    settings.delete(secret)
  }
  for (const ours of ['PATH', 'TZ']) settings.delete(ours)
  const [port, healthPort] = [await freePort(), await freePort()]
  settings.set('HEALTH_PORT', `${healthPort}`)
  if (app === 'backend') settings.set('PORT', `${port}`)
  if (app === 'satel-worker') settings.set('DATA_FOLDER', join(folder, name))
  settings.set('INSTANCE_ID', name)
  const yaml = [...settings].map(
    ([key, value]) => `${key}: ${/^(\d+|true|false)$/.test(value) ? value : listed(key, value)}`,
  )
  const file = join(folder, `${name}.yaml`)
  await writeFile(file, `${yaml.join('\n')}\n`)
  const child = new Child({
    name,
    entry: join(import.meta.dirname, '..', '..', 'apps', app, 'src', 'main.ts'),
    folder,
    readyUrl: `http://127.0.0.1:${healthPort}/readyz`,
    env: { CONFIG_FILE: file, SECRETS_DIR: secrets },
  })
  await child.start()
  return child
}

const listed = (key: string, value: string) => JSON.stringify(/HOSTS$|SENTINELS$/.test(key) ? value.split(',') : value)

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

// --- one signal, all the way ------------------------------------------------------------------------------------

it('one trace leads from the signal of a panel through every process to the message on a screen', async () => {
  const socket = await openSocket()
  await small.signals(1)
  const shown = await until(() => socket.messages.find(({ type }) => type === 'alarm.new'), 20_000)
  expect(shown).toBeDefined()
  const isOfIt = (line: LogLine) => line['sequence_id'] === shown?.sequence_id
  // Lines are written a moment after what they tell of.
  const logs = await until(async () => {
    const [worker, relay, backend] = await Promise.all(['satel-worker-1', 'outbox-relay-1', 'backend-1'].map(small.log))
    return relay?.some(isOfIt) && backend?.some(isOfIt) ? { worker: worker ?? [], relay, backend } : undefined
  }, 5_000)
  if (logs === undefined) throw new Error('relay and backend do not tell of the message')
  const delivered = logs.backend.find((line) => line.event === 'change_delivered' && isOfIt(line))
  const trace = delivered?.['request_id']
  expect(trace).toMatch(/^[0-9a-f-]{36}$/)
  const [event] = await small.stack.store.query<{ event_id: string; raw_payload: string }>(
    'SELECT event_id, raw_payload FROM events WHERE request_id = $1',
    [trace],
  )
  expect(event).toBeDefined()
  const traced = (lines: readonly LogLine[]) =>
    lines.filter((line) => line['request_id'] === trace).map((line) => line.event)
  expect(traced(logs.worker)).toEqual(expect.arrayContaining(['event_detected', 'event_published']))
  expect(traced(logs.backend)).toEqual(expect.arrayContaining(['event_recorded', 'change_delivered']))
  expect(traced(logs.relay)).toContain('change_published')
  expect(logs.worker.find((line) => line['request_id'] === trace)).toMatchObject({ event_id: event?.event_id })
  socket.end()
}, 60_000)

// --- SIGTERM under work -----------------------------------------------------------------------------------------

const callOf = async (operator: Operator, token: string, path: string, body?: unknown) =>
  fetch(`${small.stack.backendUrls[0]}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      'content-type': 'application/json',
      origin: String(small.stack.backendUrls[0]),
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

async function signIn(): Promise<{ operator: Operator; token: string }> {
  const operator = small.stack.operators[0] as Operator
  const answer = await callOf(operator, '', '/api/auth/login', operator)
  return { operator, token: ((await answer.json()) as { access_token: string }).access_token }
}

async function openSocket() {
  const { operator, token } = await signIn()
  const answer = await callOf(operator, token, '/api/auth/ws-ticket', {})
  const { ticket } = (await answer.json()) as { ticket: string }
  const url = String(small.stack.backendUrls[0])
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?ticket=${ticket}`, { origin: url })
  const messages: ServerMessage[] = []
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as ServerMessage))
  socket.once('open', () => socket.send(JSON.stringify({ type: 'subscribe', channels: ['alarms', 'system'] })))
  await until(() => messages.some(({ type }) => type === 'subscribed'), 10_000)
  const [head] = await small.stack.store.query<{ n: string }>('SELECT coalesce(max(stream_seq), 0) AS n FROM outbox')
  socket.send(JSON.stringify({ type: 'replay_request', last_sequence_id: Number(head?.n) }))
  await until(() => messages.some(({ type }) => type === 'replay_done'), 10_000)
  return { messages, closed, token, operator, end: () => socket.terminate() }
}

describe('SIGTERM', () => {
  it('lets a backend finish the request it has, closes its WebSockets with 1012, and takes nothing new', async () => {
    await small.signals(2)
    const { store, backends } = small.stack
    const socket = await openSocket()
    const alarm = await until(async () => {
      const [row] = await store.query<{ id: string; version: number }>(
        `SELECT id, version FROM alarms WHERE status = 'NEW' ORDER BY created_at LIMIT 1`,
      )
      return row
    }, 20_000)
    const backend = backends[0] as Child
    let claim: Promise<Response> | undefined
    const endedAt = await store.inTransaction(async (tx) => {
      // Held by the test, so that the request is under way for as long as the test likes.
      await tx.query('SELECT FROM alarms WHERE id = $1 FOR UPDATE', [alarm?.id])
      claim = callOf(socket.operator, socket.token, `/api/alarms/${alarm?.id}/claim`, { version: alarm?.version })
      const waiting = await until(
        async () => (await store.query('SELECT pid FROM pg_locks WHERE NOT granted')).length > 0,
        10_000,
        20,
      )
      expect(waiting).toBe(true)
      const startedAt = performance.now()
      const ended = backend.end('SIGTERM').then(() => performance.now() - startedAt)
      expect(await socket.closed).toBe(1012)
      expect(await until(async () => (await health(backend, '/readyz')).status === 503, 5_000, 20)).toBe(true)
      const refused = await callOf(socket.operator, socket.token, '/api/alarms').then(
        ({ status }) => status,
        () => 'no connection',
      )
      expect([503, 'no connection']).toContain(refused)
      expect(backend.isRunning).toBe(true)
      return { ended }
    })
    expect((await claim)?.status).toBe(200)
    // Nothing was left to wait for: well before the longest drain.
    expect(await endedAt.ended).toBeLessThan(BUSY_DRAIN_MS)
    expect(backend.exitCode).toBe(0)
    await backend.start()
  }, 90_000)

  it('lets a relay go with nothing left behind, and no longer named among the living', async () => {
    const relay = small.stack.relays[0] as Child
    await small.signals(2)
    const startedAt = performance.now()
    await relay.end('SIGTERM')
    expect(performance.now() - startedAt).toBeLessThan(SIGTERM_LIMIT_MS)
    expect(relay.exitCode).toBe(0)
    const { token, operator } = await signIn()
    // Far sooner than its last beat would have run out.
    const told = await until(async () => {
      const answer = await callOf(operator, token, '/api/system/status')
      const { components } = (await answer.json()) as { components: { name: string; state: string }[] }
      return components.find(({ name }) => name === 'outbox-relay')?.state === 'down'
    }, 4_000)
    expect(told).toBe(true)
    await relay.start()
    const left = await until(
      async () =>
        (await small.stack.store.query(`SELECT FROM outbox WHERE status <> 'PUBLISHED' LIMIT 1`)).length === 0,
      20_000,
    )
    expect(left).toBe(true)
  }, 60_000)

  it('lets a worker give its panels back at once, so that the next one has them within two seconds', async () => {
    const worker = small.stack.workers[0] as Child
    const { store, panelIds } = small.stack
    const owned = async (by: string) =>
      (
        await store.query<{ n: number }>(
          'SELECT count(*)::int AS n FROM panel_assignments WHERE owner_id LIKE $1 AND lease_expires_at > now()',
          [by],
        )
      )[0]?.n
    expect(await until(async () => (await owned('satel-worker-1')) === panelIds.size, 20_000)).toBe(true)
    const startedAt = performance.now()
    await worker.end('SIGTERM')
    expect(performance.now() - startedAt).toBeLessThan(SIGTERM_LIMIT_MS)
    expect(worker.exitCode).toBe(0)
    expect(await owned('%')).toBe(0)
    await worker.start()
    expect(await until(async () => (await owned('satel-worker-1')) === panelIds.size, 10_000)).toBe(true)
  }, 60_000)
})
