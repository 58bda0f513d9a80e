// Spec 00 "Feature flags", 05 "Health": only what is switched on is asked for; what is off says so and is no fault.
import { createMemoryBus } from '@stam/bus'
import { createMemoryLive } from '@stam/live'
import { loadConfig } from '@stam/runtime'
import { eventually } from '@stam/testkit'
import { afterEach, expect, it } from 'vitest'
import { ProcessConfig } from '../src/config.ts'
import { generateSigningKey } from '../src/index.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig | undefined
afterEach(async () => {
  await rig?.close()
  rig = undefined
})

it('without realtime a backend serves by PostgreSQL alone, and misses neither broker nor live store', async () => {
  const [bus, live] = [createMemoryBus(), createMemoryLive()]
  await Promise.all([bus.close(), live.close()])
  rig = await startRig({ bus, live, config: { featureRealtimeEnabled: false } })
  const operator = await rig.person('OPERATOR')
  const alarm = await rig.alarm(await rig.panel(await rig.site()))
  expect((await operator.call('GET', '/api/alarms')).body.data).toMatchObject([{ id: alarm }])

  expect((await rig.backend.app.inject('/readyz')).json()).toEqual({
    status: 'ready',
    degraded: [],
    checks: {
      postgresql: { status: 'up', latency_ms: expect.any(Number) },
      redis: { status: 'disabled' },
      rabbitmq: { status: 'disabled' },
    },
  })
  const { body: status } = await eventually(async () => {
    const answer = await operator.call('GET', '/api/system/status')
    return answer.body.components.length === 6 && answer
  })
  expect(status).toMatchObject({ mode: 'normal', features: { realtime: false, ha: false }, dead_letters: null })
  const states = Object.fromEntries(
    status.components.map(({ name, state }: { name: string; state: string }) => [name, state]),
  )
  expect(states).toEqual({
    postgresql: 'up',
    redis: 'off',
    rabbitmq: 'off',
    realtime: 'off',
    'outbox-relay': 'off',
    'satel-worker': 'off',
  })
  const ticket = await operator.call('POST', '/api/auth/ws-ticket')
  expect([ticket.status, ticket.body.error]).toMatchObject([
    503,
    { code: 'FEATURE_OFF', details: { feature: 'realtime' } },
  ])
})

it('with realtime on the same dependencies are asked for', async () => {
  rig = await startRig()
  rig.broker.stop()
  const report = (await rig.backend.app.inject('/readyz')).json()
  expect(report).toMatchObject({ status: 'ready', degraded: ['rabbitmq'], checks: { redis: { status: 'up' } } })
})

it('what is switched off need not be configured; what is on must be', () => {
  const env = { DATABASE_URL: 'postgres://x@127.0.0.1/x', JWT_PRIVATE_KEY: generateSigningKey() }
  expect(() => loadConfig(ProcessConfig, { env })).toThrow(/RABBITMQ_PASSWORD: is needed/)
  expect(loadConfig(ProcessConfig, { env: { ...env, FEATURE_REALTIME_ENABLED: 'false' } })).toMatchObject({
    featureRealtimeEnabled: false,
  })
  const ha = { ...env, RABBITMQ_PASSWORD: 'secret-of-the-broker', FEATURE_HA_ENABLED: 'true' }
  expect(() => loadConfig(ProcessConfig, { env: ha })).toThrow(/FEATURE_HA_ENABLED: needs Redis sentinels/)
  expect(() =>
    loadConfig(ProcessConfig, { env: { ...ha, REDIS_SENTINELS: 'a:1,b:2', RABBITMQ_QUEUE_TYPE: 'quorum' } }),
  ).not.toThrow()
})
