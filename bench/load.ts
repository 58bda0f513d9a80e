/**
 * Fills a database to full size in minutes: 500 sites, 1,000,000 alarms (5,000 of them open), 10,000,000 events.
 * Rows are made inside PostgreSQL, so that loading measures the disk and not the client. Only for benchmarks.
 */
import type { Client } from 'pg'

export interface LoadSize {
  readonly sites: number
  readonly alarms: number
  readonly openAlarms: number
  readonly eventsPerAlarm: number
}

export const fullSize: LoadSize = { sites: 500, alarms: 1_000_000, openAlarms: 5_000, eventsPerAlarm: 10 }
/** A fiftieth of it, to see in seconds whether something is wrong. */
export const smallSize: LoadSize = { sites: 500, alarms: 20_000, openAlarms: 5_000, eventsPerAlarm: 10 }

/** Alarms of one chunk commit together, so that progress can be told and WAL stays bounded. */
const chunk = 50_000

/** @param progress called after each chunk with the share done, 0..1 */
export async function loadHistory(client: Client, size: LoadSize, progress: (share: number) => void): Promise<void> {
  await client.query(
    `SELECT ensure_event_partitions(now() - make_interval(months => step), 0) FROM generate_series(0, 11) step`,
  )
  // A repeatable id that is a valid UUID (version 8: made by the application).
  await client.query(`CREATE FUNCTION pg_temp.bench_id(name text) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN overlay(overlay(md5(name) PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid`)
  await client.query(sitesSql, [size.sites])
  await client.query(panelsSql)
  // History is loaded as fast as the disk takes it; the benchmark itself runs with the ordinary setting.
  await client.query(`SET synchronous_commit = off`)
  await client.query(`CREATE TEMP TABLE load_site AS SELECT row_number() OVER (ORDER BY s.code) - 1 AS n, s.id AS site_id, p.id AS panel_id
    FROM sites s JOIN panels p ON p.site_id = s.id WHERE s.code LIKE 'B-%'`)
  await client.query(`CREATE UNIQUE INDEX ON load_site (n)`)
  for (let from = 0; from < size.alarms; from += chunk) {
    const to = Math.min(size.alarms, from + chunk)
    await client.query('BEGIN')
    await client.query(alarmsSql, [from, to - 1, size.sites, size.alarms, size.openAlarms])
    await client.query(eventsSql, [from, to - 1, size.sites, size.alarms, size.eventsPerAlarm])
    await client.query('COMMIT')
    progress(to / size.alarms)
  }
  await client.query(`RESET synchronous_commit`)
  await client.query('VACUUM (ANALYZE) alarms')
  await client.query('VACUUM (ANALYZE) events')
  await client.query('ANALYZE sites')
}

const sitesSql = `
INSERT INTO sites (id, code, name, type, city, address_line)
SELECT pg_temp.bench_id('bench-site-' || n), 'B-' || lpad(n::text, 4, '0'),
  (ARRAY['Sklep','Magazyn','Przychodnia','Biuro','Chłodnia'])[1 + n % 5] || ' ' || n,
  (ARRAY['SHOP','WAREHOUSE','CLINIC','OFFICE','COLD_STORE'])[1 + n % 5],
  (ARRAY['Łódź','Kraków','Wrocław','Poznań','Gdańsk'])[1 + n % 5], 'ul. Żwirki ' || n
FROM generate_series(0, $1::int - 1) n`

const panelsSql = `
INSERT INTO panels (id, site_id, name, host, port)
SELECT pg_temp.bench_id('bench-panel-' || s.code), s.id, 'INTEGRA', '127.0.0.1', 20000 + row_number() OVER ()
FROM sites s WHERE s.code LIKE 'B-%'`

// A year back, evenly; the newest ones are the open ones. Claimed ones need a handler, so open ones are NEW.
const alarmsSql = `
INSERT INTO alarms (id, version, site_id, panel_id, stream, priority, status, is_current, headline_pl, headline_en, object_name,
  event_types, event_count, first_seen, last_seen, created_at, updated_at, closed_at, disposition, test_mode)
SELECT pg_temp.bench_id('bench-alarm-' || a), 1, l.site_id, l.panel_id, 'panel', (ARRAY['WARNING','WARNING','WARNING','INFO'])[1 + a % 4],
  CASE WHEN open THEN 'NEW' ELSE 'CLOSED' END, false, 'Włamanie', 'Burglary', 'Czujka ' || a % 64, ARRAY['ALARM'], 10, at, at + interval '5 min',
  at, at + interval '9 min', CASE WHEN open THEN NULL ELSE at + interval '9 min' END, CASE WHEN open THEN NULL ELSE 'FALSE' END, false
FROM generate_series($1::int, $2::int) a
CROSS JOIN LATERAL (SELECT now() - interval '1 year' * (($4::float8 - a) / $4::float8) AS at, a >= $4::int - $5::int AS open) t
JOIN load_site l ON l.n = (a::bigint * 7919) % $3::int`

const eventsSql = `
INSERT INTO events (event_id, received_at, occurred_at, site_id, panel_id, alarm_id, epoch, panel_seq, source, event_type, event_code,
  zone_no, partition_no, description_pl, description_en, object_name, default_priority, priority)
SELECT pg_temp.bench_id('bench-event-' || a || '-' || e), at + make_interval(secs => e), at + make_interval(secs => e), l.site_id, l.panel_id,
  pg_temp.bench_id('bench-alarm-' || a), 1, a * $5::bigint + e, 'MEMORY', 'ALARM', 130, 1 + a % 64, 1, 'Alarm włamaniowy', 'Burglary alarm',
  'Czujka ' || a % 64, 'CRITICAL', 'WARNING'
FROM generate_series($1::int, $2::int) a
CROSS JOIN LATERAL (SELECT now() - interval '1 year' * (($4::float8 - a) / $4::float8) AS at) t
CROSS JOIN generate_series(0, $5::int - 1) e
JOIN load_site l ON l.n = (a::bigint * 7919) % $3::int`
