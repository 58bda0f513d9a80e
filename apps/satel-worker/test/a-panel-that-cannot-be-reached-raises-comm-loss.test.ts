import { createConnection } from 'node:net'
import { eventually } from '@stam/testkit'
import { afterEach, expect, it } from 'vitest'
import { expectBalanced, plainPanel, type Rig, settled, startRig } from './worker-rig.ts'

let rig: Rig
afterEach(() => rig.close())

const SOON = { commLossMs: 1_200, commGraceMs: 0 }
const told = (type: string) =>
  eventually(async () => (await rig.events()).find((event) => event.event_type === type), { deadlineMs: 15_000 })
const liveConnection = async () => (await rig.live.panels.snapshot([...rig.ids.values()]))[0]?.connection

it('when it is gone, and takes it back when it returns; what happened meanwhile comes late', async () => {
  rig = await startRig([plainPanel('p1')])
  const worker = await rig.startWorker(SOON)
  await settled(worker, 1)
  const panel = rig.panel('p1')
  await panel.do({ action: 'arm', partitions: [1], user: 1 })
  await panel.do({ action: 'fault', mode: 'refuse' })
  await eventually(async () => ['RECONNECTING', 'DISCONNECTED'].includes((await liveConnection()) ?? ''))
  await panel.do({ action: 'violate', zone: 5 })
  const loss = await told('COMM_LOSS')
  expect(loss).toMatchObject({ default_priority: 'CRITICAL', source: 'WORKER' })
  const [alarm] = await rig.rows<{ stream: string; priority: string }>(`SELECT * FROM alarms WHERE stream = 'system'`)
  expect(alarm).toMatchObject({ priority: 'CRITICAL' })
  await panel.do({ action: 'fault', mode: 'none' })
  await told('COMM_RESTORED')
  await told('ALARM')
  await settled(worker, 1)
  await expectBalanced(rig, 'p1')
  const [after] = await rig.rows<{ normal_since: Date | null }>(`SELECT * FROM alarms WHERE stream = 'system'`)
  expect(after?.normal_since).not.toBe(null)
  expect((await rig.events()).filter((event) => event.event_type === 'COMM_LOSS').length).toBe(1)
  await eventually(async () => (await liveConnection()) === 'CONNECTED')
})

it('when somebody else holds its module: busy is no contact', async () => {
  rig = await startRig([plainPanel('p1')])
  const { port } = rig.panel('p1')
  const intruder = createConnection({ host: '127.0.0.1', port })
  await new Promise((resolve) => intruder.once('connect', resolve))
  const worker = await rig.startWorker(SOON)
  await eventually(async () => (await liveConnection()) === 'BUSY')
  expect((await told('COMM_LOSS')).description_pl).toContain('zajęta')
  intruder.destroy()
  await told('COMM_RESTORED')
  await settled(worker, 1)
})

it('also when the worker is restarted again and again meanwhile, and only once', async () => {
  rig = await startRig([plainPanel('p1')])
  const config = { ...SOON, commLossMs: 2_500, snapshotIntervalMs: 100 }
  let worker = await rig.startWorker(config)
  await settled(worker, 1)
  await eventually(async () => (await rig.rows('SELECT FROM panel_state_snapshots')).length > 0)
  await rig.panel('p1').do({ action: 'fault', mode: 'refuse' })
  for (let restart = 0; restart < 3; restart++) {
    await worker.kill()
    worker = await rig.startWorker(config)
  }
  await told('COMM_LOSS')
  await worker.kill()
  worker = await rig.startWorker(config)
  await rig.panel('p1').do({ action: 'fault', mode: 'none' })
  await told('COMM_RESTORED')
  expect((await rig.events()).filter((event) => event.event_type === 'COMM_LOSS').length).toBe(1)
})
