/** Results of 0xEF and effects (reference 4.6). */
import { expect, test } from 'vitest'
import { type World, world } from './harness.ts'

const JAN = '12 34 FF FF FF FF FF FF'
const EWA = '56 78 FF FF FF FF FF FF'
const GUEST = '43 21 FF FF FF FF FF FF'
const DURESS = '99 99 FF FF FF FF FF FF'
const SERVICE = '24 68 10 FF FF FF FF FF'
const NOBODY = '11 11 FF FF FF FF FF FF'
const ZONES = '02' + ' 00'.repeat(15)

function codes({ simulator }: World): string[] {
  return simulator.ledger.page(0, 1_000).entries.map(({ code, restore }) => `${code}${restore ? 'R' : ''}`)
}

/** Every control command with a code: payload behind it, and the answers to a good, an unknown and a rightless code. */
const COMMANDS: Readonly<Record<string, { rest: string; good: string; rightless: string }>> = {
  '80': { rest: '01 00 00 00', good: 'EF FF', rightless: 'EF 02' },
  '81': { rest: '01 00 00 00', good: 'EF FF', rightless: 'EF 02' },
  '82': { rest: '01 00 00 00', good: 'EF FF', rightless: 'EF 02' },
  '83': { rest: '01 00 00 00', good: 'EF FF', rightless: 'EF 02' },
  A0: { rest: '01 00 00 00', good: 'EF FF', rightless: 'EF 02' },
  A1: { rest: '01 00 00 00', good: 'EF FF', rightless: 'EF 02' },
  A2: { rest: '01 00 00 00', good: 'EF FF', rightless: 'EF 02' },
  A3: { rest: '01 00 00 00', good: 'EF FF', rightless: 'EF 02' },
  '84': { rest: '01 00 00 00', good: 'EF FF', rightless: 'EF 02' },
  '85': { rest: '01 00 00 00', good: 'EF FF', rightless: 'EF 02' },
  '86': { rest: ZONES, good: 'EF FF', rightless: 'EF 02' },
  '87': { rest: ZONES, good: 'EF FF', rightless: 'EF 02' },
  '88': { rest: '04' + ' 00'.repeat(15), good: 'EF FF', rightless: 'EF 02' },
  '89': { rest: '04' + ' 00'.repeat(15), good: 'EF FF', rightless: 'EF 02' },
  '91': { rest: '04' + ' 00'.repeat(15), good: 'EF FF', rightless: 'EF 02' },
  '8A': { rest: '00'.repeat(1) + ' 00'.repeat(23), good: 'EF FF', rightless: 'EF 02' },
  '8B': { rest: '', good: 'EF FF', rightless: 'EF 02' },
  '8D': { rest: '01 00 00 00 1E 00 00', good: 'EF FF', rightless: 'EF 02' },
  // 2026-04-23 09:00:00 in ASCII.
  '8E': { rest: '32 30 32 36 30 34 32 33 30 39 30 30 30 30', good: 'EF FF', rightless: 'EF 02' },
  '90': { rest: ZONES, good: 'EF FF', rightless: 'EF 02' },
}

test.each(Object.entries(COMMANDS))('command %s', async (command, { rest, good, rightless }) => {
  const { connect } = await world()
  const client = await connect()
  expect(await client.call(`${command} ${SERVICE} ${rest}`)).toBe(good)
  expect(await client.call(`${command} ${NOBODY} ${rest}`)).toBe('EF 01')
  expect(await client.call(`${command} ${GUEST} ${rest}`)).toBe(rightless)
})

test('the success code is 00 on modules that say so', async () => {
  const client = await (await world({ module: { acceptedResult: '00' } })).connect()
  expect(await client.call(`84 ${JAN} 01 00 00 00`)).toBe('EF 00')
})

test('partitions the user may not touch are skipped without a word', async () => {
  const { panel, connect } = await world()
  const client = await connect()
  expect(await client.call(`80 ${EWA} 03 00 00 00`)).toBe('EF FF')
  expect(panel.armedPartitions).toEqual([2])
})

test('modes 1, 2 and 3 show in 2A, 0B and 0C; mode 0 in none', async () => {
  const { panel, connect } = await world()
  const client = await connect()
  const expected: Record<string, number[]> = { '80': [], '81': [0x2a], '82': [0x0b], '83': [0x0c] }
  for (const [command, slots] of Object.entries(expected)) {
    await client.call(`${command} ${JAN} 01 00 00 00`)
    expect(panel.core.state.numbers(0x0a)).toEqual([1])
    expect(panel.core.state.numbers(0x09)).toEqual([1])
    expect([0x2a, 0x0b, 0x0c].filter((slot) => panel.core.state.any(slot))).toEqual(slots)
    await client.call(`84 ${JAN} 01 00 00 00`)
    expect([0x09, 0x0a, 0x2a, 0x0b, 0x0c].filter((slot) => panel.core.state.any(slot))).toEqual([])
  }
})

