import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { eventually } from '../src/eventually.ts'
import { leaksSince } from '../src/leak-check.ts'

const NOTHING = { TCPSocketWrap: 0, TCPServerWrap: 0, UDPWrap: 0, ProcessWrap: 0, Timeout: 1_000 }

test('a server and a timer that are still there are named, and gone once closed', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const timer = setTimeout(() => {}, 60_000)
  try {
    expect(leaksSince(NOTHING)).toEqual(['1 listening TCP server'])
    expect(leaksSince({ ...NOTHING, TCPServerWrap: 1, Timeout: 0 })[0]).toMatch(/pending timer/)
  } finally {
    clearTimeout(timer)
    server.close()
    await once(server, 'close')
  }
  await eventually(() => leaksSince(NOTHING).length === 0)
})
