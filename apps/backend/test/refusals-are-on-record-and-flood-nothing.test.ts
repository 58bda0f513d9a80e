// Spec 06 "Audit", ASVS 7.1.3: who was refused is on record, and nobody can fill it by being refused.
import { afterAll, beforeAll, expect, it } from 'vitest'

import { silentLog } from '@stam/runtime'
import { eventually, fakeClock } from '@stam/testkit'
import { recordRefusals } from '../src/identity/refusals.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
}, 60_000)
afterAll(() => rig.close())

const entries = (actorId: string) =>
  rig.store.query<{ entity_id: string; times: number; request_id: string }>(
    `SELECT entity_id, (after ->> 'times')::int AS times, request_id FROM audit_log
     WHERE action = 'ACCESS_REFUSED' AND actor_id = $1 ORDER BY id`,
    [actorId],
  )

it('records the first refusal at a route at once, with who, where and which request', async () => {
  const operator = await rig.person('OPERATOR')
  for (let number = 0; number < 50; number++)
    await operator.call('GET', '/api/users', undefined, { 'x-request-id': `r-${number}-aaaaaaaa` })
  expect((await operator.call('POST', '/api/sites', {})).status).toBe(403)
  await eventually(async () => (await entries(operator.id)).length === 2)
  expect(await entries(operator.id)).toMatchObject([
    { entity_id: 'GET /api/users', times: 1, request_id: 'r-0-aaaaaaaa' },
    { entity_id: 'POST /api/sites', times: 1 },
  ])
})

it('counts the others, and writes their number after ten minutes or at the end', async () => {
  const clock = fakeClock()
  const refusals = recordRefusals({ store: rig.store, clock, log: silentLog })
  const { id } = await rig.person('OPERATOR')
  const act = {
    actor: { kind: 'user' as const, id, name: 'x', role: 'OPERATOR' as const },
    ip: null,
    requestId: null,
    serviceInstance: 't',
  }
  for (let number = 0; number < 7; number++) refusals.note('GET /a', act)
  // The first is being written while the clock goes on.
  await eventually(async () => (await entries(id)).length === 1)
  await clock.advance(600_001)
  await eventually(async () => (await entries(id)).length === 2)
  for (let number = 0; number < 1_000; number++) refusals.note(`GET /${number}`, act)
  await refusals.close()
  const all = await entries(id)
  expect(all.slice(0, 2).map(({ times }) => times)).toEqual([1, 6])
  // 20 routes, and what comes after as one of its own.
  expect(all).toHaveLength(2 + 20 + 2)
  expect(all.slice(2).reduce((sum, { times }) => sum + times, 0)).toBe(1_000)
})
