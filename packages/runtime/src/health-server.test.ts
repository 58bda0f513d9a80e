import { afterEach, expect, test } from 'vitest'
import { type HealthServer, startHealthServer } from './health-server.ts'
import { createMetrics } from './metrics.ts'
import { createReadiness, type ReadinessCheck } from './readiness.ts'

let server: HealthServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const up = async () => {}
const down = () => Promise.reject(new Error('Connection refused'))

async function serve(checks: ReadinessCheck[], lifecycle: 'starting' | 'serving' | 'draining' = 'serving') {
  const readiness = createReadiness({ checks })
  readiness.setLifecycle(lifecycle)
  const metrics = createMetrics({ service: 'test' })
  metrics.counter({ name: 'alarms_total', help: 'Alarms', labels: ['source'] }).inc({ source: 'panel' }, 2)
  server = await startHealthServer({ port: 0, readiness, metrics })
  const base = `http://127.0.0.1:${server.port}`
  return async (path: string, init?: RequestInit) => {
    const response = await fetch(base + path, init)
    return { status: response.status, body: await response.text() }
  }
}

test('healthz answers while the loop turns', async () => {
  const get = await serve([])
  const { status, body } = await get('/healthz')
  expect(status).toBe(200)
  expect(JSON.parse(body)).toEqual({ status: 'healthy', uptime_seconds: expect.any(Number) })
})

test('readyz is 200 and names what is degraded when a dependency that can be done without is down', async () => {
  const get = await serve([
    { name: 'postgresql', essential: true, check: up },
    { name: 'redis', essential: false, check: down },
  ])
  const { status, body } = await get('/readyz')
  expect(status).toBe(200)
  expect(JSON.parse(body)).toEqual({
    status: 'ready',
    degraded: ['redis'],
    checks: {
      postgresql: { status: 'up', latency_ms: expect.any(Number) },
      redis: { status: 'down', error: 'Connection refused' },
    },
  })
})

test('readyz is 503 when an essential dependency is down', async () => {
  const get = await serve([{ name: 'postgresql', essential: true, check: down }])
  const { status, body } = await get('/readyz')
  expect(status).toBe(503)
  expect(JSON.parse(body)).toMatchObject({ status: 'not_ready', degraded: [] })
})

test('a dependency that hangs counts as down after its limit', async () => {
  const get = await serve([{ name: 'postgresql', essential: true, limitMs: 20, check: () => new Promise(() => {}) }])
  expect(JSON.parse((await get('/readyz')).body)).toMatchObject({
    status: 'not_ready',
    checks: { postgresql: { status: 'down', error: 'postgresql did not finish within 20 ms' } },
  })
})

test.each(['starting', 'draining'] as const)('a process that is %s is not ready', async (lifecycle) => {
  const get = await serve([], lifecycle)
  const { status, body } = await get('/readyz')
  expect(status).toBe(503)
  expect(JSON.parse(body)).toMatchObject({ checks: { process: { status: 'down', error: lifecycle } } })
})

test('metrics are served as text', async () => {
  const get = await serve([])
  expect((await get('/metrics')).body).toContain('alarms_total{source="panel",service="test"} 2')
})

test('anything else is refused', async () => {
  const get = await serve([])
  expect((await get('/')).status).toBe(404)
  expect((await get('/healthz', { method: 'POST' })).status).toBe(405)
})

test('a taken port is an error at start', async () => {
  await serve([])
  const port = server?.port as number
  await expect(startHealthServer({ port, readiness: createReadiness() })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('one metric per name: the same shape is shared, another is refused', () => {
  const metrics = createMetrics({ service: 'test' })
  const first = metrics.gauge({ name: 'panels', help: 'Panels' })
  expect(metrics.gauge({ name: 'panels', help: 'Panels' })).toBe(first)
  expect(() => metrics.counter({ name: 'panels', help: 'Panels' })).toThrow(TypeError)
})
