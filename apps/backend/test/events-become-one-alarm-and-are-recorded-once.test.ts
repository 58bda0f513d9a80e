/** Spec 02 "Identity and duplicates", "Bundling"; design flow 1 step 3. */
import { recordEvents } from '@stam/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addSite, contradictions, openWorld, rules, signalEvent, type World } from './recording-fixture.ts'

describe('recording', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld()
  })
  afterAll(() => world.close())

  it('opens an alarm, joins the next event, counts the repeat, marks it normal, and tells each version once', async () => {
    const { siteId, panelId } = await addSite(world)
    const outcomes = await recordEvents(world.store, rules, [
      signalEvent(panelId, 0, 'ALARM', 'alarm:zone:1'),
      signalEvent(panelId, 5, 'ALARM', 'alarm:zone:2'),
      signalEvent(panelId, 20, 'RESTORE', 'alarm:zone:1:end'),
      signalEvent(panelId, 30, 'ALARM', 'alarm:zone:1', 2),
      signalEvent(panelId, 40, 'ARM', 'arm:partition:1'),
    ])
    expect(outcomes.map((outcome) => 'kind' in outcome && outcome.kind)).toEqual([
      'open',
      'join',
      'attach',
      'repeat',
      'attach',
    ])
    const [alarm] = await world.rows<{ id: string }>('SELECT * FROM alarms WHERE site_id = $1', [siteId])
    expect(alarm).toMatchObject({
      status: 'NEW',
      priority: 'CRITICAL',
      stream: 'panel',
      event_count: 2,
      repeat_count: 1,
      is_current: true,
      panel_id: panelId,
    })
    const told = await world.rows('SELECT event_type, site_id, payload FROM outbox WHERE aggregate_id = $1', [
      alarm?.id,
    ])
    expect(told).toMatchObject([
      {
        event_type: 'alarm.new',
        site_id: siteId,
        payload: { event_count: 2, repeat_count: 1, site: { name: 'Sklep' } },
      },
    ])

    await recordEvents(world.store, rules, [
      signalEvent(panelId, 50, 'RESTORE', 'alarm:zone:1:end', 2),
      signalEvent(panelId, 51, 'RESTORE', 'alarm:zone:2:end'),
    ])
    const [normal] = await world.rows('SELECT status, normal_since FROM alarms WHERE site_id = $1', [siteId])
    expect(normal).toMatchObject({ status: 'NEW', normal_since: expect.any(Date) })
    const log = await world.rows(
      'SELECT action, from_status, to_status FROM alarm_transitions WHERE alarm_id = $1 ORDER BY version_after',
      [alarm?.id],
    )
    expect(log).toEqual([
      { action: 'open', from_status: null, to_status: 'NEW' },
      { action: 'normal', from_status: 'NEW', to_status: 'NEW' },
    ])
    expect(await contradictions(world)).toEqual([])
  })

  it('records nothing a second time, whatever is delivered again, in one batch or in another', async () => {
    const { siteId, panelId } = await addSite(world)
    const first = signalEvent(panelId, 0, 'ALARM', 'alarm:zone:1')
    const second = signalEvent(panelId, 1, 'TAMPER', 'tamper:zone:1')
    await recordEvents(world.store, rules, [first, first, second])
    // Detected again by the next owner of the panel: the same id, another time of receipt.
    const again = { ...second, epoch: 2, received_at: new Date(Date.parse(second.received_at) + 90_000).toISOString() }
    const outcomes = await recordEvents(world.store, rules, [first, again])
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['duplicate', 'duplicate'])
    expect(await world.rows('SELECT count(*)::int AS n FROM events WHERE site_id = $1', [siteId])).toEqual([{ n: 2 }])
    expect(
      await world.rows('SELECT event_count, repeat_count, version FROM alarms WHERE site_id = $1', [siteId]),
    ).toEqual([{ event_count: 2, repeat_count: 0, version: 2 }])
    expect(await contradictions(world)).toEqual([])
  })

  it('lets the event memory enrich what the state bits raised, once, also within one batch', async () => {
    const { siteId, panelId } = await addSite(world)
    const bits = (zone: number) => signalEvent(panelId, 0, 'ALARM', `alarm:zone:${zone}`)
    const memory = (zone: number) =>
      signalEvent(panelId, 2, 'ALARM', `alarm:zone:${zone}`, 1, {
        source: 'MEMORY',
        event_code: 130,
        partition_no: 4,
        user_no: 7,
        description: { pl: 'Alarm włamaniowy', en: 'Burglary alarm' },
        raw_payload: '8c01',
        signal: { key: `alarm:zone:${zone}`, ordinal: 1, seen_by_state: 1, seen_by_memory: 1, active: true },
        memory_cursor: { last: { index: 99, record: '00112233445566ff' }, recent: [] },
      })
    await recordEvents(world.store, rules, [bits(1)])
    const outcomes = await recordEvents(world.store, rules, [memory(1), bits(2), memory(2), memory(2), memory(1)])
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      'enriched',
      'recorded',
      'enriched',
      'duplicate',
      'duplicate',
    ])
    const events = await world.rows(
      'SELECT source, event_code, partition_no, user_no, description_en FROM events WHERE site_id = $1',
      [siteId],
    )
    const rich = { source: 'MEMORY', event_code: 130, partition_no: 4, user_no: 7, description_en: 'Burglary alarm' }
    expect(events).toEqual([rich, rich])
    expect(await world.rows('SELECT event_count FROM alarms WHERE site_id = $1', [siteId])).toEqual([
      { event_count: 2 },
    ])
    expect(await world.rows('SELECT seen_by_memory::int FROM panel_signals WHERE panel_id = $1', [panelId])).toEqual([
      { seen_by_memory: 1 },
      { seen_by_memory: 1 },
    ])
    expect(
      await world.rows('SELECT memory_index, memory_record FROM panel_cursors WHERE panel_id = $1', [panelId]),
    ).toEqual([{ memory_index: 99, memory_record: '00112233445566ff' }])
  })

  it('keeps priorities, streams and test mode apart', async () => {
    const zoneWarning = await addSite(world, { unauthorized_critical: true })
    await world.owner.query(
      `INSERT INTO panel_objects (panel_id, kind, number, priority_overrides) VALUES ($1, 'zone', 3, '{"ALARM":"WARNING"}')`,
      [zoneWarning.panelId],
    )
    await recordEvents(world.store, rules, [
      signalEvent(zoneWarning.panelId, 0, 'ALARM', 'alarm:zone:3'),
      signalEvent(zoneWarning.panelId, 1, 'ALARM', 'alarm:zone:4'),
      signalEvent(zoneWarning.panelId, 2, 'UNAUTHORIZED_ACCESS', 'memory:83:0:1:0'),
    ])
    const alarms = await world.rows(
      'SELECT stream, priority, requires_note FROM alarms WHERE site_id = $1 ORDER BY stream, priority',
      [zoneWarning.siteId],
    )
    expect(alarms).toEqual([
      { stream: 'panel', priority: 'CRITICAL', requires_note: false },
      { stream: 'panel', priority: 'WARNING', requires_note: false },
      { stream: 'unauthorized', priority: 'CRITICAL', requires_note: true },
    ])

    const tested = await addSite(world, {}, 'test')
    await recordEvents(world.store, rules, [signalEvent(tested.panelId, 0, 'ALARM', 'alarm:zone:1')])
    await world.owner.query(`UPDATE sites SET test_mode = false, test_since = NULL, test_reason = NULL WHERE id = $1`, [
      tested.siteId,
    ])
    await recordEvents(world.store, rules, [signalEvent(tested.panelId, 10, 'ALARM', 'alarm:zone:2')])
    expect(
      await world.rows('SELECT test_mode, event_count, is_current FROM alarms WHERE site_id = $1 ORDER BY test_mode', [
        tested.siteId,
      ]),
    ).toEqual([
      { test_mode: false, event_count: 1, is_current: true },
      { test_mode: true, event_count: 1, is_current: true },
    ])

    const serviced = await addSite(world, {}, 'service')
    await recordEvents(world.store, rules, [signalEvent(serviced.panelId, 0, 'ALARM', 'alarm:zone:1')])
    expect(await world.rows('SELECT priority, service_mode FROM alarms WHERE site_id = $1', [serviced.siteId])).toEqual(
      [{ priority: 'WARNING', service_mode: true }],
    )
  })

  it('opens a new alarm once the window has passed or the old one is done, never joins a closed one', async () => {
    const { siteId, panelId } = await addSite(world)
    await recordEvents(world.store, rules, [signalEvent(panelId, 0, 'ALARM', 'alarm:zone:1')])
    await recordEvents(world.store, rules, [signalEvent(panelId, 901, 'ALARM', 'alarm:zone:2')])
    const [, newest] = await world.rows<{ id: string; is_current: boolean }>(
      'SELECT id, is_current FROM alarms WHERE site_id = $1 ORDER BY number',
      [siteId],
    )
    expect(newest?.is_current).toBe(true)
    await world.owner.query(
      `WITH person AS (INSERT INTO users (id, email, name, role) VALUES (gen_random_uuid(), gen_random_uuid()::text, 'Op', 'OPERATOR') RETURNING id),
         claimed AS (SELECT id FROM person)
       UPDATE alarms SET status = 'IN_PROGRESS', handler_id = (SELECT id FROM claimed), claimed_at = now(), version = version + 1 WHERE id = $1`,
      [newest?.id],
    )
    await world.owner.query(
      `UPDATE alarms SET status = 'CLOSED', closed_at = now(), closed_by = handler_id, disposition = 'FALSE', version = version + 1 WHERE id = $1`,
      [newest?.id],
    )
    await recordEvents(world.store, rules, [
      signalEvent(panelId, 905, 'ALARM', 'alarm:zone:3'),
      signalEvent(panelId, 906, 'ALARM', 'alarm:zone:2', 2),
    ])
    expect(
      await world.rows('SELECT status, event_count, is_current FROM alarms WHERE site_id = $1 ORDER BY number', [
        siteId,
      ]),
    ).toEqual([
      { status: 'NEW', event_count: 1, is_current: false },
      { status: 'CLOSED', event_count: 1, is_current: false },
      { status: 'NEW', event_count: 2, is_current: true },
    ])
  })

  it('raises one warning when a site repeats itself more than 50 times an hour', async () => {
    const { siteId, panelId } = await addSite(world)
    const flapping = Array.from({ length: 59 }, (_, n) => signalEvent(panelId, n, 'ALARM', 'alarm:zone:1', n + 1))
    await recordEvents(world.store, rules, flapping.slice(0, 20))
    await recordEvents(world.store, rules, flapping.slice(20, 45))
    await recordEvents(world.store, rules, flapping.slice(45))
    const alarms = await world.rows(
      'SELECT priority, event_count, repeat_count FROM alarms WHERE site_id = $1 ORDER BY priority',
      [siteId],
    )
    expect(alarms).toEqual([
      { priority: 'CRITICAL', event_count: 1, repeat_count: 58 },
      { priority: 'WARNING', event_count: 1, repeat_count: 0 },
    ])
    expect(await world.rows(`SELECT repeats FROM site_repeats WHERE site_id = $1`, [siteId])).toEqual([{ repeats: 58 }])
    expect(
      await world.rows(
        `SELECT repeat_count FROM events WHERE site_id = $1 AND repeat_of IS NULL AND source = 'STATE'`,
        [siteId],
      ),
    ).toEqual([{ repeat_count: 58 }])
    expect(await contradictions(world)).toEqual([])
  })

  it('gives one batch the answer its events would have had one by one', async () => {
    const [batched, single] = [await addSite(world), await addSite(world)]
    const story = (panelId: string) => [
      signalEvent(panelId, 0, 'ALARM', 'alarm:zone:1'),
      signalEvent(panelId, 10, 'RESTORE', 'alarm:zone:1:end'),
      signalEvent(panelId, 30, 'ALARM', 'alarm:zone:1', 2),
      signalEvent(panelId, 80, 'ALARM', 'alarm:zone:1', 3),
      signalEvent(panelId, 90, 'TROUBLE', 'trouble:301:0'),
      signalEvent(panelId, 100, 'DISARM', 'disarm:partition:1'),
      signalEvent(panelId, 110, 'RESTORE', 'trouble:301:0:end'),
      signalEvent(panelId, 1200, 'ALARM', 'alarm:zone:9'),
    ]
    await recordEvents(world.store, rules, story(batched.panelId))
    for (const event of story(single.panelId)) await recordEvents(world.store, rules, [event])
    const picture = async (siteId: string) => [
      await world.rows(
        `SELECT stream, priority, status, version, event_count, repeat_count, first_seen, last_seen, normal_since, is_current FROM alarms
         WHERE site_id = $1 ORDER BY number`,
        [siteId],
      ),
      await world.rows(
        `SELECT event_type, zone_no, priority, repeat_count, repeat_of IS NULL AS original FROM events WHERE site_id = $1 ORDER BY panel_seq`,
        [siteId],
      ),
    ]
    expect(await picture(batched.siteId)).toEqual(await picture(single.siteId))
    expect(await contradictions(world)).toEqual([])
  })
})
