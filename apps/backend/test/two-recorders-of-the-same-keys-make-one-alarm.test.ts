/** Spec 02: "Two backends handling events of one key at the same moment must end with one alarm and the right count." */
import { openStore, recordEvents, type Store } from '@stam/store'
import { eventually } from '@stam/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addSite,
  contradictions,
  openWorld,
  rules,
  signalEvent,
  type TestSite,
  type World,
} from './recording-fixture.ts'

describe('two recorders at once', () => {
  let world: World
  let other: Store
  beforeAll(async () => {
    world = await openWorld()
    other = await openStore({
      url: world.database.url,
      poolSize: 6,
      applicationName: 'second-backend',
      role: 'stam_app',
    })
  })
  afterAll(async () => {
    await other.close()
    await world.close()
  })

  it('share one alarm with the right counts, whoever comes first, with every event sent to both', async () => {
    const sites: TestSite[] = []
    for (let n = 0; n < 8; n++) sites.push(await addSite(world, { bundle_window_s: 3600 }))
    const batches = Array.from({ length: 24 }, (_, batch) =>
      sites.flatMap(({ panelId }) =>
        [1, 2, 3, 4, 5].map((zone) =>
          signalEvent(panelId, batch * 61 + zone, 'ALARM', `alarm:zone:${zone}`, batch + 1),
        ),
      ),
    )
    const shuffled = (seed: number) =>
      [...batches].sort((a, b) => hash(a[0]?.event_id, seed) - hash(b[0]?.event_id, seed))
    const runner = async (store: Store, work: typeof batches) => {
      for (const batch of work) await recordEvents(store, rules, batch)
    }
    // Each batch goes to both, in different orders and four at a time; sites inside a batch lie in the same order, so locks meet.
    await Promise.all([
      runner(world.store, shuffled(1)),
      runner(other, shuffled(2)),
      runner(
        world.store,
        shuffled(3).map((batch) => batch.toReversed()),
      ),
      runner(
        other,
        shuffled(4).map((batch) => batch.toReversed()),
      ),
    ])
    for (const { siteId } of sites) {
      const alarms = await world.rows<{ event_count: number; repeat_count: number }>(
        'SELECT event_count, repeat_count FROM alarms WHERE site_id = $1',
        [siteId],
      )
      expect(alarms).toHaveLength(1)
      expect((alarms[0]?.event_count ?? 0) + (alarms[0]?.repeat_count ?? 0)).toBe(24 * 5)
      expect(await world.rows('SELECT count(*)::int AS n FROM events WHERE site_id = $1', [siteId])).toEqual([
        { n: 24 * 5 },
      ])
    }
    expect(await contradictions(world)).toEqual([])
  })

  it("never both open the first alarm of a site, and never refuse each other's events for it", async () => {
    for (let round = 0; round < 40; round++) {
      const { siteId, panelId } = await addSite(world)
      const outcomes = await Promise.all([
        recordEvents(world.store, rules, [signalEvent(panelId, 0, 'ALARM', 'alarm:zone:1')]),
        recordEvents(other, rules, [signalEvent(panelId, 1, 'ALARM', 'alarm:zone:2')]),
        recordEvents(other, rules, [signalEvent(panelId, 2, 'ALARM', 'alarm:zone:1', 2)]),
      ])
      expect(outcomes.flat().map(({ outcome }) => outcome)).toEqual(['recorded', 'recorded', 'recorded'])
      expect(await world.rows('SELECT event_count, repeat_count FROM alarms WHERE site_id = $1', [siteId])).toEqual([
        { event_count: 2, repeat_count: 1 },
      ])
    }
    expect(await contradictions(world)).toEqual([])
  })

  it('leaves all or nothing when the database ends its session in the middle', async () => {
    const { siteId, panelId } = await addSite(world)
    const events = [1, 2, 3].map((zone) => signalEvent(panelId, zone, 'ALARM', `alarm:zone:${zone}`))
    // Holds the transaction in its last third: the outbox row must wait for this lock.
    await world.owner.query('BEGIN; LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE')
    const recording = recordEvents(other, rules, events).then(
      () => 'recorded',
      (error: { code?: string }) => error.code,
    )
    const [blocked] = await eventually(async () => {
      const found = await world.rows<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'second-backend' AND datname = current_database() AND wait_event_type = 'Lock'`,
      )
      return found.length > 0 ? found : undefined
    })
    await world.rows('SELECT pg_terminate_backend($1)', [blocked?.pid])
    await world.owner.query('ROLLBACK')
    expect(await recording).toBe('DATABASE_UNAVAILABLE')
    const left = async () =>
      world.rows(
        `SELECT (SELECT count(*)::int FROM events WHERE site_id = $1) AS events, (SELECT count(*)::int FROM alarms WHERE site_id = $1) AS alarms,
           (SELECT count(*)::int FROM outbox WHERE site_id = $1) AS outbox, (SELECT count(*)::int FROM event_ids WHERE event_id = ANY ($2::uuid[])) AS ids,
           (SELECT count(*)::int FROM panel_signals WHERE panel_id = $3) AS signals, (SELECT count(*)::int FROM panel_cursors WHERE panel_id = $3) AS cursors`,
        [siteId, events.map((event) => event.event_id), panelId],
      )
    expect(await left()).toEqual([{ events: 0, alarms: 0, outbox: 0, ids: 0, signals: 0, cursors: 0 }])
    // The broker delivers again; the pool has made a new connection.
    expect((await recordEvents(other, rules, events)).map(({ outcome }) => outcome)).toEqual([
      'recorded',
      'recorded',
      'recorded',
    ])
    expect(await left()).toEqual([{ events: 3, alarms: 1, outbox: 1, ids: 3, signals: 3, cursors: 1 }])
  })

  it('waits for a person who has the alarm in hand, and joins what that person left', async () => {
    const { siteId, panelId } = await addSite(world)
    await recordEvents(world.store, rules, [signalEvent(panelId, 0, 'ALARM', 'alarm:zone:1')])
    await world.owner.query('BEGIN')
    await world.owner.query(
      `WITH person AS (INSERT INTO users (id, email, name, role) VALUES (gen_random_uuid(), gen_random_uuid()::text, 'Op', 'OPERATOR') RETURNING id)
       SELECT id FROM person`,
    )
    await world.owner.query(
      `UPDATE alarms SET status = 'IN_PROGRESS', handler_id = (SELECT id FROM users ORDER BY created_at DESC LIMIT 1), claimed_at = now(), version = version + 1
       WHERE site_id = $1`,
      [siteId],
    )
    await world.owner.query(
      `UPDATE alarms SET status = 'CLOSED', closed_at = now(), closed_by = handler_id, disposition = 'FALSE', version = version + 1 WHERE site_id = $1`,
      [siteId],
    )
    const recording = recordEvents(other, rules, [signalEvent(panelId, 5, 'ALARM', 'alarm:zone:2')])
    await eventually(async () => {
      const found = await world.rows(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'second-backend' AND wait_event_type = 'Lock'`,
      )
      return found.length > 0
    })
    await world.owner.query('COMMIT')
    expect(await recording).toMatchObject([{ outcome: 'recorded', kind: 'open' }])
    expect(
      await world.rows('SELECT status, event_count FROM alarms WHERE site_id = $1 ORDER BY number', [siteId]),
    ).toEqual([
      { status: 'CLOSED', event_count: 1 },
      { status: 'NEW', event_count: 1 },
    ])
  })
})

function hash(text: string | undefined, seed: number): number {
  let value = seed
  for (const char of text ?? '') value = (Math.imul(value, 31) + char.charCodeAt(0)) | 0
  return value
}
