/** Spec 04: an invalid message goes to dead letters with the reason, and takes nobody with it. Design "Who is the truth": old epochs. */
import { randomUUID } from 'node:crypto'
import { recordEvents } from '@stam/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addSite, contradictions, openWorld, rules, signalEvent, type World } from './recording-fixture.ts'

describe('what cannot be recorded', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld()
  })
  afterAll(() => world.close())

  it('is found among two hundred others, by the database or by the rules', async () => {
    const { siteId, panelId } = await addSite(world)
    const events = Array.from({ length: 200 }, (_, n) => signalEvent(panelId, n, 'ALARM', `alarm:zone:${n + 1}`))
    events[37] = { ...(events[37] as (typeof events)[0]), object_name: 'zero \u0000 byte' }
    events[141] = { ...(events[141] as (typeof events)[0]), partition_no: 77 }
    const broken = events[120]?.event_id
    const outcomes = await recordEvents(
      world.store,
      {
        ...rules,
        createBundler(input) {
          const bundler = rules.createBundler(input)
          return {
            ...bundler,
            decide(event, site) {
              if (event.event_id === broken) throw new TypeError('a defect of the rules')
              return bundler.decide(event, site)
            },
          }
        },
      },
      events,
    )
    const refused = outcomes.flatMap((outcome, index) =>
      outcome.outcome === 'refused' ? [{ index, reason: outcome.reason, detail: outcome.detail }] : [],
    )
    expect(refused).toMatchObject([
      { index: 37, reason: 'INVALID', detail: expect.stringContaining('Unicode') },
      { index: 120, reason: 'INVALID', detail: 'a defect of the rules' },
      { index: 141, reason: 'INVALID', detail: expect.stringContaining('events_partition_no_check') },
    ])
    expect(outcomes.map(({ event_id }) => event_id)).toEqual(events.map(({ event_id }) => event_id))
    expect(await world.rows('SELECT event_count FROM alarms WHERE site_id = $1', [siteId])).toEqual([
      { event_count: 197 },
    ])
    expect(await contradictions(world)).toEqual([])
  })

  it('is an event of a panel nobody knows', async () => {
    const { panelId } = await addSite(world)
    const outcomes = await recordEvents(world.store, rules, [
      signalEvent(randomUUID(), 0, 'ALARM', 'alarm:zone:1'),
      signalEvent(panelId, 0, 'ALARM', 'alarm:zone:1'),
    ])
    expect(outcomes).toMatchObject([{ outcome: 'refused', reason: 'UNKNOWN_SITE' }, { outcome: 'recorded' }])
  })

  it('is a direct write of an owner who is no more; off the bus it is still a fact, but moves nothing back', async () => {
    const { siteId, panelId } = await addSite(world)
    await world.owner.query('UPDATE panel_assignments SET epoch = 7, owner_id = $2 WHERE panel_id = $1', [
      panelId,
      'worker-2',
    ])
    const cursor = (index: number) => ({ last: { index, record: '0011223344556677' }, recent: [] })
    const current = signalEvent(panelId, 5, 'ALARM', 'alarm:zone:2', 3, {
      epoch: 7,
      panel_seq: 2,
      memory_cursor: cursor(500),
    })
    const old = signalEvent(panelId, 0, 'RESTORE', 'alarm:zone:2', 2, {
      epoch: 6,
      panel_seq: 900,
      memory_cursor: cursor(400),
    })
    await recordEvents(world.store, rules, [current], { direct: true })
    expect(await recordEvents(world.store, rules, [old], { direct: true })).toMatchObject([
      { outcome: 'refused', reason: 'STALE_EPOCH' },
    ])
    expect(await world.rows('SELECT count(*)::int AS n FROM events WHERE site_id = $1', [siteId])).toEqual([{ n: 1 }])
    expect(await recordEvents(world.store, rules, [old])).toMatchObject([{ outcome: 'recorded' }])
    expect(
      await world.rows('SELECT epoch::int, panel_seq::int, memory_index FROM panel_cursors WHERE panel_id = $1', [
        panelId,
      ]),
    ).toEqual([{ epoch: 7, panel_seq: 2, memory_index: 500 }])
    expect(
      await world.rows('SELECT ordinal::int, active, epoch::int FROM panel_signals WHERE panel_id = $1', [panelId]),
    ).toEqual([{ ordinal: 3, active: true, epoch: 7 }])
  })

  it('is never an event told late by its own owner, but that moves no cursor back', async () => {
    const { panelId } = await addSite(world)
    const cursor = (index: number) => ({ last: { index, record: '0011223344556677' }, recent: [] })
    const told = (seq: number, index: number, active: boolean) =>
      signalEvent(panelId, seq, 'TROUBLE', 'trouble:301:0', seq, {
        epoch: 3,
        panel_seq: seq,
        memory_cursor: cursor(index),
        signal: { key: 'trouble:301:0', ordinal: seq, seen_by_state: 0, seen_by_memory: seq, active },
      })
    await recordEvents(world.store, rules, [told(5, 500, false)])
    await recordEvents(world.store, rules, [told(3, 300, true)])
    const where = 'FROM panel_cursors WHERE panel_id = $1'
    expect(await world.rows(`SELECT panel_seq::int, memory_seq::int, memory_index ${where}`, [panelId])).toEqual([
      { panel_seq: 5, memory_seq: 5, memory_index: 500 },
    ])
    expect(
      await world.rows('SELECT ordinal::int, seen_by_memory::int, active FROM panel_signals WHERE panel_id = $1', [
        panelId,
      ]),
    ).toEqual([{ ordinal: 5, seen_by_memory: 5, active: false }])
    await recordEvents(world.store, rules, [told(6, 600, true)])
    expect(await world.rows(`SELECT panel_seq::int, memory_index ${where}`, [panelId])).toEqual([
      { panel_seq: 6, memory_index: 600 },
    ])
  })
})
