/** Drill CH-06 backend ↔ PostgreSQL in small: half-open, so nothing ever comes, not even an end. */
import { eventually, type FaultProxy, faultProxy, type TestDatabase, testDatabase } from '@stam/testkit'
import pg from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isStoreError, openStore, type Store } from '../src/index.ts'

let database: TestDatabase
let line: FaultProxy
let store: Store
beforeEach(async () => {
  database = await testDatabase()
  const url = new URL(database.url)
  line = await faultProxy({ target: { port: Number(url.port) } })
  url.port = String(line.port)
  store = await openStore({ url: url.href, poolSize: 3, applicationName: 'line-test' })
})
afterEach(async () => {
  await line.pass()
  await store.close()
  await line.close()
  await database.close()
})

it('gives up within seconds what waits on a silent line, and works as soon as the line is back', async () => {
  const woken: (string | null)[] = []
  const listening = await store.listen('line_test', (payload) => void woken.push(payload))
  await store.query('SELECT 1')
  await line.freeze()
  const startedAt = performance.now()
  const outcomes = await Promise.all([
    store.query('SELECT 1').catch((error: unknown) => error),
    store.inTransaction((tx) => tx.query('SELECT 2')).catch((error: unknown) => error),
  ])
  expect(performance.now() - startedAt).toBeLessThan(9_000)
  for (const outcome of outcomes) expect(isStoreError(outcome, 'DATABASE_UNAVAILABLE')).toBe(true)
  const nextAt = performance.now()
  expect(isStoreError(await store.query('SELECT 1').catch((error: unknown) => error), 'DATABASE_UNAVAILABLE')).toBe(
    true,
  )
  expect(performance.now() - nextAt, 'sooner than a dial gives up').toBeLessThan(6_500)
  await line.pass()
  expect(await store.query('SELECT 3 AS n')).toEqual([{ n: 3 }])
  // The listening connection was on the same line: it is made anew, and says that it may have missed something.
  await eventually(() => woken.length >= 2)
  const direct = new pg.Client({ connectionString: database.url })
  await direct.connect()
  await eventually(async () => {
    await direct.query(`NOTIFY line_test, 'x'`)
    return woken.includes('x')
  })
  await direct.end()
  await listening.close()
})

it('lets a statement be as slow as its limit allows while the line answers', async () => {
  const [slow] = await Promise.all([
    store.query<{ ok: boolean }>('SELECT pg_sleep(4.5) IS NOT NULL AS ok'),
    store.inTransaction((tx) => tx.query('SELECT pg_sleep(3)')),
  ])
  expect(slow).toEqual([{ ok: true }])
})
