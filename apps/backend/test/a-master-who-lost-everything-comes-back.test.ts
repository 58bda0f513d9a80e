// Spec 06 "no default password": a MASTER without password and authenticator comes back by the owner of the database, and by nobody and nothing else.
import { openStore } from '@stam/store'
import { eventually, testDatabase } from '@stam/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addPeople, recoverMaster } from '../src/index.ts'
import { Authenticator } from './authenticator.ts'
import { caller, type Rig, type Signed, startRig } from './rig.ts'
import { Screen } from './screen.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
}, 60_000)
afterAll(() => rig.close())

const by = { operator: 'root', machine: 'stacja-1' }
const logIn = async (email: string, password: string) => {
  const answer = await rig.backend.app.inject({
    method: 'POST',
    url: '/api/auth/login',
    payload: { email, password },
    headers: { origin: 'http://localhost', host: 'localhost' },
  })
  return { status: answer.statusCode, body: answer.json() }
}

async function masterWithSecondFactor(): Promise<Signed> {
  const master = await rig.person('MASTER')
  const key = new Authenticator()
  const { options } = (await master.call('POST', '/api/auth/passkeys/question', {})).body
  await master.call('POST', '/api/auth/passkeys', { name: 'Telefon', answer: key.create(options) })
  expect((await master.call('PUT', '/api/auth/pin', { pin: '2580' })).status).toBe(200)
  expect((await master.call('PUT', '/api/auth/second-factor', { enabled: true })).status).toBeLessThan(300)
  expect((await logIn(master.email, master.password)).body.error.code).toBe('SECOND_FACTOR_REQUIRED')
  return master
}

async function recover(email: string, forgetPasskeys: boolean) {
  const recovered = await recoverMaster(rig.store, { email, forgetPasskeys, ...by })
  if (recovered.outcome !== 'recovered') throw new Error(recovered.outcome)
  return recovered
}
const record = () =>
  rig.store.query<{ action: string; actor_kind: string; entity_id: string; after: Record<string, unknown> }>(
    `SELECT action, actor_kind, entity_id, after FROM audit_log WHERE action = 'MASTER_RECOVERY' ORDER BY id`,
  )
/** Everything kept of a person, to see that nothing changed. */
const kept = (id: string) =>
  rig.store.query(
    `SELECT u.*, (SELECT count(*) FROM passkeys WHERE user_id = u.id) AS passkeys,
       (SELECT count(*) FROM refresh_tokens WHERE user_id = u.id AND revoked_at IS NULL) AS alive FROM users u WHERE id = $1`,
    [id],
  )

describe('the owner of the database', () => {
  it('gives a temporary password without second factor: one sign-in, another password, and everything before it is over', async () => {
    const master = await masterWithSecondFactor()
    const bystander = await masterWithSecondFactor()
    const before = await kept(bystander.id)
    await rig.store.execute(`UPDATE users SET locked_until = now() + interval '1 hour' WHERE id = $1`, [master.id])
    const screen = await Screen.open(rig, master)
    const done = await recover(` ${master.email.toUpperCase()} `, true)
    expect(done).toMatchObject({ name: master.name, language: 'pl', endedSessions: 1, removedPasskeys: 1 })
    expect(done.asksForPasskey).toBe(false)

    expect(await screen.closed(8_000)).toBe(4002)
    await eventually(async () => (await master.call('GET', '/api/auth/me')).status === 401, { deadlineMs: 15_000 })
    expect((await logIn(master.email, master.password)).status, 'the lost password').toBe(401)
    const signedIn = await logIn(master.email, done.temporaryPassword)
    expect(signedIn.status).toBe(200)
    const call = caller(rig.backend, signedIn.body.access_token)
    expect((await call('GET', '/api/users')).body.error.code).toBe('PASSWORD_CHANGE_REQUIRED')
    const change = { current_password: done.temporaryPassword, new_password: 'Zielony-Rower-48' }
    expect((await call('POST', '/api/auth/password', change)).status).toBeLessThan(300)
    expect((await call('GET', '/api/users')).status).toBe(200)
    expect((await logIn(master.email, done.temporaryPassword)).status).toBe(401)
    expect(await kept(bystander.id)).toEqual(before)
    expect(await record()).toEqual([
      {
        action: 'MASTER_RECOVERY',
        actor_kind: 'system',
        entity_id: master.id,
        after: { ...by, forget_passkeys: true, removed_passkeys: 1, ended_sessions: 1 },
      },
    ])
    expect(JSON.stringify(await record())).not.toContain(done.temporaryPassword)
  })

  it('keeps passkeys and second factor unless told otherwise', async () => {
    const master = await masterWithSecondFactor()
    const done = await recover(master.email, false)
    expect(done).toMatchObject({ removedPasskeys: 0, asksForPasskey: true })
    expect((await logIn(master.email, done.temporaryPassword)).body.error.code).toBe('SECOND_FACTOR_REQUIRED')
  })

  it('does it for a MASTER who is active only, and changes nothing else', async () => {
    const [admin, gone] = [await rig.person('ADMIN'), await rig.person('MASTER')]
    await rig.store.execute(`UPDATE users SET active = false WHERE id = $1`, [gone.id])
    const entries = (await record()).length
    const before = [await kept(admin.id), await kept(gone.id)]
    const ask = (email: string) => recoverMaster(rig.store, { email, forgetPasskeys: true, ...by })
    expect(await ask(admin.email)).toEqual({ outcome: 'not_master' })
    expect(await ask(gone.email)).toEqual({ outcome: 'inactive' })
    expect(await ask('nobody@example.test')).toEqual({ outcome: 'unknown' })
    expect([await kept(admin.id), await kept(gone.id)]).toEqual(before)
    expect(await record()).toHaveLength(entries)
  })
})

it('the login of the processes is refused, and nothing is changed', async () => {
  const database = await testDatabase()
  const store = await openStore({ url: database.appUrl, poolSize: 2, applicationName: 'backend-test' })
  try {
    const email = 'master@example.test'
    await addPeople(store, [{ email, name: 'Anna', role: 'MASTER', password: 'Bardzo-Dlugie-Haslo-7341' }])
    const before = await store.query(`SELECT * FROM users`)
    expect(await recoverMaster(store, { email, forgetPasskeys: true, ...by })).toEqual({ outcome: 'not_owner' })
    expect(await store.query(`SELECT * FROM users`)).toEqual(before)
  } finally {
    await store.close()
    await database.close()
  }
})
