// Spec 05 "sites", "panels", 02 "Site modes": search, create, edit under a version, modes with reason and end, secrets kept.
import { createKeyring } from '@stam/runtime'
import { listWorkerPanels } from '@stam/store'
import { eventually } from '@stam/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endModes } from '../src/system/housekeeping.ts'
import { type Rig, type Signed, startRig } from './rig.ts'

let rig: Rig
let admin: Signed
let operator: Signed
beforeAll(async () => {
  rig = await startRig()
  admin = await rig.person('ADMIN')
  operator = await rig.person('OPERATOR')
})
afterAll(() => rig.close())

const site = (fields: object = {}) => ({
  code: `C-${Math.random()}`.slice(0, 12),
  name: 'Sklep',
  type: 'SHOP',
  ...fields,
})
const contact = (name: string) => ({ name, role: 'właściciel', phone: '+48600100200', email: '', note: '' })

describe('a site', () => {
  it('is created with contacts in call order and procedures, and found without Polish letters', async () => {
    const created = await admin.call('POST', '/api/sites', {
      ...site({ name: 'Żabka Świętokrzyska', city: 'Łódź', address_line: 'ul. Ćwikłowa 3' }),
      settings: { retrigger: true },
      contacts: [contact('Anna'), contact('Bogdan')],
      procedures: [{ title: 'Zalanie', stream: 'panel', body: '1. Zadzwoń' }],
    })
    expect(created.status, JSON.stringify(created.body)).toBe(200)
    expect(created.body.site).toMatchObject({ version: 1, status: 'ACTIVE', panel_count: 0 })
    expect(created.body.site.settings).toMatchObject({ retrigger: true, bundle_window_s: 900 })
    expect(created.body.contacts.map((one: { name: string }) => one.name)).toEqual(['Anna', 'Bogdan'])
    for (const text of ['zabka', 'SWIETOKRZYSKA lodz', 'cwiklowa', 'łódź']) {
      const found = await operator.call('GET', `/api/sites?text=${encodeURIComponent(text)}`)
      expect(
        found.body.data.map((one: { id: string }) => one.id),
        text,
      ).toEqual([created.body.site.id])
    }
    const list = await operator.call('GET', '/api/sites?limit=1')
    expect(list.body.pagination).toMatchObject({ page: 1, limit: 1, total: expect.any(Number) })
  })

  it('is edited field by field under its version; what is not named stays', async () => {
    const { body } = await admin.call('POST', '/api/sites', {
      ...site(),
      settings: { retrigger: true },
      contacts: [contact('Anna')],
    })
    const { id } = body.site
    const edited = await admin.call('PATCH', `/api/sites/${id}`, {
      version: 1,
      city: 'Gdynia',
      settings: { bundle_window_s: 120 },
    })
    expect(edited.body.site).toMatchObject({ version: 2, city: 'Gdynia', name: 'Sklep', type: 'SHOP' })
    expect(edited.body.site.settings).toMatchObject({ retrigger: true, bundle_window_s: 120, duplicate_window_s: 60 })
    expect(edited.body.contacts).toHaveLength(1)
    const stale = await admin.call('PATCH', `/api/sites/${id}`, { version: 1, city: 'Sopot' })
    expect(stale.status).toBe(409)
    expect(stale.body.error).toMatchObject({
      code: 'SITE_STALE_VERSION',
      details: { version: 2, changed_by: admin.name, current: { city: 'Gdynia' } },
    })
    const reordered = await admin.call('PATCH', `/api/sites/${id}`, {
      version: 2,
      contacts: [contact('Celina'), contact('Anna')],
    })
    expect(reordered.body.contacts.map((one: { name: string; position: number }) => [one.position, one.name])).toEqual([
      [1, 'Celina'],
      [2, 'Anna'],
    ])
    const audit = await admin.call('GET', `/api/audit?entity_type=site&entity_id=${id}`)
    expect(audit.body.data[1]).toMatchObject({ action: 'SITE_EDIT', before: { city: '' }, after: { city: 'Gdynia' } })
  })

  it('refuses a taken code, a zone that is none, and people who may not', async () => {
    const first = await admin.call('POST', '/api/sites', site({ code: 'TAKEN' }))
    expect(first.status).toBe(200)
    expect((await admin.call('POST', '/api/sites', site({ code: 'taken' }))).body.error.code).toBe('SITE_CODE_TAKEN')
    expect(
      (await admin.call('POST', '/api/sites', site({ time_zone: 'Poland/Radom' }))).body.error.details.issues[0].path,
    ).toBe('body.time_zone')
    expect((await operator.call('POST', '/api/sites', site())).status).toBe(403)
    expect((await operator.call('PATCH', `/api/sites/${first.body.site.id}`, { version: 1, city: 'X' })).status).toBe(
      403,
    )
  })

  it('can be put away and brought back', async () => {
    const { body } = await admin.call('POST', '/api/sites', site({ name: 'Zamknięty na zawsze' }))
    const { id } = body.site
    expect((await admin.call('POST', `/api/sites/${id}/archive`, { version: 1 })).body).toMatchObject({
      status: 'ARCHIVED',
      version: 2,
    })
    const listed = async (status: string) =>
      (await operator.call('GET', `/api/sites?text=zamkniety&status=${status}`)).body.data.length
    expect([await listed('active'), await listed('archived'), await listed('all')]).toEqual([0, 1, 1])
    await admin.call('POST', `/api/sites/${id}/archive`, { version: 2, archived: false })
    expect(await listed('active')).toBe(1)
  })
})

