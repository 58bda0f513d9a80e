import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { configFields, describeConfig, loadConfig } from './config.ts'
import { isRuntimeError } from './errors.ts'
import { Secret, secretField } from './secret.ts'

const schema = z.object({
  httpPort: z.int().min(0).max(65_535).default(8080).describe('Where the API listens'),
  ackTimeoutMs: z.int().min(100).max(60_000).default(5_000),
  database: z.object({ url: z.string().min(1), password: secretField({ minLength: 8 }) }),
  featureRealtimeEnabled: z.boolean().default(true),
  hosts: z.array(z.string()).default(['127.0.0.1']),
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stam-config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const env = { DATABASE_URL: 'postgres://app:verysecret@db/stam', DATABASE_PASSWORD: 'long-enough' }

function problemsOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (isRuntimeError(error, 'CONFIG_INVALID')) return error.message
    throw error
  }
  return ''
}

describe('where a value comes from', () => {
  test('the environment wins over the flags file, the flags file over the default', () => {
    const file = join(folder, 'flags.yaml')
    writeFileSync(file, 'FEATURE_REALTIME_ENABLED: false\nackTimeoutMs: 700\nhttpPort: 81\nhosts: [a, b]\n')
    const config = loadConfig(schema, { env: { ...env, HTTP_PORT: '82' }, file })
    expect(config).toMatchObject({ httpPort: 82, ackTimeoutMs: 700, featureRealtimeEnabled: false, hosts: ['a', 'b'] })
  })

  test('nested settings may be nested in the flags file too', () => {
    const file = join(folder, 'flags.yaml')
    writeFileSync(file, 'database:\n  url: postgres://other/stam\n')
    expect(loadConfig(schema, { env: { DATABASE_PASSWORD: 'long-enough' }, file }).database.url).toBe(
      'postgres://other/stam',
    )
  })

  test('a list is split at commas, an empty variable counts as not set', () => {
    const config = loadConfig(schema, { env: { ...env, HOSTS: 'a, b,', HTTP_PORT: '' } })
    expect(config).toMatchObject({ hosts: ['a', 'b'], httpPort: 8080 })
  })

  test.each([
    ['yes', true],
    ['0', false],
    ['OFF', false],
  ])('a switch reads %s', (text, expected) => {
    expect(loadConfig(schema, { env: { ...env, FEATURE_REALTIME_ENABLED: text } }).featureRealtimeEnabled).toBe(
      expected,
    )
  })

  test('a secret comes from its file before the environment, without the line break at its end', () => {
    writeFileSync(join(folder, 'database_password'), 'from-the-file\n')
    const config = loadConfig(schema, { env, secretsFolder: folder })
    expect(config.database.password.reveal()).toBe('from-the-file')
  })

  test('a secret file named in the environment wins, and is missed when it is not there', () => {
    writeFileSync(join(folder, 'elsewhere'), 'named-in-env')
    const named = { ...env, DATABASE_PASSWORD_FILE: join(folder, 'elsewhere') }
    expect(loadConfig(schema, { env: named }).database.password.reveal()).toBe('named-in-env')
    const missing = { ...env, DATABASE_PASSWORD_FILE: join(folder, 'nowhere') }
    expect(problemsOf(() => loadConfig(schema, { env: missing }))).toContain(
      'DATABASE_PASSWORD: cannot read its file (ENOENT)',
    )
  })
})

describe('problems', () => {
  test('all of them are reported together, by their outside names', () => {
    const message = problemsOf(() =>
      loadConfig(schema, { env: { ACK_TIMEOUT_MS: '5', HTTP_PORT: 'eighty', FEATURE_REALTIME_ENABLED: 'maybe' } }),
    )
    for (const name of [
      'ACK_TIMEOUT_MS',
      'HTTP_PORT',
      'FEATURE_REALTIME_ENABLED',
      'DATABASE_URL',
      'DATABASE_PASSWORD',
    ]) {
      expect(message).toContain(`${name}: `)
    }
    expect(message).toContain('5 problem(s)')
  })

  test('a secret of the wrong shape is not printed', () => {
    const message = problemsOf(() => loadConfig(schema, { env: { ...env, DATABASE_PASSWORD: 'hunter2' } }))
    expect(message).toContain('DATABASE_PASSWORD: a secret of at least 8 characters')
    expect(message).not.toContain('hunter2')
  })

  test('a secret in the flags file is refused', () => {
    const file = join(folder, 'flags.yaml')
    writeFileSync(file, 'DATABASE_PASSWORD: in-the-open-file\n')
    expect(problemsOf(() => loadConfig(schema, { env, file }))).toContain('does not belong in the flags file')
  })

  test('a flags file that is named but missing or malformed is a problem', () => {
    expect(problemsOf(() => loadConfig(schema, { env, file: join(folder, 'none.yaml') }))).toContain('CONFIG_FILE')
    const file = join(folder, 'flags.yaml')
    writeFileSync(file, '- just\n- a list\n')
    expect(problemsOf(() => loadConfig(schema, { env, file }))).toContain('CONFIG_FILE')
  })
})

test('the effective configuration can be logged', () => {
  const described = describeConfig(schema, loadConfig(schema, { env }))
  expect(described).toEqual({
    HTTP_PORT: 8080,
    ACK_TIMEOUT_MS: 5000,
    DATABASE_URL: 'postgres://app:***@db/stam',
    DATABASE_PASSWORD: '***',
    FEATURE_REALTIME_ENABLED: true,
    HOSTS: ['127.0.0.1'],
  })
})

test('every declared setting can be listed with its text and default', () => {
  expect(configFields(schema)[0]).toEqual({
    path: ['httpPort'],
    name: 'HTTP_PORT',
    description: 'Where the API listens',
    secret: false,
    kind: 'number',
    defaultValue: 8080,
  })
  expect(
    configFields(schema)
      .filter((field) => field.secret)
      .map((field) => field.name),
  ).toEqual(['DATABASE_PASSWORD'])
})

test('a secret prints as *** wherever it is written', () => {
  const secret = new Secret('hunter2-hunter2')
  const written = [secret.toString(), JSON.stringify({ secret }), String(secret), `x${secret as unknown as string}`]
  expect(written.join(' ')).not.toContain('hunter2')
  expect(secret.reveal()).toBe('hunter2-hunter2')
})
