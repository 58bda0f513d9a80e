/** The listener against whatever comes: garbage, half frames, floods, closes at any byte. */
import { connect } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { world } from './harness.ts'
import { framed, hex } from './raw-client.ts'

const GOOD = '09 00 00 00 00'
const code = '12 34 FF FF FF FF FF FF'

const piece = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.constantFrom(0xfe, 0x0d, 0xf0).map((byte) => new Uint8Array(30).fill(byte)),
  // Right framing around anything: every command with every length.
  fc
    .uint8Array({ minLength: 1, maxLength: 60 })
    .filter((body) => body[0] !== 0xfe)
    .map((body) => hex(framed(Buffer.from(body).toString('hex')))),
  fc.constantFrom('1A', '7F', `84 ${code} 01 00 00 00`, '8C FF FF FF').map((body) => hex(framed(body)).slice(0, -3)),
)

test.each([false, true])(
  'random pieces, encrypted: %s; the module answers afterwards and keeps no bytes',
  async (encrypted) => {
    const it = await world({
      ...(encrypted ? { integrationKey: 'KEY' } : {}),
      timing: { exitDelayMs: 0, lockoutMs: 0 },
    })
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 8 }), fc.boolean(), async (pieces, reset) => {
        const socket = connect(it.panel.port, it.panel.host)
        socket.on('error', () => {})
        socket.resume()
        await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
        for (const bytes of pieces) socket.write(bytes)
        await new Promise<void>((resolve) => {
          socket.once('close', () => resolve())
          if (reset) socket.resetAndDestroy()
          else socket.end()
          setTimeout(() => socket.destroy(), 200).unref()
        })
        await expect.poll(() => it.panel.connected).toBe(false)
      }),
      { numRuns: 60 },
    )
    if (!encrypted) {
      await it.panel.do({ action: 'disarm' })
      expect(await (await it.connect()).call('09')).toBe(GOOD)
    }
  },
  30_000,
)

test('the list of the specification: no end, zeros, 64 KiB after a start, all ones, the same frame a thousand times', async () => {
  const it = await world()
  const client = await it.connect()
  const zeros = new Uint8Array(100)
  const flood = new Uint8Array(64 * 1024).fill(0x41)
  client.socket.write(zeros)
  client.socket.write(hex('FE FE 1A D7'))
  client.socket.write(flood)
  client.socket.write(new Uint8Array(1_000).fill(0xff))
  client.socket.write(new Uint8Array(1_000).fill(0xfe))
  client.send('0D')
  for (let i = 0; i < 1_000; i++) client.send(framed('09'))
  for (let i = 0; i < 1_000; i++) expect((await client.frame()).slice(6, 8)).toBe('09')
  client.send('FE FE 1A D7')
  client.close()
  await expect.poll(() => it.panel.connected).toBe(false)
  expect(await (await it.connect()).call('09')).toBe(GOOD)
})

test('a client that asks and never reads is cut off', async () => {
  const it = await world()
  const socket = connect(it.panel.port, it.panel.host)
  socket.on('error', () => {})
  socket.pause()
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
  const request = Buffer.concat(Array.from({ length: 500 }, () => hex(framed('1B'))))
  const closed = expect.poll(() => it.panel.connected, { timeout: 20_000 })
  const pump = setInterval(() => socket.writable && socket.write(request), 1)
  await closed.toBe(false)
  clearInterval(pump)
  socket.destroy()
})

test('a slow module keeps a bounded queue', async () => {
  const it = await world({ latency: 10 })
  const client = await it.connect()
  for (let i = 0; i < 1_000; i++) client.send(framed('09'))
  await expect.poll(() => it.panel.counters.requests).toBe(1_000)
  it.time.advance(20_000)
  // One in hand, sixteen waiting.
  expect(it.panel.counters.answers).toBe(17)
})

test('a crowd of newcomers is turned away, the client inside does not notice', async () => {
  const it = await world()
  const client = await it.connect()
  await client.call('09')
  const crowd = Array.from({ length: 100 }, () => {
    const socket = connect(it.panel.port, it.panel.host)
    socket.on('error', () => {})
    socket.resume()
    return new Promise<void>((resolve) => socket.once('close', () => resolve()))
  })
  await expect.poll(() => it.panel.counters.busyAnswers).toBeGreaterThan(0)
  for (let i = 0; i < 20; i++) {
    it.time.advance(500)
    expect(await client.call('09')).toBe(GOOD)
  }
  await Promise.all(crowd)
})
