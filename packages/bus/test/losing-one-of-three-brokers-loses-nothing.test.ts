/** Spec 09 HA-07: three nodes, quorum queues; node loss < 1 s, frozen node < 15 s (figures in docs/messaging.md). */
import { type RabbitCluster, type RabbitServer, startRabbitCluster } from '@stam/testkit'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Bus, createRabbitBus } from '../src/index.ts'
import { Ledger } from './ledger.ts'
import { rabbitOptions } from './rabbit-options.ts'
import { until } from './until.ts'

let cluster: RabbitCluster
const opened: Bus[] = []
beforeAll(async () => {
  cluster = await startRabbitCluster(3)
}, 180_000)
afterEach(async () => {
  await Promise.all(opened.splice(0).map((bus) => bus.close()))
})
afterAll(() => cluster.close())

async function open(name: string): Promise<Bus> {
  const [first] = cluster.nodes as [RabbitServer]
  const hosts = cluster.nodes.map(({ host, port }) => `${host}:${port}`)
  const bus = createRabbitBus({ ...rabbitOptions(first, 'quorum', name), hosts })
  opened.push(bus)
  await bus.ready(20_000)
  return bus
}

/** Lets a fault happen to each node in turn, so that it meets the leader of every queue and every connection. */
async function balance(
  fault: (node: RabbitServer) => Promise<void>,
  mend: (node: RabbitServer) => Promise<void>,
): Promise<string> {
  const [worker, one, other] = [await open('worker'), await open('backend 1'), await open('backend 2')]
  const ledger = new Ledger()
  ledger.consume(one)
  ledger.consume(other)
  const sending = ledger.send(worker, 20, 40)
  await until(() => expect(ledger.confirmed).toBeGreaterThan(500))
  const silences: number[] = []
  for (const node of cluster.nodes) {
    const began = performance.now()
    await fault(node)
    const before = ledger.confirmed
    await until(() => expect(ledger.confirmed).toBeGreaterThan(before + 300), 60_000)
    silences.push(ledger.longestSilence(began))
    await mend(node)
    const mended = ledger.confirmed
    await until(() => expect(ledger.confirmed).toBeGreaterThan(mended + 300), 60_000)
  }
  ledger.stopSending()
  await sending
  await until(() => expect(ledger.lost()).toBe(0), 60_000)
  const { confirmed, repeats } = ledger.expectBalanced()
  expect((await worker.deadLetters.list()).total).toBe(0)
  return `${confirmed} confirmed, 0 lost, ${repeats} repeated; without a confirmation for ${silences.join(', ')} ms`
}

it('balances while each node in turn is killed and comes back', async ({ annotate }) => {
  await annotate(
    await balance(
      (node) => node.kill(),
      (node) => node.start(),
    ),
  )
}, 240_000)

it('balances while each node in turn freezes and thaws', async ({ annotate }) => {
  await annotate(
    await balance(
      async (node) => node.freeze(),
      async (node) => node.thaw(),
    ),
  )
}, 240_000)
