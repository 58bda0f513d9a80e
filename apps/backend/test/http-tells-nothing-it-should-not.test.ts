// Spec 05 "Conventions", 06 "Web": the envelope, request ids, limits of bodies and depth, headers, documentation, health.
import { connect } from 'node:net'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routeAccess } from '../src/identity/permissions.ts'
import { type Rig, type Signed, startRig } from './rig.ts'

let rig: Rig
let admin: Signed
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'console-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>console</title>')
  await writeFile(join(folder, 'assets', 'index-4f2a.js'), 'export {}')
  rig = await startRig({ config: { consoleFolder: folder } })
  admin = await rig.person('ADMIN')
})
afterAll(async () => {
  await rig.close()
  await rm(folder, { recursive: true })
})

const inject = (options: object) => rig.backend.app.inject(options as { url: string })

describe('errors', () => {
  it('have one shape, whatever went wrong', async () => {
    const bearer = { authorization: `Bearer ${admin.token}` }
    const cases: [object, number, string][] = [
      [{ url: '/api/nothing' }, 404, 'NOT_FOUND'],
      [{ url: '/api/alarms' }, 401, 'UNAUTHORIZED'],
      [{ url: '/api/alarms/not-an-id', headers: bearer }, 400, 'INVALID_REQUEST'],
      [{ url: '/api/alarms/%ff', headers: bearer }, 400, 'INVALID_REQUEST'],
      [
        {
          url: '/api/auth/login',
          method: 'POST',
          payload: '{"email":',
          headers: { 'content-type': 'application/json' },
        },
        400,
        'INVALID_REQUEST',
      ],
      [
        {
          url: '/api/auth/login',
          method: 'POST',
          payload: 'a=b',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        },
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      ],
      [
        { url: '/api/auth/login', method: 'POST', payload: { email: 'x'.repeat(300_000), password: 'x' } },
        413,
        'PAYLOAD_TOO_LARGE',
      ],
      [
        {
          url: '/api/sites',
          method: 'POST',
          payload: '[]',
          headers: { ...bearer, 'content-type': 'application/json' },
        },
        400,
        'INVALID_REQUEST',
      ],
      [
        {
          url: '/api/auth/login',
          method: 'POST',
          payload: '{"__proto__":{"x":1},"email":"abc","password":"x"}',
          headers: { 'content-type': 'application/json' },
        },
        400,
        'INVALID_REQUEST',
      ],
      [{ url: '/api/sites', method: 'DELETE', headers: bearer }, 404, 'NOT_FOUND'],
    ]
    for (const [request, status, code] of cases) {
      const answer = await inject(request)
      expect(answer.statusCode, JSON.stringify(request).slice(0, 120)).toBe(status)
      const { error } = answer.json()
      expect(error.code).toBe(code)
      expect(typeof error.message).toBe('string')
      expect(error.details).toBeTypeOf('object')
      expect(answer.body).not.toMatch(/node_modules|at .*\.ts|FST_|SELECT|stack/)
    }
  })

  it('list every field that is wrong, by its path', async () => {
    const { body } = await admin.call('POST', '/api/sites', {
      code: '',
      name: 'x',
      type: 'CASTLE',
      contacts: [{ name: 7 }],
    })
    const paths = body.error.details.issues.map((issue: { path: string }) => issue.path)
    expect(paths).toEqual(expect.arrayContaining(['body.code', 'body.name', 'body.type', 'body.contacts.0.name']))
  })

  it('say of our own faults only where to find the reason', async () => {
    const store = rig.store as { query: (...all: unknown[]) => Promise<unknown> }
    const query = store.query.bind(rig.store)
    store.query = async (...all) => {
      if (String(all[0]).includes('stream_head head')) throw new TypeError('secret inside of relation alarms')
      return query(...all)
    }
    const answer = await inject({
      url: '/api/alarms',
      headers: { authorization: `Bearer ${admin.token}`, 'x-request-id': 'find-me-again' },
    })
    store.query = query
    expect(answer.statusCode).toBe(500)
    expect(answer.json()).toEqual({
      error: { code: 'INTERNAL', message: expect.any(String), details: { request_id: 'find-me-again' } },
    })
  })

  it('stop a body nested without end before anything parses it', async () => {
    const nested = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`
    const answer = await inject({
      url: '/api/auth/login',
      method: 'POST',
      payload: nested,
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.json().error.details.issues[0].code).toBe('too_deep')
    const strings = JSON.stringify({ email: `${'{['.repeat(60)}@x`, password: '"\\"[[[[' })
    expect(
      (
        await inject({
          url: '/api/auth/login',
          method: 'POST',
          payload: strings,
          headers: { 'content-type': 'application/json' },
        })
      ).statusCode,
    ).toBe(401)
  })
})

describe('request ids', () => {
  it('are taken, made, and given back', async () => {
    expect(
      (await inject({ url: '/healthz', headers: { 'x-request-id': 'my-own-id-1' } })).headers['x-request-id'],
    ).toBe('my-own-id-1')
    for (const bad of ['', 'short', 'with space inside', 'x'.repeat(500)]) {
      const id = (await inject({ url: '/healthz', headers: { 'x-request-id': bad } })).headers['x-request-id']
      expect(id).toMatch(/^[0-9a-f-]{36}$/)
    }
  })

  it('end up in the record of what was done', async () => {
    const { body } = await admin.call(
      'POST',
      '/api/sites',
      { code: 'REQ-1', name: 'Biuro', type: 'OFFICE' },
      { 'x-request-id': 'who-made-this' },
    )
    const audit = await admin.call('GET', `/api/audit?entity_type=site&entity_id=${body.site.id}`)
    expect(audit.body.data[0]).toMatchObject({ action: 'SITE_CREATE', request_id: 'who-made-this' })
  })
})

describe('headers', () => {
  it('let a page of ours run its own scripts and nothing else', async () => {
    const { headers } = await inject({ url: '/' })
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'")
    expect(policy).toContain("connect-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval'? |\*|http:/)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': expect.stringContaining('max-age='),
    })
    expect(headers).not.toHaveProperty('x-powered-by')
    expect((await inject({ url: '/api/auth/me' })).headers['cache-control']).toBe('no-store')
  })
})

describe('the console', () => {
  it('is served for every page address, and files as what they are', async () => {
    for (const url of ['/', '/alarms', '/alarms/01a200d3-a278-7037-9ab7-5cdd9b54b0fa', '/sites?x=1']) {
      const page = await inject({ url })
      expect(page.statusCode, url).toBe(200)
      expect(page.body).toContain('<title>console')
      expect(page.headers['cache-control']).toBe('no-cache')
    }
    const script = await inject({ url: '/assets/index-4f2a.js' })
    expect(script.headers['content-type']).toMatch(/javascript/)
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    for (const url of ['/assets/gone.js', '/favicon.png', '/api/x', '/..%2f..%2fpackage.json', '/.env', '/ws']) {
      expect((await inject({ url })).statusCode, url).toBe(404)
    }
  })
})

describe('the documentation', () => {
  it('is OpenAPI 3.1, covers every route of the table, and is the committed one', async () => {
    const answer = await inject({ url: '/api/docs/json' })
    const document = answer.json()
    expect(document.openapi).toMatch(/^3\.1/)
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    )
    expect(described.toSorted()).toEqual(Object.keys(routeAccess).toSorted())
    for (const methods of Object.values(document.paths)) {
      for (const route of Object.values(methods as Record<string, { responses: object; summary: string }>)) {
        expect(route.summary).toBeTruthy()
        expect(Object.keys(route.responses)).toEqual(expect.arrayContaining(['4XX', '5XX']))
      }
    }
    expect(document.components.schemas).toHaveProperty('AlarmSummary')
    const committed = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8'))
    expect(document, 'docs/openapi.json is old: run npm run docs -w @stam/backend').toEqual(committed)
  })

  it('can be read in a browser under a policy of its own', async () => {
    const page = await inject({ url: '/api/docs' })
    expect(page.statusCode).toBe(200)
    expect(String(page.headers['content-security-policy'])).toContain("script-src 'self'")
  })
})

describe('health', () => {
  it('answers whoever asks, and metrics only the machine itself', async () => {
    expect((await inject({ url: '/healthz' })).json()).toMatchObject({ status: 'healthy' })
    const ready = await inject({ url: '/readyz' })
    expect(ready.statusCode).toBe(200)
    expect(ready.json()).toMatchObject({ status: 'ready', degraded: [], checks: { postgresql: { status: 'up' } } })
    expect((await inject({ url: '/metrics' })).body).toContain('http_requests_total')
    expect((await inject({ url: '/metrics', headers: { 'x-forwarded-for': '10.1.1.1' } })).statusCode).toBe(404)
    expect((await inject({ url: '/metrics', remoteAddress: '10.1.1.1' })).statusCode).toBe(404)
  })

  it('says degraded, not gone, while the broker is away', async () => {
    const { status } = await admin.call('GET', '/api/system/status')
    expect(status).toBe(200)
  })
})

describe('a client that is no browser', () => {
  it('gets an answer to garbage and the door after dawdling', async () => {
    const { hostname, port } = new URL(rig.backend.url)
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.write('NONSENSE\r\n\r\n'))
      let text = ''
      socket.on('data', (data) => {
        text += data
      })
      socket.on('close', () => resolve(text))
    })
    expect(answer).toMatch(/^HTTP\/1\.1 400/)
    expect(JSON.parse(answer.split('\r\n\r\n')[1] as string).error.code).toBe('INVALID_REQUEST')
  })
})

describe('limits per minute', () => {
  it('answer 429 with the time to wait, per address for logins and per user for the rest', async () => {
    const small = await startRig({ config: { loginsPerMinute: 3, requestsPerMinute: 5, alarmActionsPerMinute: 2 } })
    try {
      const operator = await small.person('OPERATOR')
      const id = await small.alarm(await small.panel(await small.site()))
      const claims = await Promise.all(
        [1, 2, 3].map(() => operator.call('POST', `/api/alarms/${id}/claim`, { version: 1 })),
      )
      expect(claims.map((answer) => answer.status).toSorted()).toEqual([200, 409, 429])
      const refused = claims.find((answer) => answer.status === 429)
      expect(refused?.body.error.code).toBe('RATE_LIMIT_EXCEEDED')
      expect(refused?.body.error.details.retry_after).toBeGreaterThan(0)
      expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0)
      const reads = []
      for (let number = 0; number < 7; number++) reads.push((await operator.call('GET', '/api/auth/me')).status)
      expect(reads).toEqual([200, 200, 200, 200, 200, 429, 429])
      const login = (ip: string) =>
        small.backend.app.inject({
          method: 'POST',
          url: '/api/auth/login',
          payload: { email: 'a@b.c', password: 'x' },
          remoteAddress: ip,
        })
      const tries = []
      for (let number = 0; number < 5; number++) tries.push((await login('10.0.0.7')).statusCode)
      expect(tries).toEqual([401, 401, 401, 429, 429])
      expect((await login('10.0.0.8')).statusCode).toBe(401)
    } finally {
      await small.close()
    }
  })
})
