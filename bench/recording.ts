/**
 * Durable recording: signals to committed rows, against the same rows put in by a bare client. The rows our recording wrote are read back
 * and inserted again into an empty database of the same schema, (a) one INSERT per row in transactions of as many events, (b) by pgbench with
 * one event row per transaction and two clients, where pgbench is installed.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createBundler, enrichEvent, repeatAnomaly } from '@stam/domain'
import { openStore, recordEvents } from '@stam/store'
import pg from 'pg'
import { type BenchDatabase, benchDatabase, connectTo } from './database.ts'
import { atLeast, type BenchResult } from './report.ts'
import { createSites, sampleEvents } from './sample-events.ts'

const EVENTS = 20_000
const SITES = 200
const BATCH = 500
const WARM_UP = 2_000
/** In the order their references need. */
const TABLES = [
  'event_ids',
  'events',
  'alarms',
  'alarm_transitions',
  'audit_log',
  'panel_signals',
  'panel_cursors',
  'duplicate_windows',
  'outbox',
]

export async function benchRecording(): Promise<BenchResult> {
  const database = await benchDatabase()
  try {
    const url = await database.create('ours')
    const ours = await recordAll(database, url)
    const raw = await insertSameRows(url, await database.create('raw'), EVENTS + WARM_UP)
    const single = await pgbenchEvents(url, await database.create('pgbench'))
    return {
      name: 'recording',
      metrics: { events: EVENTS, recorded_events_per_s: ours },
      baseline: {
        rows: raw.rows,
        raw_insert_events_per_s: raw.eventsPerSecond,
        ...(single === undefined ? {} : { pgbench_single_event_rows_per_s: single }),
      },
      ratio: ours / raw.eventsPerSecond,
      bars: [atLeast('durable recording against the raw insert of the same rows', ours / raw.eventsPerSecond, 0.5)],
    }
  } finally {
    await database.stop()
  }
}

async function recordAll(database: BenchDatabase, url: string): Promise<number> {
  const client = await database.connect(url)
  const sites = await createSites(client, SITES)
  const store = await openStore({ url, poolSize: 4, applicationName: 'bench' })
  const rules = { createBundler, enrichEvent, repeatAnomaly }
  await recordEvents(store, rules, sampleEvents(sites, WARM_UP))
  const events = sampleEvents(sites, EVENTS, 1 + WARM_UP / SITES)
  const start = performance.now()
  for (let at = 0; at < events.length; at += BATCH) await recordEvents(store, rules, events.slice(at, at + BATCH))
  const seconds = (performance.now() - start) / 1000
  const { rows } = await client.query<{ n: string }>('SELECT count(*) AS n FROM events')
  if (Number(rows[0]?.n) !== WARM_UP + EVENTS) throw new Error(`recorded ${rows[0]?.n} of ${WARM_UP + EVENTS} events`)
  await store.close()
  await client.end()
  return EVENTS / seconds
}

/** Reads all rows of a recorded database and inserts them one by one into an empty one, in transactions of as many rows as events go together. */
export async function insertSameRows(
  sourceUrl: string,
  targetUrl: string,
  events: number,
): Promise<{ rows: number; eventsPerSecond: number }> {
  const source = await connectTo(sourceUrl)
  const target = await connectTo(targetUrl)
  for (const table of ['sites', 'panels']) await copyTable(source, target, table, () => {})
  let rows = 0
  const start = performance.now()
  for (const table of TABLES) await copyTable(source, target, table, () => rows++)
  const seconds = (performance.now() - start) / 1000
  await source.end()
  await target.end()
  return { rows, eventsPerSecond: events / seconds }
}

async function copyTable(source: pg.Client, target: pg.Client, table: string, counted: () => void): Promise<void> {
  const columns = await source.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
    [table],
  )
  const names = columns.rows.map(({ name }) => pg.escapeIdentifier(name))
  const { rows } = await source.query<unknown[]>({
    text: `SELECT ${names.map((name) => `${name}::text`).join(', ')} FROM ${table}`,
    rowMode: 'array',
  })
  const insert = `INSERT INTO ${table} (${names.join(', ')}) OVERRIDING SYSTEM VALUE VALUES (${names.map((_, i) => `$${i + 1}`).join(', ')})`
  for (let at = 0; at < rows.length; at += BATCH) {
    await target.query('BEGIN')
    for (const row of rows.slice(at, at + BATCH)) {
      await target.query({ name: `insert-${table}`, text: insert, values: row })
      counted()
    }
    await target.query('COMMIT')
  }
}

/** Undefined where pgbench is not installed; it is a reference figure, not the baseline of the ratio. */
export async function pgbenchEvents(sourceUrl: string, url: string): Promise<number | undefined> {
  const source = await connectTo(sourceUrl)
  const target = await connectTo(url)
  for (const table of ['sites', 'panels']) await copyTable(source, target, table, () => {})
  const { rows } = await source.query<{ site: string; panel: string }>(
    'SELECT site_id AS site, id AS panel FROM panels LIMIT 1',
  )
  await source.end()
  await target.end()
  const folder = await mkdtemp(join(tmpdir(), 'stam-pgbench-'))
  const script = join(folder, 'event.sql')
  await writeFile(
    script,
    `INSERT INTO events (event_id, received_at, occurred_at, site_id, panel_id, source, event_type, description_pl, description_en, default_priority, priority)
     VALUES (gen_random_uuid(), now(), now(), '${rows[0]?.site}', '${rows[0]?.panel}', 'STATE', 'ALARM', 'Alarm', 'Alarm', 'CRITICAL', 'CRITICAL');\n`,
  )
  try {
    const { stdout } = await promisify(execFile)('pgbench', [
      '-n',
      '-M',
      'prepared',
      '-c',
      '2',
      '-j',
      '1',
      '-T',
      '5',
      '-f',
      script,
      url,
    ])
    const tps = /tps = ([\d.]+)/.exec(stdout)?.[1]
    return tps === undefined ? undefined : Number(tps)
  } catch {
    return undefined
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
