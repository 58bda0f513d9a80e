/** docs/messaging.md "What the bus declares": conflicts are shown, removed queues come back, wrong credentials are named. */
import { Secret } from '@stam/runtime'
import { type RabbitServer, startRabbit } from '@stam/testkit'
import { Connection } from 'rabbitmq-client'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Bus, createRabbitBus, type Delivery, done, type RabbitBusOptions } from '../src/index.ts'
import { partitionOf } from '../src/topology.ts'
import { publishAll } from './bus-contract.ts'
import { panelEvent, panelId } from './events.ts'
import { rabbitOptions } from './rabbit-options.ts'
import { until } from './until.ts'

let server: RabbitServer
let admin: Connection
let bus: Bus
beforeAll(async () => {
  server = await startRabbit()
  admin = new Connection(server.url)
})
afterEach(() => bus.close())
afterAll(async () => {
  await admin.close()
  await server.close()
})

function open(extra: Partial<RabbitBusOptions> = {}): Bus {
  bus = createRabbitBus({ ...rabbitOptions(server, 'classic'), ...extra })
  return bus
}

it('names a queue that exists with other properties, and comes up once it is gone', async () => {
  await admin.queueDeclare({ queue: 'events.dead', durable: true, arguments: { 'x-queue-type': 'quorum' } })
  open()
  await until(() =>
    expect(bus.status).toMatchObject({ state: 'down', error: expect.stringContaining("'events.dead'") }),
  )
  await expect(bus.publish(panelEvent(1, 1))).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
  await admin.queueDelete({ queue: 'events.dead' })
  await bus.ready(10_000)
})

it('names wrong credentials without showing them', async () => {
  const password = 'not-the-password'
  open({ password: new Secret(password) })
  await until(() =>
    expect(bus.status).toMatchObject({ state: 'down', error: expect.stringContaining('ACCESS_REFUSED') }),
  )
  expect(JSON.stringify(bus.status)).not.toContain(password)
})

it('refuses what no queue takes, and makes the missing queue anew for publishers and consumers', async () => {
  open()
  await bus.ready(10_000)
  const seen: Delivery[] = []
  bus.consume({
    queue: 'events.processing',
    batchSize: 10,
    batchWaitMs: 0,
    handler: async (batch) => {
      seen.push(...batch)
      return batch.map(() => done)
    },
  })
  await publishAll(bus, [panelEvent(1, 1)])
  await until(() => expect(seen).toHaveLength(1))
  await admin.queueDelete({ queue: `events.processing.${partitionOf(panelId(1), 8)}` })
  await expect(bus.publish(panelEvent(1, 2))).rejects.toMatchObject({ code: 'BUS_REJECTED' })
  await until(() => publishAll(bus, [panelEvent(1, 2)]))
  await until(() => expect(seen).toHaveLength(2))
})

it('makes a dead letter of a command nobody took within its time', async () => {
  open()
  await bus.ready(10_000)
  const channel = await admin.acquire()
  await channel.confirmSelect()
  const command = {
    exchange: 'system.commands',
    routingKey: 'cmd.satel.high',
    mandatory: true,
    durable: true,
    expiration: '50',
    messageId: 'c-1',
  }
  await channel.basicPublish(command, { kind: 'command' })
  await channel.close()
  await until(async () => expect((await bus.deadLetters.list()).total).toBe(1))
  const { letters } = await bus.deadLetters.list()
  expect(letters[0]).toMatchObject({
    queue: 'commands.satel.high',
    reason: 'expired',
    messageId: 'c-1',
    diedAt: expect.stringMatching(/^2\d{3}-/),
    body: { kind: 'command' },
  })
  expect(await bus.deadLetters.discard([letters[0]?.id ?? ''], 'too old')).toEqual(['done'])
  expect((await bus.deadLetters.list()).total).toBe(0)
})
