/** REST of the development centre: the paths of spec 05 over the world and the alarm book. */
import { randomUUID } from 'node:crypto'
import type { AlarmSummary, ErrorCode, Me, Priority, Site, SystemStatus } from '@stam/contracts'
import { type Answer, ok, problem } from './answer.ts'
import type { AlarmBook } from './alarm-book.ts'
import { deadLetters, listDeadLetters, readDeadLetter, settleDeadLetters } from './dead-letters.ts'
import { createPanel, editPanel, editZone, endRelease, readPanel, releasePanel, tryConnection } from './panel-routes.ts'
import {
  changeLock,
  changePerson,
  createPerson,
  endOwnSession,
  endSessions,
  listAudit,
  listPeople,
  listRoles,
  listSessions,
  readChain,
  readPerson,
  readSignIn,
  sitesOfPerson,
} from './people-routes.ts'
import type { Weather } from './scenarios.ts'
import type { StreamSide } from './stream.ts'
import type { World } from './world.ts'

export interface Centre {
  readonly world: World
  readonly book: AlarmBook
  readonly weather: Weather
  readonly stream: StreamSide
  readonly startedAt: string
}

export interface Ask {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Record<string, unknown>
  readonly user: Me | null
}

export type { Answer } from './answer.ts'

type Handler = (centre: Centre, ask: Ask, ids: string[]) => Answer

const routes: [string, RegExp, Handler][] = [
  ['POST', /^\/api\/auth\/login$/, login],
  ['GET', /^\/api\/auth\/me$/, (_, ask) => ok(ask.user)],
  ['POST', /^\/api\/auth\/logout$/, () => ({ status: 204, signOut: true })],
  ['POST', /^\/api\/auth\/ws-ticket$/, (centre) => ok({ ticket: centre.stream.ticket(), expires_in: 10 })],
  ['GET', /^\/api\/alarms$/, listAlarms],
  ['POST', /^\/api\/alarms$/, manual],
  ['POST', /^\/api\/alarms\/presented$/, (_, ask) => ok({ recorded: (ask.body['alarm_ids'] as string[]).length })],
  [
    'GET',
    /^\/api\/alarms\/([^/]+)$/,
    (centre, ask, [id]) => {
      const detail = centre.book.detail(id ?? '', ask.user as Me)
      return detail === null ? problem('ALARM_NOT_FOUND') : ok(detail)
    },
  ],
  ['POST', /^\/api\/alarms\/([^/]+)\/(claim|release|take-over|ack|resolve|close|note)$/, actOn],
  ['GET', /^\/api\/sites$/, listSites],
  ['POST', /^\/api\/sites$/, createSite],
  ['GET', /^\/api\/sites\/([^/]+)$/, (centre, _, [id]) => siteDetail(centre, id ?? '')],
  ['PATCH', /^\/api\/sites\/([^/]+)$/, updateSite],
  ['GET', /^\/api\/sites\/([^/]+)\/secrets$/, () => ok({ data: [] })],
  ['POST', /^\/api\/sites\/([^/]+)\/(service|test)-mode$/, changeMode],
  ['GET', /^\/api\/panels$/, listPanels],
  ['POST', /^\/api\/panels$/, createPanel],
  ['POST', /^\/api\/panels\/try-connection$/, tryConnection],
  ['GET', /^\/api\/panels\/([^/]+)$/, readPanel],
  ['PATCH', /^\/api\/panels\/([^/]+)$/, editPanel],
  ['PATCH', /^\/api\/panels\/([^/]+)\/zones\/(\d+)$/, editZone],
  ['POST', /^\/api\/panels\/([^/]+)\/connection-release$/, releasePanel],
  ['DELETE', /^\/api\/panels\/([^/]+)\/connection-release$/, endRelease],
  ['GET', /^\/api\/panels\/([^/]+)\/state-history$/, panelHistory],
  ['GET', /^\/api\/users$/, listPeople],
  ['POST', /^\/api\/users$/, createPerson],
  ['GET', /^\/api\/users\/([^/]+)$/, readPerson],
  ['PATCH', /^\/api\/users\/([^/]+)$/, changePerson],
  ['GET', /^\/api\/users\/([^/]+)\/sites$/, sitesOfPerson],
  ['PUT', /^\/api\/users\/([^/]+)\/sites$/, changePerson],
  ['POST', /^\/api\/users\/([^/]+)\/(?:unlock|reset-password)$/, changePerson],
  ['GET', /^\/api\/users\/([^/]+)\/sessions$/, listSessions],
  ['DELETE', /^\/api\/users\/([^/]+)\/sessions(?:\/([^/]+))?$/, endSessions],
  ['GET', /^\/api\/roles$/, listRoles],
  ['GET', /^\/api\/auth\/sessions$/, listSessions],
  ['DELETE', /^\/api\/auth\/sessions\/([^/]+)$/, endOwnSession],
  ['GET', /^\/api\/auth\/sign-in$/, readSignIn],
  ['PUT', /^\/api\/auth\/(?:pin|lock-after|second-factor)$/, changeLock],
  ['POST', /^\/api\/auth\/(?:un)?lock$/, changeLock],
  ['GET', /^\/api\/setup$/, () => ok({ needed: false })],
  ['GET', /^\/api\/audit$/, listAudit],
  ['GET', /^\/api\/audit\/chain$/, readChain],
  ['GET', /^\/api\/system\/status$/, (centre) => ok(statusOf(centre))],
  ['GET', /^\/api\/system\/dead-letters$/, listDeadLetters],
  ['GET', /^\/api\/system\/dead-letters\/([^/]+)$/, readDeadLetter],
  ['POST', /^\/api\/system\/dead-letters\/(replay|discard)$/, settleDeadLetters],
]

