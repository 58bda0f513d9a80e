import { expect, test } from 'vitest'
import {
  benchPanels,
  createSimulator,
  ledgerSummary,
  ManualTime,
  ScenarioSpec,
  type ScenarioSpecInput,
  type Simulator,
} from '../src/index.ts'
import { closing, testPanel } from './harness.ts'

interface Stage {
  readonly simulator: Simulator
  readonly time: ManualTime
  run(spec: ScenarioSpecInput): string
}

async function stage(panels = benchPanels(5, { zones: 3, serviceCode: '123456' })): Promise<Stage> {
  const time = new ManualTime()
  const simulator = closing(await createSimulator({ time, latency: 'zero', panels }))
  return { simulator, time, run: (spec) => simulator.scenarios.start(ScenarioSpec.parse(spec)).id }
}

test.each([1, 7, 500, 1_234])('%i alarms over ten seconds, spread evenly, all zones back to normal', async (count) => {
  const { simulator, time, run } = await stage()
  const id = run({ burst: { panels: '*', count, overMs: 10_000 } })
  time.advance(5_000)
  const half = simulator.scenarios.progress(id).alarms
  expect(Math.abs(half - count / 2)).toBeLessThanOrEqual(count / 100 + 1)
  time.advance(5_100)
  expect(simulator.scenarios.progress(id)).toMatchObject({
    status: 'done',
    alarms: count,
    done: count,
    total: count,
    failed: 0,
  })
  const summary = ledgerSummary(simulator)
  expect([summary.classes.ALARM, summary.classes.RESTORE]).toEqual([count, count])
  const perPanel = Object.values(summary.panels).map((classes) => classes.ALARM ?? 0)
  expect(Math.max(...perPanel) - Math.min(...perPanel)).toBeLessThanOrEqual(1)
  expect(simulator.panels.flatMap(({ core }) => core.state.numbers(0x00))).toEqual([])
})

test('verification does not add alarms to the count', async () => {
  const partitions = [{ number: 1, name: 'A', alarmVerification: true }]
  const { simulator, time, run } = await stage([
    testPanel({ partitions, zones: [1, 2, 3].map((number) => ({ number, name: `Z${number}` })) }),
  ])
  run({ burst: { count: 50, overMs: 0 } })
  time.advance(100)
  expect(ledgerSummary(simulator).classes.ALARM).toBe(50)
})

test('the action alarm needs no arming; zones with an entry delay are left out of violations', async () => {
  const zones = [{ number: 1, name: 'Drzwi', reaction: 0 }]
  const { simulator, time, run } = await stage([testPanel({ zones })])
  expect(() => run({ burst: { count: 5, overMs: 0 } })).toThrow(expect.objectContaining({ code: 'NOTHING_TO_BURST' }))
  run({ burst: { count: 5, overMs: 0, action: 'alarm' } })
  time.advance(100)
  expect(ledgerSummary(simulator).classes).toEqual({ ALARM: 5, RESTORE: 5 })
})

test('steps run at their time on all their panels, as often as told', async () => {
  const { simulator, time, run } = await stage()
  const id = run({
    steps: [
      { atMs: 100, panels: 'bench-000*', action: 'test_transmission' },
      { atMs: 50, panels: ['bench-0001', 'bench-0002'], action: 'arm', now: true },
    ],
    repeat: 3,
    everyMs: 1_000,
  })
  const at = () => simulator.ledger.kept
  time.advance(49)
  expect(at()).toBe(0)
  time.advance(1)
  expect(at()).toBe(2)
  time.advance(50)
  expect(at()).toBe(7)
  time.advance(3_000)
  expect(at()).toBe(2 + 3 * 5)
  expect(simulator.scenarios.progress(id)).toMatchObject({ status: 'done', done: 21, total: 21, failed: 0 })
})

test('a step that fails is counted and told, the others go on', async () => {
  const { simulator, time, run } = await stage()
  const id = run({
    steps: [
      { panels: '*', action: 'violate', zone: 99 },
      { panels: '*', action: 'test_transmission' },
    ],
  })
  time.advance(10)
  await expect.poll(() => simulator.scenarios.progress(id).failed).toBe(5)
  expect(simulator.scenarios.progress(id).errors[0]).toBe('panel bench-0001 has no zone 99')
  expect(simulator.ledger.kept).toBe(5)
})

test('a stopped scenario does nothing more; unknown panels are refused at once', async () => {
  const { simulator, time, run } = await stage()
  const id = run({ burst: { count: 1_000, overMs: 10_000 } })
  time.advance(1_000)
  simulator.scenarios.stop(id)
  const kept = simulator.ledger.kept
  time.advance(20_000)
  expect(simulator.ledger.kept).toBe(kept)
  expect(simulator.scenarios.progress(id).status).toBe('stopped')
  expect(() => run({ steps: [{ panels: 'nobody', action: 'test_transmission' }] })).toThrow(
    expect.objectContaining({ code: 'PANEL_NOT_FOUND' }),
  )
})

test('panels that cannot alarm are passed over; when none can, the burst ends and says so', async () => {
  const { simulator, time, run } = await stage()
  await simulator.panel('bench-0002').do({ action: 'service_mode', on: true })
  const first = run({ burst: { count: 100, overMs: 100 } })
  time.advance(200)
  expect(simulator.scenarios.progress(first)).toMatchObject({ status: 'done', alarms: 100, failed: 0 })
  expect(ledgerSummary(simulator).panels['bench-0002']?.ALARM).toBeUndefined()
  for (const panel of simulator.panels) await panel.do({ action: 'service_mode', on: true })
  const second = run({ burst: { count: 100, overMs: 100 } })
  time.advance(200)
  expect(simulator.scenarios.progress(second)).toMatchObject({ status: 'done', alarms: 0, failed: 1 })
})

test('a step names one panel or several, not both and not none', () => {
  const step = { action: 'ac_restore' } as const
  expect(ScenarioSpec.safeParse({ steps: [{ ...step, panel: 'bench-0001' }] }).success).toBe(true)
  expect(ScenarioSpec.safeParse({ steps: [{ ...step, panel: 'bench-0001', panels: '*' }] }).success).toBe(false)
  expect(ScenarioSpec.safeParse({ steps: [step] }).success).toBe(false)
})
