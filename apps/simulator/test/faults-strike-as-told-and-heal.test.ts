import { expect, test } from 'vitest'
import { type World, world } from './harness.ts'
import { framed, RawClient } from './raw-client.ts'

const ASK = 'FE FE 09 D7 EB FE 0D'
const GOOD = 'FE FE 09 00 00 00 00 7D B4 FE 0D'

/** Each spoils exactly one answer; the next one is good again. */
async function struckOnce(it: World): Promise<RawClient> {
  const client = await it.connect()
  client.send(ASK)
  return client
}

test('drop: the answer is lost and the flags it cleared stay cleared', async () => {
  const it = await world({ module: { newDataOnConnect: 'none' } })
  const client = await it.connect()
  await it.panel.do({ action: 'violate', zone: 2 })
  await it.panel.do({ action: 'fault', mode: 'drop', count: 1 })
  client.send(framed('00'))
  expect(await client.call('7F')).toBe('7F 00 00 00 00 20')
  expect(it.panel.faultMode).toBe('none')
})

test('ignore: the request is lost, the flags stay', async () => {
  const it = await world({ module: { newDataOnConnect: 'none' } })
  const client = await it.connect()
  await it.panel.do({ action: 'violate', zone: 2 })
  await it.panel.do({ action: 'fault', mode: 'ignore', count: 1 })
  client.send(framed('00'))
  expect(await client.call('7F')).toBe('7F 01 00 00 00 20')
})

test('delay: the answer comes late, behind a later one', async () => {
  const it = await world()
  await it.panel.do({ action: 'fault', mode: 'delay', delayMs: 4_000, count: 1 })
  const client = await struckOnce(it)
  expect(await client.call('0A')).toBe('0A 00 00 00 00')
  it.time.advance(4_000)
  expect(await client.frame()).toBe(GOOD)
})

test('bad_crc: framing right, check value wrong', async () => {
  const it = await world()
  await it.panel.do({ action: 'fault', mode: 'bad_crc', count: 1 })
  const client = await struckOnce(it)
  const spoilt = await client.frame()
  expect(spoilt).not.toBe(GOOD)
  expect(spoilt.slice(0, -11)).toBe(GOOD.slice(0, -11))
  expect(await client.ask(ASK)).toBe(GOOD)
})

test('bad_crc of a stuffed check value keeps the framing too', async () => {
  const outputs = [8, 9, 59, 64].map((number) => ({ number, name: `Wyjście ${number}`, function: 25 }))
  const it = await world({ model: 'INTEGRA 128', outputs })
  for (const { number } of outputs) await it.panel.do({ action: 'output', output: number, on: true })
  await it.panel.do({ action: 'fault', mode: 'bad_crc', count: 1 })
  const client = await it.connect()
  client.send(framed('17'))
  expect((await client.frame()).endsWith('FE F0 01 FE 0D')).toBe(true)
  expect((await client.ask(framed('17'))).endsWith('FE F0 FE F0 FE 0D')).toBe(true)
})

test('half_frame: half of it, and nothing more', async () => {
  const it = await world()
  await it.panel.do({ action: 'fault', mode: 'half_frame', count: 1 })
  const client = await struckOnce(it)
  expect(await client.bytes(5)).toBe(GOOD.slice(0, 14))
  expect(await client.ask(ASK)).toBe(GOOD)
})

test('garbage: bytes that are no frame', async () => {
  const it = await world()
  await it.panel.do({ action: 'fault', mode: 'garbage', count: 1 })
  const client = await struckOnce(it)
  expect(await client.bytes(40)).not.toContain(GOOD)
})

test('split: two segments; duplicate: the answer twice', async () => {
  const it = await world()
  await it.panel.do({ action: 'fault', mode: 'split', count: 1 })
  const client = await struckOnce(it)
  await expect.poll(() => client.pending.length).toBeGreaterThan(0)
  expect(client.pending.endsWith('FE 0D')).toBe(false)
  it.time.advance(5)
  expect(await client.frame()).toBe(GOOD)
  it.time.advance(5)
  await it.panel.do({ action: 'fault', mode: 'duplicate', count: 1 })
  client.send(ASK)
  expect(await client.frames(2)).toEqual([GOOD, GOOD])
})

