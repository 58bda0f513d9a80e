import { expect, test } from 'vitest'
import { COMMAND, commands, encodeFrame } from '../src/index.ts'
import { openTestLink } from './open-test-link.ts'
import { until } from './until.ts'

// Reference 3.5.

test('the right key: everything works as in plaintext', async () => {
  await using t = await openTestLink({ integrationKey: 'INTEGRAKEY12' }, { integrationKey: 'INTEGRAKEY12' })
  await t.ready()
  t.module.change(COMMAND.zonesAlarm, Uint8Array.of(1))
  await until('the change', () => t.of('state').some((it) => it.name === 'zonesAlarm' && it.bits[0] === 1))
  const outcome = await t.link.execute(commands.disarm, { code: '1234', partitions: [1] })
  expect(outcome.kind).toBe('accepted')
  expect(t.link.counters.discardedBytes).toBe(0)
})

test('a wrong key: the module closes without a word', async () => {
  await using t = await openTestLink({ integrationKey: 'INTEGRAKEY12' }, { integrationKey: 'other' })
  await t.waitingFor('wrong_key')
  expect(t.statuses.some((status) => status.state === 'ready')).toBe(false)
})

test('a wrong echo in the header: wrong key', async () => {
  await using t = await openTestLink(
    { onConnect: (socket) => void socket.on('data', () => socket.write(new Uint8Array(17).fill(16))) },
    { integrationKey: 'INTEGRAKEY12' },
  )
  await t.waitingFor('wrong_key')
})

test('a length that cannot be: the stream is lost', async () => {
  await using t = await openTestLink(
    { onConnect: (socket) => void socket.on('data', () => socket.write(Uint8Array.of(3, 1, 2, 3))) },
    { integrationKey: 'INTEGRAKEY12' },
  )
  await t.waitingFor('wrong_key')
})

test('an encrypted link at a plaintext module that pushes', async () => {
  const frame = encodeFrame(COMMAND.zonesViolated, new Uint8Array(16))
  await using t = await openTestLink(
    {
      onConnect: (socket) => {
        // Split behind the first FE: one byte proves nothing.
        socket.write(frame.subarray(0, 1), () => setImmediate(() => socket.write(frame.subarray(1))))
      },
    },
    { integrationKey: 'INTEGRAKEY12' },
  )
  await t.waitingFor('mode_mismatch')
})

test('a plaintext link at an encrypted module: mute once is silence, mute twice is the wrong mode', async () => {
  await using t = await openTestLink({ onConnect: (socket) => void socket.resume() }, { answerTimeoutMs: 50 })
  await t.waitingFor('mode_mismatch')
  const reasons = t.statuses.flatMap((status) => (status.state === 'waiting' ? [status.reason] : []))
  expect(reasons.slice(0, 2)).toEqual(['silent', 'mode_mismatch'])
})

test('a plaintext link that gets opaque bytes and a close', async () => {
  await using t = await openTestLink({
    onConnect: (socket) => void socket.on('data', () => socket.end(Uint8Array.of(0x11, 0x9a, 0x33, 0x41))),
  })
  await t.waitingFor('mode_mismatch')
})

test('nobody listens: refused', async () => {
  await using t = await openTestLink()
  await t.module.close()
  await t.waitingFor('refused')
  await until('a second dial', () => t.link.counters.connects >= 2)
})
