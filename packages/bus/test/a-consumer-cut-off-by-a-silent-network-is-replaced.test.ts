/** Drill CH-06 worker ↔ broker, issue 3 section 2 "order per panel with two backends": half-open, nobody closes anything. */
import { type FaultProxy, faultProxy, type RabbitServer, startRabbit } from '@stam/testkit'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Bus, createRabbitBus } from '../src/index.ts'
import { streamMessage } from './events.ts'
import { Ledger } from './ledger.ts'
import { rabbitOptions } from './rabbit-options.ts'
import { until } from './until.ts'

let server: RabbitServer
let cable: FaultProxy
const opened: Bus[] = []
beforeAll(async () => {
  server = await startRabbit()
  cable = await faultProxy({ target: server })
})
afterEach(async () => {
  await cable.pass()
  await Promise.all(opened.splice(0).map((bus) => bus.close()))
})
afterAll(async () => {
  await cable.close()
  await server.close()
})

async function open(name: string, port: number, heartbeatSeconds = 2): Promise<Bus> {
  // The broker gives a silent client up after two heartbeats.
  const bus = createRabbitBus({
    ...rabbitOptions(server, 'classic', name),
    hosts: [`127.0.0.1:${port}`],
    heartbeatSeconds,
  })
  opened.push(bus)
  await bus.ready(20_000)
  return bus
}

it('hands its partitions to the other backend in order, and takes part again when the network is back', async ({
  annotate,
}) => {
  const [worker, cutOff, other] = [
    await open('worker', server.port),
    await open('b1', cable.port),
    await open('b2', server.port),
  ]
  const ledger = new Ledger()
  ledger.consume(cutOff)
  await until(async () => {
    const depths = await worker.queueDepths()
    expect(
      depths.filter(({ queue, consumers }) => queue.startsWith('events.processing') && consumers === 1),
    ).toHaveLength(8)
  })
  ledger.consume(other)
  const sending = ledger.send(worker, 20, 30)
  await until(() => expect(ledger.confirmed).toBeGreaterThan(300))

  await cable.freeze()
  const cutAt = performance.now()
  await until(() => expect(cutOff.status.state).toBe('down'))
  const noticed = performance.now() - cutAt
  expect(worker.status.state).toBe('up')
  const stuckFrom = performance.now() + 1_000 // what b1 had in hand is through by then
  await until(() => expect(ledger.firstDeliveryAfter(stuckFrom)).toBeDefined(), 30_000)
  const replaced = (ledger.firstDeliveryAfter(stuckFrom) as number) - cutAt
  await cable.pass()
  await until(() => expect(cutOff.status.state).toBe('up'))

  const before = ledger.confirmed
  await until(() => expect(ledger.confirmed).toBeGreaterThan(before + 300))
  ledger.stopSending()
  await sending
  await until(() => expect(ledger.lost()).toBe(0), 30_000)
  const { confirmed, repeats } = ledger.expectBalanced()
  await annotate(
    `noticed after ${Math.round(noticed)} ms, replaced after ${Math.round(replaced)} ms (heartbeat 2 s), ${confirmed} confirmed, ${repeats} repeated`,
  )
}, 90_000)

it('costs a publisher no more than the confirm time-out, and nothing at all from then on', async () => {
  const publisher = await open('worker', cable.port)
  const ledger = new Ledger()
  const sending = ledger.send(publisher, 5, 5)
  await until(() => expect(ledger.confirmed).toBeGreaterThan(100))
  await cable.freeze()
  ledger.stopSending()
  const cutAt = performance.now()
  await until(() => expect(publisher.status.state).toBe('down'))
  expect(performance.now() - cutAt).toBeLessThan(10_000)
  const refused = await ledger.timeOfRefusal(publisher)
  expect(refused).toBeLessThan(3_000)
  await cable.pass()
  await sending
  await until(() => expect(publisher.status.state).toBe('up'))
  ledger.consume(publisher)
  await until(() => expect(ledger.lost()).toBe(0))
  ledger.expectBalanced()
}, 60_000)

it('is noticed by an idle process without waiting for heartbeats', async () => {
  const idle = await open('worker', cable.port, 600)
  let heard = 0
  idle.onStream((messages) => void (heard += messages.length))
  await until(async () => {
    await idle.publish(streamMessage(1))
    expect(heard).toBeGreaterThan(0)
  })
  await cable.freeze()
  await until(() => expect(idle.status.state).toBe('down'))
  await cable.pass()
  await until(() => expect(idle.status.state).toBe('up'))
}, 60_000)
