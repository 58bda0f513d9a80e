import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ApiError, createHttp, type Failure, failureOf, randomKey } from './http.ts'

const Thing = z.object({ name: z.string() })
const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers })
const refusal = (status: number, code: string, details = {}): Response =>
  json(status, { error: { code, message: code, details } })

interface Asked {
  readonly path: string
  readonly init: RequestInit
}

/** A client whose server gives the answers in order. */
function client(...answers: (Response | 'silence')[]) {
  const asked: Asked[] = []
  const reached: boolean[] = []
  let token: string | null = 'old'
  let renewals = 0
  const http = createHttp({
    fetch: (async (path: string, init: RequestInit) => {
      asked.push({ path, init })
      const answer = answers.shift()
      if (answer === undefined || answer === 'silence') throw new TypeError('network')
      return answer
    }) as unknown as typeof fetch,
    token: () => token,
    renew: async () => {
      renewals += 1
      token = 'new'
      return true
    },
    onReach: (up) => reached.push(up),
  })
  return { http, asked, reached, renewals: () => renewals }
}
const header = (asked: Asked | undefined, name: string): string | null => new Headers(asked?.init.headers).get(name)
const failed = (promise: Promise<unknown>): Promise<Failure> => promise.then(() => expect.unreachable(), failureOf)

describe('a 503', () => {
  test.each(['NOT_READY', null])('of %s is silence: nobody serves there', async (code) => {
    const { http, reached } = client(code === null ? new Response('<html>', { status: 503 }) : refusal(503, code))
    expect(await failed(http.call('/api/x', Thing))).toEqual({ kind: 'unreachable' })
    expect(reached).toEqual([false])
  })

  test('that names a part which is away is an answer of a server that is there', async () => {
    const { http, reached } = client(refusal(503, 'BROKER_UNAVAILABLE', { retry_after: 2 }))
    expect(await failed(http.call('/api/x', Thing))).toMatchObject({ kind: 'refused', code: 'BROKER_UNAVAILABLE' })
    expect(reached).toEqual([true])
  })
})

describe('asking', () => {
  test('bearer token, query without empty values, validated answer without what nobody asked for', async () => {
    const { http, asked } = client(json(200, { name: 'a', secret: 'x' }))
    expect(await http.call('/api/x', Thing, { query: { text: 'ł', page: 2, mode: undefined, kind: '' } })).toEqual({
      name: 'a',
    })
    expect(asked[0]?.path).toBe('/api/x?text=%C5%82&page=2')
    expect(header(asked[0], 'authorization')).toBe('Bearer old')
    expect(asked[0]?.init.credentials).toBe('same-origin')
  })

  test('an expired token is renewed once and the request repeated', async () => {
    const { http, asked, renewals } = client(refusal(401, 'UNAUTHORIZED'), json(200, { name: 'a' }))
    await http.call('/api/x', Thing)
    expect(renewals()).toBe(1)
    expect(header(asked[1], 'authorization')).toBe('Bearer new')
  })

  test('refused again with a new token: the session is over', async () => {
    const { http } = client(refusal(401, 'UNAUTHORIZED'), refusal(401, 'UNAUTHORIZED'))
    expect(await failed(http.call('/api/x', Thing))).toEqual({ kind: 'signed_out' })
  })

  test('a wrong password is an answer, not the end of a session', async () => {
    const { http, renewals, asked } = client(refusal(401, 'INVALID_CREDENTIALS'))
    expect(await failed(http.call('/api/auth/login', Thing, { anonymous: true }))).toMatchObject({
      kind: 'refused',
      code: 'INVALID_CREDENTIALS',
    })
    expect([renewals(), header(asked[0], 'authorization')]).toEqual([0, null])
  })
})

test('a wrong current password is an answer too, and is asked once', async () => {
  const { http, renewals, asked } = client(refusal(401, 'INVALID_CREDENTIALS'))
  expect(await failed(http.send('/api/auth/password', { method: 'POST', body: {} }))).toMatchObject({
    code: 'INVALID_CREDENTIALS',
  })
  expect([renewals(), asked.length]).toEqual([0, 1])
})

describe('failing', () => {
  test.each([
    [
      'a conflict keeps its details',
      refusal(409, 'ALARM_STALE_VERSION', { version: 4 }),
      {
        kind: 'refused',
        status: 409,
        code: 'ALARM_STALE_VERSION',
        message: 'ALARM_STALE_VERSION',
        details: { version: 4 },
      },
    ],
    ['a proxy without a server', new Response('bad gateway', { status: 502 }), { kind: 'unreachable' }],
    ['a server that is not ready', refusal(503, 'NOT_READY'), { kind: 'unreachable' }],
    ['a server fault', json(500, {}, { 'x-request-id': 'r1' }), { kind: 'broken', status: 500, requestId: 'r1' }],
    ['silence', 'silence', { kind: 'unreachable' }],
  ] as [string, Response | 'silence', Failure][])('%s', async (_, answer, expected) => {
    expect(await failed(client(answer).http.call('/api/x', Thing))).toEqual(expected)
  })

  test('an answer of another version names the field', async () => {
    expect(await failed(client(json(200, { name: 7 })).http.call('/api/x', Thing))).toEqual({
      kind: 'unreadable',
      path: '/api/x: name',
    })
  })

  test('whether the server was reached is told apart from what it said', async () => {
    const one = client(refusal(409, 'X'), new Response('', { status: 504 }), 'silence')
    for (let n = 0; n < 3; n += 1) await failed(one.http.call('/api/x', Thing))
    expect(one.reached).toEqual([true, false, false])
  })

  test('a request given up by the screen says nothing about the server', async () => {
    const one = client('silence')
    const stop = new AbortController()
    stop.abort()
    await expect(one.http.call('/api/x', Thing, { signal: stop.signal })).rejects.not.toBeInstanceOf(ApiError)
    expect(one.reached).toEqual([])
  })
})

describe('repeating', () => {
  test('a mutation without an answer is sent once more under the same key', async () => {
    const { http, asked } = client('silence', json(200, { name: 'a' }))
    await http.call('/api/x', Thing, { method: 'POST', body: {}, idempotencyKey: 'k' })
    expect(asked.map((one) => header(one, 'idempotency-key'))).toEqual(['k', 'k'])
  })

  test('without a key it is not: it may have happened', async () => {
    const { http, asked } = client('silence', json(200, { name: 'a' }))
    await failed(http.call('/api/x', Thing, { method: 'POST', body: {} }))
    expect(asked).toHaveLength(1)
  })

  test('a refusal is never repeated', async () => {
    const { http, asked } = client(refusal(409, 'X'))
    await failed(http.call('/api/x', Thing, { method: 'POST', idempotencyKey: 'k' }))
    expect(asked).toHaveLength(1)
  })

  test('keys do not repeat', () => expect(new Set(Array.from({ length: 1_000 }, randomKey)).size).toBe(1_000))
})
