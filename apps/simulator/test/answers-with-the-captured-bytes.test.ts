/**
 * Frames of the protocol reference, section 2.4, as literal bytes: captured from real modules or stated by SATEL.
 * Nothing here goes through our own encoder, so decoder and simulator cannot agree on the same mistake.
 */
import { expect, test } from 'vitest'
import type { PanelSpecInput } from '../src/index.ts'
import { world } from './harness.ts'

test('vector 6 and 7: the clock of an INTEGRA 32 on 2026-04-23 08:24, Thursday', async () => {
  const { connect } = await world()
  const client = await connect()
  expect(await client.ask('FE FE 1A D7 FC FE 0D')).toBe('FE FE 1A 20 26 04 23 08 24 00 03 01 27 0B FE 0D')
})

test('vector 1 and 8: nothing armed', async () => {
  const { connect } = await world()
  const client = await connect()
  expect(await client.ask('FE FE 09 D7 EB FE 0D')).toBe('FE FE 09 00 00 00 00 7D B4 FE 0D')
})

test('vector 9 and 10: the name of zone 1 in windows-1250', async () => {
  // The captured name ends in a blank of its own: "Drzwi wejściowe ".
  const { connect } = await world()
  const client = await connect()
  expect(await client.ask('FE FE EE 01 01 63 08 FE 0D')).toBe(
    'FE FE EE 01 01 00 44 72 7A 77 69 20 77 65 6A 9C 63 69 6F 77 65 20 9C BD FE 0D',
  )
})

test('vector 17: zones 3, 14 and 128 violated, 16 bytes', async () => {
  const zones = [3, 14, 128].map((number) => ({ number, name: `Wejście ${number}` }))
  const { panel, connect } = await world({ model: 'INTEGRA 128', zones })
  for (const { number } of zones) await panel.do({ action: 'violate', zone: number })
  const client = await connect()
  expect(await client.ask('FE FE 00 D7 E2 FE 0D')).toBe(
    'FE FE 00 04 20 00 00 00 00 00 00 00 00 00 00 00 00 00 80 70 C5 FE 0D',
  )
})

test('section 3.4: a 256-zone answer, zones 3, 14, 128 and 200', async () => {
  const zones = [3, 14, 128, 200].map((number) => ({ number, name: `Wejście ${number}` }))
  const { panel, connect } = await world({ model: 'INTEGRA 256 Plus', zones })
  for (const { number } of zones) await panel.do({ action: 'violate', zone: number })
  const client = await connect()
  expect(await client.ask('FE FE 00 00 50 8A FE 0D')).toBe(
    `FE FE 00 04 20${' 00'.repeat(13)} 80${' 00'.repeat(8)} 80${' 00'.repeat(7)} A8 D7 FE 0D`,
  )
})

test('vector 29: outputs 8, 9, 59 and 64 on, both check bytes stuffed', async () => {
  const outputs = [8, 9, 59, 64].map((number) => ({ number, name: `Wyjście ${number}`, function: 25 }))
  const { panel, connect } = await world({ model: 'INTEGRA 128', outputs })
  for (const { number } of outputs) await panel.do({ action: 'output', output: number, on: true })
  const client = await connect()
  // Request 17 with its check value, computed by hand from section 2.2: 147A, rotate, invert, add D7 and 17.
  expect(await client.ask('FE FE 17 D7 F9 FE 0D')).toBe(
    'FE FE 17 80 01 00 00 00 00 00 84 00 00 00 00 00 00 00 00 FE F0 FE F0 FE 0D',
  )
})

test('vector 18 to 20: temperatures, stuffed request and stuffed answer', async () => {
  const zones = [
    { number: 1, name: 'Komora', reaction: 55, temperature: 20 },
    { number: 254, name: 'Piec', reaction: 55, temperature: 72 },
  ]
  const { connect } = await world({ model: 'INTEGRA 256 Plus', zones })
  const client = await connect()
  expect(await client.ask('FE FE 7D FE F0 50 8D FE 0D')).toBe('FE FE 7D FE F0 00 FE F0 42 B8 FE 0D')
  client.send('FE FE 7D 01 4F 90 FE 0D')
  expect(await client.frame()).toBe('FE FE 7D 01 00 96 3E 54 FE 0D')
})

