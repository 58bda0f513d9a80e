// Spec 06 "Secrets": nothing secret in logs, errors, metrics or dumps of the configuration. Every process as it runs in production, with the
// broker, the live store and the database lost and back, and one process that may not start; then everything they said is searched.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addPeople } from '@stam/backend'
import { eventually } from '@stam/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signIn } from '../bench/api-client.ts'
import { Child } from './child.ts'
import { type Stack, startStack } from './stack.ts'

const PANEL_KEY = 'Knrk7Tajne'
const WRONG_PASSWORD = 'Kanarek-haslo-8v3k'
const SHORT_KEY = 'Kanarek-klucz-2m9d'
const master = { email: 'master@lab.example', password: randomBytes(12).toString('base64url') }
const secrets: Record<string, string> = {
  PANEL_KEY,
  WRONG_PASSWORD,
  SHORT_KEY,
  'password of the master': master.password,
}
/** What came over HTTP; logs are read from their files. */
const heard: string[] = []
let folder: string
let stack: Stack
let environment: Record<string, string>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stam-secrets-'))
  stack = await startStack({
    folder,
    panels: 2,
    scale: { backend: 1, relay: 1, worker: 1 },
    env: { LOG_LEVEL: 'debug' },
  })
  await addPeople(stack.store, [{ ...master, name: 'Master', role: 'MASTER' }])
  environment = environmentOf(stack.backends[0]?.pid)
  for (const name of [
    'JWT_PRIVATE_KEY',
    'JWT_ENCRYPTION_KEY',
    'ENCRYPTION_KEY',
    'REDIS_PASSWORD',
    'RABBITMQ_PASSWORD',
  ]) {
    secrets[name] = (environment[name] as string).replace(/^-----BEGIN PRIVATE KEY-----\n/, '').slice(0, 60)
  }
  secrets['DATABASE_URL'] = decodeURIComponent(new URL(environment['DATABASE_URL'] as string).password)
  secrets['password of the schema owner'] = decodeURIComponent(new URL(stack.postgres.url).password)
}, 120_000)
afterAll(async () => {
  await stack.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What a running process was really handed. */
function environmentOf(pid: number | undefined): Record<string, string> {
  const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  return Object.fromEntries(entries.map((entry) => [entry.split('=', 1)[0], entry.slice(entry.indexOf('=') + 1)]))
}

async function ask(method: string, path: string, token: string | null, body?: unknown): Promise<number> {
  const answer = await fetch(`${stack.backendUrls[0]}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  heard.push(await answer.text())
  return answer.status
}

async function tokenOf({ email, password }: { email: string; password: string }): Promise<string> {
  const answer = await fetch(`${stack.backendUrls[0]}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
  const cookie = /stam_refresh=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '')?.[1]
  const { access_token: token } = (await answer.json()) as { access_token: string }
  Object.assign(secrets, { [`token of ${email}`]: token, [`cookie of ${email}`]: cookie })
  return token
}

/** Everything of every process that whoever looks after it may see. */
async function askAround(token: string): Promise<void> {
  for (const { readyUrl } of [...stack.backends, ...stack.relays, ...stack.workers]) {
    for (const page of ['/healthz', '/readyz', '/metrics']) {
      heard.push(await (await fetch(new URL(page, readyUrl))).text())
    }
  }
  for (const path of [
    '/api/system/status',
    '/api/audit?limit=200',
    '/api/audit/export',
    '/api/users',
    '/api/panels',
    '/api/sites',
  ]) {
    expect(await ask('GET', path, token), path).toBe(200)
  }
}

describe('in the distributed profile', () => {
  it('people work, fail, and are refused', async () => {
    const token = await tokenOf(master)
    const client = await signIn(stack.backendUrls[0] as string, master.email, master.password)
    const messages: string[] = []
    const socket = await client.socket(['alarms', 'panels', 'system'], (message) =>
      messages.push(JSON.stringify(message)),
    )
    const { data } = await client.get<{ data: { id: string }[] }>('/api/sites')
    const panel = { site_id: data[0]?.id, name: 'Centrala', host: '127.0.0.1', port: 9, integration_key: PANEL_KEY }
    const made = await client.post<{ panel: { id: string } }>('/api/panels', panel)
    expect(made.status).toBe(200)
    const { id } = made.body.panel
    const shown = await client.post<{ value: string }>(`/api/secrets/panel-integration-key/${id}/reveal`, {
      reason: 'próba wycieku',
    })
    expect(shown.body.value, 'the one answer it belongs in').toBe(PANEL_KEY)
    await ask('PATCH', `/api/panels/${id}`, token, { version: 99, integration_key: PANEL_KEY })
    await ask('PATCH', `/api/panels/${id}`, token, { version: 1, integration_key: `${PANEL_KEY}-much-too-long` })
    await ask('POST', '/api/panels', token, { ...panel, port: 'x' })
    for (let n = 0; n < 4; n++)
      await ask('POST', '/api/auth/login', null, { email: master.email, password: WRONG_PASSWORD })
    await ask('POST', '/api/auth/password', token, { current_password: WRONG_PASSWORD, new_password: WRONG_PASSWORD })
    await ask('GET', `/api/alarms?access_token=${token}`, 'x'.repeat(30))
    // The worker has dialled the new panel with its key, in vain.
    await eventually(() => logs().includes(id), { deadlineMs: 20_000, what: 'the worker speaks of the new panel' })
    await askAround(token)
    socket.close()
    heard.push(...messages)
    expect(messages.length).toBeGreaterThan(2)
  }, 60_000)

  it('everything they depend on goes and comes back', async () => {
    const token = await tokenOf(master)
    await Promise.all([stack.redis.stop(), stack.rabbit.stop(), stack.postgres.stop()])
    await eventually(async () => (await ask('GET', '/api/alarms', token)) === 503, {
      deadlineMs: 20_000,
      what: '503 without a database',
    })
    await askPages()
    await stack.postgres.start()
    await Promise.all([stack.redis.start(), stack.rabbit.start()])
    await eventually(async () => (await ask('GET', '/api/alarms', token)) === 200, {
      deadlineMs: 40_000,
      what: 'served again',
    })
    await askPages()
  }, 120_000)

  it('a process that may not start says why, and not what it was given', async () => {
    const child = new Child({
      name: 'backend-misconfigured',
      entry: join(import.meta.dirname, '../apps/backend/src/main.ts'),
      folder,
      readyUrl: 'http://127.0.0.1:9/readyz',
      env: { ...environment, PORT: '0', HEALTH_PORT: '0', JWT_PRIVATE_KEY: SHORT_KEY },
    })
    await expect(child.start()).rejects.toThrow(/ended with 2/)
    expect(readFileSync(join(folder, 'backend-misconfigured.log'), 'utf8')).toMatch(/JWT_PRIVATE_KEY/i)
  }, 60_000)

  it('nothing they said holds a secret', async () => {
    await Promise.all([...stack.workers, ...stack.relays, ...stack.backends].map((child) => child.end()))
    const all = `${heard.join('\n')}\n${logs()}`
    // The search sees what is there: configuration with its secrets covered, names of processes, the address that was called.
    for (const there of [
      '"***"',
      'backend-1',
      'outbox-relay-1',
      'satel-worker-1',
      'http_requests_total',
      'LOGIN_FAILED',
    ]) {
      expect(all.includes(there), `the search finds ${there}`).toBe(true)
    }
    expect(Object.keys(secrets).length).toBeGreaterThanOrEqual(12)
    for (const [name, secret] of Object.entries(secrets)) {
      expect(secret?.length, name).toBeGreaterThanOrEqual(10)
      expect(all.includes(secret), `${name} got out: ${around(all, secret)}`).toBe(false)
    }
    expect(/\$argon2id\$|BEGIN (RSA )?PRIVATE KEY/.exec(all)?.[0]).toBeUndefined()
  }, 60_000)
})

async function askPages(): Promise<void> {
  for (const { readyUrl } of [...stack.backends, ...stack.relays, ...stack.workers]) {
    for (const page of ['/readyz', '/metrics']) heard.push(await (await fetch(new URL(page, readyUrl))).text())
  }
}

/** Of all processes and of the database server, except the simulator's: its panels are the ones that know their keys. */
function logs(): string {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log') && !name.startsWith('simulator'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
}

function around(text: string, secret: string): string {
  const at = text.indexOf(secret)
  return at < 0 ? '' : text.slice(Math.max(0, at - 120), at)
}
