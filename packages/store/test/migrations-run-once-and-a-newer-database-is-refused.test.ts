/** House rule 13: forward only, safe from many processes at once, and a process stops at a schema it cannot live with. */
import { type TestDatabase, testDatabase } from '@stam/testkit'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isStoreError, migrate, openStore } from '../src/index.ts'
import { ownMigrations } from '../src/schema-version.ts'

describe('migrating', () => {
  let database: TestDatabase
  let client: pg.Client
  beforeEach(async () => {
    database = await testDatabase({ migrated: false })
    client = new pg.Client({ connectionString: database.url })
    await client.connect()
  })
  afterEach(async () => {
    await client.end()
    await database.close()
  })
  const open = () => openStore({ url: database.url, poolSize: 2, applicationName: 'migration-test' })
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'ok',
      (error: unknown) => (isStoreError(error) ? error.code : error),
    )

  it('is done once, whoever comes at the same time, and again changes nothing', async () => {
    expect(await codeOf(open())).toBe('SCHEMA_TOO_OLD')
    const results = await Promise.all([1, 2, 3].map(() => migrate({ url: database.url })))
    const names = ownMigrations().map(({ name }) => name)
    expect(results.flatMap(({ applied }) => applied)).toEqual(names)
    expect(results.every(({ version }) => version === names.length)).toBe(true)
    expect(await migrate({ url: database.url })).toEqual({ version: names.length, applied: [] })
    const store = await open()
    await store.checkSchema()
    await store.close()
  })

  it('refuses a database that a newer version has upgraded, unless it may live beside it', async () => {
    await migrate({ url: database.url })
    const store = await open()
    await client.query(`INSERT INTO schema_migrations (name, run_on) VALUES ('9001_more-columns', now())`)
    expect(await codeOf(migrate({ url: database.url }))).toBe('SCHEMA_TOO_NEW')
    expect(await codeOf(migrate({ url: database.url, newer: 'accept' }))).toBe('ok')
    expect(await codeOf(store.checkSchema())).toBe('ok')
    await client.query(`INSERT INTO schema_migrations (name, run_on) VALUES ('9002_split-alarms.breaking', now())`)
    expect(await codeOf(store.checkSchema())).toBe('SCHEMA_TOO_NEW')
    expect(await codeOf(migrate({ url: database.url, newer: 'accept' }))).toBe('SCHEMA_TOO_NEW')
    expect(await codeOf(open())).toBe('SCHEMA_TOO_NEW')
    await store.close()
  })

  it('makes a login that can do the work and nothing else', async () => {
    const name = `stam_test_${Math.random().toString(36).slice(2)}`
    await migrate({ url: database.url, appLogin: { name, password: `it's "secret"` } })
    await migrate({ url: database.url, appLogin: { name, password: 'another' } })
    const { rows } = await client.query(
      `SELECT pg_has_role($1, 'stam_app', 'USAGE') AS member, r.rolsuper, r.rolcreatedb, r.rolcreaterole, s.setconfig
       FROM pg_roles r JOIN pg_db_role_setting s ON s.setrole = r.oid WHERE r.rolname = $1`,
      [name],
    )
    expect(rows).toMatchObject([{ member: true, rolsuper: false, rolcreatedb: false, rolcreaterole: false }])
    expect(rows[0].setconfig).toContain('statement_timeout=60s')
    await client.query(`SET ROLE ${name}`)
    for (const forbidden of [
      'CREATE TABLE x ()',
      'DROP TABLE audit_log',
      'DELETE FROM audit_log',
      `UPDATE audit_log SET action = 'x'`,
      'ALTER TABLE audit_log DISABLE TRIGGER ALL',
      'TRUNCATE events',
      'DELETE FROM events',
      'UPDATE events SET received_at = now()',
      'DELETE FROM event_ids',
      'DELETE FROM alarms',
      `UPDATE alarm_transitions SET note = ''`,
      'DELETE FROM schema_migrations',
    ]) {
      await expect(client.query(forbidden), forbidden).rejects.toMatchObject({ code: '42501' })
    }
    expect((await client.query('SELECT ensure_event_partitions(now(), 5)')).rows).toEqual([
      { ensure_event_partitions: 2 },
    ])
    await client.query('RESET ROLE')
    await client.query(`DROP OWNED BY ${name}`)
    await client.query(`DROP ROLE ${name}`)
  })
})
