// Spec 06 "Secrets": timed reveal with reason and limits, rotation of the encryption key, and canaries that must not get out.
import { CreatePanelRequest } from '@stam/contracts'
import { createLog, createMetrics, generateFernetKey, Secret, silentLog, systemClock } from '@stam/runtime'
import { createHash } from 'node:crypto'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requestFingerprints } from '../src/http/request-fingerprint.ts'
import { startBackend } from '../src/index.ts'
import { caller, type Rig, type Signed, startRig } from './rig.ts'
import { Screen } from './screen.ts'

const CANARY = 'Kanarek9q7z'
const oldKey = generateFernetKey()
/** Configured before that one was put first. */
const formerKey = generateFernetKey()
const lines: string[] = []
let rig: Rig
let admin: Signed
let panel: string
let site: string
beforeAll(async () => {
  expect(createMetrics({ service: 'x' })).toBeDefined()
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const log = createLog({ service: 'test', level: 'debug', destination } as Parameters<typeof createLog>[0])
  rig = await startRig({ log, config: { encryptionKey: `${oldKey},${formerKey}` } })
  admin = await rig.person('ADMIN')
  site = await rig.site()
  const body = { site_id: site, name: 'Centrala', host: '10.0.0.9', port: 7_099, integration_key: CANARY }
  panel = (await admin.call('POST', '/api/panels', body)).body.panel.id
}, 60_000)
afterAll(() => rig.close())

const reveal = (person: Signed, body: object = { reason: 'wymiana modułu' }, id = panel) =>
  person.call('POST', `/api/secrets/panel-integration-key/${id}/reveal`, body)

describe('a reveal', () => {
  it('gives the value for a minute, and is on record with its reason', async () => {
    const { status, body, headers } = await reveal(admin)
    expect(status).toBe(200)
    expect(body.value).toBe(CANARY)
    const left = Date.parse(body.expires_at) - Date.now()
    expect(left).toBeGreaterThan(50_000)
    expect(left).toBeLessThanOrEqual(60_000)
    expect(headers['cache-control']).toBe('no-store')
    const [entry] = (await admin.call('GET', '/api/audit?action=SECRET_REVEAL')).body.data
    expect(entry).toMatchObject({ entity_id: panel, site_id: site, reason: 'wymiana modułu', actor: { id: admin.id } })
  })

  it('needs a reason, and a key to show', async () => {
    for (const body of [{}, { reason: '' }, { reason: '    ok    ' }]) {
      expect((await reveal(admin, body)).body.error.code).toBe('INVALID_REQUEST')
    }
    const bare = await rig.panel(site)
    expect((await reveal(admin, undefined, bare)).body.error.code).toBe('SECRET_NOT_FOUND')
  })

  it('is granted ten times an hour to an operator, whatever comes in between', async () => {
    const operator = await rig.person('OPERATOR')
    const statuses: number[] = []
    for (let number = 0; number < 12; number++) statuses.push((await reveal(operator)).status)
    expect(statuses).toEqual([...Array(10).fill(200), 429, 429])
  })
})

describe('a canary', () => {
  it('is in no log line, metric, message, list, refusal or record', async () => {
    const screen = await Screen.open(rig, admin)
    screen.resume(0)
    await screen.heard('replay_done')
    const password = 'Kanarek-haslo-8v3k'
    const email = admin.email
    const texts: string[] = []
    const say = async (...call: Parameters<Signed['call']>) => texts.push(JSON.stringify(await admin.call(...call)))
    await say('GET', `/api/panels/${panel}`)
    await say('GET', '/api/panels')
    await say('PATCH', `/api/panels/${panel}`, { version: 99, integration_key: CANARY })
    await say('PATCH', `/api/panels/${panel}`, { version: 1, integration_key: CANARY })
    await say('PATCH', `/api/panels/${panel}`, { version: 1, integration_key: `${CANARY}-and-too-long` })
    await say('POST', '/api/auth/login', { email, password })
    await say('POST', '/api/auth/password', { current_password: password, new_password: 'Inne-haslo-991x' })
    await say('GET', '/api/audit?limit=200')
    await say('GET', '/api/system/status')
    await rig.relay()
    texts.push((await rig.backend.app.inject({ url: '/metrics' })).body)
    texts.push(JSON.stringify(screen.messages), ...lines)
    const rows = await rig.store.query<{ text: string }>(
      `SELECT row_to_json(a)::text AS text FROM audit_log a UNION ALL SELECT row_to_json(o)::text FROM outbox o
       UNION ALL SELECT row_to_json(k)::text FROM idempotency_keys k UNION ALL SELECT row_to_json(p)::text FROM panels p`,
    )
    texts.push(...rows.map(({ text }) => text))
    const all = texts.join('\n')
    expect(lines.length).toBeGreaterThan(3)
    for (const secret of [
      CANARY,
      password,
      admin.password,
      admin.token,
      oldKey,
      admin.cookie.split('=')[1] as string,
    ]) {
      expect(all.includes(secret), `${secret.slice(0, 9)}…`).toBe(false)
    }
    expect(all).not.toMatch(/BEGIN (RSA )?PRIVATE KEY/)
    await screen.leave()
  })
})

