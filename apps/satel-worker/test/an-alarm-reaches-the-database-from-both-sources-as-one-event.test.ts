import { eventually } from '@stam/testkit'
import { afterEach, expect, it } from 'vitest'
import { expectBalanced, plainPanel, type Rig, settled, startRig } from './worker-rig.ts'

let rig: Rig
afterEach(() => rig.close())

const arrives = (what: (event: Awaited<ReturnType<Rig['events']>>[number]) => boolean) =>
  eventually(async () => (await rig.events()).find(what))

it.each(['v2', 'v1'] as const)(
  'an alarm is told by its bit at once and enriched by the memory (module %s)',
  async (profile) => {
    rig = await startRig([plainPanel('p1', { module: { profile } })])
    const worker = await rig.startWorker()
    await settled(worker, 1)
    await eventually(async () => (await rig.rows(`SELECT FROM panel_objects WHERE kind = 'zone'`)).length === 12)
    const panel = rig.panel('p1')
    await panel.do({ action: 'arm', partitions: [1], user: 1 })
    await panel.do({ action: 'violate', zone: 3 })
    await arrives((event) => event.source === 'MEMORY' && event.zone_no === 3)
    await panel.do({ action: 'restore', zone: 3 })
    await panel.do({ action: 'disarm', partitions: [1], user: 1 })
    await arrives((event) => event.event_type === 'DISARM')
    await settled(worker, 1)
    await expectBalanced(rig, 'p1')
    expect(await arrives((event) => event.event_type === 'ALARM')).toMatchObject({
      signal: 'alarm:zone:3',
      ordinal: 1,
      event_code: 130,
      object_name: 'Czujka 3',
      partition_no: 1,
      default_priority: 'CRITICAL',
      late: false,
    })
    expect(await arrives((event) => event.event_type === 'ARM')).toMatchObject({ user_no: 1, partition_no: 1 })
    // The user was asked for when an event first named him.
    await eventually(
      async () => (await rig.rows(`SELECT FROM panel_objects WHERE kind = 'user' AND name = 'Kowalski'`)).length,
    )
    await panel.do({ action: 'arm', partitions: [1], user: 1 })
    await arrives((event) => event.event_type === 'ARM' && event.object_name === 'Kowalski')
    const [alarm] = await rig.rows<{ event_count: number; headline_pl: string; normal_since: Date | null }>(
      'SELECT * FROM alarms',
    )
    expect(alarm).toMatchObject({ event_count: 1, headline_pl: 'Alarm włamaniowy' })
    expect(alarm?.normal_since).not.toBe(null)
  },
)

it('an encrypted panel speaks like any other', async () => {
  rig = await startRig([plainPanel('p1', { integrationKey: 'TAJNYKLUCZ12' })])
  const worker = await rig.startWorker()
  await settled(worker, 1)
  await rig.panel('p1').do({ action: 'panic', partition: 1 })
  await rig.panel('p1').do({ action: 'ac_loss' })
  await arrives((event) => event.event_code === 301)
  await expectBalanced(rig, 'p1')
})
