/** Offsets of reference 4.4, as literal byte and bit, and what each trouble writes. */
import { expect, test } from 'vitest'
import type { TroubleName } from '../src/index.ts'
import { troubleNames } from '../src/index.ts'
import { world } from './harness.ts'

/** Live command, byte, bit; memory command, byte, bit; code and n of the record. */
type Place = readonly [live: string, byte: number, bit: number]
interface Expected {
  readonly index?: number
  readonly live: Place
  readonly memory?: Place
  readonly code?: number
  readonly source?: number
}

const TABLE: Readonly<Record<TroubleName, Expected>> = {
  ac_loss: { live: ['1B', 40, 7], memory: ['20', 40, 7], code: 301, source: 0 },
  battery_low: { live: ['1B', 40, 6], memory: ['20', 40, 6], code: 302, source: 0 },
  battery_missing: { live: ['1B', 41, 5], memory: ['20', 41, 5], code: 302, source: 0 },
  output_overload: { index: 3, live: ['1B', 40, 2], memory: ['20', 40, 2], code: 95, source: 3 },
  keypad_supply: { live: ['1B', 40, 4], memory: ['20', 40, 4], code: 312 },
  expander_supply: { live: ['1B', 40, 5], memory: ['20', 40, 5], code: 312 },
  data_bus: { index: 1, live: ['1B', 41, 0], memory: ['20', 41, 0], code: 333, source: 1 },
  phone_line: { live: ['1B', 42, 0], memory: ['20', 42, 0], code: 351 },
  reporting: { index: 2, live: ['1B', 42, 4], memory: ['20', 42, 4], code: 350 },
  time_server: { live: ['1B', 46, 4], memory: ['20', 46, 4], code: 1015 },
  network: { index: 7, live: ['1B', 43, 7], memory: ['20', 43, 7], code: 1002, source: 200 },
  server_rejected: { index: 7, live: ['1B', 44, 7], memory: ['20', 44, 7], code: 979, source: 200 },
  server_unreachable: { index: 7, live: ['1B', 45, 7], memory: ['20', 45, 7], code: 980, source: 200 },
  expander_ac_loss: { index: 9, live: ['1B', 17, 1], memory: ['20', 17, 1], code: 301, source: 138 },
  expander_battery_low: { index: 9, live: ['1B', 25, 1], memory: ['20', 25, 1], code: 302, source: 138 },
  expander_battery_missing: { index: 9, live: ['1B', 33, 1], memory: ['20', 33, 1], code: 302, source: 138 },
  reader_a: { index: 2, live: ['1C', 0, 2], memory: ['21', 0, 2], code: 330, source: 131 },
  reader_b: { index: 2, live: ['1C', 8, 2], memory: ['21', 8, 2], code: 330, source: 131 },
  expander_overload: { index: 2, live: ['1C', 16, 2], memory: ['21', 16, 2], code: 312, source: 131 },
  jamming: { index: 10, live: ['1C', 25, 2], memory: ['21', 25, 2], code: 344, source: 139 },
  // INTEGRA 256 Plus: 16 zones on the main board, so zone 17 is radio device 0 and zone 137 is device 120.
  radio_battery: { index: 17, live: ['1D', 15, 0], memory: ['22', 15, 0], code: 384, source: 17 },
  radio_lost: { index: 30, live: ['1D', 31, 5], memory: ['22', 31, 5], code: 381, source: 30 },
  expander_missing: { index: 4, live: ['1E', 0, 4], memory: ['23', 0, 4], code: 300, source: 133 },
  expander_substituted: { index: 4, live: ['1E', 8, 4], memory: ['23', 8, 4], code: 92, source: 133 },
  keypad_missing: { index: 4, live: ['1E', 16, 4], memory: ['23', 16, 4], code: 300, source: 197 },
  lan_cable: { index: 7, live: ['1E', 18, 7], memory: ['23', 18, 7], code: 78, source: 200 },
  fob_battery: { index: 240, live: ['1F', 30, 7] },
  gsm_network: { index: 1, live: ['30', 9, 4], memory: ['31', 9, 4], code: 88, source: 194 },
  gsm_jamming: { index: 1, live: ['30', 10, 2], memory: ['31', 10, 2], code: 344, source: 194 },
  sim1_credit: { index: 0, live: ['30', 1, 6], memory: ['31', 1, 6], code: 971, source: 193 },
  sim2_credit: { index: 0, live: ['30', 1, 7], memory: ['31', 1, 7], code: 972, source: 193 },
  zone_no_violation: { index: 20, live: ['07', 2, 3], memory: ['24', 18, 3], code: 98, source: 20 },
  zone_long_violation: { index: 20, live: ['08', 2, 3], memory: ['24', 2, 3], code: 97, source: 20 },
  zone_masked: { index: 20, live: ['28', 2, 3], memory: ['29', 2, 3], code: 380, source: 20 },
  expander_tamper: { index: 5, live: ['1E', 19, 5], memory: ['23', 19, 5], code: 145, source: 134 },
  keypad_tamper: { index: 5, live: ['1E', 27, 5], memory: ['23', 27, 5], code: 145, source: 198 },
}

