import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { type FaultProxy, faultProxy } from './fault-proxy.ts'

let echo: Server
let served: Socket[]
let proxy: FaultProxy
const clients: Socket[] = []

beforeEach(async () => {
  served = []
  echo = createServer((socket) => {
    served.push(socket)
    socket.on('error', () => {})
    socket.pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  proxy = await faultProxy({ target: { port: (echo.address() as { port: number }).port } })
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await proxy.close()
  for (const socket of served) socket.destroy()
  await new Promise((resolve) => echo.close(resolve))
})

async function dial() {
  const client = connect({ host: '127.0.0.1', port: proxy.port })
  clients.push(client)
  const seen = { text: '', error: undefined as string | undefined, ended: false }
  client.on('data', (chunk) => (seen.text += String(chunk)))
  client.on('error', (error: NodeJS.ErrnoException) => (seen.error = error.code))
  client.on('end', () => (seen.ended = true))
  await once(client, 'connect')
  return { client, seen }
}

test('passes bytes and ends both ways', async () => {
  const { client, seen } = await dial()
  client.end('hello')
  await eventually(() => seen.ended)
  expect(seen).toMatchObject({ text: 'hello', error: undefined })
  await eventually(() => proxy.connections === 0)
})

test('frozen: connected, silent, and neither side learns of it; thawed: everything arrives in order', async () => {
  const { client, seen } = await dial()
  client.write('1')
  await eventually(() => seen.text === '1')
  await proxy.freeze()
  client.write('2')
  const newcomer = await dial()
  newcomer.client.write('a')
  // An answer through another, living proxy takes longer than one through a proxy that leaks would.
  const other = await faultProxy({ target: { port: (echo.address() as { port: number }).port } })
  const probe = connect({ host: '127.0.0.1', port: other.port })
  probe.write('x')
  await once(probe, 'data')
  probe.destroy()
  await other.close()
  expect([seen.text, newcomer.seen.text]).toEqual(['1', ''])
  await proxy.pass()
  client.write('3')
  await eventually(() => seen.text === '123' && newcomer.seen.text === 'a')
})

test('frozen: a side that goes away is not noticed by the other until the line is back', async () => {
  const { client, seen } = await dial()
  client.write('1')
  await eventually(() => seen.text === '1')
  await proxy.freeze()
  client.resetAndDestroy()
  await once(client, 'close')
  expect(served[0]?.destroyed).toBe(false)
  await proxy.pass()
  await eventually(() => served[0]?.destroyed)
})

test('cut: both sides are reset, and a new connection is served', async () => {
  const { client, seen } = await dial()
  client.write('1')
  await eventually(() => seen.text === '1')
  await proxy.cut()
  await eventually(() => seen.error === 'ECONNRESET')
  expect(proxy.connections).toBe(0)
  const again = await dial()
  again.client.write('2')
  await eventually(() => again.seen.text === '2')
  expect(proxy.accepted).toBe(2)
})

test('refuse: dialling fails at once, what is connected goes on, and the same port opens again', async () => {
  const { client, seen } = await dial()
  const { port } = proxy
  await proxy.refuse()
  await expect(dial()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  client.write('still')
  await eventually(() => seen.text === 'still')
  await proxy.pass()
  expect(proxy.port).toBe(port)
  await dial()
})

test('delay: late, in order, and gone when passing again', async () => {
  const { client, seen } = await dial()
  await proxy.delay(60)
  const sentAt = performance.now()
  client.write('late')
  await eventually(() => seen.text === 'late')
  // Both directions are late: there and back.
  expect(performance.now() - sentAt).toBeGreaterThanOrEqual(115)
  await proxy.delay(60_000)
  client.write(' held')
  await proxy.pass()
  await eventually(() => seen.text === 'late held')
})

test('a target that is down breaks the connection instead of hanging it', async () => {
  for (const socket of served) socket.destroy()
  await new Promise((resolve) => echo.close(resolve))
  const { seen } = await dial()
  await eventually(() => seen.error === 'ECONNRESET' || seen.ended)
  echo = createServer().listen(0)
})

test('is cut and closed at once even where one side had ended and the other reads nothing', async () => {
  const { client } = await dial()
  await eventually(() => served.length === 1)
  // More than the buffers of both ends hold, so that what was written and the end behind it stay on the way.
  served[0]?.pause()
  client.end(Buffer.alloc(16_000_000))
  await eventually(() => client.bytesWritten > 0)
  await proxy.close()
  expect(proxy.connections).toBe(0)
})
