// Spec 06 "Authentication", brute force: limits and locks hold over all backends, cost everybody the same, are told, and lock no shift out.
import { Writable } from 'node:stream'
import { createLog, silentLog, systemClock } from '@stam/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningBackend, startBackend } from '../src/index.ts'
import { configOf, type Rig, startRig } from './rig.ts'

const lines: { event: string; level: string; user_id?: string; failed?: number }[] = []
let rig: Rig
let other: RunningBackend
beforeAll(async () => {
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  const log = createLog({ service: 'test', level: 'debug', destination } as Parameters<typeof createLog>[0])
  rig = await startRig({ log, config: { loginsPerMinute: 5, hashesWaiting: 40 } })
  const { store, bus, live, config } = rig
  other = await startBackend(
    { ...configOf({ loginsPerMinute: 5 }), jwtPrivateKey: config.jwtPrivateKey, instanceId: 'backend-other' },
    { store, bus, live, clock: systemClock, log: silentLog },
  )
}, 60_000)
afterAll(async () => {
  await other.close()
  await rig.close()
})

let addresses = 0
const freshAddress = () => `10.1.${addresses >> 8}.${addresses++ & 255}`

async function logIn(email: string, password: string, options: { from?: string; at?: RunningBackend } = {}) {
  const { from = freshAddress(), at = rig.backend } = options
  const answer = await at.app.inject({
    method: 'POST',
    url: '/api/auth/login',
    payload: { email, password },
    remoteAddress: from,
  })
  return {
    status: answer.statusCode,
    code: answer.json().error?.code,
    retryAfter: Number(answer.headers['retry-after']),
  }
}
/** What somebody can look at who is not signed in as them. */
const statusOf = async (email: string, password: string, options: { from?: string; at?: RunningBackend } = {}) =>
  (await logIn(email, password, options)).status

describe('one address', () => {
  it('guesses five times a minute, at whichever backend, whoever it is about', async () => {
    const from = freshAddress()
    const statuses: number[] = []
    for (let n = 0; n < 8; n++) {
      statuses.push(await statusOf(`nobody-${n}@example.test`, 'wrong', { from, at: n % 2 ? other : rig.backend }))
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429])
    expect((await logIn('nobody@example.test', 'wrong', { from })).retryAfter).toBeGreaterThan(0)
    expect(await statusOf('nobody@example.test', 'wrong')).toBe(401)
  })

  it('is counted in the database while the live store is away', async () => {
    const from = freshAddress()
    rig.liveStore.stop()
    try {
      const statuses: number[] = []
      for (let n = 0; n < 7; n++) {
        statuses.push(await statusOf('nobody@example.test', 'wrong', { from, at: n % 2 ? other : rig.backend }))
      }
      expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
    } finally {
      rig.liveStore.start()
    }
  })

  it('signs a whole shift in: who is let in does not count', async () => {
    for (const away of [false, true]) {
      if (away) rig.liveStore.stop()
      try {
        const from = freshAddress()
        const operator = await rig.person('OPERATOR')
        for (let n = 0; n < 9; n++) expect(await statusOf(operator.email, operator.password, { from })).toBe(200)
        const mixed: number[] = []
        for (let n = 0; n < 6; n++) {
          mixed.push(await statusOf('nobody@example.test', 'wrong', { from }))
          mixed.push(await statusOf(operator.email, operator.password, { from }))
        }
        // Being let in takes back one's own attempt, never somebody's guess.
        expect(mixed.filter((status) => status === 401)).toHaveLength(5)
        expect(mixed.slice(-2)).toEqual([429, 429])
      } finally {
        if (away) rig.liveStore.start()
      }
    }
  }, 60_000)
})

