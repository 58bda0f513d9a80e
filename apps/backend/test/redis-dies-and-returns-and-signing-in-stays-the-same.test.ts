// Spec 04 "Live state", 06 "Authentication": two backends and a real Redis that is killed and comes back with nothing. Who is signed in stays so, who
// signs out is out everywhere, and who guesses gets no fresh set of tries by it.
import { createMemoryBus } from '@stam/bus'
import { createRedisLive, type Live } from '@stam/live'
import { Secret, silentLog, systemClock } from '@stam/runtime'
import { eventually, type RedisServer, startRedis } from '@stam/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningBackend, startBackend } from '../src/index.ts'
import { caller, configOf, cookieOf, type Rig, type Signed, startRig } from './rig.ts'
import { Screen } from './screen.ts'

const GUESSES = 5
const TICKETS = 10
const REVEALS = 10
const limits = { loginsPerMinute: GUESSES, ticketsPerMinute: TICKETS, hashesWaiting: 40 }
const cleanUp: (() => Promise<unknown>)[] = []
let redis: RedisServer
let rig: Rig
let first: RunningBackend
let second: RunningBackend
const lives: Live[] = []
beforeAll(async () => {
  // Nothing is kept over its death: the worst that can come back.
  redis = await startRedis({ appendOnly: false })
  cleanUp.push(() => redis.close())
  const live = () => {
    const server = { host: redis.host, port: redis.port }
    const opened = createRedisLive({ server, password: new Secret(redis.password), name: 'test' })
    lives.push(opened)
    return opened
  }
  rig = await startRig({ config: limits, live: live() })
  cleanUp.push(() => rig.close())
  first = rig.backend
  const bus = createMemoryBus({ broker: rig.broker })
  const its = live()
  const config = configOf({ ...limits, instanceId: 'second' })
  second = await startBackend(config, { store: rig.store, bus, live: its, clock: systemClock, log: silentLog })
  cleanUp.push(async () => {
    await second.close()
    await bus.close()
    await its.close()
  })
  await Promise.all(lives.map((each) => each.ready(10_000)))
}, 90_000)
afterAll(async () => {
  for (const end of cleanUp.toReversed()) await end()
})

const turn = (n: number) => (n % 2 ? second : first)
const at = (backend: RunningBackend, person: Pick<Signed, 'token'>) => caller(backend, person.token)
const isOut = async (backend: RunningBackend, person: Pick<Signed, 'token'>) =>
  (await at(backend, person)('GET', '/api/auth/me')).status === 401
const refresh = (backend: RunningBackend, cookie: string) =>
  backend.app.inject({
    method: 'POST',
    url: '/api/auth/refresh',
    headers: { cookie, 'x-requested-with': 'test', 'user-agent': 'test' },
  })
let addresses = 0
const freshAddress = () => `10.2.0.${++addresses}`
async function logIn(backend: RunningBackend, email: string, password: string, remoteAddress = freshAddress()) {
  const answer = await backend.app.inject({
    method: 'POST',
    url: '/api/auth/login',
    payload: { email, password },
    remoteAddress,
  })
  return { status: answer.statusCode, token: answer.json().access_token as string, cookie: cookieOf(answer.headers) }
}
/** What each of so many wrong passwords of one address is answered, at one backend and the other in turn. */
async function guess(from: string, count: number): Promise<number[]> {
  const statuses: number[] = []
  for (let n = 0; n < count; n++) {
    statuses.push((await logIn(turn(n), `nobody-${n}@example.test`, 'wrong', from)).status)
  }
  return statuses
}

// What goes on over all three phases.
const guesser = freshAddress()
let worker: Signed
let shift: Signed
let victim: Signed
let revealing: Signed
let secret: string