test('vector 12, 13 and 11: push subscription, then zones 4 and 100 violated on 32 bytes', async () => {
  const zones = [4, 100].map((number) => ({ number, name: `Wejście ${number}` }))
  const { panel, connect } = await world({ model: 'INTEGRA 128', zones })
  const client = await connect()
  client.send('FE FE 7F 01 0E 08 00 00 04 00 00 00 00 00 00 C1 5E FE 0D')
  expect(await client.frame()).toBe('FE FE EF FF 4F A9 FE 0D')
  // The snapshot: 00 09 0A 0B 13 2A, nothing set.
  expect((await client.frames(6)).map((frame) => frame.slice(6, 8))).toEqual(['00', '09', '0A', '0B', '13', '2A'])
  await panel.do({ action: 'violate', zone: 4 })
  await client.frame()
  await panel.do({ action: 'violate', zone: 100 })
  expect(await client.frame()).toBe(`FE FE 00 08${' 00'.repeat(11)} 08${' 00'.repeat(19)} 94 9A FE 0D`)
})

test('vector 24: the long text of code 422 with R = 1 is echoed and has kind 3', async () => {
  const { connect } = await world()
  const client = await connect()
  const answer = await client.ask('FE FE 8F 85 A6 61 25 FE 0D')
  // Echo, long kind 3, short kind 000C, 46 characters.
  expect(answer.startsWith('FE FE 8F 85 A6 03 00 0C ')).toBe(true)
  expect(answer.split(' ').length).toBe(2 + 1 + 5 + 46 + 2 + 2)
})

test('vector 25, 26 and 28: arm partitions with a code, disarm, results as captured', async () => {
  const partitions = [1, 2, 29].map((number) => ({ number, name: `Strefa ${number}` }))
  const { panel, connect } = await world({ model: 'INTEGRA 64', partitions, zones: [] })
  const client = await connect()
  expect(await client.ask('FE FE 80 12 34 FF FF FF FF FF FF 03 00 00 10 9D 9D FE 0D')).toBe('FE FE EF FF 4F A9 FE 0D')
  expect(panel.armedPartitions).toEqual([1, 2, 29])
  expect(await client.ask('FE FE 84 12 34 FF FF FF FF FF FF 01 00 00 00 E0 F1 FE 0D')).toBe('FE FE EF FF 4F A9 FE 0D')
  expect(panel.armedPartitions).toEqual([2, 29])
})

test('vector 27 and 28: bypass zones 1, 3, 62 and 120', async () => {
  const zones = [1, 3, 62, 120].map((number) => ({ number, name: `Wejście ${number}` }))
  const { panel, connect } = await world({ model: 'INTEGRA 128', zones })
  const client = await connect()
  const request = `FE FE 86 12 34${' FF'.repeat(6)} 05${' 00'.repeat(6)} 20${' 00'.repeat(6)} 80 00 38 09 FE 0D`
  expect(await client.ask(request)).toBe('FE FE EF FF 4F A9 FE 0D')
  expect(panel.core.state.numbers(0x06)).toEqual([1, 3, 62, 120])
})

test('vector 28: result frames 08, 11 and 12', async () => {
  const { panel, connect } = await world({
    zones: [
      { number: 1, name: 'Okno' },
      { number: 2, name: 'Sejf', blocksForcedArming: true },
    ],
  })
  const client = await connect()
  // Name of zone 24, which is not configured.
  expect(await client.ask('FE FE EE 01 18 63 1F FE 0D')).toBe('FE FE EF 08 4E B2 FE 0D')
  await panel.do({ action: 'violate', zone: 1 })
  expect(await client.ask('FE FE 80 12 34 FF FF FF FF FF FF 01 00 00 00 9D 9E FE 0D')).toBe('FE FE EF 11 4E BB FE 0D')
  await panel.do({ action: 'violate', zone: 2 })
  expect(await client.ask('FE FE 80 12 34 FF FF FF FF FF FF 01 00 00 00 9D 9E FE 0D')).toBe('FE FE EF 12 4E BC FE 0D')
})

