/** Burst of spec 01 doubled: two backends, one of them joining and leaving while it lasts. */
import { type RabbitServer, startRabbit } from '@stam/testkit'
import type { PanelEvent } from '@stam/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Bus, createMemoryBus, createRabbitBus, type Delivery, done, MemoryBroker } from '../src/index.ts'
import { mixed, publishAll } from './bus-contract.ts'
import { rabbitOptions } from './rabbit-options.ts'
import { until } from './until.ts'

const PANELS = 200
const EACH = 100

async function burst(open: () => Promise<Bus>): Promise<void> {
  const [worker, stays, leaves] = [await open(), await open(), await open()]
  const seen: Delivery[] = []
  const subscription = {
    queue: 'events.processing',
    batchSize: 200,
    batchWaitMs: 0,
    handler: async (batch: readonly Delivery[]) => {
      await new Promise((resolve) => setTimeout(resolve, 5)) // a transaction
      seen.push(...batch)
      return batch.map(() => done)
    },
  } as const
  const leaving = leaves.consume(subscription)
  stays.consume(subscription)
  const publishing = publishAll(worker, mixed(PANELS, EACH))
  await until(() => expect(seen.length).toBeGreaterThan(2_000))
  await leaving.close()
  await publishing
  await until(() => expect(seen.length).toBeGreaterThanOrEqual(PANELS * EACH))
  expect(seen).toHaveLength(PANELS * EACH)
  const byPanel = Map.groupBy(seen, ({ message }) => (message as PanelEvent).panel_id)
  expect(byPanel.size).toBe(PANELS)
  const expected = Array.from({ length: EACH }, (_, index) => index + 1)
  for (const ofPanel of byPanel.values()) {
    expect(ofPanel.map(({ message }) => (message as PanelEvent).panel_seq)).toEqual(expected)
  }
  await Promise.all([worker, stays, leaves].map((bus) => bus.close()))
}

it('in one process', async () => {
  const broker = new MemoryBroker()
  await burst(async () => createMemoryBus({ broker }))
})

describe('through RabbitMQ', () => {
  let server: RabbitServer
  beforeAll(async () => {
    server = await startRabbit()
  })
  afterAll(() => server.close())

  it('with quorum queues', () =>
    burst(async () => {
      const bus = createRabbitBus(rabbitOptions(server, 'quorum'))
      await bus.ready(20_000)
      return bus
    }))
})
