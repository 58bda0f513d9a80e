// Spec 06 "Roles and permissions": every registered route and every channel × everybody × own, foreign and unassigned sites.
import { type HumanRole, humanRoles, type ServiceRole, systemRoles } from '@stam/contracts'
import { eventually } from '@stam/testkit'
import type * as fastifyModule from 'fastify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createAccessTokens } from '../src/identity/access-tokens.ts'
import { fixedSigningKeys } from '../src/identity/signing-keys.ts'
import { generateSigningKey, issueServiceToken } from '../src/index.ts'
import { channelMatrix, initials, type MatrixRow, roleMatrix } from '../src/identity/role-matrix.ts'
import { createKeyring, Secret, systemClock } from '@stam/runtime'
import { type Rig, type Signed, signIn, startRig } from './rig.ts'
import { Screen } from './screen.ts'

const registered = vi.hoisted(() => new Set<string>())
vi.mock('fastify', async (importOriginal) => {
  const real = await importOriginal<typeof fastifyModule>()
  const watched = ((options?: object) => {
    const app = real.fastify(options as never)
    app.addHook('onRoute', (route) => {
      for (const method of [route.method].flat()) registered.add(`${method} ${route.url}`)
    })
    return app
  }) as typeof real.fastify
  return { ...real, default: watched, fastify: watched, Fastify: watched }
})

const sites = ['own', 'foreign', 'unassigned'] as const
type SiteKind = (typeof sites)[number]
interface World {
  readonly site: string
  readonly panel: string
  /** Where the panel is, so that trying it is answered by its own link. */
  readonly port: number
  readonly alarm: string
  readonly secret: string
  readonly name: string
}
/** Nobody in particular, and how they are answered: without a token, or with one that is not good (any more). */
const strangers = ['nobody', 'expired', 'forged', 'unsigned', 'logged-out', 'deactivated'] as const
type Stranger = (typeof strangers)[number]

let rig: Rig
const worlds = {} as Record<SiteKind, World>
const people = {} as Record<HumanRole | 'TECHNICIAN without sites', Signed>
const services = {} as Record<ServiceRole, string>
const tokens = {} as Record<Stranger, string | null>
/** Somebody below everybody who administers. */
let victim: Signed
let combinations = 0

beforeAll(async () => {
  rig = await startRig()
  const keyToken = createKeyring(rig.config.encryptionKey as Secret).encrypt('KANAREK')
  for (const kind of sites) {
    const name = `Kanarek-${kind}`
    const site = await rig.site({ name, code: `KAN-${kind}`.slice(0, 20), city: `Miasto-${kind}` })
    const panel = await rig.panel(site)
    const port = 31_000 + sites.indexOf(kind)
    await rig.store.execute(`UPDATE panels SET integration_key_encrypted = $2, port = $3 WHERE id = $1`, [
      panel,
      keyToken,
      port,
    ])
    const secret = crypto.randomUUID()
    await rig.store.execute(
      `INSERT INTO secrets (id, site_id, panel_id, kind, label, value_encrypted, updated_by) VALUES ($1, $2, $3, 'PANEL_USER_CODE', $4, $5, 'x')`,
      [secret, site, panel, `Kod-${kind}`, keyToken],
    )
    worlds[kind] = { site, panel, port, secret, name, alarm: await rig.alarm(panel, { object_name: `Czujka-${kind}` }) }
  }
  const own = [worlds.own.site]
  for (const role of humanRoles) people[role] = await rig.person(role, scoped(role) ? own : [])
  await rig.person('TECHNICIAN', [worlds.foreign.site])
  people['TECHNICIAN without sites'] = await rig.person('TECHNICIAN')
  victim = await rig.person('FIELD_WORKER')
  for (const role of systemRoles) {
    services[role] = (await issueServiceToken(rig.store, { name: role, role, days: 1 })) as string
  }
  await makeStrangers()
}, 120_000)
afterAll(() => rig.close())

async function makeStrangers(): Promise<void> {
  const master = people.MASTER
  const claims = JSON.parse(Buffer.from(master.token.split('.')[1] as string, 'base64url').toString())
  const subject = { sub: claims.sub, sid: claims.sid, role: 'MASTER', name: master.name } as const
  const hourAgo = { ...systemClock, now: () => Date.now() - 3_600_000 }
  tokens.nobody = null
  const genuine = await fixedSigningKeys(rig.config.jwtPrivateKey as Secret)
  tokens.expired = await createAccessTokens(genuine, hourAgo).issue(subject)
  const foreign = await fixedSigningKeys(new Secret(generateSigningKey()))
  tokens.forged = await createAccessTokens(foreign, systemClock).issue(subject)
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url')
  tokens.unsigned = `${none}.${master.token.split('.')[1]}.`
  const gone = await rig.person('MASTER')
  const headers = { cookie: gone.cookie, 'x-requested-with': 'test' }
  await rig.backend.app.inject({ method: 'POST', url: '/api/auth/logout', headers })
  tokens['logged-out'] = gone.token
  const inactive = await rig.person('MASTER')
  await rig.store.execute(`UPDATE users SET active = false WHERE id = $1`, [inactive.id])
  tokens.deactivated = inactive.token
}

