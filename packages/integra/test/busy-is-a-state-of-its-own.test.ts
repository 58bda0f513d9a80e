import { expect, test } from 'vitest'
import { encodeBusyBlock } from '../src/index.ts'
import { openTestLink } from './open-test-link.ts'

// Reference 1.2: the block comes without a request, in any split, with any filler.

test.each([
  ['in one piece', [16]],
  ['byte by byte', Array.from({ length: 16 }, () => 1)],
  ['cut after its first byte', [1]],
  ['cut after the word', [6]],
])('the busy block, %s, and then free again', async (_, pieces) => {
  await using t = await openTestLink({
    onConnect: (socket, count) => {
      if (count > 2) return true
      const left = [...pieces]
      const block = encodeBusyBlock(Uint8Array.of(0xd8, 0xfe, 0xfe, 0x7e, 0xd8, 0x60, 0xfe, 0x0d))
      let at = 0
      const send = () => {
        const size = left.shift()
        if (size === undefined) {
          socket.end()
          return
        }
        socket.write(block.subarray(at, at + size), () => setImmediate(send))
        at += size
      }
      send()
      return false
    },
  })
  await t.waitingFor('busy')
  await t.ready()
  expect(t.module.connections).toBe(3)
  // Nobody was taken for a panel on the way, and no request was wasted on a busy module.
  expect(t.of('discarded')).toEqual([])
})

test('after busy the link waits longer than after another failure', async () => {
  await using t = await openTestLink(
    { onConnect: (socket) => void socket.end(encodeBusyBlock()) },
    { busyBackoffMs: 60_000 },
  )
  await t.waitingFor('busy')
  const status = t.link.status
  if (status.state !== 'waiting') throw new Error('not waiting')
  expect(status.retryAt - status.since).toBeGreaterThan(59_000)
  expect(status.attempt).toBe(1)
})

test('an encrypted module that speaks before it was asked is busy', async () => {
  await using t = await openTestLink(
    { onConnect: (socket) => void socket.end(Uint8Array.of(0x10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6)) },
    { integrationKey: 'INTEGRAKEY12' },
  )
  await t.waitingFor('busy')
  expect(t.link.snapshot()).toBeUndefined()
})
