/** `./stam keys … --distributed` (docs/operations/keys.md) with two backends and two workers, while alarms flow and people work. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addPeople } from '@stam/backend'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ROOT } from '../../cli/run-tool.ts'
import { balance } from '../books.ts'
import { until } from '../child.ts'
import { hostPath } from '../config.ts'
import { Screen } from '../screen.ts'
import { type Operator, type Stack, startStack } from '../stack.ts'

const PANEL_KEY = 'Kl7Panelu'
const CODE = '4711 za drzwiami'
const LOAD_MS = 30_000
const master: Operator = { email: 'master@lab.example', password: randomBytes(12).toString('base64url') }

let folder: string
let stack: Stack
let screen: Screen

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stam-keys-'))
  stack = await startStack({ folder, panels: 4, scale: { backend: 2, relay: 1, worker: 2 } })
  await addPeople(stack.store, [{ ...master, name: 'Master', role: 'MASTER' }])
  screen = new Screen(stack.backendUrls, master)
  await screen.open()
  const known = 'SELECT count(*)::int AS n FROM panel_cursors WHERE memory_epoch IS NOT NULL'
  if (!(await until(async () => (await stack.store.query<{ n: number }>(known))[0]?.n === 4, 60_000)))
    throw new Error('not every panel was reached and read within a minute')
}, 150_000)
afterAll(async () => {
  await screen?.close()
  await stack?.close()
  await rm(folder, { recursive: true, force: true })
})

function stam(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: hostPath, DATABASE_URL: stack.databaseUrl }
  const command = ['--disable-warning=ExperimentalWarning', join(ROOT, 'cli/stam.ts'), 'keys', ...args, '--distributed']
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err }),
    )
  })
}

async function ask<T>(url: string, token: string, method: string, path: string, body?: object) {
  const answer = await fetch(url + path, {
    method,
    headers: { 'content-type': 'application/json', origin: url, authorization: `Bearer ${token}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  return { status: answer.status, body: (await answer.json()) as T }
}

const tokenAt = async (url: string): Promise<string> =>
  (await ask<{ access_token: string }>(url, '', 'POST', '/api/auth/login', master)).body.access_token
const keyOf = (token: string): unknown => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
const sealed = (): Promise<{ id: string; token: string }[]> =>
  stack.store.query(
    `SELECT id, integration_key_encrypted AS token FROM panels WHERE integration_key_encrypted IS NOT NULL
     UNION ALL SELECT id, value_encrypted FROM secrets ORDER BY id`,
  )
const owners = (): Promise<object[]> =>
  stack.store.query('SELECT panel_id, owner_id, epoch FROM panel_assignments ORDER BY panel_id')

it('two backends and two workers take new keys: nobody is signed out, no link closed, no alarm lost', async () => {
  const [here, there] = stack.backendUrls as [string, string]
  const token = await tokenAt(here)
  const sites = await ask<{ data: { id: string }[] }>(here, token, 'GET', '/api/sites')
  const site = sites.body.data[0]?.id
  const panel = { site_id: site, name: 'Centrala', host: '127.0.0.1', port: 9, integration_key: PANEL_KEY }
  expect((await ask(here, token, 'POST', '/api/panels', panel)).status).toBe(200)
  const kept = await ask<{ id: string }>(here, token, 'POST', `/api/sites/${site}/secrets`, {
    kind: 'SITE_ACCESS_CODE',
    label: 'Klucz',
    value: CODE,
  })
  expect(kept.status).toBe(200)
  const revealed = async (url: string, as: string): Promise<unknown> =>
    (await ask<{ value: string }>(url, as, 'POST', `/api/secrets/${kept.body.id}/reveal`, { reason: 'obchód nocny' }))
      .body.value
  const isOwned = async () => (await owners()).length === 5 && !(await owners()).some((row) => !Object.values(row)[1])
  expect(await until(isOwned, 30_000), 'every panel has its worker').toBe(true)
  const [before, linked] = [await sealed(), await owners()]
  expect(before).toHaveLength(2)

  const burst = { burst: { panels: '*', count: (LOAD_MS / 1000) * 10, overMs: LOAD_MS, action: 'violate' } }
  const loading = await fetch(`${stack.simulatorUrl}/scenarios`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(burst),
  })
  expect(loading.ok).toBe(true)
  let isOver = false
  const refused: number[] = []
  /** Somebody who works on, at one backend and at the other. */
  const works = (async () => {
    while (!isOver) {
      for (const url of [here, there]) {
        const { status } = await ask(url, token, 'GET', '/api/alarms?limit=5')
        if (status !== 200) refused.push(status)
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  const [signing, encryption] = await Promise.all([stam('rotate-jwt'), stam('rotate')])
  expect(signing.err + encryption.err).toBe('')
  expect([signing.code, encryption.code]).toEqual([0, 0])
  expect(signing.out).toContain('it is in use')
  expect(encryption.out).toContain('everything stored is under it')
  isOver = true
  await works
  expect(refused, 'the token of before is good at both').toEqual([])

  const renewed = await Promise.all([tokenAt(here), tokenAt(there)])
  expect(new Set(renewed.map(keyOf)).size, 'both sign with the same key').toBe(1)
  expect(keyOf(renewed[0])).not.toBe(keyOf(token))
  // Signed by one, believed by the other; sealed by one, opened by the other.
  expect([await revealed(there, renewed[0]), await revealed(here, renewed[1])]).toEqual([CODE, CODE])
  const after = await sealed()
  expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id))
  for (const [n, { token: value }] of after.entries()) expect(value).not.toBe(before[n]?.token)
  expect(await owners(), 'no panel changed hands, and no link was closed').toEqual(linked)
  const status = await stam('status')
  expect(status.out).toMatch(/former/)
  expect(status.out).toMatch(/everything is under it/)

  const books = await balance(stack, [screen], LOAD_MS + 30_000)
  expect(books).toMatchObject({ lost: 0, doubled: 0, misordered: 0 })
  for (const name of ['backend-1', 'backend-2', 'satel-worker-1', 'satel-worker-2'])
    expect(await readFile(join(folder, `${name}.log`), 'utf8')).not.toMatch(/_not_opened|keys_not_read/)
}, 150_000)
