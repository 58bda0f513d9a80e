// Issue 4, bars: fuzzed HTTP and WebSocket messages without a crash, a 5xx or a leak. The long run is `./stam fuzz`; a finding of it becomes a
// test of its own in apps/backend/test/odd-connections-harm-nobody.test.ts.
import { expect, it } from 'vitest'
import { fuzz } from './fuzz.ts'

const MESSAGES = 20_000

it('twenty thousand odd messages harm nobody, while alarms flow', async () => {
  const report = await fuzz({ seed: 20_261_122, messages: MESSAGES, limitMs: 100_000, say: () => {} })
  expect(report.faults).toEqual([])
  // On a machine that is busy with other tests fewer get through; too few would prove nothing.
  expect(report.httpMessages + report.socketMessages).toBeGreaterThan(MESSAGES / 4)
  expect(report.operationsReached).toBeGreaterThan(report.operations / 2)
  expect(report.controls, 'hidden names where they belong').toBeGreaterThan(10)
  expect(report.figures['alarms_sent']).toBeGreaterThan(5)
  expect(report.figures).toMatchObject({ alarms_lost: 0, alarms_doubled: 0 })
  expect(report.figures['heap_ratio']).toBeLessThan(2)
}, 170_000)