describe('a repeat of a request with a secret in it', () => {
  let elsewhere: string
  beforeAll(async () => {
    elsewhere = await rig.site()
  })
  const asked = (integration_key: string) => {
    const body = { site_id: elsewhere, name: 'Powtórka', host: '10.0.0.9', port: 10_999, integration_key }
    return { method: 'POST', url: '/api/panels', body: CreatePanelRequest.parse(body) } as const
  }
  const create = (integrationKey: string, at = rig.backend) => {
    const { method, url, body } = asked(integrationKey)
    return caller(at, admin.token)(method, url, body, { 'idempotency-key': 'panel-twice' })
  }

  it('is known as one at every backend, and another secret is another request', async () => {
    const { store, bus, live, config } = rig
    const first = await create('123456789012')
    expect(first.status).toBe(200)
    const deps = { store, bus, live, clock: systemClock, log: silentLog }
    const other = await startBackend({ ...config, instanceId: 'other' }, deps)
    try {
      for (const at of [rig.backend, other]) {
        expect((await create('123456789012', at)).body.panel.id).toBe(first.body.panel.id)
        expect((await create('123456789013', at)).body.error.code).toBe('IDEMPOTENCY_KEY_REUSED')
      }
    } finally {
      await other.close()
    }
    expect(await store.query(`SELECT FROM panels WHERE port = 10999`)).toHaveLength(1)
  })

  it('does not tell the secret to who reads the table and guesses', async () => {
    const [kept] = await rig.store.query<{ hash: string }>(
      `SELECT encode(request_hash, 'hex') AS hash FROM idempotency_keys WHERE key = 'panel-twice'`,
    )
    const { method, url, body } = asked('123456789012')
    const text = `${method} ${url}\n${JSON.stringify(body)}`
    const keyed = requestFingerprints(rig.config)(asked('123456789012'))[0].toString('hex')
    expect(kept?.hash, 'the right guess, with the key').toBe(keyed)
    expect(kept?.hash, 'the right guess, without it').not.toBe(createHash('sha256').update(text).digest('hex'))
  })

  it('is known when the configured key was changed in between', async () => {
    const [before] = requestFingerprints({ encryptionKey: new Secret(formerKey) })(asked('123456789012'))
    const set = `UPDATE idempotency_keys SET request_hash = $1 WHERE key = 'panel-twice'`
    expect(await rig.store.execute(set, [before])).toBe(1)
    expect((await create('123456789012')).status).toBe(200)
    expect((await create('123456789013')).body.error.code).toBe('IDEMPOTENCY_KEY_REUSED')
  })
})

