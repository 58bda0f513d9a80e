// Spec 06: users below the own rank, nobody the own role; sessions and sockets end with a role, a site or a password.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Rig, type Signed, signIn, startRig } from './rig.ts'
import { Screen } from './screen.ts'

let rig: Rig
let master: Signed
let admin: Signed
beforeAll(async () => {
  rig = await startRig()
  master = await rig.person('MASTER')
  admin = await rig.person('ADMIN')
}, 60_000)
afterAll(() => rig.close())

const version = async (id: string): Promise<number> => (await master.call('GET', `/api/users/${id}`)).body.version
const edit = async (actor: Signed, id: string, change: object) =>
  actor.call('PATCH', `/api/users/${id}`, { version: await version(id), ...change })

describe('ranks', () => {
  it('let an ADMIN give and take roles below the own one only', async () => {
    const operator = await rig.person('OPERATOR')
    const other = await rig.person('ADMIN')
    const cases: [Signed, string, object, number][] = [
      [admin, operator.id, { role: 'TECHNICIAN' }, 200],
      [admin, operator.id, { role: 'ADMIN' }, 403],
      [admin, operator.id, { role: 'MASTER' }, 403],
      [admin, other.id, { role: 'OPERATOR' }, 403],
      [admin, other.id, { active: false }, 403],
      [admin, master.id, { name: 'Nikt Ważny' }, 403],
      [admin, admin.id, { role: 'MASTER' }, 403],
      [admin, admin.id, { role: 'OPERATOR' }, 403],
      [admin, admin.id, { active: false }, 403],
      [admin, admin.id, { language: 'en' }, 200],
      [master, master.id, { role: 'ADMIN' }, 403],
      [master, master.id, { active: false }, 403],
      [master, other.id, { role: 'OPERATOR' }, 200],
    ]
    for (const [actor, id, change, status] of cases) {
      const answer = await edit(actor, id, change)
      expect(answer.status, `${actor.name} ${JSON.stringify(change)}: ${JSON.stringify(answer.body)}`).toBe(status)
    }
    for (const path of ['reset-password', 'unlock']) {
      expect((await admin.call('POST', `/api/users/${master.id}/${path}`)).status).toBe(403)
    }
    expect((await admin.call('DELETE', `/api/users/${master.id}/sessions`)).status).toBe(403)
    expect((await admin.call('GET', `/api/users/${master.id}/sessions`)).status).toBe(403)
    const created = await admin.call('POST', '/api/users', { email: 'x@example.test', name: 'Ktoś', role: 'ADMIN' })
    expect(created.status).toBe(403)
  })

  it('hold when two of them act on each other at once: one stays', async () => {
    const [one, two] = [await rig.person('MASTER'), await rig.person('MASTER')]
    const versions = [await version(one.id), await version(two.id)]
    const answers = await Promise.all([
      one.call('PATCH', `/api/users/${two.id}`, { version: versions[1], active: false }),
      two.call('PATCH', `/api/users/${one.id}`, { version: versions[0], active: false }),
    ])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401])
  })
})

describe('a new person', () => {
  it('gets a temporary password once, and has to change it', async () => {
    const site = await rig.site()
    const email = 'nowy@example.test'
    const request = { email, name: 'Nowy Technik', role: 'TECHNICIAN', site_ids: [site] }
    const { status, body } = await admin.call('POST', '/api/users', request, { 'idempotency-key': 'create-nowy' })
    expect(status).toBe(200)
    expect(body.user).toMatchObject({ email, role: 'TECHNICIAN', must_change_password: true, site_ids: [site] })
    const kept = await rig.store.query<{ text: string }>(
      `SELECT row_to_json(k)::text AS text FROM idempotency_keys k UNION ALL SELECT row_to_json(a)::text FROM audit_log a`,
    )
    expect(kept.map(({ text }) => text).join('\n')).not.toContain(body.temporary_password)
    const person = await signIn(rig.backend, { email, name: 'Nowy Technik', password: body.temporary_password })
    expect((await person.call('GET', '/api/sites')).body.error.code).toBe('PASSWORD_CHANGE_REQUIRED')
    expect((await admin.call('POST', '/api/users', request)).body.error.code).toBe('USER_EMAIL_TAKEN')
    const nowhere = { ...request, email: 'inny@example.test', site_ids: [admin.id] }
    expect((await admin.call('POST', '/api/users', nowhere)).body.error.code).toBe('SITE_NOT_FOUND')
    expect((await admin.call('GET', '/api/users?text=inny@example')).body.data).toEqual([])
  })
})

