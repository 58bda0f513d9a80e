/** People, their sessions, their way of signing in and the record of what they did, as far as the console's screens need them. */
import { randomUUID } from 'node:crypto'
import {
  type AuditChain,
  type AuditEntry,
  humanRoles,
  type Me,
  type RoleRights,
  type SessionRecord,
  type SignInSettings,
  type UserDetail,
} from '@stam/contracts'
import { type Answer, ok, problem } from './answer.ts'
import type { Ask, Centre } from './routes.ts'
import { permissionsOf, type World } from './world.ts'

const iso = (ago = 0): string => new Date(Date.now() - ago).toISOString()
const day = 86_400_000

const details = new Map<string, UserDetail>()
function people({ users, sites }: World): UserDetail[] {
  for (const [index, { id, email, name, role, language }] of users.entries()) {
    if (details.has(id)) continue
    details.set(id, {
      id,
      email,
      name,
      role,
      language,
      active: true,
      locked_until: index === 1 ? iso(-600_000) : null,
      version: 1,
      created_at: iso(90 * day),
      last_login_at: index === 3 ? null : iso(index * 7_000_000),
      must_change_password: index === 3,
      site_ids: role === 'TECHNICIAN' ? [...sites.keys()].slice(0, 3) : [],
    })
  }
  return [...details.values()]
}

export function listPeople({ world, weather }: Centre, { query }: Ask): Answer {
  const text = (query.get('text') ?? '').toLowerCase()
  const role = query.get('role')
  const state = query.get('active') ?? 'active'
  const data = (weather.empty ? [] : people(world)).filter(
    (one) =>
      `${one.name} ${one.email}`.toLowerCase().includes(text) &&
      (role === null || one.role === role) &&
      (state === 'all' || (state === 'locked' ? one.locked_until !== null : one.active === (state === 'active'))),
  )
  return ok({ data, pagination: { page: 1, limit: 50, total: data.length, total_pages: 1 } })
}

const found = (centre: Centre, id: string | undefined) => people(centre.world).find((one) => one.id === id)

export function readPerson(centre: Centre, _ask: Ask, [id]: string[]): Answer {
  const person = found(centre, id)
  return person === undefined ? problem('USER_NOT_FOUND') : ok(person)
}

export function createPerson(centre: Centre, { body }: Ask): Answer {
  const [model] = people(centre.world)
  if (model === undefined || people(centre.world).some(({ email }) => email === body['email']))
    return problem('USER_EMAIL_TAKEN')
  const fresh = {
    ...model,
    ...body,
    id: randomUUID(),
    version: 1,
    must_change_password: true,
    last_login_at: null,
    locked_until: null,
  }
  details.set(fresh.id, fresh)
  return ok({ user: fresh, temporary_password: 'znak-koral-wiosna-71' })
}

/** Edit, assigned sites, unlocking: whatever the body says, under the version where there is one. */
export function changePerson(centre: Centre, { body, path }: Ask, [id]: string[]): Answer {
  const person = found(centre, id)
  if (person === undefined) return problem('USER_NOT_FOUND')
  if (body['version'] !== undefined && body['version'] !== person.version)
    return problem('USER_STALE_VERSION', {
      current: person,
      version: person.version,
      changed_by: 'Ewa Król',
      changed_at: iso(),
    })
  const unlocked = path.endsWith('/unlock') ? { locked_until: null } : {}
  const next = { ...person, ...body, ...unlocked, version: person.version + 1 }
  details.set(person.id, next)
  if (path.endsWith('/reset-password')) return ok({ user: next, temporary_password: 'znak-koral-wiosna-71' })
  return ok(next)
}

export function sitesOfPerson(centre: Centre, _ask: Ask, [id]: string[]): Answer {
  const ids = found(centre, id)?.site_ids ?? []
  const data = ids.flatMap((siteId) => {
    const site = centre.world.sites.get(siteId)?.site
    return site === undefined ? [] : [{ id: site.id, code: site.code, name: site.name, city: site.city }]
  })
  return ok({ data })
}

const devices = ['Chrome · Windows', 'Safari · iPhone', 'Firefox · Linux']
let sessions: SessionRecord[] = devices.map((device, index) => ({
  id: randomUUID(),
  device,
  ip: `10.20.0.${index + 4}`,
  started_at: iso(index * day + 5_000_000),
  last_used_at: iso(index * 3_600_000),
  expires_at: iso((index - 7) * day),
  current: index === 0,
}))
export const listSessions = (): Answer => ok({ data: sessions })
export function endSessions(_centre: Centre, _ask: Ask, [, one]: string[]): Answer {
  sessions = sessions.filter(({ id, current }) => (one === undefined ? current : id !== one))
  return { status: 204 }
}
export const endOwnSession = (centre: Centre, ask: Ask, [id]: string[]): Answer =>
  endSessions(centre, ask, ['', id ?? ''])

