import { describe, expect, it, test } from 'vitest'
import { SECRET_CANARY, SITE_CANARY } from './hostile-values.ts'
import { type Answer, parseAnswer, UnreadableAnswer } from './http-connection.ts'
import type { HttpMessage } from './http-messages.ts'
import { judgeAnswer } from './judge.ts'
import { createRandom } from './random.ts'
import { frame, OPCODES } from './socket-messages.ts'

const actor = { role: 'TECHNICIAN', email: 't@example.test', password: 'x', scoped: true, token: 'x' } as const
const message = (fields: Partial<HttpMessage> = {}): HttpMessage => ({
  bytes: Buffer.from('GET /api/sites HTTP/1.1\r\n\r\n'),
  kind: 'fitting',
  what: 'GET /api/sites',
  actor,
  answered: true,
  ...fields,
})
const headers = { 'x-request-id': 'x', 'x-content-type-options': 'nosniff', 'content-security-policy': 'x' }
const envelope = (text: string) => JSON.stringify({ error: { code: 'X', message: text, details: {} } })
const answer = (status: number, body: string, more: Record<string, string> = {}): Answer => ({
  status,
  headers: { ...headers, ...more },
  body: Buffer.from(body),
})
const faults = (given: Answer, of = message()) => judgeAnswer(of, given, [SECRET_CANARY, '$argon2'])

describe('an answer', () => {
  it('in order has no fault', () => {
    expect(faults(answer(200, '{}'))).toEqual([])
    expect(faults(answer(404, envelope('gone')))).toEqual([])
    expect(faults(answer(503, envelope('later')))).toEqual([])
  })

  test.each<[string, Answer, HttpMessage, string]>([
    ['500', answer(500, envelope('x')), message(), 'status 500'],
    ['a secret', answer(200, SECRET_CANARY), message(), 'shows a secret (Knrk…)'],
    ['a hash', answer(200, '"$argon2id$v=19"'), message(), 'shows a secret ($arg…)'],
    ['a site of others', answer(200, SITE_CANARY), message(), 'shows a site that is not theirs'],
    ['it to nobody', answer(404, envelope(SITE_CANARY)), message({ actor: null }), 'shows a site that is not theirs'],
    ['a stack', answer(400, envelope('at run (/app/x.ts:12)')), message(), 'shows the inside: at run (/app/x.ts:12'],
    ['SQL', answer(400, envelope('SELECT id FROM users')), message(), 'shows the inside: SELECT id FROM'],
    [
      'a constraint',
      answer(409, envelope('violates unique constraint')),
      message(),
      'shows the inside: violates unique constraint',
    ],
    ['a cookie', answer(200, '{}', { 'set-cookie': 'x=1' }), message(), 'sets a cookie'],
    ['its software', answer(200, '{}', { 'x-powered-by': 'x' }), message(), 'names its software'],
    ['something to nobody', answer(200, '{}'), message({ actor: null }), 'lets nobody in'],
    ['an error of its own kind', answer(400, 'Bad Request'), message(), 'no envelope'],
  ])('with %s has', (_, given, of, fault) => {
    expect(faults(given, of)).toEqual([fault])
  })

  it('may show a key to whom it is revealed, and a site to who sees all', () => {
    const what = 'POST /api/secrets/panel-integration-key/{id}/reveal'
    expect(faults(answer(200, SECRET_CANARY), message({ what }))).toEqual([])
    expect(faults(answer(409, envelope(SECRET_CANARY)), message({ what }))).toHaveLength(1)
    expect(faults(answer(200, SITE_CANARY), message({ actor: { ...actor, scoped: false } }))).toEqual([])
  })
})

describe('the reader of answers', () => {
  const text = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 204 No Content\r\n\r\n'
  it('takes one after the other, and waits for the rest', () => {
    const bytes = Buffer.from(text)
    const first = parseAnswer(bytes)
    expect(first?.answer.body.toString()).toBe('ok')
    expect(parseAnswer(bytes.subarray(first?.length))?.answer.status).toBe(204)
    for (let cut = 0; cut < (first?.length ?? 0); cut++) expect(parseAnswer(bytes.subarray(0, cut))).toBeNull()
  })

  it('reads chunks', () => {
    const chunked = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n')
    expect(parseAnswer(chunked)?.answer.body.toString()).toBe('abcde')
    expect(parseAnswer(chunked)?.length).toBe(chunked.length)
  })

  it('refuses what is no HTTP', () => {
    expect(() => parseAnswer(Buffer.from('Internal error\r\n\r\n'))).toThrow(UnreadableAnswer)
    expect(() => parseAnswer(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'))).toThrow(UnreadableAnswer)
  })
})

it('the same seed makes the same choices, another makes others', () => {
  const draw = (seed: number, branch: number) => {
    const random = createRandom(seed, branch)
    return Array.from({ length: 8 }, () => random.below(1_000_000)).join()
  }
  expect(draw(1, 2)).toBe(draw(1, 2))
  expect(new Set([draw(1, 2), draw(2, 2), draw(1, 3), draw(4_294_967_297, 2)]).size).toBe(4)
})

it('frames are made as RFC 6455 has them (5.7: a masked "Hello")', () => {
  const bytes = frame(OPCODES.text, Buffer.from('Hello'))
  expect([...bytes.subarray(0, 6)]).toEqual([0x81, 0x85, 0x12, 0x34, 0x56, 0x78])
  expect([...bytes.subarray(6)].map((byte, n) => byte ^ (bytes[2 + (n % 4)] as number))).toEqual([
    ...Buffer.from('Hello'),
  ])
  expect([...frame(2, Buffer.alloc(200), { masked: false }).subarray(0, 4)]).toEqual([0x82, 126, 0, 200])
  expect([...frame(2, Buffer.alloc(0), { masked: false, length: 70_000n }).subarray(0, 10)]).toEqual([
    0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70,
  ])
})
