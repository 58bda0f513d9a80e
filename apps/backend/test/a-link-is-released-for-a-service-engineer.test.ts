// Spec 03 "DLOAD release", 05, 06 `panel:release`: who may, for how long, what is put on record; releasing again moves the end.
import { runningReleases, RELEASES_CHANNEL } from '@stam/store'
import { eventually } from '@stam/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Rig, type Signed, startRig } from './rig.ts'

let rig: Rig
let admin: Signed
let technician: Signed
let site: string
let panel: string
beforeAll(async () => {
  rig = await startRig()
  site = await rig.site()
  panel = await rig.panel(site)
  admin = await rig.person('ADMIN')
  technician = await rig.person('TECHNICIAN', [site])
})
afterAll(() => rig.close())

const path = () => `/api/panels/${panel}/connection-release`
const request = { reason: 'wgranie ustawień', duration_minutes: 30 }
const minutesLeft = (until: string) => (Date.parse(until) - Date.now()) / 60_000
interface Line {
  action: string
  before: unknown
  after: unknown
  reason: string | null
  actor: { name: string }
}
const audit = async () => {
  const answer = await admin.call('GET', `/api/audit?entity_type=panel&entity_id=${panel}`)
  return (answer.body.data as Line[]).map(({ action, before, after, reason, actor }) => ({
    action,
    before,
    after,
    reason,
    actor: actor.name,
  }))
}

it('by those who may, on their sites, with a reason and up to an hour', async () => {
  for (const role of ['OPERATOR', 'FIELD_WORKER'] as const) {
    const person = await rig.person(role, [site])
    expect((await person.call('POST', path(), request)).status, role).toBe(403)
    expect((await person.call('DELETE', path())).status, role).toBe(403)
  }
  const elsewhere = await rig.person('TECHNICIAN', [await rig.site()])
  expect((await elsewhere.call('POST', path(), request)).body.error.code).toBe('PANEL_NOT_FOUND')
  expect((await elsewhere.call('DELETE', path())).body.error.code).toBe('PANEL_NOT_FOUND')
  for (const wrong of [
    { ...request, reason: 'abc ' },
    { ...request, reason: '   a    ' },
    { duration_minutes: 5 },
    { ...request, duration_minutes: 0 },
    { ...request, duration_minutes: 61 },
    { ...request, duration_minutes: 1.5 },
  ]) {
    expect((await technician.call('POST', path(), wrong)).status, JSON.stringify(wrong)).toBe(400)
  }
  expect(await runningReleases(rig.store)).toEqual([])
  expect(await audit()).toEqual([])
})

it('is told to workers, seen by everybody, prolonged and ended early, each on record', async () => {
  let told = 0
  const listening = await rig.store.listen(RELEASES_CHANNEL, (payload) => {
    if (payload !== null) told++
  })
  const released = await technician.call('POST', path(), { ...request, reason: `  ${request.reason} ` })
  expect(released.status, JSON.stringify(released.body)).toBe(200)
  expect(released.body.release).toMatchObject({ by: technician.name, reason: request.reason })
  expect(Math.abs(minutesLeft(released.body.release.until) - 30)).toBeLessThan(1)
  await eventually(() => told === 1, { what: 'a word to the workers' })
  const operator = await rig.person('OPERATOR')
  expect((await operator.call('GET', `/api/panels/${panel}`)).body.release).toEqual(released.body.release)
  const running = await runningReleases(rig.store)
  expect(running).toEqual([{ panel_id: panel, until: released.body.release.until, left_ms: expect.any(Number) }])
  expect(Math.abs((running[0]?.left_ms ?? 0) / 60_000 - 30)).toBeLessThan(1)

  const extended = await admin.call('POST', path(), { reason: 'jeszcze trochę', duration_minutes: 60 })
  expect(Math.abs(minutesLeft(extended.body.release.until) - 60)).toBeLessThan(1)
  const ended = await technician.call('DELETE', path())
  expect(ended.status).toBe(200)
  expect(ended.body.release).toBe(null)
  expect(await runningReleases(rig.store)).toEqual([])
  await eventually(() => told === 3, { what: 'a word about each change' })
  const first = { released: true, ...released.body.release }
  const second = { released: true, ...extended.body.release }
  expect((await audit()).toReversed()).toEqual([
    {
      action: 'PANEL_RELEASE',
      before: { released: false },
      after: first,
      reason: request.reason,
      actor: technician.name,
    },
    { action: 'PANEL_RELEASE_EXTEND', before: first, after: second, reason: 'jeszcze trochę', actor: admin.name },
    {
      action: 'PANEL_RELEASE_END',
      before: second,
      after: { released: false },
      reason: null,
      actor: technician.name,
    },
  ])
  // Nothing to take back: neither a fault nor a line on record.
  expect((await technician.call('DELETE', path())).status).toBe(200)
  expect(await audit()).toHaveLength(3)
  await listening.close()
})

it('counts as over when its time is', async () => {
  await technician.call('POST', path(), request)
  await rig.store.execute(
    `UPDATE panel_assignments SET released_until = now() - interval '1 second' WHERE panel_id = $1`,
    [panel],
  )
  expect((await admin.call('GET', `/api/panels/${panel}`)).body.release).toBe(null)
  await technician.call('POST', path(), request)
  expect((await audit())[0]).toMatchObject({ action: 'PANEL_RELEASE', before: { released: false } })
})
