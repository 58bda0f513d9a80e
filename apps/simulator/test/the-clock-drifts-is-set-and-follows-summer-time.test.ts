import { expect, test } from 'vitest'
import { createSimulator, ManualTime } from '../src/index.ts'
import { closing, testPanel, world } from './harness.ts'

/** 2026-04-23 09:00:00 */
const NINE = '32 30 32 36 30 34 32 33 30 39 30 30 30 30'
const JAN = '12 34 FF FF FF FF FF FF'

test('the clock action shifts it, 0x8E sets it', async () => {
  const { panel, connect } = await world()
  const client = await connect()
  await panel.do({ action: 'clock_shift', seconds: -90 })
  expect(await client.call('1A')).toMatch(/^1A 20 26 04 23 08 22 30 /)
  expect(await client.call(`8E ${JAN} ${NINE}`)).toBe('EF FF')
  expect(await client.call('1A')).toMatch(/^1A 20 26 04 23 09 00 00 /)
  expect(panel.core.clock.errorMs()).toBe(36 * 60_000)
})

test('digits that are no date are refused', async () => {
  const client = await (await world()).connect()
  expect(await client.call(`8E ${JAN} 32 30 32 36 31 33 32 33 30 39 30 30 30 30`)).toBe('EF 08')
})

test('a clock that runs fast is ahead by its rate', async () => {
  const { time, connect } = await world({ driftPpm: 5_000 })
  time.advance(600_000)
  const client = await connect()
  // Ten minutes and three seconds.
  expect(await client.call('1A')).toMatch(/^1A 20 26 04 23 08 34 03 /)
})

test('summer time begins and ends with its records, and the hour jumps', async () => {
  const time = new ManualTime(Date.UTC(2026, 2, 29, 0, 30))
  const simulator = closing(
    await createSimulator({
      time,
      latency: 'zero',
      panels: [testPanel(), testPanel({ id: 'utc', timeZone: 'UTC' })],
    }),
  )
  const codes = () =>
    simulator.ledger.page(0, 100).entries.map(({ panel, code, panelTime }) => [panel, code, panelTime])
  time.advance(30 * 60_000)
  expect(codes()).toEqual([['test', 41, '2026-03-29T03:00']])
  time.advance(Date.UTC(2026, 9, 25, 1, 0) - time.wallMs())
  expect(codes().slice(1)).toEqual([['test', 42, '2026-10-25T02:00']])
})