test('vector 3: own record by a 4-byte code; a code nobody has is result 01', async () => {
  const { connect } = await world()
  const client = await connect()
  const answer = await client.ask('FE FE E0 12 34 FF FF 8A 9B FE 0D')
  // User 1, no telephone code, partitions 1 and 2, telephone code never changed, type 0, name at offset 12.
  expect(answer.startsWith('FE FE E0 01 FF FF 03 00 00 00 00 00 ')).toBe(true)
  expect(answer.split(' ').slice(15, 18)).toEqual(['4A', '61', '6E'])
  const other = await world({ users: [] })
  const stranger = await other.connect()
  expect(await stranger.ask('FE FE E0 12 34 FF FF 8A 9B FE 0D')).toBe('FE FE EF 01 4E AB FE 0D')
})

/** The reference's section 5.3: what the bytes of a record must be when these things happen. */
test('section 5.3: key fob of user 3, P = 16 on the wire, on 2026-05-05 20:18 is BF C5 54 C2 87 FB 03 01', async () => {
  const zones: PanelSpecInput['zones'] = []
  const { panel, time, connect } = await world({
    model: 'INTEGRA 64',
    zones,
    // The wire counts partitions from 0.
    partitions: [{ number: 17, name: 'Parter' }],
    eventMemory: { tokenStart: 0x035896 },
  })
  time.advance(Date.UTC(2026, 4, 5, 18, 18) - time.wallMs())
  await panel.do({ action: 'event', code: 1019, restore: true, partition: 17, source: 3 })
  const client = await connect()
  // Byte 7 of the captured record is 01; ours has no user control number.
  expect(await client.ask('FE FE 8C FF FF FF 40 43 FE 0D')).toMatch(
    /^FE FE 8C BF C5 54 C2 87 FB 03 00 03 58 96 FF FF FF .. .. FE 0D$/,
  )
})

test('section 5.3: access granted to user 10, R = 1, 2017-08-24 13:07 is 7F 98 83 13 5D A6 0A', async () => {
  const { panel, time, connect } = await world({
    partitions: [{ number: 12, name: 'Parter' }],
    zones: [],
    eventMemory: { tokenStart: 0x0668de },
  })
  // The panel believes it is 2017: its clock is wrong by that much.
  const wrongBy = Date.UTC(2017, 7, 24, 13, 7) - Date.UTC(2026, 3, 23, 8, 24)
  await panel.do({ action: 'clock_shift', seconds: wrongBy / 1_000 })
  await panel.do({ action: 'event', code: 422, restore: true, partition: 12, source: 10 })
  expect(time.wallMs()).toBe(Date.UTC(2026, 3, 23, 6, 24))
  const client = await connect()
  expect(await client.ask('FE FE 8C FF FF FF 40 43 FE 0D')).toMatch(
    /^FE FE 8C 7F 98 83 13 5D A6 0A 00 06 68 DE FF FF FF .. .. FE 0D$/,
  )
})

test('vector 33: the end of the log names the index asked, twice', async () => {
  const { panel, connect } = await world({ eventMemory: { tokenStart: 0x0668de } })
  await panel.do({ action: 'test_transmission' })
  const client = await connect()
  await client.ask('FE FE 8C FF FF FF 40 43 FE 0D')
  const answer = await client.ask('FE FE 8C 06 68 DE 3D 65 FE 0D')
  expect(answer).toBe('FE FE 8C 00 00 00 00 00 00 00 00 06 68 DE 06 68 DE E9 D1 FE 0D')
})
