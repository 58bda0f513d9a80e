import type { ServerMessage } from '@stam/contracts'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Realtime, readMessage, type Socket } from './realtime.ts'
import { sampleAlarm } from '../../test/sample-alarm.ts'

const at = '2026-11-21T20:00:00.000Z'
const line = (type: string, data: unknown, sequence_id: number | null = null): string =>
  JSON.stringify({ type, data, sequence_id, timestamp: at })
const hello = line('hello', { instance_id: 'b', stream_position: 5, server_time: at, contiguous: true })
const subscribed = line('subscribed', { channels: ['alarms'] })
const replayDone = line('replay_done', { from: 5, to: 5, count: 0, tier: 1 })

class FakeSocket implements Socket {
  onopen: Socket['onopen'] = null
  onmessage: Socket['onmessage'] = null
  onclose: Socket['onclose'] = null
  readonly sent: string[] = []
  closed = false
  send(text: string): void {
    this.sent.push((JSON.parse(text) as { type: string }).type)
  }
  close(): void {
    this.closed = true
  }
  hear(text: string): void {
    this.onmessage?.({ data: text })
  }
}

function scene() {
  const sockets: FakeSocket[] = []
  const frames: (() => void)[] = []
  const delivered: (readonly ServerMessage[])[] = []
  const reload = vi.fn()
  const realtime = new Realtime({
    now: Date.now,
    openSocket: () => {
      const socket = new FakeSocket()
      sockets.push(socket)
      return socket
    },
    fetchTicket: async () => ({ ticket: 'T' }),
    freshToken: async () => 'token',
    renewSession: () => undefined,
    deliver: (messages) => delivered.push(messages),
    reloadList: reload,
    beforeNextFrame: (work) => frames.push(work),
  })
  const live = async (): Promise<FakeSocket> => {
    realtime.snapshot(5)
    realtime.start()
    realtime.snapshot(5)
    await vi.advanceTimersByTimeAsync(0)
    const socket = sockets.at(-1) as FakeSocket
    socket.onopen?.()
    for (const text of [hello, subscribed, replayDone]) socket.hear(text)
    return socket
  }
  return { realtime, sockets, frames, delivered, reload, live }
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('ticket, socket, subscription, replay: live', async () => {
  const { realtime, live } = scene()
  const socket = await live()
  expect(realtime.store.getState().phase).toBe('live')
  expect(socket.sent).toEqual(['subscribe', 'replay_request'])
  realtime.stop()
  expect(socket.closed).toBe(true)
})

test('messages of one frame are delivered together, in order', async () => {
  const { realtime, live, frames, delivered } = scene()
  const socket = await live()
  for (const work of frames.splice(0)) work()
  delivered.length = 0
  for (const n of [6, 7, 8]) socket.hear(line('alarm.new', sampleAlarm(n), n))
  expect(frames).toHaveLength(1)
  expect(delivered).toEqual([])
  frames[0]?.()
  expect(delivered.map((batch) => batch.map((message) => message.sequence_id))).toEqual([[6, 7, 8]])
  realtime.stop()
})

test('what an abandoned socket still says is not heard', async () => {
  const { realtime, live, sockets } = scene()
  const first = await live()
  first.onclose?.({ code: 1006 })
  realtime.hurry()
  await vi.advanceTimersByTimeAsync(0)
  expect(sockets).toHaveLength(2)
  first.hear(line('alarm.new', sampleAlarm(6), 6))
  first.onclose?.({ code: 1006 })
  expect(realtime.store.getState()).toMatchObject({ phase: 'dialling', position: 5 })
  realtime.stop()
})

test('a ticket that cannot be had is tried for again after the back-off', async () => {
  const { realtime } = scene()
  const failing = new Realtime({
    now: Date.now,
    openSocket: () => expect.unreachable(),
    fetchTicket: async () => {
      throw new Error('down')
    },
    freshToken: async () => null,
    renewSession: () => undefined,
    deliver: () => undefined,
    reloadList: () => undefined,
    beforeNextFrame: () => undefined,
  })
  failing.start()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(failing.store.getState()).toMatchObject({ phase: 'waiting', attempt: 3 })
  failing.stop()
  realtime.stop()
})

describe('reading a line', () => {
  test('an alarm', () => {
    expect(readMessage(line('alarm.new', sampleAlarm(1), 6))).toMatchObject({
      type: 'message',
      message: { sequence_id: 6 },
    })
  })
  test.each([
    ['an alarm that does not match its schema', line('alarm.new', { id: 'x' }, 6), { type: 'unreadable' }],
    ['a numbered message of ours that does not', line('site.updated', {}, 6), { type: 'unreadable' }],
    ['an end of a replay that does not', line('replay_overflow', {}), { type: 'unreadable' }],
    ['a message from the future', line('map.moved', {}, 6), { type: 'foreign', sequenceId: 6 }],
    ['a volatile one that does not match', line('panel.state', {}), { type: 'foreign', sequenceId: null }],
    ['no JSON', '<html>', { type: 'unreadable' }],
    ['no object', '7', { type: 'foreign', sequenceId: null }],
  ])('%s', (_, text, expected) => expect(readMessage(text)).toEqual(expected))
})
