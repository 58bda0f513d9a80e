/** Times of reference 1.3 and 8.4, on a clock turned by hand. */
import { expect, test } from 'vitest'
import { world } from './harness.ts'
import { framed } from './raw-client.ts'

const JAN = '12 34 FF FF FF FF FF FF'

/** Turns the clock until the answer is there. @returns how long it took */
async function timed(
  it: Awaited<ReturnType<typeof world>>,
  body: string,
  client: Awaited<ReturnType<typeof it.connect>>,
): Promise<number> {
  const start = it.time.monotonicMs()
  const { requests, answers } = it.panel.counters
  client.send(framed(body))
  await expect.poll(() => it.panel.counters.requests).toBe(requests + 1)
  while (it.panel.counters.answers === answers) {
    it.time.advance(1)
    if (it.time.monotonicMs() - start > 10_000) throw new Error('no answer')
  }
  await client.frame()
  return it.time.monotonicMs() - start
}

const RANGES: Readonly<Record<string, [body: string, low: number, high: number]>> = {
  'cached state': ['1A', 5, 20],
  versions: ['7E', 5, 20],
  'a name goes to the panel bus': ['EE 01 01', 200, 300],
  'an event': ['8C FF FF FF', 200, 300],
  'an event text': ['8F 85 A6', 200, 300],
  control: [`84 ${JAN} 01 00 00 00`, 20, 100],
  'a temperature': ['7D 01', 500, 5_000],
}

test.each(Object.entries(RANGES))('%s', async (_what, [body, low, high]) => {
  const it = await world({ latency: 'real', zones: [{ number: 1, name: 'Temp', reaction: 55, temperature: 4 }] })
  const client = await it.connect()
  for (let i = 0; i < 5; i++) {
    const ms = await timed(it, body, client)
    expect(ms).toBeGreaterThanOrEqual(low)
    expect(ms).toBeLessThanOrEqual(high)
  }
})

test('the effect of a control command shows 0.1 to 2 s after its answer', async () => {
  const it = await world({ latency: 'real' })
  const client = await it.connect()
  await timed(it, `80 ${JAN} 01 00 00 00`, client)
  expect(it.panel.armedPartitions).toEqual([])
  const start = it.time.monotonicMs()
  while (it.panel.armedPartitions.length === 0) it.time.advance(1)
  const ms = it.time.monotonicMs() - start
  expect(ms).toBeGreaterThanOrEqual(100)
  expect(ms).toBeLessThanOrEqual(2_000)
})

test('a number is the time of every answer', async () => {
  const it = await world({ latency: 7 })
  const client = await it.connect()
  expect([await timed(it, '1A', client), await timed(it, 'EE 01 01', client)]).toEqual([7, 7])
})

test('requests that come meanwhile are answered one after the other', async () => {
  const it = await world({ latency: 10 })
  const client = await it.connect()
  for (const body of ['09', '0A', '13']) client.send(framed(body))
  await expect.poll(() => it.panel.counters.requests).toBe(3)
  it.time.advance(9)
  expect(it.panel.counters.answers).toBe(0)
  it.time.advance(21)
  expect((await client.frames(3)).map((frame) => frame.slice(6, 8))).toEqual(['09', '0A', '13'])
})

test('or lost, on a module that has no queue', async () => {
  const it = await world({ latency: 10, module: { whileBusy: 'drop' } })
  const client = await it.connect()
  for (const body of ['09', '0A', '13']) client.send(framed(body))
  await expect.poll(() => it.panel.counters.requests).toBe(3)
  it.time.advance(100)
  expect((await client.frame()).slice(6, 8)).toBe('09')
  expect(it.panel.counters.answers).toBe(1)
})

test('the old module takes up to 5 s for masking and mode 1', async () => {
  const it = await world({ latency: 'real', module: { profile: 'v1' } })
  const client = await it.connect()
  let longest = 0
  for (let i = 0; i < 10; i++) longest = Math.max(longest, await timed(it, '2A', client))
  expect(longest).toBeGreaterThan(300)
  expect(longest).toBeLessThanOrEqual(5_000)
})

test('the answer tells the state of the moment it goes out', async () => {
  const it = await world({ latency: 10 })
  const client = await it.connect()
  client.send(framed('00'))
  await expect.poll(() => it.panel.counters.requests).toBe(1)
  it.time.advance(5)
  await it.panel.do({ action: 'violate', zone: 2 })
  it.time.advance(5)
  expect((await client.frame()).slice(6, 11)).toBe('00 02')
})