describe('sessions', () => {
  it('end with the role, sockets included', async () => {
    const person = await rig.person('OPERATOR')
    const screen = await Screen.open(rig, person)
    expect((await edit(admin, person.id, { role: 'FIELD_WORKER' })).status).toBe(200)
    expect(await screen.closed()).toBe(4002)
    expect((await person.call('GET', '/api/auth/me')).body.error.code).toBe('SESSION_ENDED')
  })

  it('see new sites at once, and their sockets start anew', async () => {
    const site = await rig.site()
    const person = await rig.person('TECHNICIAN')
    expect((await person.call('GET', `/api/sites/${site}`)).status).toBe(404)
    const screen = await Screen.open(rig, person)
    const change = { version: await version(person.id), site_ids: [site] }
    expect((await admin.call('PUT', `/api/users/${person.id}/sites`, change)).status).toBe(200)
    expect((await person.call('GET', `/api/sites/${site}`)).status).toBe(200)
    expect((await admin.call('GET', `/api/users/${person.id}/sites`)).body.data).toMatchObject([{ id: site }])
    expect(await screen.closed(8_000)).toBe(4002)
    const stale = await admin.call('PUT', `/api/users/${person.id}/sites`, change)
    expect(stale.body.error.code).toBe('USER_STALE_VERSION')
  })

  it('of a token with another role than the database end at the first sensitive act', async () => {
    const person = await rig.person('ADMIN')
    await rig.store.execute(`UPDATE users SET role = 'MASTER' WHERE id = $1`, [person.id])
    const answer = await edit(person, admin.id, { name: 'Podniesiony' })
    expect(answer.body.error.code).toBe('SESSION_ENDED')
    expect((await person.call('GET', '/api/auth/me')).status).toBe(401)
  })

  it('are listed by device, and one can be ended without the others', async () => {
    const here = await rig.person('OPERATOR')
    const there = await signIn(rig.backend, here)
    const { data } = (await here.call('GET', '/api/auth/sessions')).body
    expect(data).toHaveLength(2)
    const other = data.find((session: { current: boolean }) => !session.current)
    expect((await here.call('DELETE', `/api/auth/sessions/${other.id}`)).status).toBe(204)
    expect((await there.call('GET', '/api/auth/me')).status).toBe(401)
    expect((await here.call('GET', '/api/auth/me')).status).toBe(200)
    expect((await here.call('DELETE', `/api/auth/sessions/${other.id}`)).body.error.code).toBe('SESSION_NOT_FOUND')
    expect((await admin.call('GET', `/api/users/${here.id}/sessions`)).body.data).toHaveLength(1)
    expect((await admin.call('DELETE', `/api/users/${here.id}/sessions`)).status).toBe(204)
    expect((await here.call('GET', '/api/auth/me')).status).toBe(401)
  })
})

