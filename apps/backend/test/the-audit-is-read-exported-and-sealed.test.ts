// Spec 06 "Audit": filters, pages, export as an act of its own, what only a MASTER reads, and the chain.
import { systemClock } from '@stam/runtime'
import { appendAudit, sealAudit, verifyAudit } from '@stam/store'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Rig, type Signed, startRig } from './rig.ts'

let rig: Rig
let master: Signed
let admin: Signed
let skippedMs = 0
beforeAll(async () => {
  rig = await startRig({ clock: { ...systemClock, monotonic: () => systemClock.monotonic() + skippedMs } })
  master = await rig.person('MASTER')
  admin = await rig.person('ADMIN')
}, 60_000)
afterAll(() => rig.close())

it('pages without gap or repeat under any filter', async () => {
  const site = await rig.site()
  const edits = Array.from({ length: 23 }, (_, number) => ({
    actor: { kind: 'system', name: 'test' } as const,
    action: 'SITE_EDIT',
    entityType: 'site',
    entityId: site,
    siteId: site,
    requestId: `request-${number % 2}`,
  }))
  await appendAudit(rig.store, edits)
  const ids: number[] = []
  let next: string | null = null
  do {
    const url: string = `/api/audit?site_id=${site}&limit=10${next ? `&after=${next}` : ''}`
    const { body } = await admin.call('GET', url)
    ids.push(...body.data.map((entry: { id: number }) => entry.id))
    next = body.next
  } while (next)
  expect(ids).toHaveLength(23)
  expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => b - a))
  const one = await admin.call('GET', `/api/audit?site_id=${site}&request_id=request-1`)
  expect(one.body.data).toHaveLength(11)
})

it('is exported as text that no spreadsheet takes for a formula, and the export is on record', async () => {
  const id = 'formula-entry'
  await appendAudit(rig.store, [
    {
      actor: { kind: 'system', name: '=HYPERLINK("http://x")' },
      action: 'SITE_EDIT',
      entityType: 'site',
      entityId: id,
      reason: 'ma "cudzysłów"; i średnik',
    },
  ])
  const answer = await rig.backend.app.inject({
    url: `/api/audit/export?entity_id=${id}`,
    headers: { authorization: `Bearer ${admin.token}` },
  })
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['content-type']).toContain('text/csv')
  expect(answer.body).toContain(`"'=HYPERLINK(""http://x"")"`)
  expect(answer.body).toContain('"ma ""cudzysłów""; i średnik"')
  expect(answer.body.trim().split('\r\n')).toHaveLength(2)
  const exports = (await master.call('GET', '/api/audit?action=AUDIT_EXPORT')).body.data
  expect(exports[0].actor.id).toBe(admin.id)
})

it('keeps the record of the system itself for the MASTER', async () => {
  await appendAudit(rig.store, [
    { actor: { kind: 'system', name: 'test' }, action: 'KEY_ROTATION', entityType: 'system', entityId: null },
  ])
  expect((await admin.call('GET', '/api/audit?entity_type=system')).body.data).toEqual([])
  const own = await master.call('GET', '/api/audit?entity_type=system&action=KEY_ROTATION')
  expect(own.body.data).toHaveLength(1)
})

it('is a chain that holds after all of this', async () => {
  await sealAudit(rig.store)
  const verdict = await verifyAudit(rig.store)
  expect(verdict.problems).toEqual([])
  expect(verdict.days.reduce((sum, day) => sum + day.entries, 0)).toBeGreaterThan(25)
})

it('tells who may read it whether the chain holds, and where it is broken', async () => {
  await sealAudit(rig.store)
  const whole = await admin.call('GET', '/api/audit/chain')
  expect(whole.body).toMatchObject({ problems: [] })
  expect(whole.body.entries).toBeGreaterThan(25)
  expect(whole.body.days[0]).toMatchObject({ last_hash: expect.stringMatching(/^[0-9a-f]{64}$/) })
  // Past the triggers, as only the owner of the tables can.
  const [victim] = (await master.call('GET', '/api/audit?action=SITE_EDIT&limit=1')).body.data
  await rig.store.execute(`ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only`, [])
  await rig.store.execute(`UPDATE audit_log SET actor_name = 'ktoś inny' WHERE id = $1`, [victim.id])
  // Within a minute the same walk is told again: nobody makes the database read the whole record at will.
  expect((await admin.call('GET', '/api/audit/chain')).body).toEqual(whole.body)
  skippedMs += 61_000
  const broken = await admin.call('GET', '/api/audit/chain')
  expect(broken.body.problems).toEqual([{ kind: 'changed', seq: expect.any(Number), audit_id: victim.id }])
  const entry = await admin.call('GET', `/api/audit?entry=${victim.id}`)
  expect(entry.body.data).toMatchObject([{ id: victim.id, actor: { name: 'ktoś inny' } }])
})