export function answer(centre: Centre, ask: Ask): Answer {
  const open = ask.path === '/api/setup' || ask.path === '/api/auth/login' || ask.path === '/api/auth/refresh'
  if (!open && ask.user === null) return problem('UNAUTHORIZED')
  if (centre.weather.broken && ask.method === 'GET') return problem('INTERNAL')
  for (const [method, pattern, handler] of routes) {
    const match = method === ask.method ? pattern.exec(ask.path) : null
    if (match !== null) return handler(centre, ask, match.slice(1))
  }
  return problem('NOT_FOUND')
}

function login(centre: Centre, ask: Ask): Answer {
  const user = centre.world.users.find(
    (one) => one.email === ask.body['email'] && one.password === ask.body['password'],
  )
  if (user === undefined) return problem('INVALID_CREDENTIALS')
  const { password: _, ...me } = user
  return { status: 200, signIn: me }
}

const rank: Record<Priority, number> = { CRITICAL: 0, WARNING: 1, INFO: 2 }

function listAlarms(centre: Centre, { query }: Ask): Answer {
  const status = query.get('status')?.split(',')
  const priority = query.get('priority')?.split(',')
  const site = query.get('site_id')
  const text = query.get('text')?.toLowerCase()
  const all = centre.weather.empty ? [] : [...centre.book.alarms.values()].map((kept) => kept.alarm)
  const open = all.filter((alarm) => alarm.status !== 'CLOSED' && !alarm.test_mode)
  const passing = all.filter(
    (alarm) =>
      (status === undefined ? alarm.status !== 'CLOSED' : status.includes(alarm.status)) &&
      (priority === undefined || priority.includes(alarm.priority)) &&
      (site === null || alarm.site.id === site) &&
      (text === undefined || `${alarm.site.name} ${alarm.headline.pl}`.toLowerCase().includes(text)),
  )
  const newest = (a: AlarmSummary, b: AlarmSummary): number =>
    a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : b.number - a.number
  passing.sort(
    query.get('sort') === 'priority' ? (a, b) => rank[a.priority] - rank[b.priority] || newest(a, b) : newest,
  )
  const limit = Math.min(100, Number(query.get('limit') ?? 50))
  const after = query.get('after')
  const start = after === null ? 0 : passing.findIndex((alarm) => alarm.id === after) + 1
  const data = passing.slice(start, start + limit)
  const last = data.at(-1)
  const count = (one: Priority): number => open.filter((alarm) => alarm.priority === one).length
  return ok({
    data,
    next: last !== undefined && start + limit < passing.length ? last.id : null,
    limit,
    limit_cut: false,
    stream_position: centre.book.position(),
    counts: {
      CRITICAL: count('CRITICAL'),
      WARNING: count('WARNING'),
      INFO: count('INFO'),
      new: open.filter((alarm) => alarm.status === 'NEW').length,
    },
  })
}

