// Spec 06 "First start": no default password; a one-time code, printed where the system was started, makes the first MASTER.
import { createMemoryBus } from '@stam/bus'
import { createMemoryLive } from '@stam/live'
import { createLog, type Log, silentLog, systemClock } from '@stam/runtime'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { offerSetupCode } from '../src/identity/first-start.ts'
import { type RunningBackend, type SetupCode, startBackend } from '../src/index.ts'
import { caller, configOf, type Rig, startRig } from './rig.ts'

let rig: Rig
const closers: (() => Promise<void>)[] = []
beforeEach(async () => {
  rig = await startRig()
})
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
  await rig.close()
})

type Printed = SetupCode | { readonly printedBy: string }

async function instance(
  instanceId: string,
  log: Log = silentLog,
): Promise<{ backend: RunningBackend; printed: Printed[] }> {
  const printed: Printed[] = []
  const live = createMemoryLive({ store: rig.liveStore })
  const bus = createMemoryBus({ broker: rig.broker })
  const backend = await startBackend(configOf({ instanceId }), {
    store: rig.store,
    bus,
    live,
    clock: systemClock,
    log,
    printSetupCode: (code) => printed.push(code),
  })
  closers.push(async () => {
    await backend.close()
    await live.close()
    await bus.close()
  })
  return { backend, printed }
}

const codeOf = (printed: readonly Printed[]): string => {
  const last = printed.findLast((one) => 'code' in one)
  return last && 'code' in last ? last.code : ''
}
const setUp = (backend: RunningBackend, fields: object) =>
  caller(backend, 'nobody')('POST', '/api/setup', {
    name: 'Anna Nowak',
    email: 'anna@example.test',
    password: 'Zielony-Rower-48',
    ...fields,
  })
const needed = async (backend: RunningBackend) => (await caller(backend, 'nobody')('GET', '/api/setup')).body.needed
const actions = async () =>
  (
    await rig.store.query<{ action: string }>(`SELECT action FROM audit_log WHERE entity_type <> 'system' ORDER BY id`)
  ).map(({ action }) => action)

it('makes the MASTER, signs them in, and is good only once', async () => {
  const { backend, printed } = await instance('one')
  expect(await needed(backend)).toBe(true)
  const code = codeOf(printed)
  expect(code).toMatch(/^([a-z2-9]{4}-){3}[a-z2-9]{4}$/)
  const made = await setUp(backend, { code: ` ${code.toUpperCase().replaceAll('-', ' ')} ` })
  expect(made.status).toBe(200)
  expect(made.body.user).toMatchObject({ role: 'MASTER', email: 'anna@example.test', must_change_password: false })
  expect(String(made.headers['set-cookie'])).toContain('HttpOnly')
  expect(await needed(backend)).toBe(false)
  expect((await setUp(backend, { code, email: 'other@example.test' })).body.error.code).toBe('SETUP_DONE')
  expect(await actions()).toEqual(['SETUP_CODE', 'SETUP_DONE', 'LOGIN'])
})

it('is known to both backends, printed by one, and makes one MASTER when two hurry', async () => {
  const [one, two] = await Promise.all([instance('one'), instance('two')])
  const all = [...one.printed, ...two.printed]
  expect(all.filter((printed) => 'code' in printed)).toHaveLength(1)
  expect(all.filter((printed) => 'printedBy' in printed)).toHaveLength(1)
  const code = codeOf(all)
  const answers = await Promise.all([
    setUp(one.backend, { code, email: 'a@example.test' }),
    setUp(two.backend, { code, email: 'b@example.test' }),
  ])
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
  expect(await rig.store.query(`SELECT FROM users`)).toHaveLength(1)
})

it('is kept as a hash only, and in no log', async () => {
  const lines: string[] = []
  const sink = { write: (line: string) => void lines.push(line) }
  const { backend, printed } = await instance(
    'one',
    createLog({ service: 'test', destination: sink as never, level: 'debug' }),
  )
  const code = codeOf(printed)
  await setUp(backend, { code: 'aaaa-bbbb-cccc-dddd' })
  await setUp(backend, { code })
  expect(lines.length).toBeGreaterThan(0)
  expect(lines.join('')).not.toContain(code)
  const stored = await rig.store.query(
    `SELECT c::text AS text FROM setup_code c UNION ALL SELECT a::text FROM audit_log a`,
  )
  expect(JSON.stringify(stored)).not.toContain(code)
})

it('is no longer taken after ten wrong ones, nor after an hour; a new one is then printed', async () => {
  const { backend, printed } = await instance('one')
  const code = codeOf(printed)
  for (let n = 0; n < 10; n++) {
    expect((await setUp(backend, { code: `wrong-${n}` })).body.error.code).toBe('SETUP_CODE_WRONG')
  }
  expect((await setUp(backend, { code })).body.error.code).toBe('SETUP_CODE_WRONG')
  expect((await actions()).filter((action) => action === 'SETUP_CODE_WRONG')).toHaveLength(11)

  const again: Printed[] = []
  const offer = { store: rig.store, print: (one: Printed) => again.push(one) }
  expect(await offerSetupCode(offer, 'one', false)).toBe(true)
  const second = codeOf(again)
  expect(second).not.toBe('')
  await rig.store.execute(`UPDATE setup_code SET expires_at = now() - interval '1 second'`)
  expect((await setUp(backend, { code: second })).body.error.code).toBe('SETUP_CODE_WRONG')
  expect(await offerSetupCode(offer, 'one', false)).toBe(true)
  expect((await setUp(backend, { code: codeOf(again) })).status).toBe(200)
  expect(await offerSetupCode(offer, 'one', false)).toBe(false)
})

it('is printed anew by a restart, and the old one is forgotten', async () => {
  const first = await instance('one')
  const second = await instance('one')
  expect(codeOf(second.printed)).not.toBe(codeOf(first.printed))
  expect((await setUp(second.backend, { code: codeOf(first.printed) })).status).toBe(403)
  expect((await setUp(first.backend, { code: codeOf(second.printed) })).status).toBe(200)
})

it('does not make up for an obvious password, and is not used up by one', async () => {
  const { backend, printed } = await instance('one')
  const code = codeOf(printed)
  for (const password of ['haslo12345', 'AnnaNowak1', 'qwertyuiop']) {
    expect((await setUp(backend, { code, password })).body.error.code, password).toBe('PASSWORD_TOO_WEAK')
  }
  expect((await setUp(backend, { code, password: 'kurz' })).status).toBe(400)
  expect((await setUp(backend, { code })).status).toBe(200)
})

it('is not made where people exist', async () => {
  await rig.person('OPERATOR')
  const { backend, printed } = await instance('one')
  expect(printed).toEqual([])
  expect(await needed(backend)).toBe(false)
})

it('demo users keep the backend on loopback, whatever the address looks like', async () => {
  const deps = { store: rig.store, bus: rig.bus, live: rig.live, clock: systemClock, log: silentLog }
  for (const host of ['0.0.0.0', '::', '192.168.1.5', '127.evil.example', 'stam.local']) {
    await expect(startBackend({ ...configOf(), demo: true, host }, deps), host).rejects.toThrow(/loopback/)
  }
})
