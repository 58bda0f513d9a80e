// Spec 06 "Authentication": two backends, with the live store and without it, give, check and end the same sessions.
import { createMemoryBus } from '@stam/bus'
import { createMemoryLive } from '@stam/live'
import { silentLog, systemClock } from '@stam/runtime'
import { eventually } from '@stam/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningBackend, startBackend } from '../src/index.ts'
import { caller, cookieOf, type Rig, type Signed, signIn, startRig } from './rig.ts'
import { Screen } from './screen.ts'

let rig: Rig
let second: RunningBackend
let closeSecond: () => Promise<void>
beforeAll(async () => {
  rig = await startRig({ config: { loginsPerMinute: 1_000 } })
  const bus = createMemoryBus({ broker: rig.broker })
  const live = createMemoryLive({ store: rig.liveStore })
  const config = { ...rig.config, instanceId: 'second' }
  second = await startBackend(config, { store: rig.store, bus, live, clock: systemClock, log: silentLog })
  closeSecond = async () => {
    await second.close()
    await bus.close()
    await live.close()
  }
}, 60_000)
afterAll(async () => {
  await closeSecond()
  await rig.close()
})

const at = (backend: RunningBackend, person: Pick<Signed, 'token'>) => caller(backend, person.token)
const post = (backend: RunningBackend, url: string, cookie: string) =>
  backend.app.inject({ method: 'POST', url, headers: { cookie, 'x-requested-with': 'test' } })

describe.each(['with the live store', 'without the live store'])('%s', (how) => {
  beforeAll(() => {
    if (how.startsWith('without')) rig.liveStore.stop()
  })
  afterAll(() => rig.liveStore.start())

  it('a session begun at one goes on at the other, repeated renewals included', async () => {
    const operator = await rig.person('OPERATOR')
    expect((await at(second, operator)('GET', '/api/auth/me')).status).toBe(200)
    const there = await post(second, '/api/auth/refresh', operator.cookie)
    expect(there.statusCode).toBe(200)
    const again = await post(rig.backend, '/api/auth/refresh', operator.cookie)
    expect(again.statusCode).toBe(200)
    expect(cookieOf(again.headers)).toBe(cookieOf(there.headers))
    expect((await post(rig.backend, '/api/auth/refresh', cookieOf(again.headers))).statusCode).toBe(200)
    // Its successor is in use now: whoever shows it again has stolen it, at whichever backend.
    expect((await post(second, '/api/auth/refresh', operator.cookie)).statusCode).toBe(401)
    await eventually(async () => (await at(rig.backend, operator)('GET', '/api/auth/me')).status === 401, {
      deadlineMs: 15_000,
    })
  })

  it('a ticket of one opens a socket at the other, once', async () => {
    const operator = await rig.person('OPERATOR')
    const { ticket } = (await at(rig.backend, operator)('POST', '/api/auth/ws-ticket')).body
    const url = `${second.url.replace('http', 'ws')}/ws?ticket=${ticket}`
    const first = new Screen(url)
    await first.heard('hello')
    const twice = new Screen(url)
    expect(await twice.closed()).toBe(4001)
    expect(first.closedWith).toBeNull()
    await first.leave()
  })

  it('a logout at one ends requests and sockets at the other within seconds', async () => {
    const operator = await rig.person('OPERATOR')
    const { ticket } = (await at(rig.backend, operator)('POST', '/api/auth/ws-ticket')).body
    const screen = new Screen(`${second.url.replace('http', 'ws')}/ws?ticket=${ticket}`)
    expect((await at(second, operator)('GET', '/api/auth/me')).status).toBe(200)
    expect((await post(rig.backend, '/api/auth/logout', operator.cookie)).statusCode).toBe(204)
    expect((await at(rig.backend, operator)('GET', '/api/auth/me')).status).toBe(401)
    expect(await screen.closed(8_000)).toBe(4002)
    await eventually(async () => (await at(second, operator)('GET', '/api/auth/me')).status === 401, {
      deadlineMs: 15_000,
    })
  })

  it('a role taken away ends the session at the first sensitive act, wherever that is, and nothing happens', async () => {
    const admin = await rig.person('ADMIN')
    const site = await rig.site()
    const secret = { kind: 'OTHER', label: 'Brama', value: 'x' }
    expect((await at(second, admin)('POST', `/api/sites/${site}/secrets`, secret)).status).toBe(200)
    // Behind the back of both: neither has forgotten what it remembers of the person.
    await rig.store.execute(`UPDATE users SET role = 'MASTER' WHERE id = $1`, [admin.id])
    const refused = await at(second, admin)('POST', `/api/sites/${site}/secrets`, secret)
    expect(refused.body.error.code).toBe('SESSION_ENDED')
    expect((await at(second, admin)('GET', '/api/auth/me')).status).toBe(401)
    const [{ count }] = (await rig.store.query(`SELECT count(*)::int AS count FROM secrets WHERE site_id = $1`, [
      site,
    ])) as [{ count: number }]
    expect(count).toBe(1)
    const [entry] = await rig.store.query(`SELECT action FROM audit_log WHERE actor_id = $1 ORDER BY id DESC LIMIT 1`, [
      admin.id,
    ])
    expect(entry).toEqual({ action: 'SESSION_ENDED' })
    await eventually(async () => (await at(rig.backend, admin)('GET', '/api/auth/me')).status === 401, {
      deadlineMs: 15_000,
    })
    expect(
      (await at(rig.backend, await signIn(second, admin))('POST', `/api/sites/${site}/secrets`, secret)).status,
    ).toBe(200)
  })
})