test('refuse: nothing listens, the client is thrown out; after it the same port answers', async () => {
  const it = await world()
  const client = await it.connect()
  await client.call('1A')
  const { port } = it.panel
  await it.panel.do({ action: 'fault', mode: 'refuse', durationMs: 1_000 })
  await client.ended()
  await expect(RawClient.connect({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  it.time.advance(1_000)
  await expect.poll(async () => (await it.connect().catch(() => undefined)) !== undefined).toBe(true)
  expect(it.panel.port).toBe(port)
})

test('freeze: the socket stays open and silent, beyond the idle limit, for newcomers too', async () => {
  const it = await world()
  const client = await it.connect()
  await client.call('1A')
  await it.panel.do({ action: 'fault', mode: 'freeze' })
  client.send(ASK)
  await expect.poll(() => it.panel.counters.requests).toBe(2)
  it.time.advance(60_000)
  expect([client.pending, client.isEnded]).toEqual(['', false])
  await it.panel.do({ action: 'fault', mode: 'none' })
  expect(await client.ask(ASK)).toBe(GOOD)
})

test('freeze silences pushes as well', async () => {
  const it = await world()
  const client = await it.connect()
  client.send(framed('7F 01 00 00 00 00 00 00 00 00 00 00 00'))
  await client.frames(2)
  await it.panel.do({ action: 'fault', mode: 'freeze' })
  await it.panel.do({ action: 'violate', zone: 2 })
  await it.panel.do({ action: 'fault', mode: 'none' })
  expect(await client.ask(ASK)).toBe(GOOD)
})

test('busy: the present client is thrown out and everybody is told that the slot is taken', async () => {
  const it = await world()
  const client = await it.connect()
  await client.call('1A')
  await it.panel.do({ action: 'fault', mode: 'busy', durationMs: 5_000 })
  await client.ended()
  expect(await (await it.connect()).ended()).toMatch(/^10 42 75 73 79 21 /)
  it.time.advance(5_000)
  expect(await (await it.connect()).ask(ASK)).toBe(GOOD)
})

test('close: the connection is cut once, or at every request while it lasts', async () => {
  const it = await world()
  const client = await it.connect()
  await client.call('1A')
  await it.panel.do({ action: 'fault', mode: 'close' })
  await client.ended()
  expect(it.panel.faultMode).toBe('none')
  await it.panel.do({ action: 'fault', mode: 'close', count: 2 })
  for (let i = 0; i < 2; i++) {
    const victim = await it.connect()
    victim.send(ASK)
    expect(await victim.ended()).toBe('')
  }
  expect(await (await it.connect()).ask(ASK)).toBe(GOOD)
})

test('a fault with a probability strikes its share, the same with the same seed', async () => {
  const run = async (seed: number): Promise<number> => {
    const it = await world({ seed })
    await it.panel.do({ action: 'fault', mode: 'ignore', probability: 0.3 })
    const client = await it.connect()
    for (let i = 0; i < 100; i++) client.send(framed('09'))
    await expect.poll(() => it.panel.counters.requests).toBe(100)
    return it.panel.counters.answers
  }
  const first = await run(7)
  expect(first).toBeGreaterThan(50)
  expect(first).toBeLessThan(85)
  expect(await run(7)).toBe(first)
})

test('mode FLAKY loses about a tenth of the answers, TIMEOUT leaves exactly every fifth unanswered', async () => {
  const it = await world({ seed: 1 })
  const client = await it.connect()
  await it.panel.do({ action: 'mode', mode: 'FLAKY' })
  for (let i = 0; i < 500; i++) client.send(framed('09'))
  await expect.poll(() => it.panel.counters.requests).toBe(500)
  expect(it.panel.counters.answers).toBeGreaterThan(410)
  expect(it.panel.counters.answers).toBeLessThan(490)
  await it.panel.do({ action: 'mode', mode: 'TIMEOUT' })
  const before = it.panel.counters.answers
  for (let i = 0; i < 50; i++) client.send(framed('09'))
  await expect.poll(() => it.panel.counters.requests).toBe(550)
  expect(it.panel.counters.answers - before).toBe(40)
})

test('behaviours are stacked: the last one defined wins, and taken off the one below speaks again', async () => {
  const it = await world()
  const client = await it.connect()
  const off: (() => void)[] = []
  off.push(it.panel.use({ name: 'below', onAnswer: () => ({ kind: 'raw', bytes: Uint8Array.of(1) }) }))
  off.push(it.panel.use({ name: 'above', onAnswer: () => ({ kind: 'raw', bytes: Uint8Array.of(2) }) }))
  client.send(ASK)
  expect(await client.bytes(1)).toBe('02')
  off[1]?.()
  client.send(ASK)
  expect(await client.bytes(1)).toBe('01')
  off[0]?.()
  expect(await client.ask(ASK)).toBe(GOOD)
  expect(it.panel.received.map(({ command }) => command)).toEqual([0x09, 0x09, 0x09])
})
