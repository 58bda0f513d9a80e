import type { Session } from '@stam/contracts'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ApiError, type Failure, type Http } from './http.ts'
import { SessionKeeper } from './session.ts'
import { someone } from '../../test/sample-alarm.ts'

const user = {
  ...someone,
  email: 'a@b',
  role: 'OPERATOR',
  language: 'pl',
  must_change_password: false,
  lock: { locked: false, pin_set: false, after_minutes: null },
  permissions: [],
} as Session['user']
const session = (token: string): Session => ({ access_token: token, token_type: 'Bearer', expires_in: 900, user })
const refused: Failure = { kind: 'refused', status: 401, code: 'SESSION_ENDED', message: '', details: {} }
const unreachable: Failure = { kind: 'unreachable' }

function keeper(...answers: (Session | Failure)[]) {
  const asked: string[] = []
  let busy = 0
  let together = 0
  const left = vi.fn()
  const http: Http = {
    async call(path) {
      asked.push(path)
      const answer = answers.shift() ?? unreachable
      if ('kind' in answer) throw new ApiError(answer)
      return answer as never
    },
    async text() {
      return ''
    },
    async send(path) {
      asked.push(path)
    },
  }
  const it = new SessionKeeper({
    http,
    now: Date.now,
    exclusively: async (work) => {
      busy += 1
      together = Math.max(together, busy)
      try {
        return await work()
      } finally {
        busy -= 1
      }
    },
    announceLeave: left,
    deviceName: 'desk',
  })
  return { it, asked, left, together: () => together, phase: () => it.store.getState() }
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe('starting', () => {
  test('a cookie that is still good signs in without a word', async () => {
    const one = keeper(session('a'))
    await one.it.start()
    expect(one.phase()).toMatchObject({ phase: 'signed_in', user })
    expect(one.it.token()).toBe('a')
    one.it.end('left')
  })

  test('no cookie: the login screen, without blame', async () => {
    const one = keeper(refused)
    await one.it.start()
    expect(one.phase()).toEqual({ phase: 'signed_out', why: 'none' })
  })

  test('no server: not the login screen, and another try by itself', async () => {
    const one = keeper(unreachable, session('a'))
    await one.it.start()
    expect(one.phase()).toMatchObject({ phase: 'unreachable', attempt: 1 })
    await vi.advanceTimersByTimeAsync(2_000)
    expect(one.phase().phase).toBe('signed_in')
    one.it.end('left')
  })
})

describe('renewing', () => {
  test('silently, two minutes before the end', async () => {
    const one = keeper(session('a'), session('b'))
    await one.it.start()
    await vi.advanceTimersByTimeAsync(779_000)
    expect(one.it.token()).toBe('a')
    await vi.advanceTimersByTimeAsync(2_000)
    expect(one.it.token()).toBe('b')
    one.it.end('left')
  })

  test('an unreachable server does not sign anybody out', async () => {
    const one = keeper(session('a'), unreachable, unreachable, session('b'))
    await one.it.start()
    await vi.advanceTimersByTimeAsync(781_000)
    expect(one.phase().phase).toBe('signed_in')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(one.it.token()).toBe('b')
    one.it.end('left')
  })

  test('a session ended by the server says so', async () => {
    const one = keeper(session('a'), refused)
    await one.it.start()
    expect(await one.it.renew()).toBe(false)
    expect(one.phase()).toEqual({ phase: 'signed_out', why: 'ended' })
    expect(one.it.token()).toBeNull()
  })

  test('too many requests is no end of a session', async () => {
    const one = keeper(session('a'), { ...refused, status: 429, code: 'RATE_LIMIT_EXCEEDED' })
    await one.it.start()
    await expect(one.it.renew()).rejects.toBeInstanceOf(ApiError)
    expect(one.phase().phase).toBe('signed_in')
    one.it.end('left')
  })

  test('many at once are one request: a refresh token may be used once', async () => {
    const one = keeper(session('a'))
    await Promise.all([one.it.renew(), one.it.renew(), one.it.renew()])
    expect(one.asked).toEqual(['/api/auth/refresh'])
    one.it.end('left')
  })
})

describe('leaving', () => {
  test('clears at once, tells the other windows, whatever the server says', async () => {
    const one = keeper(session('a'))
    await one.it.start()
    await one.it.logout()
    expect(one.phase()).toEqual({ phase: 'signed_out', why: 'left' })
    expect(one.left).toHaveBeenCalledOnce()
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(one.asked).toEqual(['/api/auth/refresh', '/api/auth/logout'])
  })
})

test('a login that fails tells why and changes nothing', async () => {
  const one = keeper(refused, refused)
  await one.it.start()
  expect(await one.it.login('a@b', 'x')).toEqual({ ok: false, failure: refused })
  expect(one.phase().phase).toBe('signed_out')
})
