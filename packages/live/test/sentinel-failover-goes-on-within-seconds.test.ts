/** Spec 09 HA-08 (Sentinel, quorum 2); measured figures in docs/messaging.md. */
import { Secret } from '@stam/runtime'
import { type RedisSentinels, type RedisServer, startRedis, startRedisSentinels } from '@stam/testkit'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { createRedisLive, type Live } from '../src/index.ts'
import { livePanel, panelId } from './panels.ts'
import { until } from './until.ts'

let master: RedisServer
let replica: RedisServer
let sentinels: RedisSentinels
let live: Live
/** Some more clients: a failover that is announced while one is just dialling has its own way of going wrong. */
let others: Live[] = []

beforeEach(async () => {
  master = await startRedis()
  replica = await startRedis({ replicaOf: master })
  sentinels = await startRedisSentinels(master)
  const open = () =>
    createRedisLive({
      server: { sentinels: sentinels.addresses, masterName: sentinels.masterName },
      password: new Secret(master.password),
      name: 'test',
    })
  live = open()
  others = Array.from({ length: 8 }, open)
  await Promise.all([live, ...others].map((each) => each.ready(10_000)))
  await until(() => whenSentinelsKnowTheReplica())
})

afterEach(async () => {
  await Promise.all([live, ...others].map((each) => each.close()))
  await sentinels.close()
  await replica.close()
  await master.close()
})

// The client library gives each of its connections to a sentinel two seconds to close, also when it has closed already.
afterAll(() => new Promise((resolve) => setTimeout(resolve, 2_000)))

for (const [what, fault] of Object.entries({
  dies: async () => master.kill(),
  freezes: async () => master.freeze(),
})) {
  it(`goes on at the other one when the master ${what}`, async ({ annotate }) => {
    let version = 0
    let lastAccepted = 0
    let longestGap = 0
    let last = performance.now()
    const write = async () => {
      const done = await live.panels.apply(livePanel(1, 1, ++version)).then(
        () => true,
        () => false,
      )
      const now = performance.now()
      if (done) {
        lastAccepted = version
        longestGap = Math.max(longestGap, now - last)
        last = now
      }
      return done
    }
    await until(async () => {
      await write()
      expect(lastAccepted).toBeGreaterThan(50)
    })
    await fault()
    const acceptedBefore = lastAccepted
    await until(async () => {
      await write()
      expect(lastAccepted).toBeGreaterThan(acceptedBefore + 50)
      expect(live.status.state).toBe('up')
    })
    await until(() => expect(others.map(({ status }) => status.state)).toEqual(others.map(() => 'up')))
    const [panel] = await live.panels.snapshot([panelId(1)])
    expect(panel?.version).toBe(lastAccepted)
    await annotate(`${Math.round(longestGap)} ms without an accepted write`)
  }, 90_000)
}

async function whenSentinelsKnowTheReplica(): Promise<void> {
  for (const { host, port } of sentinels.addresses) {
    const sentinel = new Redis({ host, port, lazyConnect: true })
    try {
      await sentinel.connect()
      const replicas = (await sentinel.call('SENTINEL', 'REPLICAS', sentinels.masterName)) as string[][]
      expect(replicas.flat()).toContain(`${replica.port}`)
      const others = (await sentinel.call('SENTINEL', 'SENTINELS', sentinels.masterName)) as string[][]
      expect(others).toHaveLength(2)
    } finally {
      sentinel.disconnect()
    }
  }
}
