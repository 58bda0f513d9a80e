/** Statements that come often are prepared; a changed schema or a transaction pool in between costs no caller anything. */
import { startPgBouncer, type TestDatabase, testDatabase } from '@stam/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore, type Store } from '../src/index.ts'

const STATEMENT = `SELECT * FROM rooms WHERE id = $1 AND name IS NOT NULL -- long enough to be worth a name: ${'x'.repeat(60)}`
const options = { poolSize: 3, applicationName: 'names-test' }

describe('statements that come often', () => {
  let database: TestDatabase
  let client: pg.Client
  beforeAll(async () => {
    database = await testDatabase()
    client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await client.query(`CREATE TABLE rooms (id int PRIMARY KEY, name text); INSERT INTO rooms VALUES (1, 'hall')`)
  })
  afterAll(async () => {
    await client.end()
    await database.close()
  })

  async function askOften(store: Store, times = 12): Promise<void> {
    for (let n = 0; n < times; n++) {
      // More than one connection, so that names meet connections that do not know them yet.
      const rows = await Promise.all([
        store.query(STATEMENT, [1]),
        store.inTransaction((tx) => tx.query(STATEMENT, [1])),
      ])
      for (const [row] of rows) expect(row).toMatchObject({ id: 1, name: 'hall' })
    }
  }
  const preparedOn = (store: Store) =>
    store.query<{ statement: string }>(`SELECT statement FROM pg_prepared_statements WHERE name LIKE 'stam_%'`)

  it('are prepared on the connection they come over', async () => {
    const store = await openStore({ ...options, url: database.url, poolSize: 1 })
    await askOften(store)
    expect(await preparedOn(store)).toEqual([{ statement: STATEMENT }])
    await store.close()
  })

  it('survive a change of the table they read, inside and outside of transactions', async () => {
    const store = await openStore({ ...options, url: database.url })
    await askOften(store)
    await client.query('ALTER TABLE rooms ADD COLUMN floor int')
    await askOften(store)
    expect(await store.query(STATEMENT, [1])).toEqual([{ id: 1, name: 'hall', floor: null }])
    await store.close()
  })

  it('go through a transaction pool nobody told of', async () => {
    const pool = await startPgBouncer(database.url)
    const stores = await Promise.all([1, 2, 3].map(() => openStore({ ...options, url: pool.url })))
    await Promise.all(stores.map((store) => askOften(store, 40)))
    await Promise.all(stores.map((store) => store.close()))
    await pool.close()
  })

  it('have no names where a direct address beside the pool says that there is one', async () => {
    const url = new URL(database.url)
    url.searchParams.set('application_name', 'pool')
    const store = await openStore({ ...options, url: url.href, directUrl: database.url, poolSize: 1 })
    await askOften(store)
    expect(await preparedOn(store)).toEqual([])
    await store.close()
  })

  it('find their rows by index where that is asked for, and are planned for good, however small the table is', async () => {
    const store = await openStore({ ...options, url: database.url })
    const plan = (byIndex: boolean) =>
      store.inTransaction(
        async (tx) => ({
          lines: (await tx.query<Record<string, string>>('EXPLAIN SELECT * FROM rooms WHERE id = 1')).map(
            (row) => row['QUERY PLAN'],
          ),
          mode: (await tx.query<{ plan_cache_mode: string }>('SHOW plan_cache_mode'))[0]?.plan_cache_mode,
        }),
        { byIndex },
      )
    expect((await plan(true)).lines.join()).toContain('Index')
    expect((await plan(true)).mode).toBe('force_generic_plan')
    // What one transaction asked for is not left to the next on the same connection.
    expect((await plan(false)).mode).toBe('auto')
    await store.close()
  })
})
