/** Bits raise an alarm at once, the panel's memory completes it: the alarm shows it under a new version, of the right kind and priority. */
import type { PanelEvent } from '@stam/contracts'
import { asOneTelling } from '@stam/domain'
import { recordEvents } from '@stam/store'
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

describe('the second telling of an event', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld()
  })
  afterAll(() => world.close())

  const bit = (panelId: string, seconds: number, zone: number, ordinal = 1) =>
    signalEvent(panelId, seconds, 'ALARM', `alarm:zone:${zone}`, ordinal, { event_code: 130 })
  /** What the memory tells of a bit. */
  const told = (first: PanelEvent, patch: Partial<PanelEvent> = {}): PanelEvent => ({
    ...first,
    source: 'MEMORY',
    panel_seq: first.panel_seq + 1000,
    event_code: 131,
    partition_no: 2,
    description: { pl: 'Alarm włamaniowy: obwód', en: 'Burglary alarm: perimeter' },
    object_name: 'Okno od podwórza',
    raw_payload: '8c01',
    ...patch,
  })
  const tamper = (first: PanelEvent) =>
    told(first, {
      event_type: 'TAMPER',
      event_code: 137,
      description: { pl: 'Sabotaż: obwód', en: 'Perimeter tamper' },
    })
  const alarms = ({ siteId }: TestSite) =>
    world.rows(
      `SELECT priority, status, version, transition_version, decision_version, event_count, repeat_count, headline_en, object_name, event_types, sources -> 0 ->> 'partition_no' AS partition
       FROM alarms WHERE site_id = $1 ORDER BY number`,
      [siteId],
    )
  const messages = ({ siteId }: TestSite) =>
    world.rows(
      `SELECT event_type, (payload ->> 'version')::int AS version, payload -> 'headline' ->> 'en' AS headline FROM outbox WHERE site_id = $1 ORDER BY id`,
      [siteId],
    )
  const events = ({ siteId }: TestSite) =>
    world.rows(
      'SELECT event_type, default_priority, priority, source FROM events WHERE site_id = $1 ORDER BY panel_seq',
      [siteId],
    )

  it('raises the version of the alarm, carries its words to every screen, and is no conflict for a claim', async () => {
    const site = await addSite(world)
    const first = bit(site.panelId, 0, 1)
    await recordEvents(world.store, rules, [first])
    const [outcome] = await recordEvents(world.store, rules, [told(first)])
    expect(outcome?.outcome).toBe('enriched')
    expect(await alarms(site)).toEqual([
      {
        priority: 'CRITICAL',
        status: 'NEW',
        version: 2,
        transition_version: 1,
        decision_version: 1,
        event_count: 1,
        repeat_count: 0,
        headline_en: 'Burglary alarm: perimeter',
        object_name: 'Okno od podwórza',
        event_types: ['ALARM'],
        partition: '2',
      },
    ])
    expect(await messages(site)).toEqual([
      { event_type: 'alarm.new', version: 1, headline: 'Burglary' },
      { event_type: 'alarm.updated', version: 2, headline: 'Burglary alarm: perimeter' },
    ])
    // Told a third time it says nothing new, and nobody is disturbed.
    await recordEvents(world.store, rules, [told(first), first])
    expect((await messages(site)).length).toBe(2)
  })

  it('leaves the same, told with the first as one', async () => {
    const traces = async (together: boolean) => {
      const site = await addSite(world)
      const first = bit(site.panelId, 0, 1)
      const cursor = { last: { index: 9, record: '0011223344556677' }, recent: [] }
      const second = told(first, {
        memory_cursor: cursor,
        signal: first.signal && { ...first.signal, seen_by_memory: first.signal.ordinal },
      })
      const whole = asOneTelling(first, [], second)
      expect(whole).toBeDefined()
      await recordEvents(world.store, rules, together ? [whole as PanelEvent] : [first, second])
      const by = [site.panelId]
      return {
        alarms: await alarms(site),
        messages: await messages(site),
        events: await world.rows(
          `SELECT e.event_type, e.default_priority, e.priority, e.source, e.occurred_at, e.event_code, zone_no, partition_no, description_pl, object_name, encode(raw_payload, 'hex') AS raw,
             late, memory_index, signal, ordinal, repeat_of, dedup.priority AS original FROM events e
           LEFT JOIN duplicate_windows dedup USING (event_id) WHERE e.panel_id = $1`,
          by,
        ),
        signals: await world.rows(
          'SELECT signal, ordinal, seen_by_state, seen_by_memory, active FROM panel_signals WHERE panel_id = $1',
          by,
        ),
        cursor: await world.rows(
          'SELECT memory_index, memory_record, memory_recent FROM panel_cursors WHERE panel_id = $1',
          by,
        ),
      }
    }
    const [two, one] = [await traces(false), await traces(true)]
    expect(one).toEqual(two)
    expect(one.events).toHaveLength(1)
    expect(await contradictions(world)).toEqual([])
  })

  it('is one version however many events one batch completes, and joins of the same batch count theirs', async () => {
    const site = await addSite(world)
    const firsts = [1, 2, 3, 4].map((zone) => bit(site.panelId, zone, zone))
    await recordEvents(world.store, rules, firsts)
    await recordEvents(world.store, rules, [...firsts.map((first) => told(first)), bit(site.panelId, 9, 9)])
    expect(await alarms(site)).toMatchObject([
      { version: 6, event_count: 5, headline_en: 'Burglary alarm: perimeter', object_name: 'Okno od podwórza' },
    ])
    // The words of the alarm are those of its first event; a later one completed changes only the timeline.
    await recordEvents(world.store, rules, [told(bit(site.panelId, 9, 9), { object_name: 'Drzwi' })])
    expect(await alarms(site)).toMatchObject([{ version: 7, object_name: 'Okno od podwórza' }])
    expect(await contradictions(world)).toEqual([])
  })

  it('makes a TAMPER of an ALARM the bit was taken for, in the same alarm, not doubled', async () => {
    for (const together of [false, true]) {
      const site = await addSite(world)
      const first = bit(site.panelId, 0, 5)
      if (together) await recordEvents(world.store, rules, [first, tamper(first)])
      else for (const telling of [first, tamper(first)]) await recordEvents(world.store, rules, [telling])
      expect(await events(site)).toEqual([
        { event_type: 'TAMPER', default_priority: 'CRITICAL', priority: 'CRITICAL', source: 'MEMORY' },
      ])
      expect(await alarms(site)).toMatchObject([
        { event_types: ['TAMPER'], event_count: 1, headline_en: 'Perimeter tamper', priority: 'CRITICAL' },
      ])
    }
    expect(await contradictions(world)).toEqual([])
  })

  it('takes the event to a heavier alarm where the site gives its true kind more weight, and never to a lighter one', async () => {
    const site = await addSite(world)
    const overrides = (zone: number, set: object) =>
      world.owner.query(
        `INSERT INTO panel_objects (panel_id, kind, number, priority_overrides) VALUES ($1, 'zone', $2, $3)`,
        [site.panelId, zone, set],
      )
    await overrides(5, { ALARM: 'WARNING' })
    await overrides(6, { TAMPER: 'INFO' })
    const [light, heavy] = [bit(site.panelId, 0, 5), bit(site.panelId, 1, 6)]
    await recordEvents(world.store, rules, [light])
    expect(await alarms(site)).toMatchObject([{ priority: 'WARNING', event_count: 1 }])
    await recordEvents(world.store, rules, [tamper(light)])
    expect(await alarms(site)).toMatchObject([
      { priority: 'WARNING', event_count: 0 },
      { priority: 'CRITICAL', status: 'NEW', event_count: 1, headline_en: 'Perimeter tamper' },
    ])
    await recordEvents(world.store, rules, [heavy])
    await recordEvents(world.store, rules, [tamper(heavy)])
    expect(await events(site)).toMatchObject([
      { event_type: 'TAMPER', priority: 'CRITICAL' },
      { event_type: 'TAMPER', priority: 'CRITICAL' },
    ])
    expect((await alarms(site)).map((alarm) => alarm['event_count'])).toEqual([0, 2])
    expect(await contradictions(world)).toEqual([])
  })

  it('asks for another look where the event is of another kind than it was taken for, has moved or been joined; not over its place or its end', async () => {
    const version = async (change: (first: PanelEvent, site: TestSite) => PanelEvent) => {
      const site = await addSite(world)
      const first = bit(site.panelId, 0, 5)
      await recordEvents(world.store, rules, [first])
      await recordEvents(world.store, rules, [change(first, site)])
      const [alarm] = await alarms(site)
      return [alarm?.['version'], alarm?.['decision_version']]
    }
    expect(await version((first) => told(first))).toEqual([2, 1])
    expect(await version((first) => told(first, { event_code: 110 }))).toEqual([2, 2])
    expect(await version(tamper)).toEqual([2, 2])
    expect(await version((_, site) => bit(site.panelId, 9, 6))).toEqual([2, 2])
    expect(await version((_, site) => bit(site.panelId, 9, 5, 2))).toEqual([2, 2])
    const over = (panelId: string) =>
      signalEvent(panelId, 9, 'RESTORE', 'alarm:zone:5:end', 1, { event_code: 130, default_priority: 'INFO' })
    expect(await version((_, site) => ({ ...over(site.panelId), zone_no: 5 }))).toEqual([2, 1])
  })

  it('leaves an alarm that somebody has finished as it is', async () => {
    const site = await addSite(world)
    const first = bit(site.panelId, 0, 1)
    await recordEvents(world.store, rules, [first])
    const user = '6b9a0a51-6f1d-4c69-9f5a-1c0ad0f3b001'
    await world.owner.query(
      `INSERT INTO users (id, email, name, role) VALUES ($1, 'a@b.pl', 'Anna', 'OPERATOR') ON CONFLICT DO NOTHING`,
      [user],
    )
    await world.owner.query(
      `UPDATE alarms SET status = 'IN_PROGRESS', handler_id = $2, claimed_at = now(), version = version + 1 WHERE site_id = $1`,
      [site.siteId, user],
    )
    await world.owner.query(
      `UPDATE alarms SET status = 'CLOSED', closed_at = now(), closed_by = $2, disposition = 'FALSE', version = version + 1 WHERE site_id = $1`,
      [site.siteId, user],
    )
    await recordEvents(world.store, rules, [tamper(first)])
    expect(await alarms(site)).toMatchObject([{ status: 'CLOSED', version: 3, headline_en: 'Burglary' }])
    expect(await events(site)).toMatchObject([{ event_type: 'TAMPER' }])
  })
})
