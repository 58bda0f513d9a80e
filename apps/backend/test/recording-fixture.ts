/** A real database with sites and panels, and signals to record in it. */
import { randomUUID } from 'node:crypto'
import type { EventType, PanelEvent } from '@stam/contracts'
import { createBundler, dedupKey, defaultPriorityOf, enrichEvent, repeatAnomaly } from '@stam/domain'
import { openStore, type RecordingRules, type Store } from '@stam/store'
import { type TestDatabase, testDatabase } from '@stam/testkit'
import { uuidv5 } from '@stam/runtime'
import pg from 'pg'

export const rules: RecordingRules = { createBundler, enrichEvent, repeatAnomaly }

export interface World {
  readonly database: TestDatabase
  readonly store: Store
  /** Straight to the database, as its owner, for preparing and for holding locks. */
  readonly owner: pg.Client
  readonly rows: <Row extends object = Record<string, unknown>>(sql: string, values?: unknown[]) => Promise<Row[]>
  close(): Promise<void>
}

export async function openWorld(poolSize = 6): Promise<World> {
  const database = await testDatabase()
  const store = await openStore({ url: database.url, poolSize, applicationName: 'recording-test', role: 'stam_app' })
  const owner = new pg.Client({ connectionString: database.url })
  await owner.connect()
  // Looking has a connection of its own: inside an open transaction pg_stat_activity stands still.
  const looker = new pg.Client({ connectionString: database.url })
  await looker.connect()
  return {
    database,
    store,
    owner,
    rows: async <Row extends object>(sql: string, values: unknown[] = []) =>
      (await looker.query(sql, values)).rows as Row[],
    async close() {
      await store.close()
      await owner.end()
      await looker.end()
      await database.close()
    },
  }
}

export interface TestSite {
  readonly siteId: string
  readonly panelId: string
}

let ports = 20_000

export async function addSite(
  world: World,
  settings: object = {},
  mode: 'service' | 'test' | null = null,
): Promise<TestSite> {
  const siteId = randomUUID()
  const panelId = randomUUID()
  await world.owner.query(
    `INSERT INTO sites (id, code, name, type, settings, service_mode, service_since, service_reason, test_mode, test_since, test_reason)
     VALUES ($1, $2, 'Sklep', 'SHOP', $3, $4, CASE WHEN $4 THEN now() END, CASE WHEN $4 THEN 'work' END, $5, CASE WHEN $5 THEN now() END,
       CASE WHEN $5 THEN 'test' END)`,
    [siteId, siteId.slice(0, 8), settings, mode === 'service', mode === 'test'],
  )
  await world.owner.query(
    `INSERT INTO panels (id, site_id, name, host, port) VALUES ($1, $2, 'INTEGRA', '127.0.0.1', $3)`,
    [panelId, siteId, ++ports],
  )
  return { siteId, panelId }
}

const NAMESPACE = '0b8b52f2-6b3e-4f0a-9a53-3a1c0f6f0f5e'
const HOUR_MS = 3_600_000
const anHourAgo = Date.now() - HOUR_MS
/** An hour ago; never in the last quarter of an hour by the clock, since repeats are counted by the hour and a story must not cross its end. */
const T0 = anHourAgo - Math.max(0, (anHourAgo % HOUR_MS) - 45 * 60_000)
let sequence = 0

/** A signal `seconds` after the test's start; the same panel, signal and ordinal give the same id, as in real life. */
export function signalEvent(
  panelId: string,
  seconds: number,
  type: EventType,
  signal: string,
  ordinal = 1,
  patch: Partial<PanelEvent> = {},
): PanelEvent {
  const zone = /zone:(\d+)/.exec(signal)
  const at = new Date(T0 + seconds * 1000).toISOString()
  return {
    kind: 'panel-event',
    schema_version: 1,
    event_id: uuidv5(NAMESPACE, `${panelId}|${signal}|${ordinal}`),
    panel_id: panelId,
    epoch: 1,
    panel_seq: ++sequence,
    timestamp: at,
    received_at: at,
    source: 'STATE',
    event_type: type,
    event_code: null,
    restore: type === 'RESTORE',
    zone_no: zone ? Number(zone[1]) : null,
    partition_no: null,
    user_no: null,
    output_no: null,
    description: { pl: 'Włamanie', en: 'Burglary' },
    object_name: zone ? `Czujka ${zone[1]}` : null,
    default_priority: defaultPriorityOf(type),
    late: false,
    raw_payload: 'fe02',
    dedup_key: dedupKey(panelId, signal, type),
    signal: { key: signal, ordinal, seen_by_state: ordinal, seen_by_memory: 0, active: type !== 'RESTORE' },
    memory_cursor: null,
    service_instance_id: 'worker-1',
    request_id: 'trace-1',
    ...patch,
  }
}

/** What must hold in any database, whatever was recorded by whom. Empty = all is well. */
export async function contradictions(world: World): Promise<string[]> {
  const checks: [string, string][] = [
    [
      'event without id or id without event',
      `SELECT event_id FROM event_ids FULL JOIN events USING (event_id, received_at) WHERE event_ids.event_id IS NULL OR events.site_id IS NULL`,
    ],
    [
      'alarm counts are not those of its events',
      `SELECT a.id FROM alarms a LEFT JOIN LATERAL (
         SELECT count(*) FILTER (WHERE repeat_of IS NULL AND event_type NOT IN ('RESTORE', 'ARM', 'DISARM', 'INFO')) AS events,
           count(*) FILTER (WHERE repeat_of IS NOT NULL AND event_type NOT IN ('RESTORE', 'ARM', 'DISARM', 'INFO')) AS repeats
         FROM events e WHERE e.alarm_id = a.id) e ON true
       WHERE a.event_count <> e.events OR a.repeat_count <> e.repeats`,
    ],
    [
      'repeats of an original are not those that name it',
      `SELECT o.event_id FROM events o LEFT JOIN LATERAL (SELECT count(*) AS n FROM events r WHERE r.repeat_of = o.event_id) r ON true
       WHERE o.repeat_count <> r.n`,
    ],
    [
      'repeat of a repeat',
      `SELECT r.event_id FROM events r JOIN events o ON o.event_id = r.repeat_of WHERE o.repeat_of IS NOT NULL`,
    ],
    [
      'alarm without its opening',
      `SELECT id FROM alarms a WHERE (SELECT count(*) FROM alarm_transitions t WHERE t.alarm_id = a.id AND action = 'open') <> 1`,
    ],
    [
      'alarm whose last version was not told',
      `SELECT a.id FROM alarms a WHERE a.status <> 'CLOSED' AND NOT EXISTS (SELECT FROM outbox o WHERE o.aggregate_id = a.id AND (o.payload ->> 'version')::int = a.version
         AND (o.payload ->> 'event_count')::int = a.event_count AND (o.payload ->> 'repeat_count')::int = a.repeat_count)`,
    ],
    [
      'transition without audit',
      `SELECT id FROM alarm_transitions t WHERE NOT EXISTS (SELECT FROM audit_log l WHERE l.entity_id = t.alarm_id::text AND l.action = 'ALARM_' || upper(t.action))`,
    ],
  ]
  const found: string[] = []
  for (const [what, sql] of checks) if ((await world.rows(sql)).length > 0) found.push(what)
  return found
}
