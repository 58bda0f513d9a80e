import { Secret } from '@stam/runtime'
import type { RedisServer } from '@stam/testkit'
import type { RedisLiveOptions } from '../src/index.ts'

export function redisOptions(server: RedisServer): RedisLiveOptions {
  return {
    server: { host: server.host, port: server.port },
    password: new Secret(server.password),
    name: 'test',
  }
}

/** How long a call took and whether it was refused. */
export async function timed(call: () => Promise<unknown>): Promise<{ ms: number; refused: boolean }> {
  const began = performance.now()
  const refused = await call().then(
    () => false,
    () => true,
  )
  return { ms: performance.now() - began, refused }
}
