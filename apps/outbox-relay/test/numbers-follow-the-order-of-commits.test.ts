/**
 * Spec 04 "Sequence": no row with a lower number may become visible after a client has seen a higher one. Transactions of random length write
 * rows whose identities were drawn long before the commit; two relays number them; readers look all the time.
 */
import { randomUUID } from 'node:crypto'
import type { StreamMessage } from '@stam/contracts'
import { createMemoryBus, MemoryBroker } from '@stam/bus'
import { silentLog } from '@stam/runtime'
import { appendOutbox, openStore, readStream, type Store } from '@stam/store'
import { eventually, type TestDatabase, testDatabase } from '@stam/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RelayConfig, startOutboxRelay } from '../src/index.ts'

const WRITERS = 8
const TRANSACTIONS_EACH = 40

describe('the stream', () => {
  let database: TestDatabase
  let store: Store
  let second: Store
  beforeAll(async () => {
    database = await testDatabase()
    store = await openStore({ url: database.url, poolSize: 16, applicationName: 'writers', role: 'stam_app' })
    second = await openStore({ url: database.url, poolSize: 6, applicationName: 'relay-2', role: 'stam_app' })
  })
  afterAll(async () => {
    await Promise.all([store.close(), second.close()])
    await database.close()
  })

  it('is contiguous and never grows at its beginning, with slow commits, two relays and readers at every moment', async () => {
    const broker = new MemoryBroker()
    const buses = [createMemoryBus({ broker }), createMemoryBus({ broker })]
    const published: StreamMessage[] = []
    const follower = createMemoryBus({ broker })
    const following = follower.onStream((messages) => {
      published.push(...messages)
    })
    const relays = await Promise.all(
      [store, second].map((relayStore, index) =>
        startOutboxRelay(RelayConfig.parse({ pollIntervalMs: 10, batchSize: 7 }), {
          store: relayStore,
          bus: buses[index] as (typeof buses)[0],
          log: silentLog,
        }),
      ),
    )
    let writing = true
    const readers = Array.from({ length: 3 }, () => readWhile(store, () => writing))
    const written = await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(store, random(writer + 1))))
    const total = written.reduce((sum, count) => sum + count, 0)
    await eventually(async () => (await readStream(store, total - 1, 1)).head === total, { deadlineMs: 10_000 })
    writing = false
    for (const problems of await Promise.all(readers)) expect(problems).toEqual([])

    // Everything once in the table, contiguous; everything at least once on the bus; nothing left pending.
    const { messages } = await readAll(store)
    expect(messages.map(({ sequence_id }) => sequence_id)).toEqual(Array.from({ length: total }, (_, n) => n + 1))
    await eventually(() => new Set(published.map(({ sequence_id }) => sequence_id)).size === total)
    const byNumber = new Map(messages.map((message) => [message.sequence_id, message]))
    for (const message of published) expect(message).toEqual(byNumber.get(message.sequence_id))
    const owner = new pg.Client({ connectionString: database.url })
    await owner.connect()
    await eventually(async () => (await owner.query(`SELECT FROM outbox WHERE status = 'PENDING'`)).rowCount === 0)
    // The proof is worth something only if numbers and identities really disagree.
    const { rows } = await owner.query(
      `SELECT count(*)::int AS n FROM (SELECT id, lag(id) OVER (ORDER BY stream_seq) AS before FROM outbox) o WHERE id < before`,
    )
    expect(rows[0].n).toBeGreaterThan(20)
    await owner.end()
    await Promise.all(relays.map((relay) => relay.close()))
    await following.close()
    await Promise.all([...buses, follower].map((bus) => bus.close()))
  })
})

/** Transactions that write first and commit after a while, some of them never. Returns how many rows were committed. */
async function write(store: Store, next: () => number): Promise<number> {
  let committed = 0
  for (let n = 0; n < TRANSACTIONS_EACH; n++) {
    const rows = 1 + Math.floor(next() * 3)
    const fails = next() < 0.1
    const aggregateId = randomUUID()
    const work = store.inTransaction(async (tx) => {
      await appendOutbox(
        tx,
        Array.from({ length: rows }, (_, row) => ({
          aggregateType: 'alarm',
          aggregateId,
          type: 'alarm.updated',
          siteId: null,
          data: { row },
          version: row,
          requestId: null,
        })),
      )
      await tx.query('SELECT pg_sleep($1)', [next() < 0.2 ? 0.06 * next() : 0.002 * next()])
      if (fails) throw new Error('rolled back on purpose')
    })
    const ok = await work.then(
      () => true,
      () => false,
    )
    expect(ok).toBe(!fails)
    if (ok) committed += rows
  }
  return committed
}

/** A client that resumes from the last number it has seen, again and again. */
async function readWhile(store: Store, going: () => boolean): Promise<string[]> {
  const problems: string[] = []
  let seen = 0
  while (going()) {
    const { head, messages, complete } = await readStream(store, seen, 50)
    for (const { sequence_id } of messages) {
      if (sequence_id !== seen + 1) problems.push(`${sequence_id} after ${seen}`)
      seen = sequence_id
    }
    if (head < seen) problems.push(`head ${head} below ${seen}`)
    if (!complete) problems.push(`not complete after ${seen}`)
    if (messages.length === 0) await store.query('SELECT pg_sleep(0.001)')
  }
  return problems
}

async function readAll(store: Store) {
  const messages: StreamMessage[] = []
  for (;;) {
    const page = await readStream(store, messages.length, 100)
    messages.push(...page.messages)
    if (page.messages.length < 100) return { messages }
  }
}

function random(seed: number): () => number {
  let state = seed * 2_654_435_761
  return () => {
    state = Math.imul(state ^ (state >>> 15), 1 | state)
    state ^= state + Math.imul(state ^ (state >>> 7), 61 | state)
    return ((state ^ (state >>> 14)) >>> 0) / 4_294_967_296
  }
}
