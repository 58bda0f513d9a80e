import { eventually } from '@stam/testkit'
import { afterEach, expect, it } from 'vitest'
import { expectBalanced, ledgerOf, plainPanel, type Rig, settled, startRig } from './worker-rig.ts'

let rig: Rig
afterEach(() => rig.close())

it('but an alarm that is active now is raised', async () => {
  rig = await startRig([plainPanel('p1')])
  const panel = rig.panel('p1')
  await panel.do({ action: 'arm', partitions: [1], user: 1 })
  for (const zone of [1, 2, 3, 4]) await panel.do({ action: 'violate', zone })
  await panel.do({ action: 'clear_alarm', partitions: [1], user: 1 })
  await panel.do({ action: 'violate', zone: 7 })
  const before = ledgerOf(rig, 'p1').at(-1)?.seq ?? 0
  let worker = await rig.startWorker()
  await settled(worker, 1)
  await eventually(async () => (await rig.events()).length > 0)
  expect((await rig.events()).map((event) => [event.signal, event.source])).toEqual([['alarm:zone:7', 'STATE']])
  await panel.do({ action: 'violate', zone: 8 })
  await eventually(async () => (await rig.events()).length === 2)
  // The next owner goes on from there; nothing of it is first contact any more.
  await worker.kill()
  await panel.do({ action: 'restore', zone: 7 })
  worker = await rig.startWorker()
  await settled(worker, 1)
  await eventually(async () => (await rig.events()).length === 3)
  const told = (await rig.events()).filter((event) => event.signal !== 'alarm:zone:7')
  expect(told.map((event) => event.event_code)).toEqual(ledgerOf(rig, 'p1', before).map((entry) => entry.code))
})

it('and a memory that was empty then has no history', async () => {
  rig = await startRig([plainPanel('p1')])
  const first = await rig.startWorker()
  await settled(first, 1)
  await first.kill()
  await rig.panel('p1').do({ action: 'arm', partitions: [1], user: 1 })
  await rig.panel('p1').do({ action: 'disarm', partitions: [1], user: 1 })
  const second = await rig.startWorker()
  await settled(second, 1)
  await eventually(async () => (await rig.events()).length === 2)
  await expectBalanced(rig, 'p1')
})
