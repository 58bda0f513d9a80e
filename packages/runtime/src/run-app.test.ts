import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { RuntimeError } from './errors.ts'
import { createLog } from './log.ts'
import { type AppContext, type ProcessHost, type RunAppOptions, runApp } from './run-app.ts'

function fakeHost() {
  const emitter = new EventEmitter()
  const exits: number[] = []
  const stderr: string[] = []
  const host: ProcessHost = {
    on: (event, listener) => emitter.on(event, listener),
    off: (event, listener) => emitter.off(event, listener),
    exit: (code) => void exits.push(code),
    stderr: { write: (text) => stderr.push(text) },
  }
  return { host, emitter, exits, stderr }
}

function launch(options: Partial<RunAppOptions<object>> & Pick<RunAppOptions<object>, 'start'>) {
  const fake = fakeHost()
  const events: string[] = []
  const log = createLog({
    service: 'x',
    destination: { write: (line: string) => void events.push((JSON.parse(line) as { event: string }).event) },
  })
  const started = Promise.withResolvers<AppContext<object>>()
  const ended = runApp({
    name: 'x',
    config: () => ({}),
    host: fake.host,
    log,
    ...options,
    start: async (context) => {
      const running = await options.start(context)
      // The runner says ready after `start` has settled; a test that signals must come after that.
      setImmediate(() => started.resolve(context))
      return running
    },
  })
  return { ...fake, events, started: started.promise, ended }
}

test('a signal drains: not ready first, then closed, then exit 0 with nothing left behind', async () => {
  const order: string[] = []
  const app = launch({
    start: async (context) => ({
      close: async () => void order.push(`closed while ${context.readiness.lifecycle}`),
    }),
  })
  const context = await app.started
  expect(context.readiness.lifecycle).toBe('serving')
  app.emitter.emit('SIGTERM')
  expect(context.draining.aborted).toBe(true)
  expect(await app.ended).toBe(0)
  expect(order).toEqual(['closed while draining'])
  expect(app.events).toEqual(['app_starting', 'app_ready', 'app_draining', 'app_stopped'])
  expect(app.emitter.eventNames()).toEqual([])
})

test('a second signal forces', async () => {
  const app = launch({ start: async () => ({ close: () => new Promise(() => {}) }) })
  await app.started
  app.emitter.emit('SIGTERM')
  app.emitter.emit('SIGINT')
  expect(await app.ended).toBe(130)
})

test('a drain that takes too long ends with 1', async () => {
  const app = launch({ drainMs: 10, start: async () => ({ close: () => new Promise(() => {}) }) })
  await app.started
  app.emitter.emit('SIGTERM')
  expect(await app.ended).toBe(1)
  expect(app.events).toContain('app_drain_too_slow')
})

test('a wrong configuration ends with 2 and says what is wrong', async () => {
  const app = launch({
    config: () => {
      throw new RuntimeError('CONFIG_INVALID', 'HTTP_PORT: a number is needed here')
    },
    start: () => expect.unreachable(),
  })
  expect(await app.ended).toBe(2)
  expect(app.stderr.join('')).toContain('HTTP_PORT')
})

test('a start that fails ends with 1', async () => {
  const app = launch({ start: () => Promise.reject(new Error('no database')) })
  expect(await app.ended).toBe(1)
  expect(app.events).toContain('app_start_failed')
})

test('a crash drains and ends with 1', async () => {
  let closed = false
  const app = launch({ start: async () => ({ close: async () => void (closed = true) }) })
  await app.started
  app.emitter.emit('unhandledRejection', new Error('forgotten'))
  expect(await app.ended).toBe(1)
  expect(closed).toBe(true)
})

test('an app can end itself with a code', async () => {
  const app = launch({ start: async () => ({ close: async () => {} }) })
  const context = await app.started
  context.stop('the schema is newer than this program', 57)
  expect(await app.ended).toBe(57)
})

test('the health port says draining to the end', async () => {
  let report: { status: number; body: unknown } | undefined
  const port = await freePort()
  const app = launch({
    health: () => ({ port }),
    start: async () => ({
      close: async () => {
        const response = await fetch(`http://127.0.0.1:${port}/readyz`)
        report = { status: response.status, body: await response.json() }
      },
    }),
  })
  await app.started
  app.emitter.emit('SIGTERM')
  expect(await app.ended).toBe(0)
  expect(report).toMatchObject({ status: 503, body: { checks: { process: { error: 'draining' } } } })
  await expect(fetch(`http://127.0.0.1:${port}/readyz`)).rejects.toThrow()
})

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
