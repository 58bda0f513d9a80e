/** Spec 10 "Data life": `events` by month, made ahead; an event whose month is missing is stored all the same. */
import { randomUUID } from 'node:crypto'
import { type TestDatabase, testDatabase } from '@stam/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureEventPartitions, openStore, removeOutlived, type Store } from '../src/index.ts'

describe('events by month', () => {
  let database: TestDatabase
  let client: pg.Client
  let store: Store
  beforeAll(async () => {
    database = await testDatabase()
    client = new pg.Client({ connectionString: database.url })
    await client.connect()
    store = await openStore({ url: database.url, poolSize: 4, applicationName: 'months-test', role: 'stam_app' })
  })
  afterAll(async () => {
    await store.close()
    await client.end()
    await database.close()
  })
  const add = (at: string) =>
    client.query(
      `INSERT INTO events (event_id, received_at, occurred_at, site_id, source, event_type, description_pl, description_en, default_priority, priority)
       VALUES ($1, $2, $2, $1, 'STATE', 'INFO', '', '', 'INFO', 'INFO')`,
      [randomUUID(), at],
    )
  const places = async () =>
    (
      await client.query<{ place: string; n: number }>(
        `SELECT tableoid::regclass::text AS place, count(*)::int AS n FROM events GROUP BY 1 ORDER BY 1`,
      )
    ).rows.map(({ place, n }) => `${place}: ${n}`)

  it('keeps a row of a month nobody made, and moves it when the month is made, with two backends making it at once', async () => {
    await add('2031-05-31T23:59:59.999Z')
    await add('2031-06-01T00:00:00.000Z')
    await add('2031-06-30T23:59:59.999Z')
    await add('2031-07-01T00:00:00.000Z')
    expect(await places()).toEqual(['events_default: 4'])
    const made = await Promise.all([1, 2].map(() => ensureEventPartitions(store, '2031-06-15T12:00:00.000Z')))
    expect(made.toSorted()).toEqual([0, 5])
    expect(await places()).toEqual(['events_2031_05: 1', 'events_2031_06: 2', 'events_2031_07: 1'])
    await add('2031-06-15T00:00:00.000Z')
    expect(await places()).toContain('events_2031_06: 3')
    expect(await ensureEventPartitions(store, '2031-06-20T12:00:00.000Z')).toBe(0)
    expect(await ensureEventPartitions(store, '2031-07-01T00:00:00.000Z')).toBe(1)
  })

  it('gives a new month every index of the parent', async () => {
    const { rows } = await client.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_index WHERE indrelid = ANY (ARRAY['events'::regclass, 'events_2031_06'::regclass]) GROUP BY indrelid`,
    )
    expect(rows[0]?.n).toBeGreaterThan(2)
    expect(rows[0]?.n).toBe(rows[1]?.n)
  })

  it('removes what has outlived its use, and keeps the newest snapshot of a panel that is silent for months', async () => {
    const siteId = randomUUID()
    const panelId = randomUUID()
    await client.query(`INSERT INTO sites (id, code, name, type) VALUES ($1::uuid, $1::text, 'S', 'SHOP')`, [siteId])
    await client.query(`INSERT INTO panels (id, site_id, name, host, port) VALUES ($1, $2, 'P', 'h', 1)`, [
      panelId,
      siteId,
    ])
    await client.query(
      `INSERT INTO panel_state_snapshots (panel_id, epoch, panel_seq, taken_at, state) SELECT $1, 1, n, timestamptz '2031-01-01' + n * interval '1 day', '{}'
       FROM generate_series(0, 3) n`,
      [panelId],
    )
    await client.query(
      `INSERT INTO panel_state_history (panel_id, new_state, changed_at) VALUES ($1, 'ALARM', '2030-01-01'), ($1, 'ALARM', '2031-01-01')`,
      [panelId],
    )
    await client.query(
      `INSERT INTO duplicate_windows (dedup_key, event_id, received_at, occurred_at, priority, test_mode)
       VALUES ('old', $1, '2031-05-29', '2031-05-29', 'INFO', false), ('young', $1, '2031-05-31', '2031-05-31', 'INFO', false)`,
      [panelId],
    )
    const now = '2031-06-01T00:00:00.000Z'
    expect(await removeOutlived(store, now)).toEqual({ snapshots: 3, history: 1, windows: 1, repeats: 0 })
    expect(await removeOutlived(store, now)).toEqual({ snapshots: 0, history: 0, windows: 0, repeats: 0 })
    const { rows } = await client.query(`SELECT panel_seq::int FROM panel_state_snapshots`)
    expect(rows).toEqual([{ panel_seq: 3 }])
  })
})