describe('a mode', () => {
  it.each(['service', 'test'] as const)(
    '%s: on with a reason, seen, told to every console, off, audited both times',
    async (mode) => {
      const heard: { type: string; data: Record<string, unknown> }[] = []
      const consumer = rig.bus.onStream((messages) => void heard.push(...messages))
      const id = await rig.site()
      const technician = await rig.person('TECHNICIAN', [id])
      const url = `/api/sites/${id}/${mode}-mode`
      expect((await operator.call('POST', url, { version: 1, active: true, reason: 'Przegląd' })).status).toBe(403)
      expect((await technician.call('POST', url, { version: 1, active: true })).body.error.details.issues[0].path).toBe(
        'body.reason',
      )
      const past = { version: 1, active: true, reason: 'Przegląd', until: '2020-01-01T00:00:00.000Z' }
      expect((await technician.call('POST', url, past)).status).toBe(400)
      const on = await technician.call('POST', url, { version: 1, active: true, reason: 'Przegląd roczny' })
      expect(on.body[`${mode}_mode`]).toMatchObject({
        active: true,
        reason: 'Przegląd roczny',
        by: technician.name,
        until: null,
      })
      const twice = await technician.call('POST', url, { version: 2, active: true, reason: 'Przegląd' })
      expect(twice.body.error).toMatchObject({
        code: `${mode.toUpperCase()}_MODE_ALREADY_ACTIVE`,
        details: { version: 2 },
      })
      expect(
        (await operator.call('GET', `/api/sites?mode=${mode}`)).body.data.map((one: { id: string }) => one.id),
      ).toContain(id)
      const off = await technician.call('POST', url, { version: 2, active: false })
      expect(off.body[`${mode}_mode`]).toEqual({ active: false, since: null, until: null, reason: null, by: null })
      const audit = await admin.call('GET', `/api/audit?entity_type=site&entity_id=${id}`)
      expect(audit.body.data.map((entry: { action: string }) => entry.action)).toEqual([
        `${mode.toUpperCase()}_MODE_OFF`,
        `${mode.toUpperCase()}_MODE_ON`,
      ])
      await rig.relay()
      await consumer.close()
      const own = heard.filter((message) => message.data['site_id'] === id)
      expect(own.map((message) => [message.type, message.data[`${mode}_mode`]])).toEqual([
        ['site.updated', true],
        ['site.updated', false],
      ])
    },
  )

  it('ends by itself at its time, once, whoever looks', async () => {
    const id = await rig.site()
    const until = new Date(Date.now() + 4_000).toISOString()
    await admin.call('POST', `/api/sites/${id}/service-mode`, {
      version: 1,
      active: true,
      reason: 'Krótki przegląd',
      until,
    })
    expect(await endModes(rig.store)).toBe(0)
    const ended = await eventually(async () => {
      const counts = await Promise.all([endModes(rig.store), endModes(rig.store)])
      return counts[0] + counts[1]
    })
    expect(ended).toBe(1)
    const { body } = await admin.call('GET', `/api/sites/${id}`)
    expect(body.site).toMatchObject({ version: 3, service_mode: { active: false } })
    const audit = await admin.call('GET', `/api/audit?entity_type=site&entity_id=${id}`)
    expect(audit.body.data[0]).toMatchObject({ action: 'SERVICE_MODE_OFF', actor: { kind: 'system' } })
  })

  it('makes the next alarm grey and one level lower, and a test alarm stays out of the queue', async () => {
    const id = await rig.site()
    const panel = await rig.panel(id)
    await admin.call('POST', `/api/sites/${id}/service-mode`, { version: 1, active: true, reason: 'Przegląd' })
    const lowered = await rig.alarm(panel)
    expect((await operator.call('GET', `/api/alarms/${lowered}`)).body.alarm).toMatchObject({
      priority: 'WARNING',
      service_mode: true,
    })
    await admin.call('POST', `/api/sites/${id}/test-mode`, { version: 2, active: true, reason: 'Próba' })
    const test = await rig.alarm(panel)
    const ids = async (query: string) =>
      (await operator.call('GET', `/api/alarms?site_id=${id}&${query}`)).body.data.map(
        (alarm: { id: string }) => alarm.id,
      )
    expect(await ids('')).toEqual([lowered])
    expect(await ids('test=only')).toEqual([test])
    expect((await ids('test=all')).toSorted()).toEqual([lowered, test].toSorted())
  })
})

