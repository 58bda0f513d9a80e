import { eventually } from '@stam/testkit'
import { afterEach, expect, it } from 'vitest'
import { plainPanel, type Rig, settled, startRig } from './worker-rig.ts'

let rig: Rig
afterEach(() => rig.close())
const gaps = async () => (await rig.events()).filter((event) => event.signal === 'memory:gap')

it('once, and what came after it is told', async () => {
  rig = await startRig([plainPanel('p1')])
  const worker = await rig.startWorker()
  await settled(worker, 1)
  const panel = rig.panel('p1')
  await panel.do({ action: 'test_transmission' })
  await eventually(async () => (await rig.events()).length === 1)
  await panel.do({ action: 'reset_memory' })
  await panel.do({ action: 'ac_loss' })
  await eventually(async () => (await rig.events()).some((event) => event.event_code === 301))
  await settled(worker, 1)
  expect(await gaps()).toMatchObject([{ event_type: 'TROUBLE', default_priority: 'WARNING', source: 'WORKER' }])
  expect((await rig.events()).map((event) => event.event_code)).toEqual([602, null, 621, 301])
})

it('also when more happened while nobody looked than the panel can keep', async () => {
  rig = await startRig([plainPanel('p1', { eventMemory: { capacity: 20 } })])
  const worker = await rig.startWorker()
  await settled(worker, 1)
  const panel = rig.panel('p1')
  await panel.do({ action: 'test_transmission' })
  await eventually(async () => (await rig.events()).length === 1)
  await panel.do({ action: 'fault', mode: 'refuse' })
  await eventually(() => worker.figures().connected === 0)
  for (let i = 0; i < 40; i++) await panel.do({ action: 'test_transmission' })
  await panel.do({ action: 'fault', mode: 'none' })
  await eventually(async () => (await rig.events()).length === 1 + 1 + 20)
  expect(await gaps()).toHaveLength(1)
  const told = (await rig.events()).filter((event) => event.source === 'MEMORY')
  expect(new Set(told.map((event) => event.event_id)).size).toBe(21)
})
