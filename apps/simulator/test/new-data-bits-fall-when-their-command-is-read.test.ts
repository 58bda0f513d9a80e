/** Reference 4.5; the fake panel of another project clears them when the list is read, which is wrong (section 9). */
import { expect, test } from 'vitest'
import { world } from './harness.ts'
import { framed } from './raw-client.ts'

const quiet = { newDataOnConnect: 'none' } as const

test('the list has 5, 6 or 7 bytes by length of the request and age of the module', async () => {
  const v1 = await (await world({ module: { profile: 'v1', ...quiet } })).connect()
  expect(await v1.call('7F')).toBe('7F 00 00 00 00 00')
  expect(await v1.silent('7F 00')).toBe(true)
  const v2 = await (await world({ module: { profile: 'v2', ...quiet } })).connect()
  expect(await v2.call('7F 00')).toBe('7F 00 00 00 00 00 00')
  expect(await v2.silent('7F 00 00')).toBe(true)
  const c1 = await (await world({ module: { profile: 'v2-c1', ...quiet } })).connect()
  expect(await c1.call('7F')).toBe('7F 00 00 00 00 00')
  expect(await c1.call('7F 55')).toBe('7F 00 00 00 00 00 00')
  expect(await c1.call('7F 55 AA')).toBe('7F 00 00 00 00 00 00 00')
})

test('a violation sets 00 and 25; reading the list keeps them, reading the command clears its own', async () => {
  const { panel, connect } = await world({ module: quiet })
  const client = await connect()
  await panel.do({ action: 'violate', zone: 2 })
  // 00 is bit 0 of byte 0; 25 is bit 5 of byte 4.
  expect(await client.call('7F')).toBe('7F 01 00 00 00 20')
  expect(await client.call('7F')).toBe('7F 01 00 00 00 20')
  await client.call('00')
  expect(await client.call('7F')).toBe('7F 00 00 00 00 20')
  await client.call('25')
  expect(await client.call('7F')).toBe('7F 00 00 00 00 00')
})

test('the wide form of a read clears the bit as well', async () => {
  const { panel, connect } = await world({ module: quiet })
  const client = await connect()
  await panel.do({ action: 'violate', zone: 2 })
  await client.call('00 FF')
  expect(await client.call('7F')).toBe('7F 00 00 00 00 20')
})

test('the clock is new data once a minute, after it has been read', async () => {
  const { time, connect } = await world({ module: quiet })
  const client = await connect()
  await client.call('1A')
  time.advance(10_000)
  expect(await client.call('7F')).toBe('7F 00 00 00 00 00')
  client.send(framed('7F'))
  await client.frame()
  time.advance(20_000)
  await client.call('09')
  time.advance(20_000)
  await client.call('09')
  time.advance(15_000)
  // 1A is bit 2 of byte 3.
  expect(await client.call('7F')).toBe('7F 00 00 00 04 00')
})

test('flags belong to the connection: a new client starts with all of them where the module says so', async () => {
  const { panel, connect } = await world({ module: { profile: 'v2-c1' } })
  const first = await connect()
  expect(await first.call('7F 00 00')).toBe('7F FF FF FF FF FF FF 03')
  await first.call('00')
  expect(await first.call('7F 00 00')).toBe('7F FE FF FF FF FF FF 03')
  first.close()
  await expect.poll(() => panel.connected).toBe(false)
  const second = await connect()
  expect(await second.call('7F')).toBe('7F FF FF FF FF FF')
})

test('both forms of a read follow every change', async () => {
  const { panel, connect } = await world()
  const client = await connect()
  for (const [zone, mask] of [
    [2, '02'],
    [3, '06'],
    [8, '86'],
  ] as const) {
    await panel.do({ action: 'violate', zone })
    expect(await client.call('00')).toBe(`00 ${mask}${' 00'.repeat(15)}`)
    expect(await client.call('00 00')).toBe(`00 ${mask}${' 00'.repeat(31)}`)
  }
})
