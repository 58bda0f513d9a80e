// Spec 06 "Authentication": login, rotation, reuse, logout, lockout; the same answer for everyone who may not.
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caller, cookieOf, type Rig, signIn, startRig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close())

const post = (url: string, payload: object | undefined, headers: Record<string, string> = {}) =>
  rig.backend.app.inject({
    method: 'POST',
    url,
    ...(payload ? { payload } : {}),
    headers: { 'x-requested-with': 'test', ...headers },
  })
const refresh = (cookie: string) => post('/api/auth/refresh', undefined, { cookie })
const logIn = (email: string, password: string) => post('/api/auth/login', { email, password })

describe('signing in', () => {
  it('gives a token, the person, and a cookie no script can read and no foreign site can send', async () => {
    const operator = await rig.person('OPERATOR')
    const answer = await logIn(operator.email.toUpperCase(), operator.password)
    expect(answer.statusCode).toBe(200)
    const body = answer.json()
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 900, user: { id: operator.id, role: 'OPERATOR' } })
    expect(body.user.permissions).toContain('alarm:write')
    expect(body.user.permissions).not.toContain('site:write')
    const cookie = String(answer.headers['set-cookie'])
    for (const part of ['HttpOnly', 'SameSite=Strict', 'Path=/api/auth', 'Max-Age=604800']) {
      expect(cookie).toContain(part)
    }
    expect(JSON.stringify(body)).not.toContain('argon2')
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('signs with the key of the key set', async () => {
    const operator = await rig.person('OPERATOR')
    const header = decodeProtectedHeader(operator.token)
    expect(header).toMatchObject({ alg: 'RS256', typ: 'at+jwt' })
    for (const url of ['/.well-known/jwks.json', '/api/.well-known/jwks.json']) {
      const { keys } = (await rig.backend.app.inject({ url })).json()
      expect(keys).toHaveLength(1)
      expect(keys[0]).toMatchObject({ kid: header.kid, use: 'sig', alg: 'RS256' })
      expect(keys[0]).not.toHaveProperty('d')
    }
    const claims = decodeJwt(operator.token)
    expect(claims).toMatchObject({ iss: 'stam-replacer-api', aud: 'stam-replacer-clients', sub: operator.id })
    expect((claims.exp as number) - (claims.iat as number)).toBe(900)
  })

  it('answers wrong, unknown, inactive and locked users with the same words', async () => {
    const operator = await rig.person('OPERATOR')
    const wrong = await logIn(operator.email, 'not-the-password')
    const unknown = await logIn('nobody@example.test', 'not-the-password')
    expect(wrong.statusCode).toBe(401)
    expect(unknown.statusCode).toBe(401)
    expect(unknown.body).toBe(wrong.body)
    expect(wrong.json().error.code).toBe('INVALID_CREDENTIALS')
  })

  it('locks after ten failures, also for the right password, and says so nowhere', async () => {
    const operator = await rig.person('OPERATOR')
    for (let attempt = 0; attempt < 10; attempt++) await logIn(operator.email, `wrong-${attempt}`)
    const right = await logIn(operator.email, operator.password)
    expect(right.statusCode).toBe(401)
    expect(right.json().error.code).toBe('INVALID_CREDENTIALS')
    const master = await rig.person('MASTER')
    const { body } = await master.call('GET', `/api/audit?entity_type=user&entity_id=${operator.id}&limit=20`)
    const actions = body.data.map((entry: { action: string }) => entry.action)
    expect(actions.filter((action: string) => action === 'LOGIN_LOCKED')).toHaveLength(1)
    expect(actions.filter((action: string) => action === 'LOGIN_FAILED')).toHaveLength(9)
  })

  it('refuses tokens that are none, foreign, or for something else', async () => {
    const operator = await rig.person('OPERATOR')
    const [header, payload, signature] = operator.token.split('.')
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url')
    const forged = Buffer.from(JSON.stringify({ ...decodeJwt(operator.token), role: 'MASTER' })).toString('base64url')
    for (const token of ['', 'x', `${header}.${payload}.`, `${none}.${payload}.`, `${header}.${forged}.${signature}`]) {
      expect((await caller(rig.backend, token)('GET', '/api/auth/me')).status, token).toBe(401)
    }
    expect((await operator.call('GET', '/api/auth/me')).status).toBe(200)
  })
})

