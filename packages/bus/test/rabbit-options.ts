import { Secret } from '@stam/runtime'
import type { RabbitServer } from '@stam/testkit'
import type { QueueType, RabbitBusOptions } from '../src/index.ts'

export function rabbitOptions(server: RabbitServer, queueType: QueueType, name = 'test'): RabbitBusOptions {
  return {
    hosts: [`${server.host}:${server.port}`],
    username: server.username,
    password: new Secret(server.password),
    name,
    queueType,
    redeliveryDelayMs: { first: 2, longest: 50 },
  }
}
