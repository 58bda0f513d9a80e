/** Drill CH-07: publishers go by the degraded door, consumers empty the queues, and it ends by itself. */
import { type RabbitServer, startRabbit } from '@stam/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Bus, createRabbitBus, type Delivery, done } from '../src/index.ts'
import { publishAll, sequenceOf } from './bus-contract.ts'
import { panelEvent } from './events.ts'
import { rabbitOptions } from './rabbit-options.ts'
import { until } from './until.ts'

let server: RabbitServer
let worker: Bus
let backend: Bus
beforeAll(async () => {
  server = await startRabbit()
  worker = createRabbitBus(rabbitOptions(server, 'classic', 'worker'))
  backend = createRabbitBus(rabbitOptions(server, 'classic', 'backend'))
  await Promise.all([worker.ready(20_000), backend.ready(20_000)])
})
afterAll(async () => {
  await Promise.all([worker.close(), backend.close()])
  await server.close()
})

it('says so, refuses at once, lets consumers work and takes messages again afterwards', async () => {
  await publishAll(
    worker,
    [1, 2, 3, 4, 5].map((sequence) => panelEvent(1, sequence)),
  )
  await server.control('set_vm_memory_high_watermark', 'absolute', '1MB')
  await until(async () => {
    await expect(worker.publish(panelEvent(2, 1))).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
    expect(worker.status).toMatchObject({ state: 'down', error: expect.stringContaining('takes no messages for now') })
  })
  const began = performance.now()
  await expect(worker.publish(panelEvent(2, 1))).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
  expect(performance.now() - began).toBeLessThan(3_000)

  const seen: Delivery[] = []
  backend.consume({
    queue: 'events.processing',
    batchSize: 10,
    batchWaitMs: 0,
    handler: async (batch) => {
      seen.push(...batch)
      return batch.map(() => done)
    },
  })
  await until(() => expect(seen.map(({ message }) => sequenceOf(message))).toEqual([1, 2, 3, 4, 5]))
  expect(worker.status.state).toBe('down')

  await server.control('set_vm_memory_high_watermark', '0.4')
  await until(() => expect(worker.status).toMatchObject({ state: 'up', error: null }))
  await publishAll(worker, [panelEvent(1, 6)])
  await until(() => expect(seen.map(({ message }) => sequenceOf(message))).toContain(6))
}, 60_000)
