/** Issue 2, section 7: ready in < 60 s, safe to stop and start again, refuses clearly what it cannot do. */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { buildConsole } from '../build-console.ts'
import { type Launched, launch, launchOrFail, queryStation } from './launch-station.ts'

let base: string
let data: string
const running: Launched[] = []

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'stam-up-'))
  data = join(base, 'data')
  await buildConsole(() => {})
}, 120_000)
afterEach(async () => {
  for (const station of running.splice(0)) await station.end('SIGKILL')
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

async function up(...args: string[]): Promise<Launched> {
  const station = await launchOrFail(['--port', '0', '--data', data, ...args])
  running.push(station)
  return station
}

async function stop(station: Launched): Promise<void> {
  const { code, ms } = await station.end('SIGTERM')
  running.splice(running.indexOf(station), 1)
  expect(code).toBe(0)
  expect(ms).toBeLessThan(15_000)
}

async function login({ ready }: Launched, role: string): Promise<{ status: number; token: string }> {
  const user = ready.users.find((candidate) => candidate.role === role)
  const response = await fetch(`${ready.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: ready.url },
    body: JSON.stringify({ email: user?.email, password: user?.password }),
  })
  const { access_token: token = '' } = (await response.json()) as { access_token?: string }
  return { status: response.status, token }
}

async function get(station: Launched, path: string, token = '') {
  const response = await fetch(`${station.ready.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
  return { status: response.status, body: (await response.json()) as { data: { code: string }[]; status: string } }
}

test('one line, a ready system with a user of each role; stopped and started again with the same data', async () => {
  const first = await up()
  expect(first.output().split('\n')).toHaveLength(1)
  expect(first.ready.users.map(({ role }) => role).sort()).toEqual(
    ['ADMIN', 'FIELD_WORKER', 'MASTER', 'OPERATOR', 'OPERATOR', 'TECHNICIAN'].sort(),
  )
  expect(new Set(first.ready.users.map(({ password }) => password)).size).toBe(6)
  expect((await get(first, '/readyz')).body).toMatchObject({ status: 'ready', degraded: [] })
  for (const role of ['OPERATOR', 'MASTER', 'ADMIN', 'TECHNICIAN', 'FIELD_WORKER']) {
    expect((await login(first, role)).status, role).toBe(200)
  }
  const { token } = await login(first, 'MASTER')
  const sites = (await get(first, '/api/sites', token)).body.data
  expect(sites).toHaveLength(5)
  expect(await (await fetch(first.ready.url)).text()).toContain('<!doctype html>')
  await stop(first)

  const second = await up()
  expect(second.ready.users).toEqual(first.ready.users)
  const again = await login(second, 'MASTER')
  expect((await get(second, '/api/sites', again.token)).body.data).toEqual(sites)
  await stop(second)
})

test('nothing secret can be read by others or stands in a log', async () => {
  for (const file of ['secrets.json', 'logs/station.log', 'logs/postgres.log']) {
    expect(statSync(join(data, file)).mode & 0o077, file).toBe(0)
  }
  expect(statSync(join(data, 'logs')).mode & 0o077).toBe(0)
  const secrets = JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8')) as {
    passwords: Record<string, string>
    encryption_key: string
    panels: Record<string, { codes: Record<string, string>; integrationKey?: string }>
  }
  const words = [
    ...Object.values(secrets.passwords),
    secrets.encryption_key,
    ...Object.values(secrets.panels).flatMap(({ codes, integrationKey = '' }) => [
      ...Object.values(codes),
      integrationKey,
    ]),
  ].filter((word) => word !== '')
  expect(words.length).toBeGreaterThan(20)
  const logs = ['station.log', 'postgres.log'].map((name) => readFileSync(join(data, 'logs', name), 'utf8')).join('\n')
  expect(words.filter((word) => new RegExp(`\\b${word.replace(/[^\w]/g, '\\$&')}\\b`).test(logs))).toEqual([])
})

test('killed and started again at once: everything is there', async () => {
  const first = await up()
  const { token } = await login(first, 'OPERATOR')
  const before = (await get(first, '/api/sites', token)).body.data.map(({ code }) => code)
  await first.end('SIGKILL')
  running.length = 0
  const second = await up()
  const after = (await get(second, '/api/sites', (await login(second, 'OPERATOR')).token)).body.data
  expect(after.map(({ code }) => code)).toEqual(before)
  await stop(second)
})

test('fewer panels switch the others off, more make new sites', async () => {
  const enabled = () => queryStation<{ n: number }>(data, 'SELECT count(*)::int AS n FROM panels WHERE enabled')
  const few = await up('--panels', '2')
  expect(await enabled()).toEqual([{ n: 2 }])
  await stop(few)
  const many = await up('--panels', '7')
  expect(await enabled()).toEqual([{ n: 7 }])
  const { token } = await login(many, 'ADMIN')
  expect((await get(many, '/api/sites', token)).body.data).toHaveLength(7)
  await stop(many)
})

test('a folder in use by a live station is refused, and the station goes on', async () => {
  const station = await up()
  expect(await launch(['--port', '0', '--data', data])).toMatchObject({
    code: 1,
    said: expect.stringMatching(/in use by another station/),
  })
  expect((await get(station, '/readyz')).status).toBe(200)
  await stop(station)
})

test('a taken port is refused before anything is started', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const { port } = holder.address() as { port: number }
  const fresh = join(base, 'never-made')
  const refused = await launch(['--port', String(port), '--data', fresh])
  expect(refused).toMatchObject({ code: 1, said: expect.stringContaining(`127.0.0.1:${port}`) })
  expect(() => statSync(fresh)).toThrow()
  await new Promise((resolve) => holder.close(resolve))
})

test('demo users are refused outside loopback', async () => {
  const refused = await launch(['--port', '0', '--data', join(base, 'never-made'), '--host', '0.0.0.0'])
  expect(refused).toMatchObject({ code: 1, said: expect.stringContaining('--no-simulator') })
  expect(await launch(['--port', '0', '--data', data, '--host', '0.0.0.0', '--no-simulator'])).toMatchObject({
    code: 1,
    said: expect.stringContaining('Demo users exist'),
  })
})

test('without the simulator there is nobody and no demo data; the printed code makes the first MASTER, once', async () => {
  const own = join(base, 'own')
  const station = await launchOrFail(['--port', '0', '--data', own, '--no-simulator'])
  running.push(station)
  expect(station.ready).toMatchObject({ simulator: null, users: [] })
  expect(
    await queryStation(own, 'SELECT (SELECT count(*)::int FROM users) + (SELECT count(*)::int FROM sites) AS n'),
  ).toEqual([{ n: 0 }])
  const code = station.ready.setup?.code ?? ''
  expect(code).toMatch(/^(\w{4}-){3}\w{4}$/)
  expect(readFileSync(join(own, 'logs/station.log'), 'utf8')).not.toContain(code)
  const setUp = (with_: string) =>
    fetch(`${station.ready.url}/api/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        code: with_,
        name: 'Anna Nowak',
        email: 'anna@example.test',
        password: 'Zielony-Rower-48',
      }),
    })
  expect((await setUp('aaaa-bbbb-cccc-dddd')).status).toBe(403)
  expect((await setUp(code)).status).toBe(200)
  expect((await setUp(code)).status).toBe(409)
  await stop(station)
  const again = await launchOrFail(['--port', '0', '--data', own, '--no-simulator'])
  running.push(again)
  expect(again.ready).toMatchObject({ users: [], setup: null })
  await stop(again)
})

test('data of a newer version is refused: the folder, the schema, the database server', async () => {
  const manifest = join(data, 'station.json')
  const kept = readFileSync(manifest, 'utf8')
  writeFileSync(manifest, JSON.stringify({ ...(JSON.parse(kept) as object), format: 99, version: '9.9.9' }))
  expect(await launch(['--port', '0', '--data', data])).toMatchObject({
    code: 1,
    said: expect.stringContaining('newer version (9.9.9)'),
  })
  writeFileSync(manifest, kept)

  const station = await up()
  await queryStation(
    data,
    "INSERT INTO schema_migrations (name, run_on) VALUES ('9999_from-the-future.breaking', now())",
  )
  await stop(station)
  expect(await launch(['--port', '0', '--data', data])).toMatchObject({
    code: 1,
    said: expect.stringContaining('newer version'),
  })

  writeFileSync(join(data, 'postgres/PG_VERSION'), '19\n')
  expect(await launch(['--port', '0', '--data', data])).toMatchObject({
    code: 1,
    said: expect.stringContaining('PostgreSQL 19'),
  })
})
