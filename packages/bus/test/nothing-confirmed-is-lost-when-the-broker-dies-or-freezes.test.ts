/** Issue 3 section 2, spec 09 RabbitMQ and drills CH-02, DL-03: 0 lost, order per panel kept, repeats only with a reason. */
import { type RabbitServer, startRabbit } from '@stam/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Bus, createRabbitBus, type QueueType } from '../src/index.ts'
import { Ledger } from './ledger.ts'
import { rabbitOptions } from './rabbit-options.ts'
import { until } from './until.ts'

type Fault = (server: RabbitServer) => Promise<void>

const faults: Record<string, Fault> = {
  'is killed and starts again': async (server) => {
    await server.kill()
    await server.start()
  },
  'is stopped and starts again': async (server) => {
    await server.stop()
    await server.start()
  },
  'freezes for longer than the confirm time-out': async (server) => {
    server.freeze()
    await new Promise((resolve) => setTimeout(resolve, 6_000))
    server.thaw()
  },
}

for (const queueType of ['classic', 'quorum'] as const satisfies QueueType[]) {
  describe(`with ${queueType} queues`, () => {
    let server: RabbitServer
    const opened: Bus[] = []
    beforeAll(async () => {
      server = await startRabbit()
    })
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((bus) => bus.close()))
    })
    afterAll(() => server.close())

    const open = async (name: string) => {
      const bus = createRabbitBus(rabbitOptions(server, queueType, name))
      opened.push(bus)
      await bus.ready(20_000)
      return bus
    }

    // Last comes the kill, when the queues are old enough for the node to remember them (docs/messaging.md).
    for (const [what, fault] of Object.entries(faults).reverse()) {
      it(`balances when the broker ${what}`, async ({ annotate }) => {
        const [worker, one, other] = [await open('worker'), await open('backend 1'), await open('backend 2')]
        const ledger = new Ledger()
        ledger.consume(one)
        ledger.consume(other)
        const sending = ledger.send(worker, 20, 30)
        await until(() => expect(ledger.confirmed).toBeGreaterThan(500))

        await fault(server)
        const upAgain = performance.now()
        await until(() => expect(ledger.firstDeliveryAfter(upAgain)).toBeDefined(), 30_000)
        await until(() => expect(ledger.firstConfirmationAfter(upAgain)).toBeDefined(), 30_000)
        const flowing = Math.round((ledger.firstDeliveryAfter(upAgain) as number) - upAgain)

        const before = ledger.confirmed
        await until(() => expect(ledger.confirmed).toBeGreaterThan(before + 500))
        ledger.stopSending()
        await sending
        await until(() => expect(ledger.lost()).toBe(0), 30_000)
        const { confirmed, repeats } = ledger.expectBalanced()
        await annotate(
          `${confirmed} confirmed, 0 lost, ${repeats} repeated, flowing ${flowing} ms after the broker was up`,
        )
        expect((await worker.deadLetters.list()).total).toBe(0)
      }, 120_000)
    }
  })
}