test('exit delay: 0F with more than ten seconds left, then 10, then armed', async () => {
  const it = await world({ timing: { exitDelayMs: 30_000 } })
  const client = await it.connect()
  await client.call(`80 ${JAN} 01 00 00 00`)
  const { state } = it.panel.core
  const shown = () => [0x0f, 0x10, 0x0a].filter((slot) => state.any(slot))
  expect(shown()).toEqual([0x0f])
  it.time.advance(19_999)
  expect(shown()).toEqual([0x0f])
  it.time.advance(1)
  expect(shown()).toEqual([0x10])
  it.time.advance(9_999)
  expect(shown()).toEqual([0x10])
  it.time.advance(1)
  expect(shown()).toEqual([0x0a])
  expect(codes(it)).toEqual(['1008', '401R'])
})

test('disarming within the exit delay interrupts the arming', async () => {
  const it = await world({ timing: { exitDelayMs: 30_000 } })
  await it.panel.do({ action: 'arm', partition: 1 })
  await it.panel.do({ action: 'disarm', partition: 1 })
  it.time.advance(60_000)
  expect(it.panel.armedPartitions).toEqual([])
  expect(codes(it)).toEqual(['1008', '1003'])
})

test('violated zones: 11, by force it arms and says so; the way out may be open', async () => {
  const it = await world({ timing: { exitDelayMs: 10_000 } })
  const client = await it.connect()
  await it.panel.do({ action: 'violate', zone: 1 })
  expect(await client.call(`80 ${JAN} 01 00 00 00`)).toBe('EF FF')
  await it.panel.do({ action: 'disarm' })
  await it.panel.do({ action: 'violate', zone: 2 })
  expect(await client.call(`80 ${JAN} 01 00 00 00`)).toBe('EF 11')
  expect(await client.call(`A0 ${JAN} 01 00 00 00`)).toBe('EF FF')
  it.time.advance(10_000)
  expect(it.panel.armedPartitions).toEqual([1])
  expect(codes(it).slice(-2)).toEqual(['1001', '401R'])
})

test('the option byte 80 of the newest module arms without the delay', async () => {
  const it = await world({ timing: { exitDelayMs: 30_000 }, module: { profile: 'v2-c2' } })
  const client = await it.connect()
  expect(await client.call(`80 ${JAN} 01 00 00 00 80`)).toBe('EF FF')
  expect(it.panel.armedPartitions).toEqual([1])
  expect(await client.call(`80 ${JAN} 02 00 00 00 00`)).toBe('EF FF')
  expect(it.panel.armedPartitions).toEqual([1])
})

test('disarming lifts bypasses, not isolations', async () => {
  const it = await world()
  const client = await it.connect()
  await client.call(`86 ${JAN} ${ZONES}`)
  await client.call(`90 ${SERVICE} 04${' 00'.repeat(15)}`)
  expect([it.panel.core.state.numbers(0x06), it.panel.core.state.numbers(0x26)]).toEqual([[2], [3]])
  await it.panel.do({ action: 'arm', now: true, partition: 1 })
  await it.panel.do({ action: 'disarm', partition: 1 })
  expect([it.panel.core.state.numbers(0x06), it.panel.core.state.numbers(0x26)]).toEqual([[], [3]])
  expect(codes(it)).toEqual(['570', '570', '401R', '401', '570R'])
  await client.call(`87 ${JAN} 04${' 00'.repeat(15)}`)
  expect(it.panel.core.state.numbers(0x26)).toEqual([])
})

test('32-byte masks are for v2; v1 is silent', async () => {
  const wide = `02${' 00'.repeat(31)}`
  const v2 = await world()
  expect(await (await v2.connect()).call(`86 ${JAN} ${wide}`)).toBe('EF FF')
  expect(v2.panel.core.state.numbers(0x06)).toEqual([2])
  const v1 = await world({ module: { profile: 'v1' } })
  expect(await (await v1.connect()).silent(`86 ${JAN} ${wide}`)).toBe(true)
})

test('outputs: BI stays, MONO falls back, a siren does not obey', async () => {
  const { panel, time, connect } = await world()
  const client = await connect()
  const on = () => panel.core.state.numbers(0x17)
  await client.call(`88 ${JAN} 07${' 00'.repeat(15)}`)
  expect(on()).toEqual([2, 3])
  time.advance(1_000)
  expect(on()).toEqual([3])
  await client.call(`91 ${JAN} 06${' 00'.repeat(15)}`)
  expect(on()).toEqual([2])
  await client.call(`89 ${JAN} 06${' 00'.repeat(15)}`)
  expect(on()).toEqual([])
})