function manual(centre: Centre, ask: Ask): Answer {
  const { site_id, priority, description } = ask.body as { site_id: string; priority: Priority; description: string }
  if (!centre.world.sites.has(site_id)) return problem('SITE_NOT_FOUND')
  const alarm = centre.book.raise(
    {
      siteId: site_id,
      panelId: null,
      priority,
      type: 'MANUAL',
      text: { pl: description, en: description },
      object: null,
    },
    { join: false },
  )
  return { status: 201, body: { alarm, allowed_actions: centre.book.allowed(alarm.id, ask.user as Me) } }
}

function actOn(centre: Centre, ask: Ask, [id, verb]: string[]): Answer {
  const type = (verb === 'take-over' ? 'take_over' : verb) as 'claim'
  const result = centre.book.act(id ?? '', ask.user as Me, { type, ...(ask.body as { version: number }) })
  if (result === null) return problem('ALARM_NOT_FOUND')
  if (!('refused' in result))
    return ok({ alarm: result, allowed_actions: centre.book.allowed(result.id, ask.user as Me) })
  const { current } = result
  return problem(result.refused as ErrorCode, {
    current,
    version: current.version,
    changed_by: result.changed_by,
    changed_at: current.updated_at,
    allowed_transitions: result.allowed,
  })
}

const withCounts = (centre: Centre, site: Site): Site => {
  const counts = { CRITICAL: 0, WARNING: 0, INFO: 0 }
  for (const { alarm } of centre.book.alarms.values())
    if (alarm.site.id === site.id && alarm.status !== 'CLOSED') counts[alarm.priority] += 1
  return { ...site, active_alarms: counts }
}

function listSites(centre: Centre, { query }: Ask): Answer {
  const text = (query.get('text') ?? '').toLowerCase()
  const mode = query.get('mode')
  const limit = Number(query.get('limit') ?? 50)
  const found = (centre.weather.empty ? [] : [...centre.world.sites.values()])
    .map((kept) => withCounts(centre, kept.site))
    .filter((site) => `${site.code} ${site.name} ${site.city} ${site.address_line}`.toLowerCase().includes(text))
    .filter((site) => mode === null || (mode === 'service' ? site.service_mode.active : site.test_mode.active))
  return ok({
    data: found.slice(0, limit),
    pagination: { page: 1, limit, total: found.length, total_pages: Math.max(1, Math.ceil(found.length / limit)) },
  })
}

function siteDetail(centre: Centre, id: string): Answer {
  const kept = centre.world.sites.get(id)
  if (kept === undefined) return problem('SITE_NOT_FOUND')
  const panels = [...centre.world.panels.values()].map((one) => one.panel).filter((panel) => panel.site_id === id)
  const recent = [...centre.book.alarms.values()].map((one) => one.alarm).filter((alarm) => alarm.site.id === id)
  return ok({
    ...kept,
    site: withCounts(centre, kept.site),
    panels,
    recent_alarms: recent.sort((a, b) => (a.created_at < b.created_at ? 1 : -1)).slice(0, 20),
  })
}

function createSite(centre: Centre, ask: Ask): Answer {
  const {
    contacts,
    procedures,
    settings: _,
    ...fields
  } = ask.body as { contacts: object[]; procedures: object[]; settings?: object; code: string }
  if ([...centre.world.sites.values()].some((kept) => kept.site.code === fields.code)) return problem('SITE_CODE_TAKEN')
  const model = [...centre.world.sites.values()][0] as { site: Site }
  const now = new Date().toISOString()
  const off = { active: false, since: null, until: null, reason: null, by: null }
  const site = {
    ...model.site,
    ...fields,
    id: randomUUID(),
    version: 1,
    panel_count: 0,
    service_mode: off,
    test_mode: off,
    created_at: now,
    updated_at: now,
  } as Site
  centre.world.sites.set(site.id, {
    site,
    contacts: contacts.map((contact, index) => ({ ...contact, id: randomUUID(), position: index + 1 })) as never,
    procedures: procedures.map((procedure) => ({ ...procedure, id: randomUUID() })) as never,
  })
  return { ...siteDetail(centre, site.id), status: 201 }
}

