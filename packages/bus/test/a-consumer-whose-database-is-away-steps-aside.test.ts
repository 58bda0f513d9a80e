/** Drill CH-06 backend ↔ PostgreSQL, the broker's side: one backend cannot record, the other could. */
import { type RabbitServer, startRabbit } from '@stam/testkit'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Bus, createRabbitBus } from '../src/index.ts'
import { Ledger } from './ledger.ts'
import { rabbitOptions } from './rabbit-options.ts'
import { until } from './until.ts'

let server: RabbitServer
const opened: Bus[] = []
beforeAll(async () => {
  server = await startRabbit()
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((bus) => bus.close()))
})
afterAll(() => server.close())

async function open(name: string): Promise<Bus> {
  const bus = createRabbitBus(rabbitOptions(server, 'classic', name))
  opened.push(bus)
  await bus.ready(20_000)
  return bus
}

/** A backend with a database that can be away, its books shared with the other backend. */
function backend(bus: Bus, ledger: Ledger) {
  const state = { away: false, handled: 0 }
  const work = () => {
    if (state.away) throw new Error('the database is away')
    state.handled++
  }
  ledger.consume(bus, { isOutage: () => true, isBack: async () => !state.away }, work)
  return state
}

it('until the outage is over, in order and with nothing lost, and takes its turn again afterwards', async () => {
  const [worker, bus1, bus2] = [await open('worker'), await open('b1'), await open('b2')]
  const ledger = new Ledger()
  const first = backend(bus1, ledger)
  await until(async () => {
    const depths = await worker.queueDepths()
    expect(
      depths.filter(({ queue, consumers }) => queue.startsWith('events.processing') && consumers === 1),
    ).toHaveLength(8)
  })
  const second = backend(bus2, ledger)
  const sending = ledger.send(worker, 20, 30)
  await until(() => expect(first.handled).toBeGreaterThan(50))
  expect(second.handled).toBe(0)

  first.away = true
  await until(() => expect(second.handled).toBeGreaterThan(100), 15_000)
  const before = first.handled
  // Now the other one: what the first gave up is its again.
  first.away = false
  await until(() => expect(second.handled).toBeGreaterThan(200))
  second.away = true
  await until(() => expect(first.handled).toBeGreaterThan(before + 50), 15_000)
  // Both: everything waits in the broker, and goes on with whoever is back first.
  first.away = true
  const stuck = ledger.confirmed
  await until(() => expect(ledger.confirmed).toBeGreaterThan(stuck + 100))
  second.away = false
  ledger.stopSending()
  await sending
  await until(() => expect(ledger.lost()).toBe(0), 30_000)
  ledger.expectBalanced()
  expect((await worker.deadLetters.list()).total).toBe(0)
}, 90_000)