const ZONES = [17, 20, 30, 130, 137].map((number) => ({ number, name: `Wejście ${number}` }))
const PANEL = { model: 'INTEGRA 256 Plus', module: { profile: 'v2-c1' }, zones: ZONES } as const

function bit(body: string, [, byte, number]: Place): boolean {
  return ((Number.parseInt(body.split(' ')[byte + 1] as string, 16) >> number) & 1) === 1
}

function setBits(body: string): number {
  return body
    .split(' ')
    .slice(1)
    .reduce((sum, byte) => sum + Number.parseInt(byte, 16).toString(2).replaceAll('0', '').length, 0)
}

test.each(troubleNames)('%s', async (trouble) => {
  const { index, live, memory, code, source } = TABLE[trouble]
  const it = await world({ ...PANEL, zones: [...ZONES] })
  const client = await it.connect()
  const given = index === undefined ? {} : { index }
  const raised = await it.panel.do({ action: 'trouble', trouble, ...given })
  const body = await client.call(live[0])
  expect(bit(body, live)).toBe(true)
  expect(setBits(body)).toBe(1)
  expect((await client.call('1A')).split(' ')[8]).toBe('43')
  const ended = await it.panel.do({ action: 'trouble_restore', trouble, ...given })
  expect(setBits(await client.call(live[0]))).toBe(0)
  if (memory !== undefined) {
    expect(bit(await client.call(memory[0]), memory)).toBe(true)
    await it.panel.do({ action: 'reset_trouble_memory' })
    expect(setBits(await client.call(memory[0]))).toBe(0)
  }
  const entries = [...raised.signals, ...ended.signals].map((seq) => it.simulator.ledger.entry(seq))
  if (code === undefined) expect(entries).toEqual([])
  else
    expect(entries.map((entry) => [entry?.code, entry?.restore, entry?.source])).toEqual([
      [code, false, source ?? 0],
      [code, true, source ?? 0],
    ])
})

test('sizes of the eight parts and their memories', async () => {
  const client = await (await world({ ...PANEL, zones: [...ZONES] })).connect()
  const sizes: Record<string, number> = {
    '1B': 47,
    '1C': 26,
    '1D': 60,
    '1E': 30,
    '1F': 31,
    '20': 47,
    '21': 39,
    '22': 60,
    '23': 30,
    '24': 48,
    '2C': 45,
    '2D': 47,
    '2E': 45,
    '2F': 48,
    '30': 64,
    '31': 64,
  }
  for (const [command, size] of Object.entries(sizes)) {
    expect((await client.call(command)).split(' ').length - 1, command).toBe(size)
  }
})

test('radio devices from 120 on are in part 6, technical zones above 128 in part 7', async () => {
  const it = await world({ ...PANEL, zones: [...ZONES, { number: 140, name: 'Sieć', reaction: 59 }] })
  const client = await it.connect()
  await it.panel.do({ action: 'trouble', trouble: 'radio_battery', index: 137 })
  expect(await client.call('2C')).toBe(`2C 01${' 00'.repeat(44)}`)
  await it.panel.do({ action: 'violate', zone: 140 })
  // Zone 140 is bit 11 of the second 128: byte 1 bit 3, and its memory 16 bytes later.
  expect(await client.call('2D')).toBe(`2D 00 08${' 00'.repeat(15)} 08${' 00'.repeat(29)}`)
  await it.panel.do({ action: 'restore', zone: 140 })
  expect(await client.call('2D')).toBe(`2D${' 00'.repeat(17)} 08${' 00'.repeat(29)}`)
  await client.call('8B 12 34 FF FF FF FF FF FF')
  expect(await client.call('2D')).toBe(`2D${' 00'.repeat(47)}`)
})

test('mains and battery are reported after their delay; back in time, nothing was', async () => {
  const it = await world({ timing: { acLossDelayMs: 5_000, batteryDelayMs: 3_000 } })
  await it.panel.do({ action: 'ac_loss' })
  it.time.advance(4_999)
  expect(it.simulator.ledger.kept).toBe(0)
  await it.panel.do({ action: 'ac_restore' })
  it.time.advance(10_000)
  expect(it.simulator.ledger.kept).toBe(0)
  await it.panel.do({ action: 'ac_loss' })
  it.time.advance(5_000)
  expect(it.simulator.ledger.entry(1)).toMatchObject({ code: 301, restore: false, class: 'TROUBLE', raisesAlarm: true })
  await it.panel.do({ action: 'ac_restore' })
  expect(it.simulator.ledger.entry(2)).toMatchObject({ code: 301, restore: true, class: 'RESTORE' })
  await it.panel.do({ action: 'trouble', trouble: 'battery_low', now: true })
  expect(it.simulator.ledger.entry(3)).toMatchObject({ code: 302 })
})

test('an index out of range, and a radio fault of a wired zone, are refused', async () => {
  const { panel } = await world()
  await expect(panel.do({ action: 'trouble', trouble: 'output_overload', index: 5 })).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
  })
  await expect(panel.do({ action: 'trouble', trouble: 'radio_lost', index: 1 })).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
  })
})
