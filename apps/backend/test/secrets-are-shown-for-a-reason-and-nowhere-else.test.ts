// Spec 06 "Secrets": timed reveal with reason and limits, rotation of the encryption key, and canaries that must not get out.
import { createKeyring, createLog, createMetrics, generateFernetKey, Secret } from '@stam/runtime'
import { rotatePanelKeys } from '@stam/store'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Rig, type Signed, startRig } from './rig.ts'
import { Screen } from './screen.ts'

const CANARY = 'Kanarek9q7z'
const oldKey = generateFernetKey()
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
  rig = await startRig({ log, config: { encryptionKey: oldKey } })
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

describe('a new encryption key', () => {
  it('takes over every token in batches, while both are read, and says so', async () => {
    const key = generateFernetKey()
    const both = createKeyring(new Secret(`${key},${oldKey}`))
    const alone = createKeyring(new Secret(key))
    const many = await Promise.all(Array.from({ length: 230 }, () => rig.panel(site)))
    await rig.store.execute(`UPDATE panels SET integration_key_encrypted = $2 WHERE id = ANY ($1::uuid[])`, [
      many,
      createKeyring(new Secret(oldKey)).encrypt('wspolny'),
    ])
    expect(await rotatePanelKeys(rig.store, both)).toEqual({ rotated: 231, kept: 0 })
    expect(await rotatePanelKeys(rig.store, both)).toEqual({ rotated: 0, kept: 231 })
    const rows = await rig.store.query<{ id: string; token: string }>(
      `SELECT id, integration_key_encrypted AS token FROM panels WHERE integration_key_encrypted IS NOT NULL`,
    )
    for (const { id, token } of rows) expect(alone.decrypt(token).toString()).toBe(id === panel ? CANARY : 'wspolny')
    const [row] = await rig.store.query<{ panels: number }>(
      `SELECT sum((after ->> 'panels')::int)::int AS panels FROM audit_log WHERE action = 'KEY_ROTATION'`,
    )
    expect(row?.panels).toBe(231)
  })
})