const scoped = (role: HumanRole) => role === 'TECHNICIAN' || role === 'FIELD_WORKER'
const isApi = (route: string) => /^\S+ \/(api\/(?!docs)|\.well-known\/)/.test(route)
const endsSession = (route: string) => route.endsWith('/logout-all')
const routes = Object.keys(roleMatrix).toSorted((a, b) => Number(endsSession(a)) - Number(endsSession(b)))

const sessionIdOf = (of: Signed): string =>
  JSON.parse(Buffer.from(of.token.split('.')[1] as string, 'base64url').toString()).sid

/** Of the right shape, and nothing in it. */
const noPasskey = {
  id: 'AAAA',
  rawId: 'AAAA',
  type: 'public-key',
  response: { clientDataJSON: 'e30', attestationObject: 'oA', authenticatorData: 'AA', signature: 'AA' },
}
let number = 0
/** A request that is in order, so that only who asks and for what can make the difference. */
function bodyOf(route: string, world: World): object | undefined {
  const version = 1
  const known: Record<string, object> = {
    'POST /api/auth/login': { email: 'nobody@example.test', password: 'not-the-password' },
    'POST /api/auth/password': { current_password: people.MASTER.password, new_password: 'haslo12345' },
    'POST /api/auth/passkeys/question': {},
    'POST /api/auth/passkeys': { name: 'Klucz', answer: noPasskey },
    'PATCH /api/auth/passkeys/:id': { name: 'Klucz' },
    'POST /api/auth/passkeys/:id/remove': {},
    'POST /api/auth/passkeys/login-question': {},
    'POST /api/auth/passkeys/login': { answer: noPasskey },
    'PUT /api/auth/second-factor': { enabled: false },
    'PUT /api/auth/pin': { pin: null },
    'PUT /api/auth/lock-after': { minutes: null },
    'POST /api/auth/lock': {},
    'POST /api/auth/unlock': { pin: '2580' },
    'POST /api/setup': { code: 'x', name: 'Anna Nowak', email: 'anna@example.test', password: 'Zielony-Rower-48' },
    'POST /api/alarms': { site_id: world.site, priority: 'INFO', description: 'Zgłoszenie z obiektu' },
    'POST /api/alarms/presented': { alarm_ids: [world.alarm] },
    'POST /api/alarms/:id/close': { version, disposition: 'FALSE', note: 'Pomyłka obsługi' },
    'POST /api/users': { email: `n${++number}@example.test`, name: 'Nowa Osoba', role: 'FIELD_WORKER' },
    'PATCH /api/auth/me': { language: 'pl' },
    'PATCH /api/users/:id': { version, name: 'Ktoś Inny' },
    'PUT /api/users/:id/sites': { version, site_ids: [] },
    'POST /api/sites': { code: `N-${++number}`, name: 'Nowy obiekt', type: 'SHOP' },
    'PATCH /api/sites/:id': { version, notes: 'zmiana' },
    'POST /api/sites/:id/archive': { version: 9_999 },
    'POST /api/sites/:id/secrets': { kind: 'OTHER', label: 'Skrytka', value: '2468' },
    'PUT /api/secrets/:id': { version: 9_999, label: 'inaczej' },
    'POST /api/secrets/:id/reveal': { reason: 'przegląd roczny' },
    'POST /api/secrets/panel-integration-key/:id/reveal': { reason: 'przegląd roczny' },
    'POST /api/panels': { site_id: world.site, name: 'Nowa', host: '10.0.0.2', port: 20_000 + number++ },
    'PATCH /api/panels/:id': { version, name: 'Centrala' },
    'POST /api/panels/try-connection': { panel_id: world.panel, host: '10.0.0.1', port: world.port },
    'POST /api/panels/:id/connection-release': { reason: 'wgranie ustawień', duration_minutes: 5 },
    'PATCH /api/panels/:id/zones/:number': { version, priority_overrides: { ALARM: 'WARNING' } },
  }
  if (known[route]) return known[route]
  if (route.includes('/dead-letters/'))
    return route.startsWith('POST') ? { ids: ['none'], reason: 'próba roli' } : undefined
  if (route.endsWith('-mode')) return { version, active: true, reason: 'przegląd instalacji' }
  if (/\/api\/alarms\/:id\//.test(route) && !route.startsWith('GET'))
    return { version, note: 'Notatka jest długa dość' }
  return undefined
}

function urlOf(route: string, world: World): string {
  const path = (route.split(' ')[1] as string).replace(':number', '1').replace(':session', world.site)
  if (path.startsWith('/api/alarms')) return path.replace(':id', world.alarm)
  if (path.startsWith('/api/panels') || path.includes('panel-integration-key')) return path.replace(':id', world.panel)
  // Removing with a version that is not the one: everybody who may gets that far, and the next one finds it still.
  if (path.startsWith('/api/secrets')) {
    return `${path.replace(':id', world.secret)}${route.startsWith('DELETE') ? '?version=9999' : ''}`
  }
  if (path.startsWith('/api/users')) return path.replace(':id', victim.id)
  if (path.startsWith('/api/auth/sessions')) return path.replace(':id', sessionIdOf(victim))
  return path.replace(':id', world.site)
}

async function ask(route: string, world: World, token: string | null) {
  const method = route.split(' ')[0] as 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  const payload = bodyOf(route, world)
  const answer = await rig.backend.app.inject({
    method,
    url: urlOf(route, world),
    headers: { 'x-requested-with': 'test', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    ...(payload && { payload }),
  })
  combinations++
  const code = answer.body.startsWith('{"error"') ? answer.json().error.code : null
  return { status: answer.statusCode, code, text: answer.body }
}

/** Whatever somebody who may not see this world could recognise it by. */
const tracesOf = (world: World, kind: SiteKind) => [
  world.site,
  world.panel,
  world.alarm,
  world.secret,
  `Kod-${kind}`,
  world.name,
  `KAN-${kind}`,
  `Miasto-${kind}`,
  `Czujka-${kind}`,
]

function expectHidden(text: string, kinds: readonly SiteKind[], what: string): void {
  for (const kind of kinds) {
    for (const trace of tracesOf(worlds[kind], kind)) {
      expect(text.includes(trace), `${what} tells of ${kind}: ${trace}`).toBe(false)
    }
  }
}

describe('every route', () => {
  it('has a row in the matrix, and every row a route', () => {
    expect([...registered].filter(isApi).toSorted(), 'identity/role-matrix.ts').toEqual(
      Object.keys(roleMatrix).toSorted(),
    )
  })

  it.each(routes)(
    '%s answers everybody as the matrix says',
    async (route) => {
      const row = roleMatrix[route] as MatrixRow
      for (const kind of sites) {
        const world = worlds[kind]
        for (const stranger of strangers) {
          const answer = await ask(route, world, tokens[stranger])
          const what = `${route} of ${kind} for ${stranger}`
          if (typeof row.roles === 'object') expect(answer.status, what).toBe(row.roles.public)
          else expect(answer.status, what).toBe(401)
          expectHidden(answer.text, sites, what)
        }
        for (const role of systemRoles) {
          const answer = await ask(route, world, services[role])
          const what = `${route} of ${kind} for ${role}`
          if (typeof row.roles === 'object') expect(answer.status, what).toBe(row.roles.public)
          else if (row.services?.includes(role)) expect(answer.status, what).toBe(200)
          else expect([answer.status, answer.code], what).toEqual([403, 'FORBIDDEN'])
          expectHidden(answer.text, sites, what)
        }
        for (const role of humanRoles) await checkRole(route, row, kind, role, people[role])
        await checkRole(route, row, kind, 'TECHNICIAN', people['TECHNICIAN without sites'], [])
      }
    },
    120_000,
  )

  async function checkRole(
    route: string,
    row: MatrixRow,
    kind: SiteKind,
    role: HumanRole,
    person: Signed,
    assigned: readonly SiteKind[] = ['own'],
  ): Promise<void> {
    const what = `${route} of ${kind} for ${person.name} (${assigned.join() || 'no sites'})`
    const token = endsSession(route) ? (await signIn(rig.backend, person)).token : person.token
    const answer = await ask(route, worlds[kind], token)
    if (endsSession(route)) Object.assign(person, await signIn(rig.backend, person))
    const sees = !scoped(role) || assigned.includes(kind)
    if (typeof row.roles === 'object') expect(answer.status, what).toBe(row.roles.public)
    else if (!row.roles.includes(initials[role])) expect(answer.code, what).toBe('FORBIDDEN')
    else if (row.always) expect(answer.code, what).toBe(row.always)
    else if (!sees && row.foreign.endsWith('_NOT_FOUND')) expect(answer.code, what).toBe(row.foreign)
    else {
      expect([200, 202, 204, 409, 422], `${what}: ${answer.text.slice(0, 300)}`).toContain(answer.status)
      if (row.foreign === 'absent' && sees && route.startsWith('GET')) {
        expect(answer.text, `${what} shows what may be seen`).toContain(worlds[kind].site)
      }
    }
    if (scoped(role)) {
      const hidden = sites.filter((site) => !assigned.includes(site))
      expectHidden(answer.text, hidden, what)
    }
  }
})

describe('searching and counting', () => {
  it('finds and counts nothing of other sites', async () => {
    for (const [person, visible] of [
      [people.TECHNICIAN, 1],
      [people.FIELD_WORKER, 1],
      [people['TECHNICIAN without sites'], 0],
    ] as const) {
      for (const kind of ['foreign', 'unassigned'] as const) {
        const { site, panel, alarm, name } = worlds[kind]
        for (const url of [
          `/api/sites?text=${name}&status=all`,
          `/api/panels?site_id=${site}`,
          `/api/panels?text=${name}`,
          `/api/alarms?site_id=${site}&status=NEW,CLOSED,ACK,IN_PROGRESS,RESOLVED`,
          `/api/alarms?text=${name}&sort=priority`,
          `/api/events?site_id=${site}`,
          `/api/events?panel_id=${panel}`,
          `/api/events?alarm_id=${alarm}&order=oldest`,
        ]) {
          const { status, body } = await person.call('GET', url)
          combinations++
          expect(status, url).toBe(200)
          expect(body.data, `${url} for ${person.name}`).toEqual([])
          if (body.pagination) expect(body.pagination.total, url).toBe(0)
        }
      }
      const all = await person.call('GET', '/api/sites?status=all')
      expect(all.body.pagination.total).toBe(visible)
      const { counts } = (await person.call('GET', '/api/alarms')).body
      const own = await rig.store.query(
        `SELECT FROM alarms WHERE status <> 'CLOSED' AND NOT test_mode AND site_id = $1`,
        [visible ? worlds.own.site : worlds.own.panel],
      )
      expect(counts.CRITICAL + counts.WARNING + counts.INFO).toBe(own.length)
      const seen = await eventually(async () => {
        const { panels } = (await person.call('GET', '/api/system/status')).body
        return visible === 0 || panels.total > 0 ? panels : undefined
      })
      const rows = await rig.store.query(`SELECT FROM panels WHERE site_id = $1`, [worlds.own.site])
      expect(seen.total).toBeLessThanOrEqual(visible * rows.length)
    }
  })

  it('records nothing as seen that was not', async () => {
    const id = people.FIELD_WORKER.id
    const seen = await rig.store.query<{ alarm_id: string }>(
      `SELECT alarm_id FROM alarm_presentations WHERE user_id = $1`,
      [id],
    )
    expect(seen).toEqual([{ alarm_id: worlds.own.alarm }])
  })
})

describe('every channel', () => {
  it.each(humanRoles)(
    'tells a %s of their sites, live and replayed, and of no other',
    async (role) => {
      await rig.relay()
      const person = people[role]
      const screen = await Screen.open(rig, person)
      const channels = ['alarms', 'panels', 'system', ...sites.map((kind) => `panel:${worlds[kind].panel}`)]
      screen.resume(0, channels)
      await screen.heard('replay_done')
      const fresh: Partial<Record<SiteKind, string>> = {}
      for (const kind of sites.toReversed()) {
        fresh[kind] = await rig.alarm(worlds[kind].panel, {
          default_priority: 'WARNING',
          object_name: `Czujka-${kind}`,
        })
      }
      await rig.relay()
      const told = (type: string, trace: string) =>
        screen.messages.some((message) => message.type === type && JSON.stringify(message.data).includes(trace))
      // The own one is announced last, so whatever is wrongly told has been told by then.
      await eventually(() => told('alarm.new', fresh.own as string) || told('alarm.updated', fresh.own as string), {
        what: 'the own alarm',
      })
      await screen.heard('system.status')
      for (const channel of ['panel.status', 'panel.state']) {
        await eventually(() => told(channel, worlds.own.panel), { what: `${channel} of the own site` })
      }
      const text = JSON.stringify(screen.messages.filter((message) => message.type !== 'subscribed'))
      for (const channel of Object.keys(channelMatrix) as (keyof typeof channelMatrix)[]) {
        const { roles } = channelMatrix[channel]
        expect(String(roles), channel).toContain(initials[role])
        combinations += sites.length
      }
      if (scoped(role)) expectHidden(text, ['foreign', 'unassigned'], `a socket of ${role}`)
      else for (const kind of sites) expect(text, kind).toContain(worlds[kind].panel)
      await screen.leave()
    },
    30_000,
  )

  it('closes within seconds when a site is taken away', async () => {
    const person = await rig.person('FIELD_WORKER', [worlds.own.site])
    const screen = await Screen.open(rig, person)
    await rig.store.execute(`DELETE FROM user_site_assignments WHERE user_id = $1`, [person.id])
    expect(await screen.closed(8_000)).toBe(4002)
  })
})

it('looked at a thousand combinations at least', () => {
  expect(combinations).toBeGreaterThanOrEqual(1_000)
})
