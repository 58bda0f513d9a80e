// Spec 06: services use their own tokens and sub-roles; named, for a time, revocable, and good for nothing people do.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '@stam/testkit'
import { endServiceToken, issueServiceToken } from '../src/index.ts'
import { caller, type Rig, startRig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
}, 60_000)
afterAll(() => rig.close())

const me = (token: string) => caller(rig.backend, token)('GET', '/api/service/me')

it('says what it is and may do, and opens nothing else', async () => {
  const token = (await issueServiceToken(rig.store, { name: 'bramka SMS', role: 'SYSTEM_SMS', days: 30 })) as string
  const { status, body } = await me(token)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    name: 'bramka SMS',
    role: 'SYSTEM_SMS',
    permissions: ['integration:write', 'panel:state:write', 'sms_raw:read'],
  })
  for (const url of ['/api/alarms', '/api/auth/me', '/api/users', '/api/system/status']) {
    expect((await caller(rig.backend, token)('GET', url)).body.error.code, url).toBe('FORBIDDEN')
  }
  expect((await caller(rig.backend, token)('POST', '/api/auth/ws-ticket')).status).toBe(403)
  const operator = await rig.person('MASTER')
  expect((await operator.call('GET', '/api/service/me')).status).toBe(403)
})

it('has one name, which is free again once it is revoked; then it is refused at once or within seconds', async () => {
  const issue = () => issueServiceToken(rig.store, { name: 'worker-1', role: 'SYSTEM_WORKER', days: 1 })
  const token = (await issue()) as string
  expect((await me(token)).status).toBe(200)
  expect(await issue()).toBeNull()
  expect(await endServiceToken(rig.store, 'WORKER-1')).toBe(true)
  expect(await endServiceToken(rig.store, 'worker-1')).toBe(false)
  await eventually(async () => (await me(token)).status === 401, { deadlineMs: 15_000 })
  expect((await me((await issue()) as string)).status).toBe(200)
})

it('ends with its day, and is nowhere to be read', async () => {
  const token = (await issueServiceToken(rig.store, { name: 'relay', role: 'SYSTEM_RELAY', days: 1 })) as string
  await rig.store.execute(
    `UPDATE service_tokens SET created_at = now() - interval '2 days', expires_at = now() - interval '1 s' WHERE name = 'relay'`,
  )
  expect((await me(token)).status).toBe(401)
  expect((await me(`stamsvc_${'x'.repeat(43)}`)).status).toBe(401)
  const rows = await rig.store.query<{ text: string }>(
    `SELECT row_to_json(s)::text AS text FROM service_tokens s UNION ALL SELECT row_to_json(a)::text FROM audit_log a`,
  )
  const all = rows.map(({ text }) => text).join('\n')
  expect(all).not.toContain(token)
  expect(all).toContain('SERVICE_TOKEN_ISSUE')
})
