/** One client at a time, reference 1.1 and 1.2. */
import { expect, test } from 'vitest'
import { world } from './harness.ts'

const BUSY = /^10 42 75 73 79 21 0D 0A( ..){8}$/

test('the newcomer gets sixteen bytes without asking, and the end', async () => {
  const { panel, connect } = await world()
  const first = await connect()
  await first.call('1A')
  const second = await connect()
  expect(await second.ended()).toMatch(BUSY)
  expect(panel.counters.busyAnswers).toBe(1)
  expect(await first.call('09')).toBe('09 00 00 00 00')
})

test('the slot is released a little after the close', async () => {
  const { panel, time, connect } = await world({ module: { releaseDelayMs: 2_000 } })
  const first = await connect()
  await first.call('1A')
  first.close()
  await expect.poll(() => panel.connected).toBe(false)
  expect(await (await connect()).ended()).toMatch(BUSY)
  time.advance(1_999)
  expect(await (await connect()).ended()).toMatch(BUSY)
  time.advance(1)
  expect(await (await connect()).call('09')).toBe('09 00 00 00 00')
})

test('with the other policy the newcomer throws the first one out', async () => {
  const { panel, connect } = await world({ module: { busyPolicy: 'displace' } })
  const first = await connect()
  await first.call('1A')
  const second = await connect()
  expect(await second.call('09')).toBe('09 00 00 00 00')
  expect(await first.ended()).toBe('')
  expect(panel.connected).toBe(true)
  expect(panel.counters.busyAnswers).toBe(0)
})

test('the module closes 25 s after the last byte it received; pushes do not count', async () => {
  const { panel, time, connect } = await world()
  const client = await connect()
  await client.call('7F 01 00 00 00 00 00 00 00 00 00 00 00')
  await client.frame()
  time.advance(20_000)
  await panel.do({ action: 'violate', zone: 2 })
  await client.frame()
  time.advance(4_999)
  expect(panel.connected).toBe(true)
  time.advance(1)
  expect(await client.ended()).toBe('')
  expect(panel.connected).toBe(false)
})

test('any byte keeps it open, a half frame too', async () => {
  const { panel, time, connect } = await world()
  const client = await connect()
  await client.call('1A')
  for (let round = 0; round < 5; round++) {
    time.advance(24_000)
    await client.call('09')
  }
  expect(panel.connected).toBe(true)
})

test('what a client sends before the busy end is not answered', async () => {
  const { panel, connect } = await world()
  await (await connect()).call('1A')
  const second = await connect()
  second.send('FE FE 1A D7 FC FE 0D')
  expect(await second.ended()).toMatch(BUSY)
  expect(panel.counters.requests).toBe(1)
})
