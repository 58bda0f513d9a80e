/** Reaction by reaction (reference 6.2): what the memory gets in the disarmed and in the armed state. */
import { expect, test } from 'vitest'
import type { PanelSpecInput } from '../src/index.ts'
import { world } from './harness.ts'

/** Code with R = 0 at the violation and R = 1 at the return, or nothing at all. */
type Expected = { disarmed: number | null; armed: number | null }
const burglary = (armed: number): Expected => ({ disarmed: null, armed })
const round = (code: number): Expected => ({ disarmed: code, armed: code })
const nothing: Expected = { disarmed: null, armed: null }

const counting = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [16 + i, nothing]))
const groups = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [64 + i, nothing]))

/** Every reaction of the reference; function zones 80..83, 89 have tests of their own. Entry delay is 0 here. */
const TABLE: Readonly<Record<number, Expected>> = {
  0: burglary(134),
  1: burglary(134),
  2: burglary(130),
  3: burglary(132),
  4: burglary(131),
  5: burglary(130),
  6: burglary(134),
  7: burglary(135),
  8: burglary(136),
  9: round(137),
  10: round(133),
  11: round(133),
  12: round(123),
  13: round(122),
  14: round(100),
  15: round(101),
  ...counting,
  32: round(110),
  33: round(111),
  34: round(112),
  35: round(113),
  36: round(114),
  37: round(115),
  38: round(116),
  39: round(117),
  40: round(200),
  41: round(201),
  42: round(202),
  43: round(203),
  44: round(204),
  45: round(205),
  46: round(206),
  47: nothing,
  48: round(150),
  49: round(151),
  50: round(152),
  51: round(153),
  52: round(154),
  53: round(155),
  54: round(157),
  55: round(158),
  56: round(159),
  57: nothing,
  58: nothing,
  59: round(301),
  60: round(302),
  61: round(1000),
  62: round(312),
  63: round(1000),
  ...groups,
  84: nothing,
  85: burglary(134),
  86: burglary(134),
  87: burglary(134),
  88: round(133),
  90: nothing,
  91: round(380),
  92: nothing,
  93: nothing,
  94: burglary(132),
  95: burglary(132),
  96: round(110),
  97: round(1000),
}

const REACTIONS = Object.keys(TABLE).map(Number)

test.each(['disarmed', 'armed'] as const)('every reaction, %s', async (state) => {
  const zones = REACTIONS.map((reaction, i) => ({ number: i + 1, name: `R${reaction}`, reaction }))
  const spec: Partial<PanelSpecInput> = { model: 'INTEGRA 128', zones, timing: { exitDelayMs: 0, entryDelayMs: 0 } }
  const { simulator, panel } = await world(spec)
  if (state === 'armed') await panel.do({ action: 'arm', now: true })
  const seen: Record<number, Expected['armed']> = {}
  for (const [i, reaction] of REACTIONS.entries()) {
    const { signals } = await panel.do({ action: 'violate', zone: i + 1 })
    const back = await panel.do({ action: 'restore', zone: i + 1 })
    const alarm = simulator.ledger.entry(signals[0] ?? 0)
    const end = simulator.ledger.entry(back.signals[0] ?? 0)
    expect(signals.length, `reaction ${reaction}`).toBe(back.signals.length)
    seen[reaction] = alarm?.code ?? null
    if (alarm === undefined) continue
    expect([alarm.zone, alarm.restore], `reaction ${reaction}`).toEqual([i + 1, false])
    expect([end?.zone, end?.code, end?.restore], `reaction ${reaction}`).toEqual([i + 1, alarm.code, true])
  }
  expect(seen).toEqual(Object.fromEntries(REACTIONS.map((reaction) => [reaction, TABLE[reaction]?.[state] ?? null])))
})

