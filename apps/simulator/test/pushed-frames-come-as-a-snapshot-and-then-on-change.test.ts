/** Push subscription, reference 4.5. */
import { expect, test } from 'vitest'
import { world } from './harness.ts'
import { bodyOf, framed } from './raw-client.ts'

/** On change: 00, 0A, 13; nothing on update. */
const SUBSCRIBE = '7F 01 04 08 00 00 00 00 00 00 00 00 00'
const quiet = { newDataOnConnect: 'none' } as const

test('the old module does not know it', async () => {
  const client = await (await world({ module: { profile: 'v1' } })).connect()
  expect(await client.silent(SUBSCRIBE)).toBe(true)
})

test('EF FF, the snapshot at once, then only what changes; zone frames have 32 bytes', async () => {
  const { panel, connect } = await world({ module: quiet })
  await panel.do({ action: 'violate', zone: 2 })
  const client = await connect()
  client.send(framed(SUBSCRIBE))
  const snapshot = (await client.frames(4)).map(bodyOf)
  expect(snapshot).toEqual(['EF FF', `00 02${' 00'.repeat(31)}`, '0A 00 00 00 00', '13 00 00 00 00'])
  await panel.do({ action: 'restore', zone: 2 })
  expect(bodyOf(await client.frame())).toBe(`00 00${' 00'.repeat(31)}`)
  await panel.do({ action: 'arm', now: true, partition: 1 })
  expect(bodyOf(await client.frame())).toBe('0A 01 00 00 00')
})

test('pushed commands do not appear in the polled list, the others do', async () => {
  const { panel, connect } = await world({ module: quiet })
  const client = await connect()
  client.send(framed(SUBSCRIBE))
  await client.frames(4)
  await panel.do({ action: 'violate', zone: 2 })
  await client.frame()
  expect(await client.call('7F')).toBe('7F 00 00 00 00 20')
})

test('twelve zero bytes switch it off', async () => {
  const { panel, connect } = await world({ module: quiet })
  const client = await connect()
  client.send(framed(SUBSCRIBE))
  await client.frames(4)
  expect(await client.call(`7F${' 00'.repeat(12)}`)).toBe('EF FF')
  await panel.do({ action: 'violate', zone: 2 })
  expect(await client.call('7F')).toBe('7F 01 00 00 00 20')
})

test('a subscription ends with its connection', async () => {
  const { panel, connect } = await world({ module: quiet })
  const first = await connect()
  first.send(framed(SUBSCRIBE))
  await first.frames(4)
  first.close()
  await expect.poll(() => panel.connected).toBe(false)
  const second = await connect()
  await panel.do({ action: 'violate', zone: 2 })
  expect(await second.call('7F')).toMatch(/^7F/)
})

test('frames of one burst are 20 ms apart on a real module', async () => {
  const { time, connect } = await world({ module: quiet, latency: 'real' })
  const client = await connect()
  client.send(framed(SUBSCRIBE))
  await expect.poll(() => (time.advance(1), client.pending.length)).toBeGreaterThan(0)
  expect(await client.frames(2)).toHaveLength(2)
  expect(client.pending).toBe('')
  time.advance(20)
  expect(bodyOf(await client.frame())).toBe('0A 00 00 00 00')
  time.advance(20)
  expect(bodyOf(await client.frame())).toBe('13 00 00 00 00')
})

test('commands of the second mask come again with every update', async () => {
  const { time, connect } = await world({ module: { ...quiet, updateIntervalMs: 5_000 } })
  const client = await connect()
  // On update: 17.
  expect(await client.call('7F 00 00 00 00 00 00 00 00 80 00 00 00')).toBe('EF FF')
  for (let round = 0; round < 3; round++) {
    time.advance(5_000)
    expect(bodyOf(await client.frame())).toBe(`17${' 00'.repeat(32)}`)
  }
})

test('the clock is pushed at the full minute', async () => {
  const { time, connect } = await world({ module: quiet })
  const client = await connect()
  client.send(framed('7F 00 00 00 04 00 00 00 00 00 00 00 00'))
  await client.frames(2)
  for (let step = 0; step < 3; step++) {
    time.advance(19_000)
    await client.call('09')
  }
  expect(client.pending).toBe('')
  time.advance(4_000)
  expect(bodyOf(await client.frame())).toMatch(/^1A 20 26 04 23 08 25 /)
})

test('the widest form needs capability bit 1 and reaches troubles part 8', async () => {
  const { panel, connect } = await world({ module: { profile: 'v2-c1', ...quiet } })
  const client = await connect()
  client.send(framed(`7F 00 00 00 00 00 00 01${' 00'.repeat(7)}`))
  await client.frames(2)
  await panel.do({ action: 'trouble', trouble: 'gsm_jamming', index: 1 })
  // Block of address 1, byte 2, bit 2.
  expect(bodyOf(await client.frame())).toBe(`30${' 00'.repeat(10)} 04${' 00'.repeat(53)}`)
})

test('new event records are sent unasked where the module does so', async () => {
  const { panel, connect } = await world({ module: { unsolicitedEvents: true }, eventMemory: { tokenStart: 0x1000 } })
  const client = await connect()
  await client.call('1A')
  await panel.do({ action: 'violate', zone: 4 })
  expect(bodyOf(await client.frame())).toMatch(/^8C .. .. .. .. .. 6F 04 00 00 10 00 /)
})
