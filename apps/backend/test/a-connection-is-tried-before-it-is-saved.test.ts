// "Try the connection" of the panel's form: who may, how often, what is put on record, and that no served panel is asked for.
import { createKeyring, type Secret } from '@stam/runtime'
import { answerTry, takeTry, TRIES_CHANNEL } from '@stam/store'
import { eventually } from '@stam/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TRIES_PER_HOUR } from '../src/panels/try-connection.ts'
import { type Rig, type Signed, startRig } from './rig.ts'

let rig: Rig
let admin: Signed
const url = '/api/panels/try-connection'
const body = { host: '192.0.2.7', port: 7094, integration_key: 'KLUCZ1234567' }
const identity = { model: 'INTEGRA 64', firmware: '1.23', module_version: null, encrypted: true, push: false }
beforeAll(async () => {
  rig = await startRig()
  admin = await rig.person('ADMIN')
})
afterAll(() => rig.close())

const rows = () => rig.store.query('SELECT id FROM connection_tries')

/** A worker that answers the next try, and what it was given. */
async function answering(outcome: 'reachable' | 'busy') {
  const taken = await eventually(() => takeTry(rig.store, 'worker'), { what: 'a try' })
  const told = { outcome, took_ms: 12, identity: outcome === 'reachable' ? identity : null, panel_id: null }
  await answerTry(rig.store, taken.id, told)
  return taken
}

it('gives a worker the address and the key sealed, and the caller what it found; nothing of it is kept', async () => {
  let told = 0
  const listening = await rig.store.listen(TRIES_CHANNEL, (payload) => {
    if (payload !== null) told++
  })
  const [answer, taken] = await Promise.all([admin.call('POST', url, body), answering('reachable')])
  await listening.close()
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  expect(answer.body).toEqual({ outcome: 'reachable', took_ms: 12, identity, panel: null })
  expect(taken).toMatchObject({ host: '192.0.2.7', port: 7094 })
  expect(taken.encryptedKey).not.toContain('KLUCZ')
  const keyring = createKeyring(rig.config.encryptionKey as Secret)
  expect(keyring.decrypt(taken.encryptedKey as string).toString()).toBe('KLUCZ1234567')
  expect(told).toBe(1)
  expect(await rows()).toEqual([])
  const audit = await admin.call('GET', '/api/audit?action=PANEL_TRY_CONNECTION')
  expect(audit.body.data[0]).toMatchObject({
    actor: { name: admin.name },
    after: { host: '192.0.2.7', port: 7094, encrypted: true },
  })
  expect(JSON.stringify(audit.body)).not.toContain('KLUCZ')
})

it('tries the kept key of a panel where none is typed, and none where the form says so', async () => {
  const site_id = await rig.site()
  const created = await admin.call('POST', '/api/panels', { ...body, host: '192.0.2.8', site_id, name: 'Z kluczem' })
  const panel_id = created.body.panel.id
  const target = { host: '192.0.2.9', port: 7094, panel_id }
  const [, kept] = await Promise.all([admin.call('POST', url, target), answering('busy')])
  expect(
    createKeyring(rig.config.encryptionKey as Secret)
      .decrypt(kept.encryptedKey as string)
      .toString(),
  ).toBe('KLUCZ1234567')
  const [answer, none] = await Promise.all([
    admin.call('POST', url, { ...target, integration_key: null }),
    answering('busy'),
  ])
  expect(none.encryptedKey).toBe(null)
  expect(answer.body).toEqual({ outcome: 'busy', took_ms: 12, identity: null, panel: null })
})

it('answers for a panel of ours from its own link, and asks no worker', async () => {
  const panel = await rig.panel(await rig.site())
  const { host, port } = (await admin.call('GET', `/api/panels/${panel}`)).body.panel
  const answer = await admin.call('POST', url, { host: host.toUpperCase(), port })
  expect(answer.body).toMatchObject({ outcome: 'in_use', panel: { id: panel, live: { connection: 'UNKNOWN' } } })
  expect(await rows()).toEqual([])
})

it('says after some seconds that nobody is there to try', async () => {
  const answer = await admin.call('POST', url, { host: '192.0.2.10', port: 1 })
  expect(answer.body).toMatchObject({ outcome: 'no_worker', panel: null })
  expect(await rows()).toEqual([])
})

it('is for those who edit panels, within what a port and a key can be, and no port scanner', async () => {
  for (const role of ['OPERATOR', 'TECHNICIAN', 'FIELD_WORKER'] as const) {
    expect((await (await rig.person(role)).call('POST', url, body)).status, role).toBe(403)
  }
  for (const wrong of [
    { host: 'a b' },
    { host: '' },
    { port: 0 },
    { port: 70_000 },
    { integration_key: 'za-długi-ą' },
  ]) {
    expect((await admin.call('POST', url, { ...body, ...wrong })).status, JSON.stringify(wrong)).toBe(400)
  }
  expect((await admin.call('POST', url, { ...body, panel_id: crypto.randomUUID() })).body.error.code).toBe(
    'PANEL_NOT_FOUND',
  )
  const { host, port } = (await admin.call('GET', `/api/panels/${await rig.panel(await rig.site())}`)).body.panel
  const curious = await rig.person('ADMIN')
  const answers: number[] = []
  for (let n = 0; n <= TRIES_PER_HOUR; n++) answers.push((await curious.call('POST', url, { host, port })).status)
  expect(answers).toEqual([...Array.from({ length: TRIES_PER_HOUR }, () => 200), 429])
})
