import { eventually } from '@stam/testkit'
import { afterEach, expect, it } from 'vitest'
import { plainPanel, type Rig, settled, startRig } from './worker-rig.ts'

let rig: Rig
afterEach(() => rig.close())

it('and its error is taken out of the times of its events', async () => {
  rig = await startRig([plainPanel('p1', { clockShiftMs: 3_600_000 })])
  const worker = await rig.startWorker({ keepAliveMs: 150 })
  await settled(worker, 1)
  const panel = rig.panel('p1')
  const drift = await eventually(async () => (await rig.events()).find((event) => event.signal === 'clock:drift'))
  expect(drift).toMatchObject({
    event_type: 'TROUBLE',
    default_priority: 'WARNING',
    description_pl: expect.stringMatching(/spieszy się o 3[56]\d\d s/),
  })
  await panel.do({ action: 'test_transmission' })
  const test = await eventually(async () => (await rig.events()).find((event) => event.event_type === 'TEST'))
  expect(Math.abs(test.occurred_at.getTime() - test.received_at.getTime())).toBeLessThan(70_000)
  await panel.do({ action: 'clock_shift', seconds: -3_600 })
  const right = await eventually(async () => (await rig.events()).find((event) => event.signal === 'clock:drift:end'))
  expect(right.event_type).toBe('RESTORE')
  const [alarm] = await rig.rows<{ normal_since: Date | null }>('SELECT * FROM alarms')
  expect(alarm?.normal_since).not.toBe(null)
})