describe('one session of somebody else', () => {
  it('is ended by who may administer them, and by nobody through another person', async () => {
    const person = await rig.person('OPERATOR')
    const there = await signIn(rig.backend, person)
    const bystander = await rig.person('OPERATOR')
    const { data } = (await admin.call('GET', `/api/users/${person.id}/sessions`)).body
    expect(data).toHaveLength(2)
    const [session] = data
    const path = (user: string) => `/api/users/${user}/sessions/${session.id}`
    expect((await admin.call('DELETE', path(bystander.id))).body.error.code).toBe('SESSION_NOT_FOUND')
    expect((await admin.call('DELETE', path(master.id))).body.error.code).toBe('FORBIDDEN')
    expect((await admin.call('DELETE', path(person.id))).status).toBe(204)
    const left = [(await person.call('GET', '/api/auth/me')).status, (await there.call('GET', '/api/auth/me')).status]
    expect(left.toSorted()).toEqual([200, 401])
    const [entry] = (await master.call('GET', `/api/audit?entity_type=session&entity_id=${session.id}&limit=1`)).body
      .data
    expect(entry).toMatchObject({ action: 'SESSION_ENDED', actor: { id: admin.id }, before: { user_id: person.id } })
  })
})

describe('the own profile', () => {
  it('lets everybody change how they are called and in which language, and nothing else', async () => {
    const person = await rig.person('FIELD_WORKER')
    const change = { name: 'Nowe Nazwisko', language: 'en', role: 'MASTER', active: false }
    const { status, body } = await person.call('PATCH', '/api/auth/me', change)
    expect([status, body.name, body.language, body.role]).toEqual([200, 'Nowe Nazwisko', 'en', 'FIELD_WORKER'])
    expect((await person.call('GET', '/api/auth/me')).body).toMatchObject({
      name: 'Nowe Nazwisko',
      role: 'FIELD_WORKER',
    })
    const [entry] = (await master.call('GET', `/api/audit?entity_id=${person.id}&action=USER_EDIT`)).body.data
    expect(entry).toMatchObject({
      before: { name: person.name },
      after: { name: 'Nowe Nazwisko', role: 'FIELD_WORKER' },
    })
    expect((await person.call('PATCH', '/api/auth/me', { name: ' ' })).status).toBe(400)
  })
})

describe('roles', () => {
  it('are told with what they may do and where', async () => {
    const { data } = (await admin.call('GET', '/api/roles')).body
    const of = (role: string) => data.find((one: { role: string }) => one.role === role)
    expect(of('OPERATOR')).toMatchObject({ sites: 'all', permissions: expect.arrayContaining(['alarm:write']) })
    expect(of('TECHNICIAN')).toMatchObject({ sites: 'assigned' })
    expect(of('TECHNICIAN').permissions).not.toContain('alarm:write')
    expect(of('ADMIN').permissions).not.toContain('sms_raw:read')
  })
})

describe('a locked person', () => {
  it('is let in again after unlock, and with a reset password only with the new one', async () => {
    const person = await rig.person('OPERATOR')
    await rig.store.execute(
      `UPDATE users SET failed_logins = 10, locked_until = now() + interval '30 minutes' WHERE id = $1`,
      [person.id],
    )
    await expect(signIn(rig.backend, person)).rejects.toThrow('INVALID_CREDENTIALS')
    expect((await admin.call('GET', `/api/users/${person.id}`)).body.locked_until).not.toBeNull()
    const locked = (await admin.call('GET', '/api/users?active=locked')).body
    expect(locked.data.map(({ id }: { id: string }) => id)).toEqual([person.id])
    expect((await admin.call('POST', `/api/users/${person.id}/unlock`)).body.locked_until).toBeNull()
    await signIn(rig.backend, person)
    const { body } = await admin.call('POST', `/api/users/${person.id}/reset-password`)
    await expect(signIn(rig.backend, person)).rejects.toThrow('INVALID_CREDENTIALS')
    await signIn(rig.backend, { ...person, password: body.temporary_password })
    const audit = await admin.call('GET', `/api/audit?entity_type=user&entity_id=${person.id}`)
    const actions = audit.body.data.map((entry: { action: string }) => entry.action)
    expect(actions).toEqual(expect.arrayContaining(['USER_UNLOCK', 'PASSWORD_RESET']))
  })
})