describe('a secret of a site', () => {
  const CODE = '7319-kod'
  const keep = (person: Signed, body: object, at = site) => person.call('POST', `/api/sites/${at}/secrets`, body)
  const look = (person: Signed, id: string) =>
    person.call('POST', `/api/secrets/${id}/reveal`, { reason: 'wizyta serwisu' })
  const userCode = { kind: 'PANEL_USER_CODE', label: 'Kierownik', value: CODE }

  it('is kept, listed without its value, shown, replaced and removed', async () => {
    const kept = await keep(admin, { ...userCode, panel_id: panel })
    expect(kept.status).toBe(200)
    expect(kept.body).toMatchObject({
      kind: 'PANEL_USER_CODE',
      class: 'HIGH',
      label: 'Kierownik',
      panel_id: panel,
      version: 1,
    })
    const { id } = kept.body
    const list = await admin.call('GET', `/api/sites/${site}/secrets`)
    expect(list.body.data.map((one: { kind: string }) => one.kind)).toEqual([
      'PANEL_INTEGRATION_KEY',
      'PANEL_USER_CODE',
    ])
    expect(JSON.stringify([kept.body, list.body])).not.toContain(CODE)
    expect((await look(admin, id)).body.value).toBe(CODE)
    expect((await admin.call('PUT', `/api/secrets/${id}`, { version: 1, value: '0000-nowy' })).body.version).toBe(2)
    const stale = await admin.call('PUT', `/api/secrets/${id}`, { version: 1, label: 'inny' })
    expect(stale.body.error).toMatchObject({
      code: 'SECRET_STALE_VERSION',
      details: { version: 2, changed_by: admin.name },
    })
    expect(JSON.stringify(stale.body)).not.toMatch(/gAAAA|token/)
    expect((await look(admin, id)).body.value).toBe('0000-nowy')
    expect((await admin.call('DELETE', `/api/secrets/${id}?version=1`)).status).toBe(409)
    expect((await admin.call('DELETE', `/api/secrets/${id}?version=2`)).status).toBe(204)
    expect((await look(admin, id)).body.error.code).toBe('SECRET_NOT_FOUND')
    const record = (await admin.call('GET', `/api/audit?entity_type=secret&entity_id=${id}&limit=50`)).body.data
    expect(record.map((entry: { action: string }) => entry.action)).toEqual([
      'SECRET_REMOVE',
      'SECRET_REVEAL',
      'SECRET_REPLACE',
      'SECRET_REVEAL',
      'SECRET_CREATE',
    ])
    const rows = await rig.store.query<{ text: string }>(
      `SELECT row_to_json(a)::text AS text FROM audit_log a UNION ALL SELECT row_to_json(s)::text FROM secrets s
       UNION ALL SELECT row_to_json(o)::text FROM outbox o UNION ALL SELECT row_to_json(e)::text FROM events e`,
    )
    expect([...rows.map(({ text }) => text), ...lines].join('\n')).not.toContain(CODE)
  })

  it('needs a panel of the same site, and people who may write', async () => {
    const elsewhere = await rig.panel(await rig.site())
    expect((await keep(admin, { ...userCode, panel_id: elsewhere })).body.error.code).toBe('PANEL_NOT_FOUND')
    expect((await keep(admin, { ...userCode, kind: 'PANEL_INTEGRATION_KEY' })).status).toBe(400)
    expect((await keep(await rig.person('OPERATOR'), userCode)).status).toBe(403)
    const technician = await rig.person('TECHNICIAN', [await rig.site()])
    const { id } = (await keep(admin, userCode)).body
    expect((await look(technician, id)).body.error.code).toBe('SECRET_NOT_FOUND')
    expect((await technician.call('GET', `/api/sites/${site}/secrets`)).body.error.code).toBe('SITE_NOT_FOUND')
  })

  it('is counted with every other reveal of the same person, at every backend, also without the live store', async () => {
    const technician = await rig.person('TECHNICIAN', [site])
    const { id } = (await keep(admin, userCode)).body
    rig.liveStore.stop()
    try {
      const statuses: number[] = []
      for (let number = 0; number < 21; number++) {
        statuses.push((number % 2 ? await look(technician, id) : await reveal(technician)).status)
      }
      expect(statuses).toEqual([...Array(20).fill(200), 429])
    } finally {
      rig.liveStore.start()
    }
  })
})

describe('a secret of the highest class', () => {
  const incidents = (at: string) =>
    rig.store.query<{ id: string; status: string; repeat_count: number; priority: string; headline: unknown }>(
      `SELECT id, status, repeat_count, priority FROM alarms WHERE site_id = $1`,
      [at],
    )

  it('raises an incident in the queue, once for the same secret shown over and over', async () => {
    const at = await rig.site()
    const kept = await admin.call('POST', `/api/sites/${at}/secrets`, {
      kind: 'PANEL_SERVICE_CODE',
      label: 'Instalator',
      value: '12345-tajny',
    })
    const ordinary = await admin.call('POST', `/api/sites/${at}/secrets`, { kind: 'OTHER', label: 'Brama', value: '1' })
    const look = (id: string) => admin.call('POST', `/api/secrets/${id}/reveal`, { reason: 'wymiana płyty' })
    expect((await look(ordinary.body.id)).status).toBe(200)
    expect(await incidents(at)).toEqual([])
    expect((await look(kept.body.id)).status).toBe(200)
    expect((await look(kept.body.id)).status).toBe(200)
    const [incident, ...more] = await incidents(at)
    expect(more).toEqual([])
    expect(incident).toMatchObject({ status: 'NEW', priority: 'WARNING', repeat_count: 1 })
    const operator = await rig.person('OPERATOR')
    const { data } = (await operator.call('GET', `/api/alarms?site_id=${at}`)).body
    expect(data).toHaveLength(1)
    expect(JSON.stringify(data)).toContain('Instalator')
    expect(JSON.stringify(data)).not.toContain('12345-tajny')
    const [entry] = (await admin.call('GET', `/api/audit?action=SECRET_REVEAL&site_id=${at}`)).body.data
    expect(entry.after).toMatchObject({ class: 'HIGHEST', incident: incident?.id })
  })
})
