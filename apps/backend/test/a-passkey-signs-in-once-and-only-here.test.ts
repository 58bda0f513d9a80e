// Spec 06 "Second factor: WebAuthn passkeys": what signs in, and everything that must not.
import { createMemoryLive } from '@stam/live'
import { createMemoryBus } from '@stam/bus'
import { silentLog, systemClock } from '@stam/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBackend } from '../src/index.ts'
import { Authenticator, type Lies, TOUCH_ONLY, TOUCH_ONLY_ATTESTED } from './authenticator.ts'
import { type Answer, caller, configOf, type Rig, type Signed, startRig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close())

const anyone = (method: 'GET' | 'POST', url: string, body?: unknown, headers?: Record<string, string>) =>
  caller(rig.backend, 'nobody')(method, url, body, headers)
const question = async () => (await anyone('POST', '/api/auth/passkeys/login-question', {})).body.options
const answer = (given: object): Promise<Answer> => anyone('POST', '/api/auth/passkeys/login', { answer: given })

async function register(person: Signed, key: Authenticator, name = 'Telefon'): Promise<Answer> {
  const { options } = (await person.call('POST', '/api/auth/passkeys/question', {})).body
  return person.call('POST', '/api/auth/passkeys', { name, answer: key.create(options) })
}

async function owner(role: 'OPERATOR' | 'MASTER' = 'OPERATOR'): Promise<{ person: Signed; key: Authenticator }> {
  const person = await rig.person(role)
  const key = new Authenticator()
  expect((await register(person, key)).status).toBe(200)
  return { person, key }
}

async function actionsOn(id: string): Promise<string[]> {
  const rows = await rig.store.query<{ action: string }>(
    `SELECT action FROM audit_log WHERE entity_id = $1 OR actor_id::text = $1 OR after ->> 'user_id' = $1 ORDER BY id`,
    [id],
  )
  return rows.map(({ action }) => action)
}

describe('a passkey', () => {
  it('is added, named, listed, signs in alone, and is removed, all on the record', async () => {
    const { person, key } = await owner()
    const signedIn = await answer(key.get(await question()))
    expect(signedIn.status).toBe(200)
    expect(signedIn.body.user).toMatchObject({ id: person.id, role: 'OPERATOR' })
    expect(String(signedIn.headers['set-cookie'])).toContain('HttpOnly')
    const call = caller(rig.backend, signedIn.body.access_token)
    const [listed] = (await call('GET', '/api/auth/sign-in')).body.passkeys
    expect(listed).toMatchObject({ name: 'Telefon', suspended_at: null })
    expect(listed.last_used_at).not.toBeNull()
    expect(Object.keys(listed)).not.toContain('public_key')
    expect((await call('PATCH', `/api/auth/passkeys/${listed.id}`, { name: 'Klucz' })).status).toBe(204)
    expect((await call('GET', '/api/auth/sign-in')).body.passkeys[0].name).toBe('Klucz')
    expect((await call('POST', `/api/auth/passkeys/${listed.id}/remove`, {})).status).toBe(204)
    expect((await answer(key.get(await question()))).body.error.code).toBe('INVALID_CREDENTIALS')
    expect(await actionsOn(person.id)).toEqual(
      expect.arrayContaining(['PASSKEY_ADD', 'LOGIN', 'PASSKEY_NAME', 'PASSKEY_REMOVE']),
    )
  })

  it('answers on another backend than the one that asked, with the live store away', async () => {
    const { person, key } = await owner()
    const live = createMemoryLive({ store: rig.liveStore })
    const bus = createMemoryBus({ broker: rig.broker })
    const config = configOf({ instanceId: 'other' })
    const other = await startBackend(config, { store: rig.store, bus, live, clock: systemClock, log: silentLog })
    rig.liveStore.stop()
    try {
      const asked = await other.app.inject({ method: 'POST', url: '/api/auth/passkeys/login-question', payload: {} })
      const given = await answer(key.get(asked.json().options))
      expect(given.status).toBe(200)
      expect(given.body.user.id).toBe(person.id)
    } finally {
      rig.liveStore.start()
      await other.close()
      await live.close()
      await bus.close()
    }
  })

  it('is not added twice, nor to somebody else', async () => {
    const { person, key } = await owner()
    expect((await register(person, key)).body.error.code).toBe('PASSKEY_REFUSED')
    expect((await register(await rig.person('OPERATOR'), key)).body.error.code).toBe('PASSKEY_REFUSED')
  })

  it('of somebody else cannot be named or removed', async () => {
    const { person } = await owner()
    const thief = await rig.person('MASTER')
    const [listed] = (await person.call('GET', '/api/auth/sign-in')).body.passkeys
    expect((await thief.call('PATCH', `/api/auth/passkeys/${listed.id}`, { name: 'x' })).status).toBe(404)
    expect((await thief.call('POST', `/api/auth/passkeys/${listed.id}/remove`, {})).status).toBe(404)
  })

  it('is added and removed only by who has just signed in or shows the password', async () => {
    const { person } = await owner()
    await rig.store.execute(`UPDATE refresh_tokens SET issued_at = now() - interval '6 minutes' WHERE user_id = $1`, [
      person.id,
    ])
    const [listed] = (await person.call('GET', '/api/auth/sign-in')).body.passkeys
    const remove = (body: object) => person.call('POST', `/api/auth/passkeys/${listed.id}/remove`, body)
    for (const ask of [() => remove({}), () => person.call('POST', '/api/auth/passkeys/question', {})]) {
      expect((await ask()).body.error.code).toBe('PASSWORD_REQUIRED')
    }
    expect((await person.call('PUT', '/api/auth/pin', { pin: '2580' })).body.error.code).toBe('PASSWORD_REQUIRED')
    expect((await remove({ password: 'wrong' })).body.error.code).toBe('INVALID_CREDENTIALS')
    expect((await remove({ password: person.password })).status).toBe(204)
  })

  it('needs a name in the address', async () => {
    const byNumber = { host: '127.0.0.1:8080' }
    const asked = await anyone('POST', '/api/auth/passkeys/login-question', {}, byNumber)
    expect(asked.body.error.code).toBe('PASSKEYS_NEED_A_NAME')
    const person = await rig.person('OPERATOR')
    const settings = (await person.call('GET', '/api/auth/sign-in', undefined, byNumber)).body
    expect(settings.passkeys_possible).toBe(false)
  })
})

