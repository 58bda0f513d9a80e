// Spec 06 "PIN lock in the app": the lock is the server's, alarms keep coming, five wrong PINs end the session.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routeAccess } from '../src/identity/permissions.ts'
import { pinTooObvious } from '../src/identity/console-lock.ts'
import { type Rig, type Signed, signIn, startRig } from './rig.ts'
import { Screen } from './screen.ts'

const PIN = '2580'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close())

async function locked(role: 'OPERATOR' | 'MASTER' = 'OPERATOR'): Promise<Signed> {
  const person = await rig.person(role)
  expect((await person.call('PUT', '/api/auth/pin', { pin: PIN })).body.lock.pin_set).toBe(true)
  expect((await person.call('POST', '/api/auth/lock', {})).body.lock.locked).toBe(true)
  return person
}
const unlock = (person: Signed, pin: string) => person.call('POST', '/api/auth/unlock', { pin })

describe('a locked console', () => {
  it('is refused everything but what keeps alarms coming and the ways out', async () => {
    const person = await locked('MASTER')
    const open = Object.entries(routeAccess).filter(([, access]) => access.whileLocked || access.needs === 'public')
    expect(open.map(([route]) => route).filter((route) => !/auth|well-known|setup/.test(route))).toEqual([
      'GET /api/alarms',
      'GET /api/system/status',
    ])
    let refused = 0
    for (const [route, access] of Object.entries(routeAccess)) {
      if (access.whileLocked || access.needs === 'public') continue
      const [method, path] = route.split(' ') as ['GET', string]
      const body = method === 'GET' ? undefined : {}
      const answer = await person.call(method, path.replace(':id', randomUUID()).replace(':number', '1'), body)
      expect(answer.body.error.code, route).toBe('SESSION_LOCKED')
      refused++
    }
    expect(refused).toBeGreaterThan(40)
    expect((await person.call('GET', '/api/alarms')).status).toBe(200)
    expect((await person.call('GET', '/api/auth/me')).body.lock.locked).toBe(true)
  })

  it('still hears of a new alarm', async () => {
    const person = await locked()
    const panel = await rig.panel(await rig.site())
    const screen = await Screen.open(rig, person)
    screen.resume(0, ['alarms'])
    await screen.heard('replay_done')
    await rig.alarm(panel)
    await rig.relay()
    await screen.heard('alarm.new')
    await screen.leave()
  })

  it('stays locked after a reload: the renewed session says so', async () => {
    const person = await locked()
    const renewed = await rig.backend.app.inject({
      method: 'POST',
      url: '/api/auth/refresh',
      headers: { cookie: person.cookie, 'x-requested-with': 'test' },
    })
    expect(renewed.json().user.lock.locked).toBe(true)
  })

  it('opens with the PIN, and works at once', async () => {
    const person = await locked()
    expect((await unlock(person, PIN)).body.lock.locked).toBe(false)
    expect((await person.call('GET', '/api/sites')).status).toBe(200)
  })

  it('ends with the fifth wrong PIN, also when all come at once', async () => {
    for (const together of [false, true]) {
      const person = await locked()
      const pins = ['1397', '1398', '1399', '1400', '1401', '1402']
      const codes: string[] = []
      if (together) {
        const answers = await Promise.all(pins.map((pin) => unlock(person, pin)))
        codes.push(...answers.map(({ body }) => body.error.code))
      } else for (const pin of pins) codes.push((await unlock(person, pin)).body.error.code)
      expect(codes.filter((code) => code === 'PIN_WRONG').length).toBeLessThanOrEqual(4)
      expect(codes).toContain('SESSION_ENDED')
      expect((await unlock(person, PIN)).status).toBe(401)
      expect((await person.call('GET', '/api/auth/me')).body.error.code).toBe('SESSION_ENDED')
      const again = await signIn(rig.backend, person)
      expect((await again.call('GET', '/api/sites')).status).toBe(200)
    }
  })

  it('says how many attempts are left, starts anew after the right one, and leaves a record', async () => {
    const person = await locked()
    expect((await unlock(person, '1397')).body.error).toMatchObject({
      code: 'PIN_WRONG',
      details: { attempts_left: 4 },
    })
    await unlock(person, PIN)
    await person.call('POST', '/api/auth/lock', {})
    expect((await unlock(person, '1397')).body.error.details).toEqual({ attempts_left: 4 })
    const rows = await rig.store.query<{ action: string; text: string }>(
      `SELECT action, concat(before, after, reason) AS text FROM audit_log WHERE actor_id = $1 ORDER BY id`,
      [person.id],
    )
    const actions = rows.map(({ action }) => action)
    expect(actions).toEqual(expect.arrayContaining(['PIN_SET', 'CONSOLE_LOCK', 'PIN_WRONG', 'CONSOLE_UNLOCK']))
    expect(rows.map(({ text }) => text).join()).not.toContain(PIN)
  })

  it('does not lock the same person elsewhere', async () => {
    const person = await rig.person('OPERATOR')
    const elsewhere = await signIn(rig.backend, person)
    await person.call('PUT', '/api/auth/pin', { pin: PIN })
    await person.call('POST', '/api/auth/lock', {})
    expect((await elsewhere.call('GET', '/api/sites')).status).toBe(200)
  })
})

describe('the PIN', () => {
  it('is needed to lock, and to be locked by the clock', async () => {
    const person = await rig.person('OPERATOR')
    expect((await person.call('POST', '/api/auth/lock', {})).body.error.code).toBe('PIN_NOT_SET')
    expect((await person.call('PUT', '/api/auth/lock-after', { minutes: 5 })).body.error.code).toBe('PIN_NOT_SET')
    await person.call('PUT', '/api/auth/pin', { pin: PIN })
    expect((await person.call('PUT', '/api/auth/lock-after', { minutes: 5 })).body.lock.after_minutes).toBe(5)
    const without = (await person.call('PUT', '/api/auth/pin', { pin: null })).body.lock
    expect(without).toEqual({ locked: false, pin_set: false, after_minutes: null })
  })

  it('is kept as an Argon2id hash', async () => {
    const person = await rig.person('OPERATOR')
    await person.call('PUT', '/api/auth/pin', { pin: PIN })
    const [row] = await rig.store.query<{ pin_hash: string }>(`SELECT pin_hash FROM user_security WHERE user_id = $1`, [
      person.id,
    ])
    expect(row?.pin_hash).toMatch(/^\$argon2id\$v=19\$m=65536,t=3,p=1\$/)
  })

  it('is 4 to 8 digits and neither a repetition nor a run', async () => {
    const person = await rig.person('OPERATOR')
    for (const pin of ['123', '123456789', 'abcd', '12 4']) {
      expect((await person.call('PUT', '/api/auth/pin', { pin })).status, pin).toBe(400)
    }
    for (const pin of ['0000', '1234', '87654321', '1212', '121212']) expect(pinTooObvious(pin), pin).toBe(true)
    for (const pin of ['2580', '1357', '90210', '11223']) expect(pinTooObvious(pin), pin).toBe(false)
    expect((await person.call('PUT', '/api/auth/pin', { pin: '1234' })).body.error.code).toBe('PIN_TOO_WEAK')
  })
})