test('0x8A opens output doors and access modules', async () => {
  const it = await world({
    outputs: [{ number: 5, name: 'Drzwi', function: 101, durationMs: 5_000 }],
    expanders: [{ address: 3, name: 'Czytnik', type: 19 }],
  })
  const client = await it.connect()
  await client.call(`8A ${JAN} 10${' 00'.repeat(15)} 08${' 00'.repeat(7)}`)
  expect(it.panel.core.state.numbers(0x17)).toEqual([5])
  await it.panel.do({ action: 'door_open', expander: 3 })
  expect(it.panel.core.state.numbers(0x18)).toEqual([4])
  it.time.advance(30_000)
  expect(it.panel.core.state.numbers(0x19)).toEqual([4])
  await it.panel.do({ action: 'door_close', expander: 3 })
  expect([it.panel.core.state.any(0x18), it.panel.core.state.any(0x19)]).toEqual([false, false])
  // Released first: no unauthorised opening; the second time there is one.
  await it.panel.do({ action: 'door_open', expander: 3 })
  expect(codes(it)).toEqual(['73', '73', '89', '89R', '85'])
})

test('three wrong codes are reported and lock every code out for a while', async () => {
  const it = await world({ timing: { exitDelayMs: 0, lockoutMs: 90_000 } })
  const client = await it.connect()
  for (let i = 0; i < 3; i++) expect(await client.call(`84 ${NOBODY} 01 00 00 00`)).toBe('EF 01')
  expect(codes(it)).toEqual(['461', '64'])
  expect(await client.call(`80 ${JAN} 01 00 00 00`)).toBe('EF 01')
  // Two steps with a request between them: the module closes after 25 s of silence.
  for (let i = 0; i < 5; i++) {
    it.time.advance(18_000)
    await client.call('1A')
  }
  expect(await client.call(`80 ${JAN} 01 00 00 00`)).toBe('EF FF')
})

test('a good code in between starts the count anew', async () => {
  const it = await world()
  const client = await it.connect()
  for (let i = 0; i < 3; i++) {
    await client.call(`84 ${NOBODY} 01 00 00 00`)
    await client.call(`84 ${NOBODY} 01 00 00 00`)
    await client.call(`84 ${JAN} 01 00 00 00`)
  }
  expect(codes(it)).toEqual([])
})

test('disarming with a duress code is a duress alarm that nobody sees', async () => {
  const it = await world()
  await it.panel.do({ action: 'arm', now: true, partition: 1 })
  const client = await it.connect()
  expect(await client.call(`84 ${DURESS} 01 00 00 00`)).toBe('EF FF')
  expect(codes(it)).toEqual(['401R', '121', '401'])
  expect(it.panel.core.state.any(0x13)).toBe(false)
})

test('two codes to arm: the first opens a window, 0D shows it, the second arms', async () => {
  const it = await world({ partitions: [{ number: 1, name: 'Skarbiec', twoCodesToArm: true }], zones: [] })
  const client = await it.connect()
  expect(await client.call(`80 ${JAN} 01 00 00 00`)).toBe('EF 12')
  // Validity 20 s, low byte first.
  await client.call(`8D ${JAN} 01 00 00 00 14 00 00`)
  expect(it.panel.core.state.numbers(0x0d)).toEqual([1])
  it.time.advance(20_000)
  expect(it.panel.core.state.numbers(0x0d)).toEqual([])
  await client.call(`8D ${JAN} 01 00 00 00 14 00 00`)
  expect(await client.call(`80 ${SERVICE} 01 00 00 00`)).toBe('EF FF')
  expect(it.panel.armedPartitions).toEqual([1])
  expect(it.panel.core.state.numbers(0x0d)).toEqual([])
})

test('the code prefix is part of 8-byte fields and not of 4-byte ones', async () => {
  const client = await (await world({ codePrefix: '987' })).connect()
  expect(await client.call('84 98 71 23 4F FF FF FF FF 01 00 00 00')).toBe('EF FF')
  expect(await client.call(`84 ${JAN} 01 00 00 00`)).toBe('EF 01')
  expect(await client.call('E0 12 34 FF FF')).toMatch(/^E0 01/)
})

test('in service mode control commands are refused', async () => {
  const it = await world()
  await it.panel.do({ action: 'service_mode', on: true })
  expect(await (await it.connect()).call(`80 ${JAN} 01 00 00 00`)).toBe('EF 08')
})
