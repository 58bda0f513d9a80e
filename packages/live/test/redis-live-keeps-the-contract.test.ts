import { Secret } from '@stam/runtime'
import { type RedisServer, startRedis } from '@stam/testkit'
import { Redis } from 'ioredis'
import { afterAll, beforeAll } from 'vitest'
import { createRedisLive } from '../src/index.ts'
import { liveContract } from './live-contract.ts'

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.close())

liveContract('live state in Redis', () => ({
  async open(times) {
    const live = createRedisLive({
      server: { host: server.host, port: server.port },
      password: new Secret(server.password),
      name: 'contract',
      ...(times ? { times } : {}),
    })
    await live.ready(5_000)
    return live
  },
  takeAway: () => server.kill(),
  bringBack: () => server.start(),
  async reset() {
    const redis = new Redis(server.url)
    await redis.flushall()
    redis.disconnect()
  },
}))
