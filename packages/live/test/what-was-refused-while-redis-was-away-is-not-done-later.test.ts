/** A lease taken by a command of a minute ago would give a panel to a worker that no longer wants it (spec 03). */
import { type RedisServer, startRedis } from '@stam/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRedisLive } from '../src/index.ts'
import { panelId, streamMessage, streamMessages } from './panels.ts'
import { redisOptions } from './redis-options.ts'
import { until } from './until.ts'

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.close())

it('does nothing it said no to after kill -9, and claims nothing it forgot', async () => {
  const live = createRedisLive(redisOptions(server))
  await live.ready(5_000)
  let appended = 0
  for (let round = 0; round < 3; round++) {
    const killing = new Promise<void>((resolve) => setTimeout(resolve, 150)).then(() => server.kill())
    const first = round * 100_000 + 1
    let next = first
    // Under load until the kill is felt.
    while (await accepted(() => live.replay.append([streamMessage(next)]))) next++
    appended += next - first
    await killing
    const wishes = Array.from({ length: 50 }, (_, index) =>
      live.leases.acquire(panelId(round * 50 + index), 'late', 600_000),
    )
    const answers = await Promise.allSettled(wishes)
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true)

    await server.start()
    await until(() => expect(live.status.state).toBe('up'))
    expect(await live.leases.list()).toEqual([])
    // With its file flushed every second Redis may forget the last moments; what it keeps is the beginning, without a gap.
    const { messages, complete } = await live.replay.since(first - 1, 100_000)
    expect(messages.length > 0 ? complete : true).toBe(true)
    // The one in flight at the kill may have got through before it; nothing after it.
    const newest = messages.at(-1)?.sequence_id ?? 0
    expect(newest).toBeLessThanOrEqual(next)
    const caughtUp = await live.replay.since(next - 1, 100)
    expect(caughtUp.complete).toBe(newest >= next - 1)
  }
  expect(appended).toBeGreaterThan(100)
  await live.close()
})

it('never calls the replay complete after a restart that forgot', async () => {
  const forgetful = await startRedis({ appendOnly: false })
  const live = createRedisLive(redisOptions(forgetful))
  await live.ready(5_000)
  await live.replay.append(streamMessages(1, 100))
  expect((await live.replay.since(90, 100)).complete).toBe(true)
  await forgetful.kill()
  await forgetful.start()
  await until(() => expect(live.status.state).toBe('up'))
  expect(await live.replay.since(90, 100)).toEqual({ messages: [], complete: false })
  await live.replay.append(streamMessages(103, 105)) // 101 and 102 were lost in between
  expect((await live.replay.since(100, 100)).complete).toBe(false)
  expect((await live.replay.since(102, 100)).complete).toBe(true)
  await live.close()
  await forgetful.close()
})

function accepted(call: () => Promise<void>): Promise<boolean> {
  return call().then(
    () => true,
    () => false,
  )
}
