/** Design rule 19: every route names its input and output schema, so that nothing unchecked comes in and nothing extra leaks out. */
import { startBackend, BackendConfig, generateSigningKey } from '@stam/backend'
import { createMemoryBus } from '@stam/bus'
import { createMemoryLive } from '@stam/live'
import { silentLog, systemClock } from '@stam/runtime'
import { createSimulator } from '@stam/simulator'
import { openStore } from '@stam/store'
import { testDatabase } from '@stam/testkit'
import type * as fastifyModule from 'fastify'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { type RouteLook, schemaProblems } from './route-schemas.ts'

const routes = vi.hoisted(() => ({ seen: [] as unknown[] }))

// Every app of ours is looked at while it is built: afterwards Fastify does not tell its routes' schemas.
vi.mock('fastify', async (importOriginal) => {
  const real = await importOriginal<typeof fastifyModule>()
  const watched = ((options?: object) => {
    const app = real.fastify(options as never)
    app.addHook('onRoute', (route) => void routes.seen.push(route))
    return app
  }) as typeof real.fastify
  return { ...real, default: watched, fastify: watched, Fastify: watched }
})

beforeEach(() => {
  routes.seen = []
})

test('every route of the backend', async () => {
  const database = await testDatabase()
  const store = await openStore({ url: database.appUrl, poolSize: 4, applicationName: 'routes' })
  const [bus, live] = [createMemoryBus(), createMemoryLive()]
  const config = BackendConfig.parse({ port: 0, jwtPrivateKey: generateSigningKey(), consoleFolder: '/nonexistent' })
  const backend = await startBackend(config, { store, bus, live, log: silentLog, clock: systemClock })
  await backend.close()
  await Promise.all([bus.close(), live.close()])
  await store.close()
  await database.close()
  const seen = routes.seen as RouteLook[]
  expect(seen.length).toBeGreaterThan(25)
  expect(seen.flatMap(schemaProblems)).toEqual([])
})

test('every route of the simulator', async () => {
  const simulator = await createSimulator()
  await simulator.listenHttp()
  await simulator.close()
  const seen = routes.seen as RouteLook[]
  expect(seen.length).toBeGreaterThan(5)
  expect(seen.flatMap(schemaProblems)).toEqual([])
})

describe('the check itself', () => {
  const response = { 200: {} }
  test.each([
    ['no schema at all', { method: 'GET', url: '/api/sites' }, 'answer'],
    ['no answer', { method: 'GET', url: '/api/sites', schema: {} }, 'answer'],
    ['only errors', { method: 'GET', url: '/api/sites', schema: { response: { '4xx': {} } } }, 'answer'],
    ['no parameters', { method: 'GET', url: '/api/sites/:id', schema: { response } }, 'parameters'],
    ['no body', { method: 'POST', url: '/api/sites', schema: { response } }, 'body'],
  ])('finds %s', (_, route, what) => {
    expect(schemaProblems(route)).toEqual([expect.stringContaining(what)])
  })

  test('is content with a whole one, and with what is no API', () => {
    expect(schemaProblems({ method: 'POST', url: '/api/x/:id', schema: { response, params: {}, body: {} } })).toEqual(
      [],
    )
    expect(schemaProblems({ method: 'GET', url: '/healthz', schema: { hide: true } })).toEqual([])
  })
})