describe('the refresh cookie', () => {
  it('works once, gives the next one, and the session goes on', async () => {
    const operator = await rig.person('OPERATOR')
    const first = await refresh(operator.cookie)
    expect(first.statusCode).toBe(200)
    const next = cookieOf(first.headers)
    expect(next).not.toBe(operator.cookie)
    const second = await refresh(next)
    expect(second.statusCode).toBe(200)
    expect(decodeJwt(second.json().access_token)['sid']).toBe(decodeJwt(operator.token)['sid'])
  })

  it('ends the whole session when a spent one is shown again', async () => {
    const operator = await rig.person('OPERATOR')
    const next = cookieOf((await refresh(operator.cookie)).headers)
    const last = cookieOf((await refresh(next)).headers)
    const stolen = await refresh(operator.cookie)
    expect(stolen.statusCode).toBe(401)
    expect(stolen.json().error.code).toBe('SESSION_ENDED')
    expect((await refresh(last)).statusCode).toBe(401)
    expect((await operator.call('GET', '/api/auth/me')).body.error.code).toBe('SESSION_ENDED')
    const rows = await rig.store.query(
      `SELECT FROM audit_log WHERE action = 'SESSION_REUSE' AND after ->> 'user_id' = $1`,
      [operator.id],
    )
    expect(rows).toHaveLength(1)
  })

  it('gives the same next one to a page loaded many times at once, and to an answer that was lost', async () => {
    const operator = await rig.person('OPERATOR')
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(operator.cookie)))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(8).fill(200))
    expect(new Set(answers.map(({ headers }) => cookieOf(headers))).size).toBe(1)
    const next = cookieOf((await refresh(operator.cookie)).headers)
    expect(next).toBe(cookieOf(answers[0]?.headers ?? {}))
    expect((await refresh(next)).statusCode).toBe(200)
  })

  it('tells a thief who came in time apart at the next renewal', async () => {
    const operator = await rig.person('OPERATOR')
    const mine = cookieOf((await refresh(operator.cookie)).headers)
    const theirs = cookieOf((await refresh(operator.cookie)).headers)
    expect(theirs).toBe(mine)
    const further = cookieOf((await refresh(mine)).headers)
    expect((await refresh(further)).statusCode).toBe(200)
    expect((await refresh(theirs)).statusCode).toBe(401)
    expect((await operator.call('GET', '/api/auth/me')).status).toBe(401)
  })

  it.each(['later than 30 s', 'from another browser'])('ends the session when a spent one is shown %s', async (how) => {
    const operator = await rig.person('OPERATOR')
    const next = cookieOf((await refresh(operator.cookie)).headers)
    const late = how.startsWith('later')
    if (late)
      await rig.store.execute(
        `UPDATE refresh_tokens SET used_at = used_at - interval '31 seconds' WHERE user_id = $1`,
        [operator.id],
      )
    const headers = { cookie: operator.cookie, ...(late ? {} : { 'user-agent': 'somebody else' }) }
    expect((await post('/api/auth/refresh', undefined, headers)).statusCode).toBe(401)
    expect((await refresh(next)).statusCode).toBe(401)
  })

  it('is refused from a foreign page', async () => {
    const operator = await rig.person('OPERATOR')
    const plain = { 'x-requested-with': '' }
    for (const headers of [
      { origin: 'https://evil.example', cookie: operator.cookie },
      { 'sec-fetch-site': 'cross-site', cookie: operator.cookie },
    ]) {
      expect((await post('/api/auth/refresh', undefined, headers)).statusCode).toBe(403)
    }
    const bare = await rig.backend.app.inject({
      method: 'POST',
      url: '/api/auth/refresh',
      headers: { cookie: operator.cookie },
    })
    expect(bare.statusCode).toBe(403)
    const own = await post('/api/auth/refresh', undefined, {
      ...plain,
      origin: 'http://localhost:80',
      host: 'localhost:80',
      cookie: operator.cookie,
    })
    expect(own.statusCode).toBe(200)
  })
})

describe('signing out', () => {
  it('ends this session at once and leaves the others', async () => {
    const here = await rig.person('OPERATOR')
    const there = await signIn(rig.backend, here)
    expect((await post('/api/auth/logout', undefined, { cookie: here.cookie })).statusCode).toBe(204)
    expect((await here.call('GET', '/api/auth/me')).status).toBe(401)
    expect((await refresh(here.cookie)).statusCode).toBe(401)
    expect((await there.call('GET', '/api/auth/me')).status).toBe(200)
  })

  it('ends all sessions when asked to', async () => {
    const here = await rig.person('OPERATOR')
    const there = await signIn(rig.backend, here)
    expect((await here.call('POST', '/api/auth/logout-all')).status).toBe(204)
    for (const device of [here, there]) expect((await device.call('GET', '/api/auth/me')).status).toBe(401)
  })
})

describe('the own password', () => {
  const change = (
    person: {
      call: (m: 'POST', u: string, b: object) => Promise<{ status: number; body: { error?: { code: string } } }>
    },
    current_password: string,
    new_password: string,
  ) => person.call('POST', '/api/auth/password', { current_password, new_password })

  it('changes with the old one, ends the other sessions, keeps this one', async () => {
    const here = await rig.person('TECHNICIAN')
    const there = await signIn(rig.backend, here)
    expect((await change(here, 'not-it', 'Zupelnie-Inne-5521')).body.error?.code).toBe('INVALID_CREDENTIALS')
    expect((await change(here, here.password, 'Zupelnie-Inne-5521')).status).toBe(204)
    expect((await there.call('GET', '/api/auth/me')).status).toBe(401)
    expect((await here.call('GET', '/api/auth/me')).status).toBe(200)
    expect((await logIn(here.email, here.password)).statusCode).toBe(401)
    expect((await logIn(here.email, 'Zupelnie-Inne-5521')).statusCode).toBe(200)
  })

  it('may not be an obvious one', async () => {
    const person = await rig.person('ADMIN')
    for (const weak of ['Haslo123!', 'qwertyuiop', 'aaaaaaaaaa', '12345678', person.email, 'Alarm2026!!!']) {
      expect((await change(person, person.password, weak)).body.error?.code, weak).toBe('PASSWORD_TOO_WEAK')
    }
    expect((await change(person, person.password, 'short')).body.error?.code).toBe('INVALID_REQUEST')
  })
})