describe('one account', () => {
  const guess = async (email: string, count: number) => {
    for (let n = 0; n < count; n++) await logIn(email, `wrong-${n}`, { at: n % 2 ? other : rig.backend })
  }

  it('is locked everywhere by ten failures from anywhere, for half an hour, and its sessions go on', async () => {
    const operator = await rig.person('OPERATOR')
    await guess(operator.email, 9)
    expect(await statusOf(operator.email, operator.password)).toBe(200)
    await guess(operator.email, 10)
    for (const at of [rig.backend, other]) expect(await statusOf(operator.email, operator.password, { at })).toBe(401)
    expect((await operator.call('GET', '/api/auth/me')).status, 'who is at work stays at work').toBe(200)
    const [row] = await rig.store.query<{ minutes: number }>(
      `SELECT round(extract(epoch FROM locked_until - now()) / 60)::int AS minutes FROM users WHERE id = $1`,
      [operator.id],
    )
    expect(row?.minutes).toBe(30)
    await rig.store.execute(`UPDATE users SET locked_until = now() - interval '1 second' WHERE id = $1`, [operator.id])
    expect(await statusOf(operator.email, operator.password)).toBe(200)
  }, 60_000)

  it('is told of: a warning from the third failure on, an error and a record at the tenth, a metric for both', async () => {
    const operator = await rig.person('OPERATOR')
    for (let n = 0; n < 10; n++) await logIn(operator.email, `wrong-${n}`)
    const told = lines
      .filter((line) => line.user_id === operator.id)
      .map(({ event, level, failed }) => `${level} ${event} ${failed}`)
    expect(told).toEqual([...[3, 4, 5, 6, 7, 8, 9].map((n) => `warn login_failures ${n}`), 'error login_locked 10'])
    const rows = await rig.store.query<{ action: string }>(
      `SELECT action FROM audit_log WHERE entity_id = $1 AND action LIKE 'LOGIN_%'`,
      [operator.id],
    )
    expect(rows.filter(({ action }) => action === 'LOGIN_LOCKED')).toHaveLength(1)
    expect(rows.filter(({ action }) => action === 'LOGIN_FAILED')).toHaveLength(9)
    const metrics = (await rig.backend.app.inject({ url: '/metrics' })).body
    expect(metrics).toMatch(/auth_login_failures_total\{[^}]*\} [1-9]/)
    expect(metrics).toMatch(/auth_account_locks_total\{[^}]*\} [1-9]/)
  }, 60_000)

  it('costs as long to guess whether it exists, is locked, or is not there', async () => {
    const [known, locked] = [await rig.person('OPERATOR'), await rig.person('OPERATOR')]
    await rig.store.execute(`UPDATE users SET locked_until = now() + interval '1 hour' WHERE id = $1`, [locked.id])
    const times: Record<string, number[]> = { [known.email]: [], [locked.email]: [], 'nobody@example.test': [] }
    for (let n = 0; n < 7; n++) {
      for (const [email, samples] of Object.entries(times)) {
        const start = performance.now()
        expect((await logIn(email, 'not-the-password')).code).toBe('INVALID_CREDENTIALS')
        samples.push(performance.now() - start)
      }
    }
    const medians = Object.values(times).map((samples) => samples.toSorted((a, b) => a - b)[3] as number)
    // Without the decoy an unknown name is answered twenty times as fast.
    expect(Math.max(...medians) / Math.min(...medians)).toBeLessThan(4)
  }, 60_000)
})

describe('many logins at once', () => {
  it('wait in a short queue; one more is told to come again, and everybody is served afterwards', async () => {
    const small = await startRig({ config: { hashesWaiting: 3 } })
    try {
      const operator = await small.person('OPERATOR')
      const crowd = await Promise.all(
        Array.from({ length: 20 }, () => logIn(operator.email, operator.password, { at: small.backend })),
      )
      const refused = crowd.filter(({ status }) => status === 429)
      expect(crowd.filter(({ status }) => status === 200).length + refused.length).toBe(20)
      expect(refused.length).toBeGreaterThan(10)
      for (const { code, retryAfter } of refused) {
        expect(code).toBe('RATE_LIMIT_EXCEEDED')
        expect(retryAfter).toBeGreaterThan(0)
      }
      expect(await statusOf(operator.email, operator.password, { at: small.backend })).toBe(200)
    } finally {
      await small.close()
    }
  }, 60_000)
})
