import { connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { COMMAND, encodeFrame, openPanelLink, type PanelChange } from '../src/index.ts'
import { FakeModule } from './fake-module.ts'
import { openTestLink, QUICK } from './open-test-link.ts'
import { until } from './until.ts'

test('the module closes: the last state is kept, everything is read again, and only differences are reported', async () => {
  await using t = await openTestLink()
  await t.ready()
  const states = t.of('state').length
  t.module.states.set(COMMAND.zonesAlarm, Uint8Array.of(1))
  t.module.dropClients()
  await t.waitingFor('closed_by_panel')
  expect(t.link.snapshot()?.cycle).toBe(1)
  await until('ready again', () => t.of('full').length === 2)
  const changed = t.of('state').slice(states)
  expect(changed.map((it) => it.name)).toEqual(['zonesAlarm'])
  expect(changed[0]?.previous).toEqual(new Uint8Array(16))
})

test('every failure waits longer, up to the last entry, and the status says until when', async () => {
  await using t = await openTestLink(
    { onConnect: (socket) => void socket.destroy() },
    { backoffMs: [10, 20, 40], random: () => 0.5 },
  )
  const waits = () => t.statuses.flatMap((it) => (it.state === 'waiting' ? [it] : []))
  await until('five failures', () => waits().length >= 5)
  expect(
    waits()
      .slice(0, 5)
      .map((it) => [it.attempt, it.retryAt - it.since]),
  ).toEqual([
    [1, 10],
    [2, 20],
    [3, 40],
    [4, 40],
    [5, 40],
  ])
})

test('a link that is displaced again and again slows down; one that was stable starts afresh', async () => {
  await using t = await openTestLink({}, { backoffMs: [10, 15, 20], random: () => 0.5, stableAfterMs: 60_000 })
  for (let round = 1; round <= 3; round++) {
    await until(`ready ${round}`, () => t.of('full').length === round && t.link.status.state === 'ready')
    t.module.dropClients()
    await until(`closed ${round}`, () => t.link.status.state === 'waiting')
    expect(t.link.status).toMatchObject({ attempt: round })
  }
  await using stable = await openTestLink({}, { backoffMs: [10, 15, 20], stableAfterMs: 1 })
  for (let round = 1; round <= 3; round++) {
    await until(`ready ${round}`, () => stable.of('full').length === round && stable.link.status.state === 'ready')
    const polls = stable.module.count(COMMAND.newData)
    await until('some time', () => stable.module.count(COMMAND.newData) > polls + 1)
    stable.module.dropClients()
    await until(`closed ${round}`, () => stable.link.status.state === 'waiting')
    expect(stable.link.status).toMatchObject({ attempt: 1 })
  }
})

test('a half-open connection is noticed by polls', async () => {
  await using t = await openTestLink()
  await t.ready()
  // From here on the module takes everything and says nothing.
  for (let command = 0; command < 256; command++) t.module.handlers.set(command, () => {})
  await t.waitingFor('silent')
  t.module.handlers.clear()
  await until('ready again', () => t.of('full').length === 2)
})

test('a half-open connection is noticed by the keep-alive where the module pushes', async () => {
  await using t = await openTestLink({}, { push: 'auto' })
  await t.ready()
  for (let command = 0; command < 256; command++) t.module.handlers.set(command, () => {})
  await t.waitingFor('silent')
})

test('a network that swallows everything, in the middle of identifying, is noticed', async () => {
  await using module = Object.assign(await FakeModule.listen(), {
    async [Symbol.asyncDispose](this: FakeModule) {
      await this.close()
    },
  })
  let swallow = false
  let forwarded = 0
  const proxy = createServer((near) => {
    const far = connect(module.port, '127.0.0.1')
    near.on('data', (chunk) => {
      if (!swallow && ++forwarded < 10) far.write(chunk)
      else swallow = true
    })
    far.on('data', (chunk) => {
      if (!swallow) near.write(chunk)
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {})
      one.on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const link = openPanelLink({ host: '127.0.0.1', port, push: 'never', ...QUICK })
  await until('silence', () => link.status.state === 'waiting')
  expect(link.status).toMatchObject({ reason: 'silent' })
  swallow = false
  forwarded = Number.NEGATIVE_INFINITY
  await until('ready after the network is back', () => link.status.state === 'ready')
  await link.close()
  await new Promise((resolve) => proxy.close(resolve))
})

test('frames in single bytes, and many in one segment', async () => {
  await using t = await openTestLink({}, { answerTimeoutMs: 5000 }, (module) => {
    module.handlers.set(COMMAND.panelVersion, (client) => {
      const frame = encodeFrame(COMMAND.panelVersion, new TextEncoder().encode('C12420250312\0\0'))
      let at = 0
      const next = () => {
        if (at < frame.length) client.socket.write(frame.subarray(at, ++at), () => setImmediate(next))
      }
      next()
    })
    module.handlers.set(COMMAND.partitionsAlarm, (client) => {
      const frames = [1, 2, 3].map((bits) => encodeFrame(COMMAND.partitionsAlarm, Uint8Array.of(bits, 0, 0, 0)))
      client.raw(Buffer.concat(frames))
    })
  })
  await t.ready()
  expect(t.link.status).toMatchObject({ identity: { panel: { typeCode: 67 } } })
  // The answer, then two frames nobody asked for, which are newer state.
  const seen = t.of('state').flatMap((it) => (it.name === 'partitionsAlarm' ? [it.bits[0]] : []))
  expect(seen.slice(0, 3)).toEqual([1, 2, 3])
})

test('garbage between frames is counted, reported at most once a second, and stops nothing', async () => {
  await using t = await openTestLink({}, { pollIntervalMs: 10 })
  await t.ready()
  const garbage = new Uint8Array(2000).map((_, i) => [0xfe, 0xfe, 0x00, 0xfe, 0x0d, 0x55, 0xfe][i % 7] ?? 0)
  t.module.handlers.set(COMMAND.newData, (client, payload) => {
    client.raw(garbage)
    client.raw(Uint8Array.of(0xfe, 0x0d))
    t.module.answerAsUsual(client, COMMAND.newData, payload)
  })
  await until('much garbage', () => t.link.counters.discardedBytes > 50_000)
  expect(t.link.status.state).toBe('ready')
  expect(t.module.connections).toBe(1)
  expect(t.of('discarded').length).toBeLessThan(12)
})

test('a module that sends garbage only is left after the time limit', async () => {
  const timers: NodeJS.Timeout[] = []
  await using t = await openTestLink(
    {
      onConnect: (socket) => {
        const timer = setInterval(() => socket.write(new Uint8Array(4096).fill(0xfe)), 5)
        timers.push(timer)
        socket.on('close', () => clearInterval(timer))
        socket.resume()
      },
    },
    { answerTimeoutMs: 60 },
  )
  await t.waitingFor('mode_mismatch')
  timers.forEach(clearInterval)
})

test('closing ends everything: status, iteration, waiting calls, socket', async () => {
  await using t = await openTestLink()
  await t.ready()
  const seen: PanelChange[] = []
  const iteration = (async () => {
    for await (const change of t.link.changes()) seen.push(change)
  })()
  const memory = t.link.readMemory({ since: undefined, limit: 10 })
  await t.link.close()
  await t.link.close()
  await iteration
  expect(seen.at(-1)).toMatchObject({ type: 'status', status: { state: 'closed' } })
  expect(await memory).toMatchObject({ kind: 'interrupted' })
  await until('the module sees it', () => t.module.client.socket.destroyed)
  for await (const change of t.link.changes()) throw new Error(`a closed link said ${change.type}`)
})

test('a listener that closes the link in the middle of a change does no harm', async () => {
  await using t = await openTestLink()
  const types: string[] = []
  t.link.onChange((change) => {
    types.push(change.type)
    if (change.type === 'full') void t.link.close()
  })
  await until('closed', () => t.link.status.state === 'closed')
  expect(t.statuses.some((status) => status.state === 'ready')).toBe(false)
})

test('options no link can work with are refused at once', () => {
  const host = '127.0.0.1'
  expect(() => openPanelLink({ host, port: 0 })).toThrow(RangeError)
  expect(() => openPanelLink({ host, port: 7094, pollIntervalMs: 0 })).toThrow(RangeError)
  expect(() => openPanelLink({ host, port: 7094, backoffMs: [] })).toThrow(RangeError)
  expect(() => openPanelLink({ host, port: 7094, timeZone: 'Europe/Nowhere' })).toThrow(RangeError)
})