function updateSite(centre: Centre, ask: Ask, [id]: string[]): Answer {
  const kept = centre.world.sites.get(id ?? '')
  if (kept === undefined) return problem('SITE_NOT_FOUND')
  const { version, contacts, procedures, settings, ...fields } = ask.body as {
    version: number
    contacts?: object[]
    procedures?: object[]
    settings?: object
  }
  if (version !== kept.site.version) {
    return problem('SITE_STALE_VERSION', {
      current: kept.site,
      version: kept.site.version,
      changed_by: 'Ewa Król',
      changed_at: kept.site.updated_at,
    })
  }
  kept.site = {
    ...kept.site,
    ...fields,
    settings: { ...kept.site.settings, ...settings },
    version: version + 1,
    updated_at: new Date().toISOString(),
  }
  if (contacts !== undefined)
    kept.contacts = contacts.map((contact, index) => ({ ...contact, id: randomUUID(), position: index + 1 })) as never
  if (procedures !== undefined)
    kept.procedures = procedures.map((procedure) => ({ ...procedure, id: randomUUID() })) as never
  return siteDetail(centre, kept.site.id)
}

function changeMode(centre: Centre, ask: Ask, [id, mode]: string[]): Answer {
  const kept = centre.world.sites.get(id ?? '')
  if (kept === undefined) return problem('SITE_NOT_FOUND')
  const { version, active, reason, until } = ask.body as {
    version: number
    active: boolean
    reason?: string
    until?: string | null
  }
  if (version !== kept.site.version)
    return problem('SITE_STALE_VERSION', {
      version: kept.site.version,
      changed_by: 'Ewa Król',
      changed_at: kept.site.updated_at,
    })
  const state = active
    ? {
        active,
        since: new Date().toISOString(),
        until: until ?? null,
        reason: reason ?? null,
        by: ask.user?.name ?? null,
      }
    : { active, since: null, until: null, reason: null, by: null }
  kept.site = { ...kept.site, version: version + 1, [`${mode}_mode`]: state }
  return siteDetail(centre, kept.site.id)
}

/** A day in the life of a panel. */
function panelHistory(): Answer {
  const day: [number, number | null, string | null, string, string | null][] = [
    [600_000, 1, 'EXIT_DELAY', 'ARMED_FULL', null],
    [640_000, 1, 'DISARMED', 'EXIT_DELAY', 'Anna Kowalska'],
    [29_000_000, 2, 'ARMED_FULL', 'DISARMED', 'Piotr Zieliński'],
    [61_000_000, null, null, 'CONNECTED', null],
  ]
  const data = day.map(([ago, partition_no, from, to, triggered_by], index) => {
    return {
      id: 90 - index,
      at: new Date(Date.now() - ago).toISOString(),
      partition_no,
      from,
      to,
      triggered_by,
    }
  })
  return ok({ data, next: null, limit: 20, limit_cut: false })
}

function listPanels(centre: Centre, { query }: Ask): Answer {
  const text = (query.get('text') ?? '').toLowerCase()
  const data = (centre.weather.empty ? [] : [...centre.world.panels.values()])
    .map((kept) => ({
      panel: kept.panel,
      site_name: centre.world.sites.get(kept.panel.site_id)?.site.name ?? '',
      live: kept.live,
    }))
    .filter((item) => `${item.site_name} ${item.panel.name}`.toLowerCase().includes(text))
  return ok({
    data,
    pagination: { page: 1, limit: 200, total: data.length, total_pages: 1 },
    now: new Date().toISOString(),
  })
}

export function statusOf(centre: Centre): SystemStatus {
  const lives = [...centre.world.panels.values()].map((kept) => kept.live)
  const { degraded } = centre.weather
  const since = centre.startedAt
  const part = (
    name: 'redis' | 'rabbitmq' | 'postgresql' | 'outbox-relay' | 'satel-worker' | 'realtime',
    down = false,
  ) => ({ name, state: down ? ('down' as const) : ('up' as const), since, error: down ? 'connect ECONNREFUSED' : null })
  return {
    mode: degraded ? 'degraded' : 'normal',
    profile: 'embedded',
    demo: true,
    features: { realtime: true, push: false, sms: false, arm_disarm: false, ha: false },
    version: '0.1.0',
    instance_id: 'dev',
    time: new Date().toISOString(),
    components: [
      part('postgresql'),
      part('redis', degraded),
      part('rabbitmq', degraded),
      part('outbox-relay'),
      part('satel-worker'),
      part('realtime'),
    ],
    panels: {
      total: lives.length,
      connected: lives.filter((live) => live.connection === 'CONNECTED').length,
      without_contact: lives.filter((live) => live.connection !== 'CONNECTED').length,
      without_worker: 0,
    },
    stream_position: centre.book.position(),
    outbox_pending: 0,
    dead_letters: degraded ? null : deadLetters.size,
  }
}
