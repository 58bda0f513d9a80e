// Spec 06 "Roles and permissions": every route × every role against the two tables, and nonsense to every route.
import { humanRoles } from '@stam/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RouteAccess, rolePermissions, routeAccess } from '../src/identity/permissions.ts'
import { type Rig, type Signed, startRig } from './rig.ts'

let rig: Rig
const people = new Map<string, Signed>()
let ownSite: string
beforeAll(async () => {
  rig = await startRig()
  ownSite = await rig.site()
  for (const role of humanRoles) people.set(role, await rig.person(role, [ownSite]))
})
afterAll(() => rig.close())

const routes = Object.entries(routeAccess).map(([key, access]) => {
  const [method, url] = key.split(' ') as [string, string]
  return { method, url, access }
})
const guarded = routes.filter(({ access }) => access.needs !== 'public')
// Ends the session it is called with; proved in its own test.
const harmless = guarded.filter(({ url }) => !url.endsWith('/logout-all'))
const filled = (url: string) => url.replace(':id', crypto.randomUUID()).replace(':number', '1')
const send = (method: string, url: string, token: string | null, payload?: unknown) =>
  rig.backend.app.inject({
    method: method as 'GET',
    url,
    headers: { 'x-requested-with': 'test', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    ...(payload === undefined ? {} : { payload: payload as object }),
  })

describe('every route', () => {
  it.each(guarded)('$method $url is closed to strangers', async ({ method, url }) => {
    expect((await send(method, filled(url), null)).statusCode).toBe(401)
    expect((await send(method, filled(url), 'x'.repeat(40))).statusCode).toBe(401)
  })

  const cells = harmless.flatMap((route) => humanRoles.map((role) => ({ ...route, role })))
  it.each(cells)('$method $url for $role', async ({ method, url, access, role }) => {
    const person = people.get(role) as Signed
    const answer = await send(method, filled(url), person.token, method === 'GET' ? undefined : {})
    // Nobody here has a PIN, without which a console cannot be locked.
    if (may(role, access))
      expect([200, 204, 400, 404, ...(url === '/api/auth/lock' ? [409] : [])]).toContain(answer.statusCode)
    else {
      expect(answer.statusCode).toBe(403)
      expect(answer.json().error.code).toBe('FORBIDDEN')
    }
  })
})

function may(role: (typeof humanRoles)[number], access: RouteAccess): boolean {
  if (access.needs === 'session' || access.needs === 'public') return true
  return (rolePermissions[role] as ReadonlySet<string>).has(access.needs)
}

describe('a person whose password has to be changed', () => {
  it('gets to nothing but that', async () => {
    const { addPeople } = await import('../src/index.ts')
    const password = 'Tymczasowe-Haslo-8852'
    await addPeople(rig.store, [
      { email: 'new@example.test', name: 'Nowy', role: 'OPERATOR', password, mustChangePassword: true },
    ])
    const login = await send('POST', '/api/auth/login', null, { email: 'new@example.test', password })
    const token = login.json().access_token
    expect(login.json().user.must_change_password).toBe(true)
    for (const { method, url, access } of harmless.filter((route) => !route.access.beforePasswordChange)) {
      const answer = await send(method, filled(url), token, method === 'GET' ? undefined : {})
      expect([answer.statusCode, answer.json().error.code], `${method} ${url} ${access.needs}`).toEqual([
        403,
        'PASSWORD_CHANGE_REQUIRED',
      ])
    }
    const changed = await send('POST', '/api/auth/password', token, {
      current_password: password,
      new_password: 'Zupelnie-Nowe-9963',
    })
    expect(changed.statusCode).toBe(204)
    expect((await send('GET', '/api/alarms', token)).statusCode).toBe(200)
  })
})

describe('nonsense', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      '\u0000',
      '',
      '%',
      "' OR 1=1 --",
      '{}',
      '../../etc/passwd',
      'ąęłŻ',
      '9'.repeat(30),
      '-1',
      'NaN',
      'null',
    ),
  )
  const value: fc.Arbitrary<unknown> = fc.oneof(
    text,
    fc.integer(),
    fc.double(),
    fc.constantFrom(null, true, 2 ** 31, 2 ** 53 - 1, 1, [], {}, '2026-01-01T00:00:00.000Z', crypto.randomUUID()),
  )
  const names = [
    'version',
    'note',
    'disposition',
    'reason',
    'until',
    'active',
    'site_id',
    'priority',
    'description',
    'alarm_ids',
    'name',
    'code',
    'type',
    'host',
    'port',
    'settings',
    'contacts',
    'priority_overrides',
    'integration_key',
    'time_zone',
    'latitude',
    'archived',
  ]
  const body = fc.oneof(
    { weight: 4, arbitrary: fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 12 }) },
    { weight: 1, arbitrary: value },
  )
  const queries = [
    'after',
    'limit',
    'page',
    'status',
    'priority',
    'stream',
    'text',
    'from',
    'to',
    'sort',
    'order',
    'assignee',
    'test',
    'partition',
    'mode',
  ]
  const query = fc.dictionary(fc.constantFrom(...queries), text, { maxKeys: 4 })

  it('that only the database can tell is refused like the rest', async () => {
    const master = people.get('MASTER') as Signed
    const id = await rig.alarm(await rig.panel(ownSite))
    const huge = Number.MAX_SAFE_INTEGER
    const cases: ['GET' | 'POST' | 'PATCH', string, object?][] = [
      ['GET', '/api/alarms?text=%00'],
      ['POST', `/api/alarms/${id}/note`, { version: 1, note: 'a\u0000bcdefghijkl' }],
      ['POST', '/api/alarms', { site_id: ownSite, priority: 'INFO', description: 'zgłoszenie \u0000' }],
      ['PATCH', `/api/sites/${ownSite}`, { version: huge, name: 'Sklep' }],
    ]
    for (const [method, url, payload] of cases) {
      const answer = await master.call(method, url, payload)
      expect([answer.status, answer.body.error?.code], url).toEqual([400, 'INVALID_REQUEST'])
    }
  })

  it('never gets a 5xx, whoever sends it wherever', async () => {
    const master = people.get('MASTER') as Signed
    const panel = await rig.panel(ownSite)
    const ids = [crypto.randomUUID(), await rig.alarm(panel), ownSite, panel]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...harmless),
        fc.constantFrom(...ids, 'x'),
        body,
        query,
        async (route, id, payload, asked) => {
          const url = `${route.url.replace(':id', id).replace(':number', '3')}?${new URLSearchParams(asked).toString()}`
          const answer = await rig.backend.app.inject({
            method: route.method as 'GET',
            url,
            headers: { authorization: `Bearer ${master.token}`, 'content-type': 'application/json' },
            ...(route.method === 'GET' ? {} : { payload: JSON.stringify(payload) ?? 'null' }),
          })
          expect(answer.statusCode, `${route.method} ${url} ${JSON.stringify(payload)}: ${answer.body}`).toBeLessThan(
            500,
          )
          if (answer.statusCode >= 400) expect(answer.json().error.code).toMatch(/^[A-Z_]+$/)
        },
      ),
      { numRuns: 3_000 },
    )
  }, 120_000)
})

describe('many logins at once', () => {
  it('are worked off one by one, refused past the queue, and hold nothing else up', async () => {
    const small = await startRig({ config: { hashesAtOnce: 1, hashesWaiting: 4 } })
    try {
      const operator = await small.person('OPERATOR')
      const login = () =>
        small.backend.app.inject({
          method: 'POST',
          url: '/api/auth/login',
          payload: { email: operator.email, password: operator.password },
        })
      const logins = Promise.all(Array.from({ length: 20 }, login))
      const meanwhile = await operator.call('GET', '/api/auth/me')
      expect(meanwhile.status).toBe(200)
      const answers = await logins
      const statuses = answers.map((answer) => answer.statusCode)
      expect(statuses.filter((status) => status === 200)).toHaveLength(5)
      expect(statuses.filter((status) => status === 429)).toHaveLength(15)
      const refused = answers.find((answer) => answer.statusCode === 429)
      expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0)
    } finally {
      await small.close()
    }
  }, 60_000)
})