export const listRoles = (): Answer =>
  ok({
    data: humanRoles.map(
      (role): RoleRights => ({
        role,
        permissions: permissionsOf[role],
        sites: role === 'TECHNICIAN' || role === 'FIELD_WORKER' ? 'assigned' : 'all',
      }),
    ),
  })

const signIn: SignInSettings = {
  passkeys: [
    {
      id: randomUUID(),
      name: 'Klucz na biurku',
      synced: false,
      created_at: iso(40 * day),
      last_used_at: iso(day),
      suspended_at: null,
    },
    {
      id: randomUUID(),
      name: 'Telefon',
      synced: true,
      created_at: iso(9 * day),
      last_used_at: null,
      suspended_at: iso(day),
    },
  ],
  second_factor: false,
  pin_set: false,
  lock_after_minutes: null,
  passkeys_possible: true,
}
export const readSignIn = (): Answer => ok(signIn)

/** PIN, lock and its time; the lock is this person's, on all windows. */
export function changeLock(_centre: Centre, { path, body, user }: Ask): Answer {
  if (user === null) return problem('UNAUTHORIZED')
  const lock: Me['lock'] = user.lock
  if (path.endsWith('/pin')) signIn.pin_set = lock.pin_set = body['pin'] !== null
  else if (path.endsWith('/lock-after'))
    signIn.lock_after_minutes = lock.after_minutes = body['minutes'] as number | null
  else if (path.endsWith('/second-factor')) signIn.second_factor = body['enabled'] === true
  else if (path.endsWith('/unlock') && body['pin'] !== '2580') return problem('PIN_WRONG', { attempts_left: 4 })
  else lock.locked = path.endsWith('/lock')
  return ok(path.endsWith('lock') ? user : signIn)
}

const acts: readonly [string, string, unknown, unknown, string | null][] = [
  [
    'ZONE_EDIT',
    'panel',
    { zone: 3, priority_overrides: {} },
    { zone: 3, priority_overrides: { ALARM: 'WARNING' } },
    null,
  ],
  ['PANEL_TRY_CONNECTION', 'panel', null, { host: '10.20.30.40', port: 7094, encrypted: true }, null],
  [
    'PANEL_RELEASE',
    'panel',
    { released: false },
    { released: true, until: iso(-1_800_000) },
    'Wgranie nowych ustawień',
  ],
  ['SITE_EDIT', 'site', { city: 'Gdynia' }, { city: 'Sopot' }, null],
  [
    'ALARM_CLOSE',
    'alarm',
    { status: 'ACK', version: 3 },
    { status: 'CLOSED', version: 4, disposition: 'FALSE' },
    'Pomyłka obsługi',
  ],
  ['USER_EDIT', 'user', { role: 'OPERATOR' }, { role: 'ADMIN' }, null],
  [
    'SECRET_REVEAL',
    'secret',
    null,
    { kind: 'SITE_ACCESS_CODE', class: 'NORMAL', shown_ms: 60_000 },
    'Wezwanie patrolu',
  ],
]
const record = (world: World): AuditEntry[] =>
  Array.from({ length: 40 }, (_, n) => {
    const [action, entity_type, before, after, reason] = acts[n % acts.length] as (typeof acts)[number]
    const user = world.users[n % world.users.length]
    return {
      id: 400 - n,
      at: iso(n * 4_100_000),
      actor: { kind: 'user', id: user?.id ?? null, name: user?.name ?? '' },
      role: user?.role ?? null,
      action,
      entity_type,
      entity_id: randomUUID(),
      site_id: [...world.sites.keys()][n % world.sites.size] ?? null,
      before,
      after,
      reason,
      ip: '10.20.0.4',
      request_id: randomUUID(),
      service_instance_id: 'dev',
    }
  })

export function listAudit({ world, weather }: Centre, { query }: Ask): Answer {
  const fits = (entry: AuditEntry): boolean =>
    (query.get('action') ?? entry.action) === entry.action &&
    (query.get('entity_type') ?? entry.entity_type) === entry.entity_type &&
    (query.get('actor_id') ?? entry.actor.id) === entry.actor.id
  const data = weather.empty ? [] : record(world).filter(fits)
  return ok({ data, next: null, limit: 100, limit_cut: false })
}

export const readChain = (): Answer =>
  ok({
    problems: [],
    entries: 400,
    unsealed: 0,
    days: Array.from({ length: 3 }, (_, n) => ({
      day: iso(n * day).slice(0, 10),
      entries: 120 - n * 10,
      last_hash: `${n}b7e`.repeat(16),
    })),
    checked_at: iso(),
  } satisfies AuditChain)
