import fastify from 'fastify'
import { expect, test } from 'vitest'
import {
  createSimulator,
  demoPanels,
  generateDemoSecrets,
  panelActionNames,
  simulateCommand,
  simulatorRoutes,
} from '../src/index.ts'
import { closing, testPanel, world } from './harness.ts'

interface Answer {
  status: number
  body: unknown
}

/** Looks into an answer of any shape. */
function pick(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce((at, key) => (at as Record<string | number, unknown> | undefined)?.[key], value)
}

function seqs(page: Answer): unknown[] {
  return (pick(page.body, 'entries') as unknown[]).map((entry) => pick(entry, 'seq'))
}

async function api(options: Parameters<typeof world>[1] = {}) {
  const it = await world({}, options)
  const { url } = await it.simulator.listenHttp()
  const call = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(url + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  return { ...it, url, call }
}

test('the list, the detail and an action tell the state; keys and codes never', async () => {
  const { call, panel } = await api()
  const list = await call('GET', '/panels')
  expect(list.status).toBe(200)
  expect(pick(list.body, 0)).toMatchObject({
    id: 'test',
    model: 'INTEGRA 32',
    port: panel.port,
    encrypted: false,
    armed: [],
    violated: [],
  })
  const done = await call('POST', '/panels/test/do', { action: 'violate', zone: 4 })
  expect(done.body).toMatchObject({ changed: true, signals: [1], panel: { violated: [4], alarm: [1] } })
  expect((await call('POST', '/panels/test/do', { action: 'violate', zone: 4 })).body).toMatchObject({
    changed: false,
    signals: [],
  })
  const detail = await call('GET', '/panels/test')
  expect(pick(detail.body, 'zones', 3)).toMatchObject({
    number: 4,
    name: 'Dym',
    reaction: 33,
    violated: true,
    alarm: true,
  })
  expect(pick(detail.body, 'zones', 3, 'reactionName', 'pl')).toMatch(/poż|dym/i)
  expect(pick(detail.body, 'users', 0)).toEqual({ number: 1, name: 'Jan', type: 0 })
  expect(JSON.stringify(detail.body)).not.toMatch(/1234|246810|integrationKey/)
})

test('every action of the schema has its way through the API', async () => {
  const { call } = await api()
  const more: Record<string, object> = {
    violate: { zone: 2 },
    restore: { zone: 2 },
    alarm: { zone: 2 },
    bypass: { zone: 3 },
    unbypass: { zone: 3 },
    isolate: { zone: 3 },
    trouble: { trouble: 'phone_line' },
    trouble_restore: { trouble: 'phone_line' },
    temperature: { zone: 1, celsius: 20 },
    output: { output: 3, on: true },
    door_open: { expander: 1 },
    door_close: { expander: 1 },
    access: { user: 1, expander: 1 },
    block_partition: { partition: 1, durationMs: 10 },
    clock_shift: { seconds: 5 },
    service_mode: { on: false },
    event: { code: 602 },
    mode: { mode: 'NORMAL' },
    fault: { mode: 'none' },
  }
  for (const action of panelActionNames) {
    const { status, body } = await call('POST', '/panels/test/do', { action, ...more[action] })
    expect([action, status, pick(body, 'error')]).toEqual([action, 200, undefined])
  }
})

test.each([
  ['POST', '/panels/test/do', { action: 'violat' }, 400, 'INVALID_REQUEST'],
  ['POST', '/panels/test/do', { action: 'violate' }, 400, 'INVALID_REQUEST'],
  ['POST', '/panels/test/do', { action: 'violate', zone: 'three' }, 400, 'INVALID_REQUEST'],
  ['POST', '/panels/test/do', undefined, 400, 'INVALID_REQUEST'],
  ['POST', '/panels/test/do', { action: 'violate', zone: 31 }, 404, 'ZONE_NOT_FOUND'],
  ['POST', '/panels/test/do', { action: 'arm', partition: 9 }, 404, 'PARTITION_NOT_FOUND'],
  ['POST', '/panels/test/do', { action: 'arm', user: 9 }, 404, 'USER_NOT_FOUND'],
  ['POST', '/panels/none/do', { action: 'ac_loss' }, 404, 'PANEL_NOT_FOUND'],
  ['GET', '/panels/none', undefined, 404, 'PANEL_NOT_FOUND'],
  ['DELETE', '/panels/none', undefined, 404, 'PANEL_NOT_FOUND'],
  ['GET', '/nowhere', undefined, 404, 'NOT_FOUND'],
  ['POST', '/panels', { id: 'x' }, 400, 'INVALID_REQUEST'],
  ['POST', '/panels', testPanel(), 409, 'PANEL_ID_TAKEN'],
  ['POST', '/panels', testPanel({ id: 'big', zones: [{ number: 40, name: 'Z' }] }), 400, 'INVALID_REQUEST'],
  ['POST', '/scenarios', {}, 400, 'INVALID_REQUEST'],
  ['POST', '/scenarios', { burst: { panels: 'none', count: 1, overMs: 0 } }, 404, 'PANEL_NOT_FOUND'],
  ['GET', '/scenarios/s99', undefined, 404, 'SCENARIO_NOT_FOUND'],
  ['GET', '/ledger?since=-1', undefined, 400, 'INVALID_REQUEST'],
  ['GET', '/ledger?limit=100000', undefined, 400, 'INVALID_REQUEST'],
  ['GET', '/ledger?panel=none', undefined, 404, 'PANEL_NOT_FOUND'],
  ['POST', '/mode', { mode: 'BROKEN' }, 400, 'INVALID_REQUEST'],
] as const)('%s %s with %j: %i %s', async (method, path, body, status, code) => {
  const { call } = await api()
  const answer = await call(method, path, body)
  expect([answer.status, pick(answer.body, 'error', 'code')]).toEqual([status, code])
  expect(Object.keys(pick(answer.body, 'error') as object)).toEqual(['code', 'message', 'details'])
})

test('broken JSON and a wrong media type are refused in the same form', async () => {
  const { url } = await api()
  const broken = await fetch(`${url}/panels`, {
    method: 'POST',
    body: '{',
    headers: { 'content-type': 'application/json' },
  })
  expect([broken.status, pick(await broken.json(), 'error', 'code')]).toEqual([400, 'INVALID_REQUEST'])
  const text = await fetch(`${url}/panels`, {
    method: 'POST',
    body: 'x',
    headers: { 'content-type': 'application/xml' },
  })
  expect([text.status, pick(await text.json(), 'error', 'code')]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
})

test('a port somebody has is refused, and the id is free again', async () => {
  const { call, panel } = await api()
  const taken = await call('POST', '/panels', testPanel({ id: 'second', port: panel.port }))
  expect([taken.status, pick(taken.body, 'error', 'code')]).toEqual([409, 'PORT_TAKEN'])
  expect((await call('POST', '/panels', testPanel({ id: 'second' }))).status).toBe(201)
  expect((await call('DELETE', '/panels/second')).status).toBe(204)
  expect((await call('GET', '/panels')).body).toHaveLength(1)
})

test('the ledger is paged by number, for all panels or one', async () => {
  const { call, simulator } = await api()
  await simulator.addPanel(testPanel({ id: 'other' }))
  for (let i = 0; i < 5; i++) {
    await call('POST', '/panels/test/do', { action: 'test_transmission' })
    await call('POST', '/panels/other/do', { action: 'event', code: 130, zone: 2 })
  }
  const first = await call('GET', '/ledger?limit=4')
  expect(first.body).toMatchObject({ next: 4, first: 1, last: 10 })
  const second = await call('GET', `/ledger?since=${String(pick(first.body, 'next'))}&limit=100`)
  expect(seqs(second)).toEqual([5, 6, 7, 8, 9, 10])
  expect((await call('GET', '/ledger?since=10')).body).toMatchObject({ entries: [], next: 10 })
  const other = await call('GET', '/ledger?panel=other&limit=2')
  expect(seqs(other)).toEqual([2, 4])
  expect(pick(other.body, 'entries', 0)).toMatchObject({
    panel: 'other',
    code: 130,
    zone: 2,
    class: 'ALARM',
    raisesAlarm: true,
    restore: false,
  })
  expect((await call('GET', '/ledger/summary')).body).toEqual({
    total: 10,
    first: 1,
    last: 10,
    raisingAlarm: 5,
    classes: { TEST: 5, ALARM: 5 },
    panels: { test: { TEST: 5 }, other: { ALARM: 5 } },
  })
})

test('OpenAPI at /docs names every route and the schemas', async () => {
  const { call } = await api()
  const { body } = await call('GET', '/docs/json')
  expect(pick(body, 'openapi')).toMatch(/^3\.1/)
  expect(Object.keys(pick(body, 'paths') as object).sort()).toEqual([
    '/ledger',
    '/ledger/summary',
    '/mode',
    '/panels',
    '/panels/{id}',
    '/panels/{id}/do',
    '/scenarios',
    '/scenarios/{id}',
  ])
  expect(JSON.stringify(pick(body, 'components'))).toContain('half_frame')
})

test('mounted under a prefix of another server, errors and schemas stay inside', async () => {
  const { simulator } = await world()
  const app = closing(fastify())
  app.get('/mine', async () => ({ mine: true }))
  await app.register(simulatorRoutes(simulator), { prefix: '/api/simulator' })
  expect((await app.inject('/api/simulator/panels')).json()).toHaveLength(1)
  expect((await app.inject({ method: 'POST', url: '/api/simulator/panels', payload: {} })).json().error.code).toBe(
    'INVALID_REQUEST',
  )
  expect((await app.inject('/mine')).json()).toEqual({ mine: true })
  expect((await app.inject('/api/elsewhere')).json().error).toBe('Not Found')
})

test('the demo panels are five different sites with secrets of their own', async () => {
  const secrets = generateDemoSecrets()
  const simulator = closing(await createSimulator({ panels: demoPanels(secrets), latency: 'zero' }))
  expect(simulator.panels.map(({ model }) => model)).toEqual([
    'INTEGRA 24',
    'INTEGRA 32',
    'INTEGRA 64 Plus',
    'INTEGRA 128 Plus',
    'INTEGRA 256 Plus',
  ])
  expect(simulator.panels.filter(({ encrypted }) => encrypted).map(({ id }) => id)).toEqual(['demo-clinic'])
  expect(simulator.panels.filter(({ core }) => core.spec.module.profile === 'v1').map(({ id }) => id)).toEqual([
    'demo-office',
  ])
  const codes = Object.values(secrets).flatMap((panel) => Object.values(panel.codes))
  expect(codes.every((code) => /^[0-9]{6}$/.test(code))).toBe(true)
  expect(generateDemoSecrets()).not.toEqual(secrets)
})

test('the command line lists, does, bursts and reads the ledger', async () => {
  const { url, panel, time } = await api()
  let out = ''
  let err = ''
  const output = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) }
  const run = async (...argv: string[]) => {
    out = ''
    err = ''
    return simulateCommand([...argv, '--url', url], output)
  }
  expect(await run('list')).toBe(0)
  expect(out).toContain(`test  INTEGRA 32  127.0.0.1:${panel.port}  free`)
  expect(await run('do', 'test', 'violate', 'zone=4')).toBe(0)
  expect(out).toContain('done, signals 1')
  expect(await run('do', 'test', 'violate', 'zone=99')).toBe(1)
  expect(err).toContain('ZONE_NOT_FOUND')
  expect(await run('do', 'test', 'violate', 'zone')).toBe(2)
  const turning = setInterval(() => time.advance(10), 1)
  expect(await run('burst', '20', '100', 'test')).toBe(0)
  clearInterval(turning)
  expect(out).toMatch(/s1 done: 20 of 20 actions, 20 alarms, 0 failed/)
  expect(await run('ledger', '--limit', '1')).toBe(0)
  expect(out).toMatch(/^1 {2}\S+ {2}test {2}ALARM {2}111 {2}partition 1 zone 4 {2}[0-9a-f]{6}\n$/)
  expect(await run('summary', '--json')).toBe(0)
  expect(JSON.parse(out).classes.ALARM).toBe(21)
  expect(await run('dance')).toBe(2)
  expect(await simulateCommand(['list', '--url', 'http://127.0.0.1:9'], output)).toBe(1)
  expect(err).toContain('no simulator answers')
})
