// Spec 06 "Audit": filters, pages, export as an act of its own, what only a MASTER reads, and the chain.
import { appendAudit, sealAudit, verifyAudit } from '@stam/store'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Rig, type Signed, startRig } from './rig.ts'

let rig: Rig
let master: Signed
let admin: Signed
beforeAll(async () => {
  rig = await startRig()
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
  expect((await master.call('GET', '/api/audit?entity_type=system')).body.data).toHaveLength(1)
})

it('is a chain that holds after all of this', async () => {
  await sealAudit(rig.store)
  const verdict = await verifyAudit(rig.store)
  expect(verdict.problems).toEqual([])
  expect(verdict.days.reduce((sum, day) => sum + day.entries, 0)).toBeGreaterThan(25)
})
