/** Bits 02, 13, 14 while it is signalled, 04, 15, 16 until 0x85 (reference 4.1, 8.4). */
import { COMMAND } from '@stam/integra/codec'
import { expect, test } from 'vitest'
import { type World, world } from './harness.ts'

function bits({ panel }: World) {
  const { state } = panel.core
  return {
    alarm: state.numbers(0x02),
    memory: state.numbers(0x04),
    partition: state.numbers(0x13),
    fire: state.numbers(0x14),
    partitionMemory: state.numbers(0x15),
    fireMemory: state.numbers(0x16),
    outputs: state.numbers(COMMAND.outputsOn),
  }
}

const REST = { alarm: [], memory: [], partition: [], fire: [], partitionMemory: [], fireMemory: [], outputs: [] }

async function armed(spec = {}): Promise<World> {
  const it = await world(spec)
  await it.panel.do({ action: 'arm', now: true })
  return it
}

function codes({ simulator }: World): string[] {
  return simulator.ledger.page(0, 1_000).entries.map(({ code, restore }) => `${code}${restore ? 'R' : ''}`)
}

test('signalled for the alarm time, with the siren; remembered after it', async () => {
  const it = await armed()
  await it.panel.do({ action: 'violate', zone: 2 })
  const signalled = { ...REST, alarm: [2], memory: [2], partition: [1], partitionMemory: [1], outputs: [1] }
  expect(bits(it)).toEqual(signalled)
  it.time.advance(59_999)
  expect(bits(it)).toEqual(signalled)
  it.time.advance(1)
  expect(bits(it)).toEqual({ ...REST, memory: [2], partitionMemory: [1] })
})

test('0x85 ends the signalling and the memory of its partitions, and is written down', async () => {
  const it = await armed()
  await it.panel.do({ action: 'violate', zone: 2 })
  await it.panel.do({ action: 'violate', zone: 8 })
  const client = await it.connect()
  expect(await client.call('85 12 34 FF FF FF FF FF FF 01 00 00 00')).toBe('EF FF')
  expect(bits(it)).toMatchObject({ alarm: [8], memory: [8], partition: [2], partitionMemory: [2] })
  await it.panel.do({ action: 'clear_alarm' })
  expect(bits(it)).toEqual(REST)
  expect(codes(it)).toEqual(['401R', '401R', '130', '133', '406', '406'])
})

test('a zone violated again and again in an alarm writes every time, and so do its returns', async () => {
  const it = await armed()
  for (let i = 0; i < 3; i++) {
    await it.panel.do({ action: 'violate', zone: 2 })
    await it.panel.do({ action: 'violate', zone: 2 })
    await it.panel.do({ action: 'restore', zone: 2 })
    await it.panel.do({ action: 'restore', zone: 2 })
  }
  expect(codes(it).slice(2)).toEqual(['130', '130R', '130', '130R', '130', '130R'])
})

test('the return to normal is written after clearing and after disarming too', async () => {
  const it = await armed()
  await it.panel.do({ action: 'violate', zone: 2 })
  await it.panel.do({ action: 'clear_alarm' })
  await it.panel.do({ action: 'disarm' })
  await it.panel.do({ action: 'restore', zone: 2 })
  expect(codes(it).slice(2)).toEqual(['130', '406', '401', '401', '130R'])
})

test('fire sets 14 and 16 whatever the arming', async () => {
  const it = await world()
  await it.panel.do({ action: 'violate', zone: 4 })
  expect(bits(it)).toEqual({ ...REST, alarm: [4], memory: [4], fire: [1], fireMemory: [1] })
})

test('a silent panic shows its zone and no partition alarm, no siren', async () => {
  const it = await world()
  await it.panel.do({ action: 'violate', zone: 5 })
  expect(bits(it)).toEqual({ ...REST, alarm: [5], memory: [5] })
})

test('the action alarm works whatever the arming state, the reaction gives the code', async () => {
  const it = await world()
  const { signals } = await it.panel.do({ action: 'alarm', zone: 1 })
  expect(it.simulator.ledger.entry(signals[0] as number)).toMatchObject({ code: 134, zone: 1, restore: false })
  await it.panel.do({ action: 'restore', zone: 1 })
  expect(codes(it)).toEqual(['134', '134R'])
})

test('two zones of a partition with verification confirm each other once', async () => {
  const it = await armed({
    partitions: [{ number: 1, name: 'Parter', alarmVerification: true }],
    zones: [2, 3, 4].map((number) => ({ number, name: `Z${number}` })),
  })
  await it.panel.do({ action: 'violate', zone: 2 })
  await it.panel.do({ action: 'restore', zone: 2 })
  await it.panel.do({ action: 'violate', zone: 2 })
  expect(it.panel.core.state.numbers(0x27)).toEqual([])
  await it.panel.do({ action: 'violate', zone: 3 })
  await it.panel.do({ action: 'violate', zone: 4 })
  expect(it.panel.core.state.numbers(0x27)).toEqual([1])
  expect(codes(it).slice(1)).toEqual(['130', '130R', '130', '130', '139', '130'])
  await it.panel.do({ action: 'clear_alarm' })
  expect(it.panel.core.state.numbers(0x27)).toEqual([])
})