describe.sequential.each(['Redis is there', 'Redis is killed', 'Redis is back, empty'] as const)('%s:', (phase) => {
  beforeAll(async () => {
    if (phase === 'Redis is there') {
      worker = await rig.person('OPERATOR')
      shift = await rig.person('OPERATOR')
      victim = await rig.person('OPERATOR')
      revealing = await rig.person('OPERATOR')
      const admin = await rig.person('ADMIN')
      const site = await rig.site()
      const kept = await admin.call('POST', `/api/sites/${site}/secrets`, { kind: 'OTHER', label: 'x', value: 'y' })
      secret = kept.body.id
    }
    // Nobody waits until the backends have noticed: that moment is the hardest.
    if (phase === 'Redis is killed') await redis.kill()
    if (phase === 'Redis is back, empty') {
      await redis.start()
      await Promise.all(lives.map((each) => each.ready(10_000)))
    }
  })

  it('who was signed in before renews, here and there', async () => {
    let { cookie } = worker
    for (const backend of [second, first]) {
      const renewed = await refresh(backend, cookie)
      expect(renewed.statusCode).toBe(200)
      cookie = cookieOf(renewed.headers)
      const token: string = renewed.json().access_token
      for (const asked of [first, second]) {
        expect((await at(asked, { token })('GET', '/api/auth/me')).status).toBe(200)
      }
    }
    worker = { ...worker, cookie }
  })

  it('a ticket of one backend opens a socket at the other, once', async () => {
    const operator = await rig.person('OPERATOR')
    const { ticket } = (await at(first, operator)('POST', '/api/auth/ws-ticket')).body
    const url = `${second.url.replace('http', 'ws')}/ws?ticket=${ticket}`
    const screen = new Screen(url)
    await screen.heard('hello')
    expect(await new Screen(url).closed()).toBe(4001)
    expect(screen.closedWith).toBeNull()
    await screen.leave()
  })

  it('who signs out everywhere at one is out at the other: requests, renewals and sockets', async () => {
    const operator = await rig.person('OPERATOR')
    const elsewhere = await logIn(second, operator.email, operator.password)
    const { ticket } = (await at(second, elsewhere)('POST', '/api/auth/ws-ticket')).body
    const screen = new Screen(`${second.url.replace('http', 'ws')}/ws?ticket=${ticket}`)
    await screen.heard('hello')
    expect((await at(first, operator)('POST', '/api/auth/logout-all')).status).toBe(204)
    for (const session of [operator, elsewhere]) {
      expect(await isOut(first, session)).toBe(true)
      await eventually(() => isOut(second, session), { deadlineMs: 15_000, what: 'the other backend to notice' })
      expect((await refresh(second, session.cookie)).statusCode).toBe(401)
    }
    expect(await screen.closed(8_000)).toBe(4002)
  })

  it('requests are limited over both backends together', async () => {
    const operator = await rig.person('OPERATOR')
    const statuses: number[] = []
    for (let n = 0; n < TICKETS + 4; n++) {
      statuses.push((await at(turn(n), operator)('POST', '/api/auth/ws-ticket')).status)
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(TICKETS)
    expect(statuses.slice(TICKETS)).toEqual([429, 429, 429, 429])
  })

  it('a shift of one address signs in, and its successes pay for nobody', async () => {
    const from = freshAddress()
    const statuses = await Promise.all([0, 1, 2, 3].map((n) => logIn(turn(n), shift.email, shift.password, from)))
    for (let n = 0; n < 4; n++) statuses.push(await logIn(turn(n), shift.email, shift.password, from))
    expect(statuses.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
    expect(await guess(from, GUESSES + 1)).toEqual([401, 401, 401, 401, 401, 429])
  })

  it('one at a time or all at once, one address guesses five times', async () => {
    const from = freshAddress()
    const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => logIn(turn(n), 'x@example.test', 'y', from)))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([401, 401, 401, 401, 401, 429, 429, 429, 429, 429, 429, 429])
  })

  it('whoever guessed before goes on with what was left', async () => {
    // However slow the machine is, the minute of the first guess is not over.
    const counted = await rig.store.execute(
      `UPDATE rate_limits SET expires_at = now() + interval '1 minute' WHERE key = $1`,
      [`login:${guesser}`],
    )
    expect(counted).toBe(phase === 'Redis is there' ? 0 : 1)
    const expected = {
      'Redis is there': [401, 401],
      'Redis is killed': [401, 401],
      'Redis is back, empty': [401, 429, 429],
    }[phase]
    expect(await guess(guesser, expected.length)).toEqual(expected)
  })

  it('whoever reads out secrets goes on with what was left', async () => {
    const statuses: number[] = []
    for (let n = 0; n < 4; n++) {
      const body = { reason: 'Kontrola dyżurnego' }
      statuses.push((await at(turn(n), revealing)('POST', `/api/secrets/${secret}/reveal`, body)).status)
    }
    const allowed = statuses.filter((status) => status === 200).length
    expect(allowed).toBe(phase === 'Redis is back, empty' ? REVEALS - 8 : 4)
    expect(statuses.filter((status) => status === 429)).toHaveLength(4 - allowed)
  })

  it('ten wrong passwords lock an account at both, however they are spread', async () => {
    const wrong = phase === 'Redis is killed' ? 4 : 3
    for (let n = 0; n < wrong; n++) expect((await logIn(turn(n), victim.email, `wrong-${n}`)).status).toBe(401)
    const [row] = await rig.store.query<{ failed: number; locked: boolean }>(
      `SELECT failed_logins AS failed, locked_until > now() AS locked FROM users WHERE id = $1`,
      [victim.id],
    )
    if (phase !== 'Redis is back, empty') {
      expect(row).toMatchObject({ failed: phase === 'Redis is there' ? 3 : 7, locked: null })
      return
    }
    expect(row?.locked).toBe(true)
    for (const backend of [first, second]) {
      expect((await logIn(backend, victim.email, victim.password)).status, 'even with the right one').toBe(401)
      expect(await isOut(backend, victim), 'who is at work stays at work').toBe(false)
    }
  })
})