describe('an answer is refused, in the same words,', () => {
  const lies: Record<string, (key: Authenticator) => Lies> = {
    'from another page': () => ({ origin: 'https://stam.evil.example' }),
    'from another port of this host': () => ({ origin: 'http://localhost:9999' }),
    'for another domain': () => ({ rpId: 'evil.example' }),
    'to a question never asked': () => ({ challenge: Buffer.alloc(32, 7).toString('base64url') }),
    'by a touch without PIN or finger': () => ({ flags: TOUCH_ONLY }),
    'in the name of another user': () => ({ userHandle: Buffer.alloc(16, 1).toString('base64url') }),
  }
  it.each(Object.keys(lies))('%s', async (what) => {
    const { key } = await owner()
    const given = await answer(key.get(await question(), lies[what]?.(key)))
    expect(given.status).toBe(401)
    expect(given.body.error).toEqual((await answer(new Authenticator().get(await question()))).body.error)
    expect((await answer(key.get(await question()))).status, 'and the passkey still works').toBe(200)
  })

  it('given twice', async () => {
    const { key } = await owner()
    const given = key.get(await question())
    expect((await answer(given)).status).toBe(200)
    expect((await answer(given)).status).toBe(401)
  })

  it('given twice at the same moment', async () => {
    const { key } = await owner()
    const given = key.get(await question())
    const all = await Promise.all(Array.from({ length: 6 }, () => answer(given)))
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  it('too late', async () => {
    const { key } = await owner()
    const asked = await question()
    await rig.store.execute(`UPDATE passkey_challenges SET expires_at = now() - interval '1 second'`)
    expect((await answer(key.get(asked))).status).toBe(401)
  })

  it('by a stranger who knows the id of a passkey', async () => {
    const { person, key } = await owner()
    const forger = new Authenticator()
    const given = {
      ...forger.get(await question()),
      id: key.id.toString('base64url'),
      rawId: key.id.toString('base64url'),
    }
    expect((await answer(given)).status).toBe(401)
    expect(await actionsOn(person.id)).not.toContain('PASSKEY_SUSPEND')
    expect((await answer(key.get(await question()))).status).toBe(200)
  })

  it('to a question of another purpose', async () => {
    const { person, key } = await owner()
    const { options } = (await person.call('POST', '/api/auth/passkeys/question', {})).body
    expect((await answer(key.get({ ...options, rpId: 'localhost' }))).status).toBe(401)
    const asked = await question()
    const made = { name: 'x', answer: new Authenticator().create({ ...asked, rp: { id: 'localhost' } }) }
    expect((await person.call('POST', '/api/auth/passkeys', made)).body.error.code).toBe('PASSKEY_REFUSED')
  })

  it('by a copy: the counter went back, so the passkey is put out of use and it is on the record', async () => {
    const { person, key } = await owner()
    for (let n = 0; n < 3; n++) expect((await answer(key.get(await question()))).status).toBe(200)
    expect((await answer(key.get(await question(), { count: 2 }))).status).toBe(401)
    expect((await answer(key.get(await question()))).status, 'neither copy nor original').toBe(401)
    const [listed] = (await person.call('GET', '/api/auth/sign-in')).body.passkeys
    expect(listed.suspended_at).not.toBeNull()
    expect(await actionsOn(person.id)).toContain('PASSKEY_SUSPEND')
  })

  it('of somebody inactive or locked', async () => {
    for (const change of [`active = false`, `locked_until = now() + interval '5 minutes'`]) {
      const { person, key } = await owner()
      await rig.store.execute(`UPDATE users SET ${change} WHERE id = $1`, [person.id])
      expect((await answer(key.get(await question()))).status, change).toBe(401)
    }
  })
})

describe('registering is refused', () => {
  const lies: Record<string, Lies> = {
    'from another page': { origin: 'https://stam.evil.example' },
    'for another domain': { rpId: 'evil.example' },
    'without the user being verified': { flags: TOUCH_ONLY_ATTESTED },
  }
  it.each(Object.keys(lies))('%s', async (what) => {
    const person = await rig.person('OPERATOR')
    const { options } = (await person.call('POST', '/api/auth/passkeys/question', {})).body
    const made = { name: 'x', answer: new Authenticator().create(options, lies[what]) }
    expect((await person.call('POST', '/api/auth/passkeys', made)).body.error.code).toBe('PASSKEY_REFUSED')
  })

  it('with the question of another session, even of the same person', async () => {
    const person = await rig.person('OPERATOR')
    const other = await rig.person('OPERATOR')
    const { options } = (await person.call('POST', '/api/auth/passkeys/question', {})).body
    const made = { name: 'x', answer: new Authenticator().create(options) }
    expect((await other.call('POST', '/api/auth/passkeys', made)).body.error.code).toBe('PASSKEY_REFUSED')
  })
})

describe('as a second factor', () => {
  const logIn = (of: Signed) => anyone('POST', '/api/auth/login', { email: of.email, password: of.password })

  it('follows the password, and only the own one will do', async () => {
    const { person, key } = await owner('MASTER')
    const stranger = await owner()
    expect((await person.call('PUT', '/api/auth/second-factor', { enabled: true })).status).toBe(204)
    const halfway = await logIn(person)
    expect(halfway.status).toBe(401)
    expect(halfway.body.error.code).toBe('SECOND_FACTOR_REQUIRED')
    expect(halfway.headers['set-cookie']).toBeUndefined()
    const wrong = await anyone('POST', '/api/auth/login', { email: person.email, password: 'not-the-password' })
    expect(wrong.body.error.code).toBe('INVALID_CREDENTIALS')
    expect((await answer(stranger.key.get(halfway.body.error.details.options))).status).toBe(401)
    expect((await answer(key.get((await logIn(person)).body.error.details.options))).status).toBe(200)
  })

  it('cannot be asked for without a passkey, and goes with the last one', async () => {
    const person = await rig.person('OPERATOR')
    const enable = () => person.call('PUT', '/api/auth/second-factor', { enabled: true })
    expect((await enable()).body.error.code).toBe('PASSKEY_MISSING')
    await register(person, new Authenticator())
    expect((await enable()).status).toBe(204)
    const [listed] = (await person.call('GET', '/api/auth/sign-in')).body.passkeys
    await person.call('POST', `/api/auth/passkeys/${listed.id}/remove`, {})
    expect((await logIn(person)).status).toBe(200)
  })

  it('goes when an administrator gives a new temporary password', async () => {
    const { person, key } = await owner()
    await person.call('PUT', '/api/auth/second-factor', { enabled: true })
    const master = await rig.person('MASTER')
    const { body } = await master.call('POST', `/api/users/${person.id}/reset-password`)
    const again = await logIn({ ...person, password: body.temporary_password })
    expect(again.status).toBe(200)
    expect((await answer(key.get(await question()))).status).toBe(401)
  })
})
