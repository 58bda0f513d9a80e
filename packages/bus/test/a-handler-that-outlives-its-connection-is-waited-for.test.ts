/** ADR 0003: one backend never works on a partition twice at once, or two batches of one panel would race. */
import type { PanelEvent } from '@stam/contracts'
import { type FaultProxy, faultProxy, type RabbitServer, startRabbit } from '@stam/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Bus, createMemoryBus, createRabbitBus, type Delivery, done, MemoryBroker } from '../src/index.ts'
import { partitionOf } from '../src/topology.ts'
import { publishAll } from './bus-contract.ts'
import { panelEvent, panelId } from './events.ts'
import { rabbitOptions } from './rabbit-options.ts'
import { until } from './until.ts'

let server: RabbitServer
let cable: FaultProxy
beforeAll(async () => {
  server = await startRabbit()
  cable = await faultProxy({ target: server })
})
afterAll(async () => {
  await cable.close()
  await server.close()
})

const PARTITION = partitionOf(panelId(1), 8)
/** One of each of the other partitions. */
const OTHER_PANELS = [
  ...new Map(
    Array.from({ length: 100 }, (_, panel) => [partitionOf(panelId(panel), 8), panel] as const).filter(
      ([partition]) => partition !== PARTITION,
    ),
  ).values(),
]

async function outlive(bus: Bus, loseConnection: () => Promise<void>): Promise<void> {
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  let working = 0
  let most = 0
  const batches: Delivery[][] = []
  const elsewhere: Delivery[] = []
  bus.consume({
    queue: 'events.processing',
    batchSize: 2,
    batchWaitMs: 0,
    handler: async (batch) => {
      if (batch[0]?.partition !== PARTITION) {
        elsewhere.push(...batch)
        return batch.map(() => done)
      }
      working++
      most = Math.max(most, working)
      batches.push([...batch])
      if (batches.length === 1) await gate
      working--
      return batch.map(() => done)
    },
  })
  await publishAll(
    bus,
    [1, 2, 3].map((sequence) => panelEvent(1, sequence)),
  )
  await until(() => expect(batches).toHaveLength(1))
  await loseConnection()
  await until(() => expect(bus.status.state).toBe('up'))
  // The connection is back: messages of all other partitions come, again and again. This one waits for its old batch.
  await publishAll(bus, [panelEvent(1, 4)])
  for (let round = 1; round <= 20; round++) {
    await publishAll(
      bus,
      OTHER_PANELS.map((panel) => panelEvent(panel, round)),
    )
    await until(() => expect(elsewhere).toHaveLength(round * OTHER_PANELS.length))
  }
  expect(batches).toHaveLength(1)
  release()
  const sequences = () => batches.flat().map(({ message }) => (message as PanelEvent).panel_seq)
  await until(() => expect(sequences()).toContain(4))
  expect(most).toBe(1)
  // What the old batch did is not known to the broker: it comes again, marked.
  const again = batches.slice(1).flat()
  expect(again.map(({ message }) => (message as PanelEvent).panel_seq)).toEqual([1, 2, 3, 4])
  expect(again[0]?.redelivered).toBe(true)
  await bus.close()
}

it('in one process', async () => {
  const broker = new MemoryBroker()
  await outlive(createMemoryBus({ broker }), async () => {
    broker.stop()
    broker.start()
  })
})

it('through RabbitMQ', async () => {
  const bus = createRabbitBus({
    ...rabbitOptions(server, 'classic'),
    hosts: [`127.0.0.1:${cable.port}`],
    reconnectMs: { min: 1, max: 5 },
  })
  await bus.ready(20_000)
  await outlive(bus, async () => {
    await cable.cut()
    await until(() => expect(bus.status.state).toBe('down'))
  })
})
