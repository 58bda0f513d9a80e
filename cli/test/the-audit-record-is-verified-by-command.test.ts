/** `./stam audit verify` (spec 06 "Audit"): says that the chain holds, and where it does not. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { appendAudit, openStore, sealAudit, type Store } from '@stam/store'
import { type TestDatabase, testDatabase } from '@stam/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT } from '../run-tool.ts'

let database: TestDatabase
let store: Store
beforeAll(async () => {
  database = await testDatabase()
  store = await openStore({ url: database.appUrl, poolSize: 2, applicationName: 'verify-test' })
  const entries = [1, 2, 3].map((number) => ({
    actor: { kind: 'system', name: 'clock' } as const,
    action: 'SITE_EDIT',
    entityType: 'site',
    entityId: String(number),
  }))
  await store.inTransaction((tx) => appendAudit(tx, entries))
  await sealAudit(store)
})
afterAll(async () => {
  await store.close()
  await database.close()
})

function verify(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const command = ['--disable-warning=ExperimentalWarning', join(ROOT, 'cli/stam.ts'), 'audit', 'verify', ...args]
  const env = { DATABASE_URL: database.appUrl }
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err }),
    )
  })
}

test('a whole record, a changed one, and a wrong call', async () => {
  const whole = await verify('--distributed')
  expect(whole).toMatchObject({ code: 0, err: '' })
  expect(whole.out).toMatch(/ 3 entries {2}[0-9a-f]{64}\nthe chain holds\n$/)

  const owner = new pg.Client({ connectionString: database.url })
  await owner.connect()
  await owner.query(
    `SET session_replication_role = replica; UPDATE audit_log SET entity_id = 'other' WHERE entity_id = '2'`,
  )
  await owner.end()
  const changed = await verify('--distributed')
  expect(changed.code).toBe(1)
  expect(changed.out).toMatch(/^BROKEN at 2: /m)
  expect(changed.out).toContain('THE CHAIN IS BROKEN')
  const told = await verify('--distributed', '--json')
  expect(told.code).toBe(1)
  expect(JSON.parse(told.out).problems).toHaveLength(1)

  expect(await verify('--distributed', '--data', 'stam-data')).toMatchObject({ code: 2, out: '' })
  expect((await verify('everything')).err).toContain('usage: ./stam audit verify')
  expect(await verify('--data', join(ROOT, 'nowhere'))).toMatchObject({ code: 1, out: '' })
})
