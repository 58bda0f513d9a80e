import { eventually } from '@stam/testkit'
import { afterEach, expect, it } from 'vitest'
import { expectBalanced, plainPanel, type Rig, settled, startRig } from './worker-rig.ts'

let rig: Rig
afterEach(() => rig.close())

/** What ends a connection, and what only spoils some frames of it. */
const FAULTS = ['close', 'half_frame', 'bad_crc', 'garbage', 'drop', 'freeze', 'busy', 'refuse'] as const

it.each(['v2', 'v1'] as const)('also in the middle of a frame, a full read or a walk (module %s)', async (profile) => {
  const zones = Array.from({ length: 24 }, (_, i) => ({ number: i + 1, name: `Czujka ${i + 1}`, reaction: 5 }))
  rig = await startRig([plainPanel('p1', { zones, module: { profile } })])
  const worker = await rig.startWorker({ fullReadIntervalMs: 1_000 })
  await settled(worker, 1)
  const panel = rig.panel('p1')
  await panel.do({ action: 'arm', partitions: [1], user: 1 })
  let zone = 0
  for (const mode of FAULTS) {
    await panel.do({ action: 'violate', zone: ++zone })
    await panel.do({ action: 'fault', mode })
    await panel.do({ action: 'violate', zone: ++zone })
    // Some faults end the connection, others only cost frames: give each the time to do its worst.
    await eventually(() => worker.figures().connected === 0, { deadlineMs: 1_500 }).catch(() => {})
    await panel.do({ action: 'fault', mode: 'none' })
    await panel.do({ action: 'violate', zone: ++zone })
    await eventually(() => worker.figures().connected === 1, { deadlineMs: 15_000 })
  }
  await eventually(
    async () => {
      await expectBalanced(rig, 'p1')
      return true
    },
    { deadlineMs: 10_000 },
  )
  const told = await rig.events()
  expect(told.filter((event) => event.event_type === 'ALARM')).toHaveLength(zone)
  expect(told.filter((event) => event.signal === 'memory:gap')).toEqual([])
})
