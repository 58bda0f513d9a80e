/** Drills CH-05 and CH-06 in small: what a caller learns when the database refuses, is slow, goes away or cannot say. */
import { eventually, type FaultProxy, faultProxy, type TestDatabase, testDatabase } from '@stam/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isRetryConflict, isTemporary, translateError } from '../src/errors.ts'
import { ifNobodyElse, openStore, type Store, type StoreError } from '../src/index.ts'

describe('the store', () => {
  let database: TestDatabase
  let client: pg.Client
  let proxy: FaultProxy
  let store: Store
  beforeAll(async () => {
    database = await testDatabase()
    client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await client.query(
      'CREATE TABLE t (id int PRIMARY KEY, n bigint NOT NULL, at timestamptz(3) DEFAULT now()); GRANT ALL ON t TO stam_app',
    )
    await client.query('INSERT INTO t VALUES (1, 0), (2, 0)')
    const url = new URL(database.url)
    proxy = await faultProxy({ target: { port: Number(url.port) } })
    url.port = String(proxy.port)
    store = await openStore({
      url: url.href,
      poolSize: 4,
      applicationName: 'tx-test',
      role: 'stam_app',
      statementTimeoutMs: 800,
      lockTimeoutMs: 300,
    })
  })
  afterAll(async () => {
    await store.close()
    await proxy.close()
    await client.end()
    await database.close()
  })
  const n = async (id = 1) => Number((await client.query('SELECT n FROM t WHERE id = $1', [id])).rows[0].n)
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: StoreError) => error,
    )

  it('runs again when another transaction won, and adds up', async () => {
    const before = await n()
    await Promise.all(
      Array.from({ length: 8 }, () =>
        store.inTransaction(
          async (tx) => {
            const [row] = await tx.query<{ n: number }>('SELECT n FROM t WHERE id = 1')
            await tx.execute('UPDATE t SET n = $1 WHERE id = 1', [(row?.n ?? 0) + 1])
          },
          { isolation: 'serializable', retries: 50 },
        ),
      ),
    )
    expect(await n()).toBe(before + 8)
  })

  it('gives up on a conflict that does not end, without having changed anything', async () => {
    let runs = 0
    const error = await failure(
      store.inTransaction(
        async (tx) => {
          runs++
          await tx.execute('UPDATE t SET n = 999 WHERE id = 2')
          throw translateError(Object.assign(new Error('deadlock detected'), { code: '40P01' }))
        },
        { retries: 2 },
      ),
    )
    expect([runs, error?.code, await n(2)]).toEqual([3, 'CONFLICT', 0])
  })

  it('rolls back what the caller refuses and hands the refusal on as it is', async () => {
    class Refusal extends Error {}
    const refusal = new Refusal('not so')
    const work = store.inTransaction(async (tx) => {
      await tx.execute('UPDATE t SET n = 5 WHERE id = 2')
      throw refusal
    })
    await expect(work).rejects.toBe(refusal)
    expect(await n(2)).toBe(0)
  })

  it('notices a failed statement whose error somebody swallowed', async () => {
    const error = await failure(
      store.inTransaction(async (tx) => {
        await tx.execute('UPDATE t SET n = 5 WHERE id = 2')
        await tx.query('SELECT 1 / 0').catch(() => {})
      }),
    )
    expect([error?.code, await n(2)]).toEqual(['QUERY_FAILED', 0])
  })

  it('names what was wrong', async () => {
    const code = async (sql: string, values: unknown[] = []) => {
      const error = await failure(store.query(sql, values))
      return [error?.code, error?.constraint, isTemporary(error)]
    }
    expect(await code('INSERT INTO t VALUES (1, 0)')).toEqual(['CONSTRAINT_VIOLATED', 't_pkey', false])
    expect(await code('SELECT $1::int', ['x'])).toEqual(['VALUE_REFUSED', undefined, false])
    expect(await code('SELEC')).toEqual(['QUERY_FAILED', undefined, false])
    expect(await code('DROP TABLE t')).toEqual(['PERMISSION_DENIED', undefined, false])
    expect(await code('SELECT 9007199254740993')).toEqual(['QUERY_FAILED', undefined, false])
    const slow = await failure(store.inTransaction((tx) => tx.query('SELECT pg_sleep(2)')))
    expect([slow?.code, isTemporary(slow)]).toEqual(['QUERY_TOO_SLOW', true])
    await client.query('BEGIN; UPDATE t SET n = 7 WHERE id = 2')
    const locked = await failure(store.inTransaction((tx) => tx.execute('UPDATE t SET n = 8 WHERE id = 2')))
    await client.query('ROLLBACK')
    expect(locked?.code).toBe('QUERY_TOO_SLOW')
  })

  it('says so when nobody can know whether the commit happened', async () => {
    const work = store.inTransaction(async (tx) => {
      await tx.execute('UPDATE t SET n = n + 1 WHERE id = 2')
      // The COMMIT goes out and its answer never comes.
      await proxy.freeze()
    })
    const error = await failure(work)
    expect([error?.code, isTemporary(error)]).toEqual(['COMMIT_UNKNOWN', true])
    await proxy.cut()
    await proxy.pass()
    await eventually(() => store.ping().then(() => true))
  })

  it('works again by itself after the connection was lost in the middle', async () => {
    const before = await n(2)
    const error = await failure(
      store.inTransaction(async (tx) => {
        await tx.execute('UPDATE t SET n = n + 100 WHERE id = 2')
        await proxy.cut()
        await tx.query('SELECT 1')
      }),
    )
    expect([error?.code, await n(2)]).toEqual(['DATABASE_UNAVAILABLE', before])
    await store.inTransaction((tx) => tx.execute('UPDATE t SET n = n + 1 WHERE id = 2'))
    expect(await n(2)).toBe(before + 1)
  })

  it('refuses statements of a transaction that is over', async () => {
    const leaked = await store.inTransaction(async (tx) => tx)
    await expect(leaked.query('SELECT 1')).rejects.toMatchObject({ code: 'QUERY_FAILED' })
  })

  it('brings notifications, and says that some may be missing after every loss', async () => {
    const heard: (string | null)[] = []
    const subscription = await store.listen('test_channel', (payload) => heard.push(payload))
    await client.query(`NOTIFY test_channel, 'one'`)
    await eventually(() => heard.length === 2)
    await proxy.cut()
    await eventually(() => heard.length === 3, { what: 'reconnected' })
    await client.query(`NOTIFY test_channel, 'two'`)
    await eventually(() => heard.length === 4)
    expect(heard).toEqual([null, 'one', null, 'two'])
    await subscription.close()
  })

  it('lets one process at a time do what one process should', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let started = false
    const first = ifNobodyElse(store, 'a-task', async () => {
      started = true
      await held
      return 'first'
    })
    await eventually(() => started)
    expect(await ifNobodyElse(store, 'a-task', async () => 'second')).toBeUndefined()
    expect(await ifNobodyElse(store, 'another-task', async () => 'third')).toBe('third')
    release()
    expect(await first).toBe('first')
    expect(await ifNobodyElse(store, 'a-task', async () => 'fourth')).toBe('fourth')
  })

  it('gives times as ISO instants and big numbers exactly', async () => {
    const rows = await store.query(
      `SELECT timestamptz '2026-03-29 01:59:59.5+01' AS a, timestamptz '2026-01-01 00:00:00.123456+00' AS b, 9007199254740991::bigint AS c, NULL::timestamptz AS d`,
    )
    expect(rows).toEqual([
      { a: '2026-03-29T00:59:59.500Z', b: '2026-01-01T00:00:00.123Z', c: 9007199254740991, d: null },
    ])
  })

  it('knows a conflict by its state alone', () => {
    expect(isRetryConflict({ code: '40001' })).toBe(true)
    expect(isRetryConflict({ code: '23505' })).toBe(false)
    expect(isRetryConflict(null)).toBe(false)
  })
})
