import { eventually } from '@stam/testkit'
import { afterEach, expect, it } from 'vitest'
import { plainPanel, type Rig, settled, startRig } from './worker-rig.ts'

let rig: Rig
afterEach(() => rig.close())

const live = async () => {
  const [picture] = await rig.live.panels.snapshot([...rig.ids.values()])
  return picture as NonNullable<typeof picture>
}

it('partitions, zones, troubles, identity and connection, told as they change', async () => {
  rig = await startRig([plainPanel('p1')])
  const worker = await rig.startWorker({ snapshotIntervalMs: 100 })
  await settled(worker, 1)
  const panel = rig.panel('p1')
  const versions: number[] = []
  const stop = rig.live.panels.onChange((change) => {
    if (change.kind === 'panel') versions.push(change.panel.version)
  })
  await panel.do({ action: 'violate', zone: 2 })
  await eventually(async () => (await live()).bits?.zones_violated.includes(2))
  await panel.do({ action: 'restore', zone: 2 })
  await panel.do({ action: 'arm', partitions: [1], user: 1 })
  await panel.do({ action: 'ac_loss' })
  await eventually(async () => {
    const { bits, troubles } = await live()
    return bits?.partitions_armed.includes(1) && troubles?.some(({ key }) => key.startsWith('acLoss'))
  })
  const picture = await live()
  expect(picture).toMatchObject({
    connection: 'CONNECTED',
    epoch: 1,
    service_mode: false,
    identity: { model: 'INTEGRA 64 Plus', encrypted: false, push: true },
  })
  expect(Date.now() - Date.parse(picture.last_contact_at ?? '')).toBeLessThan(15_000)
  stop()
  // Gathered: three changes of many bits are a handful of pictures, each newer than the one before.
  expect(versions).toEqual([...versions].sort((a, b) => a - b))
  expect(versions.length).toBeLessThan(8)
  await eventually(async () => (await rig.rows('SELECT FROM panel_state_history WHERE partition_no = 1')).length === 1)
  expect(
    await rig.rows(
      'SELECT partition_no, old_state, new_state, triggered_by FROM panel_state_history WHERE partition_no = 1',
    ),
    // By whom: the record of the event memory names the user, and comes after the bit.
  ).toEqual([
    {
      partition_no: 1,
      old_state: 'DISARMED',
      new_state: 'ARMED_FULL',
      triggered_by: expect.stringMatching(/^(.+ \()?1\)?$/),
    },
  ])
  await eventually(async () => {
    const [row] = await rig.rows('SELECT model, names_read_at FROM panels')
    expect(row).toMatchObject({ model: 'INTEGRA 64 Plus', names_read_at: expect.any(Date) })
    return true
  })
})

it('the last contact with a panel in which nothing happens is told every few seconds, without a change', async () => {
  rig = await startRig([plainPanel('p1')])
  const worker = await rig.startWorker({ keepAliveMs: 200 })
  await settled(worker, 1)
  await eventually(async () => (await live()).last_contact_at !== null)
  const { version, last_contact_at: first } = await live()
  await eventually(async () => ((await live()).last_contact_at ?? '') > (first ?? ''), { deadlineMs: 15_000 })
  expect((await live()).version - version).toBeLessThan(3)
})

it('a live store that was away gets the whole picture again', async () => {
  rig = await startRig([plainPanel('p1')])
  const worker = await rig.startWorker()
  await settled(worker, 1)
  await eventually(async () => (await live()).connection === 'CONNECTED')
  rig.liveStore.stop()
  await rig.panel('p1').do({ action: 'violate', zone: 4 })
  await eventually(() => worker.figures().settled === 1)
  rig.liveStore.start()
  await eventually(async () => (await live()).bits?.zones_violated.includes(4))
})
