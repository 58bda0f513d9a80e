/** House rule 10; spec 02 "Life of an alarm": the database refuses what the rules refuse, whoever writes. */
import { randomUUID } from 'node:crypto'
import type { AlarmStatus } from '@stam/contracts'
import { type TestDatabase, testDatabase } from '@stam/testkit'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

describe('the tables', () => {
  let database: TestDatabase
  let client: pg.Client
  let siteId: string
  let userId: string
  beforeAll(async () => {
    database = await testDatabase()
    client = new pg.Client({ connectionString: database.url })
    await client.connect()
  })
  afterAll(async () => {
    await client.end()
    await database.close()
  })
  beforeEach(async () => {
    siteId = randomUUID()
    userId = randomUUID()
    await client.query(`INSERT INTO sites (id, code, name, type) VALUES ($1::uuid, $1::text, 'Sklep', 'SHOP')`, [
      siteId,
    ])
    await client.query(`INSERT INTO users (id, email, name, role) VALUES ($1::uuid, $1::text, 'Op', 'OPERATOR')`, [
      userId,
    ])
  })

  /** What a row of this status needs to be complete. */
  const complete: Record<AlarmStatus, string> = {
    NEW: `handler_id = NULL, claimed_at = NULL`,
    IN_PROGRESS: `handler_id = $2, claimed_at = now()`,
    ACK: `handler_id = $2, claimed_at = now(), acked_at = now()`,
    RESOLVED: `handler_id = $2, claimed_at = now(), acked_at = now(), resolved_at = now()`,
    CLOSED: `closed_at = now(), disposition = 'FALSE', closed_by = $2`,
  }
  async function alarm(priority = 'CRITICAL', current = true): Promise<string> {
    const id = randomUUID()
    await client.query(
      `INSERT INTO alarms (id, site_id, stream, priority, headline_pl, headline_en, first_seen, last_seen, is_current)
       VALUES ($1, $2, 'panel', $3, 'a', 'a', now(), now(), $4)`,
      [id, siteId, priority, current],
    )
    return id
  }
  const move = (id: string, status: AlarmStatus, extra = '') =>
    client.query(
      `UPDATE alarms SET status = '${status}', version = version + 1, ${complete[status]} ${extra} WHERE id = $1 AND $2::uuid IS NOT NULL`,
      [id, userId],
    )

  type Move = 'yes' | 'no'
  const moves: Record<AlarmStatus, Record<AlarmStatus, Move>> = {
    NEW: { NEW: 'yes', IN_PROGRESS: 'yes', ACK: 'no', RESOLVED: 'no', CLOSED: 'yes' },
    IN_PROGRESS: { NEW: 'yes', IN_PROGRESS: 'yes', ACK: 'yes', RESOLVED: 'no', CLOSED: 'yes' },
    ACK: { NEW: 'yes', IN_PROGRESS: 'no', ACK: 'yes', RESOLVED: 'yes', CLOSED: 'yes' },
    RESOLVED: { NEW: 'no', IN_PROGRESS: 'no', ACK: 'no', RESOLVED: 'yes', CLOSED: 'yes' },
    CLOSED: { NEW: 'no', IN_PROGRESS: 'no', ACK: 'no', RESOLVED: 'no', CLOSED: 'no' },
  }
  const way: Record<AlarmStatus, AlarmStatus[]> = {
    NEW: [],
    IN_PROGRESS: ['IN_PROGRESS'],
    ACK: ['IN_PROGRESS', 'ACK'],
    RESOLVED: ['IN_PROGRESS', 'ACK', 'RESOLVED'],
    CLOSED: ['IN_PROGRESS', 'CLOSED'],
  }
  for (const [from, row] of Object.entries(moves) as [AlarmStatus, Record<AlarmStatus, Move>][]) {
    for (const [to, expected] of Object.entries(row) as [AlarmStatus, Move][]) {
      it(`${expected === 'yes' ? 'let' : 'refuse'} an alarm go from ${from} to ${to}`, async () => {
        const id = await alarm()
        for (const step of way[from]) await move(id, step)
        if (expected === 'yes') await move(id, to)
        else await expect(move(id, to)).rejects.toMatchObject({ code: '23514' })
      })
    }
  }

  it('let only INFO be acknowledged without a handler', async () => {
    const info = await alarm('INFO')
    await client.query(`UPDATE alarms SET status = 'ACK', acked_at = now(), version = 2 WHERE id = $1`, [info])
    const warning = await alarm('WARNING')
    await expect(
      client.query(`UPDATE alarms SET status = 'ACK', acked_at = now(), version = 2 WHERE id = $1`, [warning]),
    ).rejects.toThrow('only INFO')
  })

  it('give up the place of the current alarm when it is done, and never have two current ones of a key', async () => {
    const id = await alarm()
    await expect(alarm()).rejects.toMatchObject({ constraint: 'alarms_current_key' })
    for (const step of way.RESOLVED) await move(id, step)
    await alarm()
    const { rows } = await client.query('SELECT status, is_current FROM alarms WHERE site_id = $1 ORDER BY number', [
      siteId,
    ])
    expect(rows).toEqual([
      { status: 'RESOLVED', is_current: false },
      { status: 'NEW', is_current: true },
    ])
  })

  it.each([
    ['a handler of nobody', 'NEW', `handler_id = '%u', claimed_at = now()`, 'alarms_new_has_no_handler'],
    ['work in progress by nobody', 'IN_PROGRESS', `handler_id = NULL`, 'alarms_in_progress_has_handler'],
    ['an acknowledgement at no time', 'ACK', `acked_at = NULL`, 'alarms_ack_has_time'],
    [
      'a close without a disposition',
      'NEW',
      `status = 'CLOSED', closed_at = now(), closed_by = '%u'`,
      'alarms_closed_is_complete',
    ],
    ['a disposition without a close', 'NEW', `disposition = 'REAL'`, 'alarms_closed_is_complete'],
    [
      'a CRITICAL closed by no person',
      'NEW',
      `status = 'CLOSED', closed_at = now(), disposition = 'FALSE'`,
      'alarms_critical_closed_by_person',
    ],
    ['an end before the beginning', 'NEW', `last_seen = first_seen - interval '1 s'`, 'alarms_seen_in_order'],
    ['another priority', 'NEW', `priority = 'INFO'`, 'alarms_identity_fixed'],
    ['another site', 'NEW', `site_id = gen_random_uuid()`, 'alarms_identity_fixed'],
    ['a test that becomes earnest', 'NEW', `test_mode = true`, 'alarms_identity_fixed'],
  ] as const)('refuse %s', async (_what, status, change, constraint) => {
    const id = await alarm()
    for (const step of way[status]) await move(id, step)
    await expect(
      client.query(`UPDATE alarms SET version = version + 1, ${change.replace('%u', userId)} WHERE id = $1`, [id]),
    ).rejects.toMatchObject({ constraint })
  })

  it('refuse a version that does not follow, but let joined events count one each', async () => {
    const id = await alarm()
    const set = (sql: string) => client.query(`UPDATE alarms SET ${sql} WHERE id = $1`, [id])
    await expect(set("headline_pl = 'b'")).rejects.toMatchObject({ constraint: 'alarms_version_follows' })
    await expect(set('version = version + 2')).rejects.toMatchObject({ constraint: 'alarms_version_follows' })
    await expect(set('version = version - 1')).rejects.toMatchObject({ constraint: expect.stringContaining('version') })
    await set('version = version + 5, event_count = event_count + 5')
    await set('is_current = false')
    await expect(set('is_current = true')).rejects.toMatchObject({ constraint: 'alarms_version_follows' })
  })

  it('refuse an event joining what is resolved, and any change of what is closed', async () => {
    const resolved = await alarm('CRITICAL', false)
    for (const step of way.RESOLVED) await move(resolved, step)
    const set = (id: string, sql: string) =>
      client.query(`UPDATE alarms SET version = version + 1, ${sql} WHERE id = $1`, [id])
    await expect(set(resolved, 'event_count = event_count + 1')).rejects.toMatchObject({
      constraint: 'alarms_never_joined_when_done',
    })
    const closed = await alarm('CRITICAL', false)
    for (const step of way.CLOSED) await move(closed, step)
    for (const change of [
      'event_count = event_count + 1',
      `disposition = 'REAL'`,
      'closed_at = now()',
      `headline_pl = 'x'`,
    ]) {
      await expect(set(closed, change)).rejects.toMatchObject({ constraint: 'alarms_closed_is_final' })
    }
  })

  it('keep the records as they were written, even from their owner', async () => {
    const id = await alarm()
    await client.query(
      `INSERT INTO alarm_transitions (id, alarm_id, action, to_status, actor_kind, actor_name, version_after) VALUES (gen_random_uuid(), $1, 'open', 'NEW', 'system', 'system', 1)`,
      [id],
    )
    await client.query(
      `INSERT INTO audit_log (actor_kind, actor_name, action, entity_type) VALUES ('system', 'system', 'TEST', 'alarm')`,
    )
    for (const table of ['audit_log', 'alarm_transitions']) {
      await expect(client.query(`UPDATE ${table} SET actor_name = 'x'`)).rejects.toThrow('append-only')
      await expect(client.query(`DELETE FROM ${table}`)).rejects.toThrow('append-only')
    }
    await expect(client.query('TRUNCATE audit_log')).rejects.toThrow('append-only')
  })
})
