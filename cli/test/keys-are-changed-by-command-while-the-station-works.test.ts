/** `./stam keys`, `services` and `users` against a real station: nobody else is signed out, and no panel loses its link. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@stam/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildConsole } from '../build-console.ts'
import { ROOT } from '../run-tool.ts'
import { type Launched, launchOrFail, queryStation } from './launch-station.ts'

let data: string
let station: Launched

beforeAll(async () => {
  data = join(mkdtempSync(join(tmpdir(), 'stam-keys-')), 'data')
  await buildConsole(() => {})
  station = await launchOrFail(['--port', '0', '--data', data, '--panels', '3'])
}, 150_000)
afterAll(async () => {
  await station?.end('SIGTERM')
  rmSync(join(data, '..'), { recursive: true, force: true })
})

function stam(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(ROOT, 'cli/stam.ts'), ...args, '--data', data],
      (error, out, err) => resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err }),
    )
  })
}

/** The epoch of each panel: a link that was closed and opened again is one more. */
async function links(): Promise<Map<string, number>> {
  const rows = await queryStation<{ panel_id: string; epoch: number }>(
    data,
    `SELECT panel_id, epoch FROM panel_assignments`,
  )
  return new Map(rows.map(({ panel_id, epoch }) => [panel_id, Number(epoch)]))
}

test('new keys for tokens and data, by command, while people and panels are there', async () => {
  await eventually(async () => [...(await links()).values()].every((epoch) => epoch > 0), { deadlineMs: 30_000 })
  const before = await links()
  const [user] = station.ready.users
  const login = await fetch(`${station.ready.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: user?.email, password: user?.password }),
  })
  const { access_token: token } = (await login.json()) as { access_token: string }
  const me = async () =>
    (await fetch(`${station.ready.url}/api/auth/me`, { headers: { authorization: `Bearer ${token}` } })).status
  expect(await me()).toBe(200)
  const encrypted = () =>
    queryStation<{ token: string }>(
      data,
      `SELECT integration_key_encrypted AS token FROM panels WHERE integration_key_encrypted IS NOT NULL ORDER BY id`,
    )
  const tokens = await encrypted()
  expect(tokens.length).toBeGreaterThan(0)

  const [signing, encryption] = await Promise.all([stam('keys', 'rotate-jwt'), stam('keys', 'rotate')])
  expect(signing.err + encryption.err).toBe('')
  expect([signing.code, encryption.code]).toEqual([0, 0])
  expect(signing.out).toContain('it is in use')
  expect(encryption.out).toContain('everything stored is under it')
  expect(await me()).toBe(200)
  const now = await encrypted()
  expect(now).toHaveLength(tokens.length)
  for (const [index, row] of now.entries()) expect(row.token).not.toBe(tokens[index]?.token)
  expect(await links(), 'no link was closed for it').toEqual(before)
  const status = await stam('keys', 'status')
  expect(status.out).toMatch(/former/)
  expect(status.out).toMatch(/everything is under it/)

  const issued = await stam('services', 'issue', 'bramka', '--role', 'SYSTEM_SMS')
  expect(issued.out.trim()).toMatch(/^stamsvc_/)
  const service = async () =>
    (await fetch(`${station.ready.url}/api/service/me`, { headers: { authorization: `Bearer ${issued.out.trim()}` } }))
      .status
  expect(await service()).toBe(200)
  expect((await stam('services', 'issue', 'bramka', '--role', 'SYSTEM_SMS')).code).toBe(1)
  expect((await stam('services', 'list')).out).toContain('bramka')
  expect((await stam('services', 'revoke', 'bramka')).code).toBe(0)
  await eventually(async () => (await service()) === 401, { deadlineMs: 10_000 })
}, 120_000)

test('the audit record of the running station holds', async () => {
  expect(await stam('audit', 'verify')).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining('the chain holds'),
  })
})

test('a MASTER who cannot sign in gets a temporary password by command, in the language asked for', async () => {
  const master = station.ready.users.find(({ role }) => role === 'MASTER')
  const email = master?.email ?? ''
  const status = async (password: string) =>
    (
      await fetch(`${station.ready.url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email, password }),
      })
    ).status
  expect(await status(master?.password ?? '')).toBe(200)
  const english = await stam('users', 'recover', email, '--forget-passkeys', '--language', 'en')
  expect(english).toMatchObject({ code: 0, err: '' })
  const password = /: ([a-z0-9]{4}(?:-[a-z0-9]{4}){3})$/m.exec(english.out)?.[1] ?? ''
  expect(english.out).toContain('Sessions ended: 1')
  expect(await status(master?.password ?? '')).toBe(401)
  expect(await status(password)).toBe(200)
  expect((await stam('users', 'recover', email)).out).toContain('Hasło tymczasowe')
  expect(await status(password), 'only the newest is good').toBe(401)
  const other = station.ready.users.find(({ role }) => role !== 'MASTER')
  const refused = await stam('users', 'recover', other?.email ?? '')
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.err).toContain('not a MASTER')
  expect((await stam('users', 'recover')).code).toBe(2)
  expect((await stam('users', 'recover', email, '--language', 'de')).code).toBe(2)
}, 60_000)