test('a violation in a disarmed partition is live state: bit 00 and nothing in the memory', async () => {
  const { simulator, panel, connect } = await world()
  await panel.do({ action: 'violate', zone: 2 })
  const client = await connect()
  expect(await client.call('00')).toBe(`00 02${' 00'.repeat(15)}`)
  expect(await client.call('02')).toBe(`02${' 00'.repeat(16)}`)
  expect(simulator.ledger.kept).toBe(0)
})

test('a counting zone alarms with its third violation within a minute', async () => {
  const { simulator, panel, time } = await world({ zones: [{ number: 1, name: 'Wstrząs', reaction: 16 }] })
  await panel.do({ action: 'arm', now: true })
  const hit = async () => {
    const { signals } = await panel.do({ action: 'violate', zone: 1 })
    await panel.do({ action: 'restore', zone: 1 })
    return signals.map((seq) => simulator.ledger.entry(seq)?.code)
  }
  expect(await hit()).toEqual([])
  expect(await hit()).toEqual([])
  time.advance(61_000)
  expect(await hit()).toEqual([])
  expect(await hit()).toEqual([])
  expect(await hit()).toEqual([130])
})

test('interior zones are not watched in arming modes 2 and 3', async () => {
  const { panel } = await world({ timing: { exitDelayMs: 0, entryDelayMs: 0 } })
  for (const mode of [2, 3] as const) {
    await panel.do({ action: 'arm', now: true, mode })
    expect((await panel.do({ action: 'violate', zone: 6 })).signals).toEqual([])
    await panel.do({ action: 'restore', zone: 6 })
    expect((await panel.do({ action: 'violate', zone: 2 })).signals).toHaveLength(1)
    await panel.do({ action: 'restore', zone: 2 })
    await panel.do({ action: 'disarm' })
  }
})

test('bypassed and isolated zones show their state and nothing else', async () => {
  const { panel, connect } = await world()
  await panel.do({ action: 'bypass', zone: 2 })
  await panel.do({ action: 'isolate', zone: 3 })
  await panel.do({ action: 'arm', now: true })
  for (const zone of [2, 3]) {
    expect((await panel.do({ action: 'violate', zone })).signals).toEqual([])
    expect((await panel.do({ action: 'tamper', zone })).signals).toEqual([])
  }
  const client = await connect()
  expect(await client.call('00')).toBe(`00 06${' 00'.repeat(15)}`)
  expect(await client.call('02')).toBe(`02${' 00'.repeat(16)}`)
})

test('function zones arm, disarm and clear', async () => {
  const { panel } = await world({
    zones: [
      { number: 1, name: 'Uzbrój', reaction: 80 },
      { number: 2, name: 'Rozbrój', reaction: 81 },
      { number: 3, name: 'Klucz', reaction: 82 },
      { number: 4, name: 'Kasuj', reaction: 83 },
      { number: 5, name: 'PIR', reaction: 5 },
    ],
  })
  await panel.do({ action: 'violate', zone: 1 })
  expect(panel.armedPartitions).toEqual([1])
  await panel.do({ action: 'violate', zone: 2 })
  expect(panel.armedPartitions).toEqual([])
  await panel.do({ action: 'violate', zone: 3 })
  expect(panel.armedPartitions).toEqual([1])
  await panel.do({ action: 'violate', zone: 5 })
  expect(panel.core.state.numbers(0x15)).toEqual([1])
  await panel.do({ action: 'violate', zone: 4 })
  expect(panel.core.state.numbers(0x15)).toEqual([])
  await panel.do({ action: 'restore', zone: 3 })
  expect(panel.armedPartitions).toEqual([])
})

test('zones above 128 say "add 128" in the record', async () => {
  const { simulator, panel } = await world({
    model: 'INTEGRA 256 Plus',
    zones: [{ number: 200, name: 'Skarbiec', reaction: 88 }],
  })
  const { signals } = await panel.do({ action: 'violate', zone: 200 })
  const entry = simulator.ledger.entry(signals[0] as number)
  // n = 72, u = 1: the last two bytes.
  expect(entry?.record.slice(-4)).toBe('4801')
  expect(entry?.zone).toBe(200)
})
