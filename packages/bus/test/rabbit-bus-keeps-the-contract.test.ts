import { Secret } from '@stam/runtime'
import { type RabbitServer, startRabbit } from '@stam/testkit'
import { Connection } from 'rabbitmq-client'
import { afterAll, beforeAll, describe } from 'vitest'
import { createRabbitBus, type QueueType } from '../src/index.ts'
import { topology } from '../src/topology.ts'
import { type BusHarness, busContract } from './bus-contract.ts'

let server: RabbitServer
beforeAll(async () => {
  server = await startRabbit()
})
afterAll(() => server.close())

for (const queueType of ['classic', 'quorum'] as const) {
  describe(`with ${queueType} queues`, () => busContract('the RabbitMQ bus', () => rabbitHarness(queueType)))
}

function rabbitHarness(queueType: QueueType): BusHarness {
  return {
    async open(onEvent) {
      const bus = createRabbitBus({
        hosts: [`${server.host}:${server.port}`],
        username: server.username,
        password: new Secret(server.password),
        name: 'contract',
        queueType,
        redeliveryDelayMs: { first: 2, longest: 10 },
        ...(onEvent ? { onEvent } : {}),
      })
      await bus.ready(10_000)
      return bus
    },
    smuggle: (partition, body) =>
      withConnection(async (connection) => {
        const publisher = connection.createPublisher({ confirm: true })
        await publisher.send(
          {
            exchange: 'satel.events',
            routingKey: 'satel.alarm.x',
            mandatory: true,
            headers: { partition: `${partition}` },
          },
          body,
        )
        await publisher.close()
      }),
    // A quorum queue that is seconds old when its only node is killed may never confirm again (docs/messaging.md): the node
    // had not written down that it has it. Queues of the kill tests are older; the ones here are new in every test.
    takeBrokerAway: () => (queueType === 'quorum' ? server.stop() : server.kill()),
    bringBrokerBack: () => server.start(),
    reset: () =>
      withConnection(async (connection) => {
        for (const { name } of topology(8, queueType).queues) await connection.queueDelete({ queue: name })
      }),
  }
}

async function withConnection(work: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = new Connection(server.url)
  try {
    await work(connection)
  } finally {
    await connection.close()
  }
}