describe('a panel', () => {
  it('keeps its integration key where nobody reads it', async () => {
    const created = await admin.call('POST', '/api/panels', {
      site_id: await rig.site(),
      name: 'Centrala',
      host: '10.20.30.40',
      integration_key: 'KLUCZ1234567',
    })
    expect(created.body.panel).toMatchObject({ version: 1, port: 10_004, enabled: true, has_integration_key: true })
    expect(created.body.live).toMatchObject({ connection: 'UNKNOWN', bits: null })
    const { id } = created.body.panel
    const audit = await admin.call('GET', `/api/audit?entity_type=panel&entity_id=${id}`)
    for (const text of [created, audit].map((answer) => JSON.stringify(answer.body)))
      expect(text).not.toContain('KLUCZ')
    const stored = await integrationKey(id)
    expect(stored).not.toContain('KLUCZ')
    const keyring = createKeyring(rig.config.encryptionKey as NonNullable<typeof rig.config.encryptionKey>)
    expect(keyring.decrypt(stored as string).toString()).toBe('KLUCZ1234567')
    const edited = await admin.call('PATCH', `/api/panels/${id}`, { version: 1, name: 'Centrala główna' })
    expect(edited.body.panel).toMatchObject({
      version: 2,
      name: 'Centrala główna',
      port: 10_004,
      has_integration_key: true,
    })
    const removed = await admin.call('PATCH', `/api/panels/${id}`, { version: 2, integration_key: null })
    expect(removed.body.panel.has_integration_key).toBe(false)
    expect((await admin.call('PATCH', `/api/panels/${id}`, { version: 3, integration_key: 'za-długi-ą' })).status).toBe(
      400,
    )
    const stale = await admin.call('PATCH', `/api/panels/${id}`, { version: 1, name: 'x' })
    expect(stale.body.error).toMatchObject({
      code: 'PANEL_STALE_VERSION',
      details: { version: 3, changed_by: admin.name },
    })
  })

  it('shares its address with no other', async () => {
    const site_id = await rig.site()
    const panel = { site_id, name: 'A', host: 'panel.example', port: 7094 }
    expect((await admin.call('POST', '/api/panels', panel)).status).toBe(200)
    expect((await admin.call('POST', '/api/panels', { ...panel, host: 'PANEL.example' })).body.error.code).toBe(
      'PANEL_ADDRESS_TAKEN',
    )
    expect(
      (await admin.call('POST', '/api/panels', { ...panel, site_id: crypto.randomUUID(), port: 1 })).body.error.code,
    ).toBe('SITE_NOT_FOUND')
  })

  it('has zones whose priorities people set, and the next event follows them', async () => {
    const panel = await rig.panel(await rig.site())
    const url = `/api/panels/${panel}/zones/1`
    expect((await admin.call('PATCH', url, { version: 1, priority_overrides: { ALARMS: 'INFO' } })).status).toBe(400)
    const set = await admin.call('PATCH', url, { version: 1, priority_overrides: { ALARM: 'WARNING' } })
    expect(set.body.panel.version).toBe(2)
    expect(set.body.zones).toEqual([expect.objectContaining({ number: 1, priority_overrides: { ALARM: 'WARNING' } })])
    const id = await rig.alarm(panel)
    expect((await operator.call('GET', `/api/alarms/${id}`)).body.alarm.priority).toBe('WARNING')
    expect(
      (await admin.call('PATCH', `/api/panels/${panel}/zones/999`, { version: 2, priority_overrides: {} })).status,
    ).toBe(400)
  })

  it('is hidden with everything about it from those whose site it is not', async () => {
    const panel = await rig.panel(await rig.site())
    const own = await rig.site()
    const technician = await rig.person('TECHNICIAN', [own])
    for (const path of ['', '/state', '/state-history']) {
      const answer = await technician.call('GET', `/api/panels/${panel}${path}`)
      expect(answer.status, path).toBe(404)
      expect(answer.body.error.code).toBe('PANEL_NOT_FOUND')
      expect((await operator.call('GET', `/api/panels/${panel}${path}`)).status, path).toBe(200)
    }
    expect((await technician.call('GET', '/api/panels')).body.data).toEqual([])
    expect((await technician.call('GET', '/api/sites')).body.data.map((one: { id: string }) => one.id)).toEqual([own])
  })
})

async function integrationKey(panelId: string): Promise<string | null | undefined> {
  const panels = await listWorkerPanels(rig.store)
  return panels.find((panel) => panel.panel_id === panelId)?.integration_key_encrypted
}
