import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { redact, redactText } from './redact.ts'
import { Secret } from './secret.ts'

describe('names whose values are masked', () => {
  test.each([
    'password',
    'passwd',
    'passphrase',
    'newPassword',
    'postgres_password',
    'token',
    'accessToken',
    'refresh_token',
    'ticket',
    'ws-ticket',
    'authorization',
    'cookie',
    'set-cookie',
    'pin',
    'apiKey',
    'privateKey',
    'encryption_key',
    'integrationKey',
    'userCode',
    'user_code',
    'codes',
    'access_codes',
    'setup_code',
    'key',
    'client_secret',
    'sms_text',
    'credentials',
  ])('%s', (name) => {
    expect(redact({ [name]: 'hunter2' })).toEqual({ [name]: '***' })
  })

  test.each([
    'event_code',
    'panel_id',
    'routing_key',
    'dedup_key',
    'postal_code',
    'zone',
    'keyboard',
    'ticket_id',
    'monkey',
  ])('%s stays readable', (name) => {
    expect(redact({ [name]: 'value' })).toEqual({ [name]: 'value' })
  })

  test('a bare code is kept when it is an error code and masked when it may be what a user types', () => {
    expect(redact({ code: 'ALARM_STALE_VERSION' })).toEqual({ code: 'ALARM_STALE_VERSION' })
    expect(redact({ code: 'ECONNREFUSED' })).toEqual({ code: 'ECONNREFUSED' })
    expect(redact({ code: '40P01' })).toEqual({ code: '40P01' })
    expect(redact({ code: '1234' })).toEqual({ code: '***' })
    expect(redact({ code: 1234 })).toEqual({ code: '***' })
  })
})

describe('credentials inside texts', () => {
  test.each([
    ['postgres://app:hunter2@db:5432/stam', 'postgres://app:***@db:5432/stam'],
    ['sent Authorization: Bearer hunter2.x-y', 'sent Authorization: Bearer ***'],
    ['token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln was refused', 'token *** was refused'],
    ['GET /ws?ticket=hunter2&x=1', 'GET /ws?ticket=***&x=1'],
  ])('%s', (text, expected) => {
    expect(redactText(text)).toBe(expected)
  })
})

test('an error keeps its code and causes, and loses the credentials in its message', () => {
  const cause = Object.assign(new Error('connect postgres://a:hunter2@db'), { code: 'ECONNREFUSED' })
  const shown = redact({ error: new Error('no database', { cause }) }) as {
    error: { cause: { code: string; message: string } }
  }
  expect(shown.error.cause).toMatchObject({ code: 'ECONNREFUSED', message: 'connect postgres://a:***@db' })
  expect(JSON.stringify(shown)).not.toContain('hunter2')
})

test('cycles, bytes, secrets and long lists stay small', () => {
  const cyclic: Record<string, unknown> = {
    bytes: Buffer.alloc(300),
    secret: new Secret('hunter2'),
    many: Array.from({ length: 1_000 }, () => 0),
  }
  cyclic['self'] = cyclic
  const shown = redact(cyclic) as Record<string, unknown>
  expect(shown).toMatchObject({ bytes: '[300 bytes]', secret: '***', self: '[…]' })
  expect(shown['many']).toHaveLength(101)
})

test('whatever is nested under a secret name never comes out', () => {
  const needle = 'hunter2-needle'
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('site', 'data', 'a', 'list'), { maxLength: 5 }),
      fc.constantFrom('password', 'userCode', 'token'),
      (path, name) => {
        const payload = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), { [name]: { deep: [needle] } })
        expect(JSON.stringify(redact(payload))).not.toContain(needle)
      },
    ),
  )
})