test('zone tamper: bits 01, 03, 05 and codes 144 or, for fire detectors, 373', async () => {
  const it = await world()
  await it.panel.do({ action: 'tamper', zone: 2 })
  await it.panel.do({ action: 'tamper', zone: 4 })
  const { state } = it.panel.core
  expect([state.numbers(0x01), state.numbers(0x03), state.numbers(0x05)]).toEqual([
    [2, 4],
    [2, 4],
    [2, 4],
  ])
  await it.panel.do({ action: 'tamper_restore', zone: 2 })
  await it.panel.do({ action: 'tamper_restore', zone: 4 })
  expect(state.numbers(0x01)).toEqual([])
  it.time.advance(60_000)
  expect([state.numbers(0x03), state.numbers(0x05)]).toEqual([[], [2, 4]])
  expect(codes(it)).toEqual(['144', '373', '144R', '373R'])
})

test('panel lid, expander and keypad tampers are code 145 with their source', async () => {
  const it = await world()
  await it.panel.do({ action: 'tamper' })
  await it.panel.do({ action: 'tamper', expander: 3 })
  await it.panel.do({ action: 'tamper', keypad: 1 })
  await it.panel.do({ action: 'tamper_restore' })
  await it.panel.do({ action: 'tamper_restore', expander: 3 })
  const entries = it.simulator.ledger.page(0, 10).entries
  expect(entries.map(({ code, source, restore }) => [code, source, restore])).toEqual([
    [145, 0, false],
    [145, 132, false],
    [145, 194, false],
    [145, 0, true],
    [145, 132, true],
  ])
})

test('an entry zone alarms when nobody disarms in time, and its return follows at once if it came earlier', async () => {
  const it = await armed()
  await it.panel.do({ action: 'violate', zone: 1 })
  expect(it.panel.core.state.numbers(0x0e)).toEqual([1])
  // The hall is on the way in.
  await it.panel.do({ action: 'violate', zone: 6 })
  await it.panel.do({ action: 'restore', zone: 1 })
  expect(codes(it).slice(2)).toEqual([])
  it.time.advance(20_000)
  expect(it.panel.core.state.numbers(0x0e)).toEqual([])
  expect(codes(it).slice(2)).toEqual(['134', '134R', '132'])
})

test('disarmed within the entry delay: no alarm', async () => {
  const it = await armed()
  await it.panel.do({ action: 'violate', zone: 1 })
  it.time.advance(19_000)
  await it.panel.do({ action: 'disarm' })
  it.time.advance(60_000)
  expect(codes(it).slice(2)).toEqual(['401', '401'])
})

test('an instant zone alarms during the entry delay; the way in alarms without a delay when entered from elsewhere', async () => {
  const it = await armed()
  await it.panel.do({ action: 'violate', zone: 6 })
  await it.panel.do({ action: 'violate', zone: 1 })
  await it.panel.do({ action: 'violate', zone: 2 })
  expect(codes(it).slice(2)).toEqual(['132', '130'])
})

test('arming mode 3 has no entry delay', async () => {
  const it = await world()
  await it.panel.do({ action: 'arm', now: true, mode: 3 })
  await it.panel.do({ action: 'violate', zone: 1 })
  expect(codes(it).slice(2)).toEqual(['134'])
})

test('a warning alarm comes between the entry delay and the alarm where the panel has one', async () => {
  const it = await armed({ timing: { exitDelayMs: 0, entryDelayMs: 5_000, warningAlarmMs: 3_000 } })
  await it.panel.do({ action: 'violate', zone: 1 })
  it.time.advance(5_000)
  expect(it.panel.core.state.numbers(0x2b)).toEqual([1])
  it.time.advance(3_000)
  expect(it.panel.core.state.numbers(0x2b)).toEqual([])
  expect(codes(it).slice(2)).toEqual(['986', '134'])
})

test('in service mode nothing alarms and 1A says so', async () => {
  const it = await world()
  await it.panel.do({ action: 'service_mode', on: true })
  expect((await it.panel.do({ action: 'violate', zone: 4 })).signals).toEqual([])
  await expect(it.panel.do({ action: 'alarm', zone: 4 })).rejects.toMatchObject({ code: 'PANEL_IN_SERVICE_MODE' })
  const client = await it.connect()
  expect(await client.call('1A')).toBe('1A 20 26 04 23 08 24 00 83 01')
  await it.panel.do({ action: 'service_mode', on: false })
  expect(codes(it)).toEqual(['627', '628'])
})

test('keypad alarms, duress and wrong codes', async () => {
  const it = await world()
  await it.panel.do({ action: 'panic' })
  await it.panel.do({ action: 'panic', silent: true })
  await it.panel.do({ action: 'medical' })
  await it.panel.do({ action: 'fire' })
  await it.panel.do({ action: 'duress', user: 4 })
  await it.panel.do({ action: 'wrong_code', attempts: 2 })
  await it.panel.do({ action: 'wrong_code', attempts: 1 })
  expect(codes(it)).toEqual(['120', '122', '100', '115', '121', '461', '64'])
})
