import { randomUUID } from 'node:crypto'
import type { StreamMessage } from '@stam/contracts'
import { BusError, createMemoryBus, MemoryBroker } from '@stam/bus'
import type { Bus } from '@stam/bus'
import { createMemoryLive, MemoryLiveStore } from '@stam/live'
import { createMetrics, type Log, silentLog } from '@stam/runtime'
import { appendOutbox, openStore, type Store } from '@stam/store'
import { type TestDatabase, testDatabase } from '@stam/testkit'
import pg from 'pg'
import { RelayConfig, type RunningRelay, startOutboxRelay } from '../src/index.ts'

export interface World {
  readonly store: Store
  readonly owner: pg.Client
  readonly broker: MemoryBroker
  readonly bus: Bus
  readonly published: StreamMessage[]
  readonly logged: { readonly event: string; readonly fields: Record<string, unknown> }[]
  readonly metrics: ReturnType<typeof createMetrics>
  readonly liveStore: MemoryLiveStore
  /** Relays that follow notifications now. */
  readonly following: number
  relay(config?: Partial<RelayConfig>, bus?: Bus): Promise<RunningRelay>
  write(rows?: number): Promise<string>
  close(): Promise<void>
}

export async function openWorld(): Promise<World> {
  const database: TestDatabase = await testDatabase()
  const store = await openStore({ url: database.url, poolSize: 6, applicationName: 'relay-test', role: 'stam_app' })
  const owner = new pg.Client({ connectionString: database.url })
  await owner.connect()
  const broker = new MemoryBroker()
  const bus = createMemoryBus({ broker })
  const follower = createMemoryBus({ broker })
  const published: StreamMessage[] = []
  const following = follower.onStream((messages) => {
    published.push(...messages)
  })
  const logged: { event: string; fields: Record<string, unknown> }[] = []
  const note = (event: string, fields: Readonly<Record<string, unknown>> = {}) => void logged.push({ event, fields })
  const log: Log = { ...silentLog, info: note, warn: note, error: note }
  const metrics = createMetrics({ service: 'outbox-relay' })
  const liveStore = new MemoryLiveStore()
  const live = createMemoryLive({ store: liveStore })
  let followers = 0
  const counting = new Proxy(store, {
    get(target, name) {
      if (name !== 'listen') {
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      }
      return async (...args: Parameters<Store['listen']>) => {
        const subscription = await target.listen(...args)
        followers++
        return {
          close: () => {
            followers--
            return subscription.close()
          },
        }
      }
    },
  })
  return {
    store,
    owner,
    broker,
    bus,
    published,
    logged,
    metrics,
    liveStore,
    get following() {
      return followers
    },
    relay: (config = {}, over = bus) =>
      startOutboxRelay(RelayConfig.parse({ pollIntervalMs: 20, markIntervalMs: 5, ...config }), {
        store: counting,
        bus: over,
        live,
        log,
        metrics,
      }),
    async write(rows = 1) {
      const aggregateId = randomUUID()
      await store.inTransaction((tx) =>
        appendOutbox(
          tx,
          Array.from({ length: rows }, (_, version) => ({
            aggregateType: 'alarm',
            aggregateId,
            type: 'alarm.updated',
            siteId: null,
            data: { version },
            version,
            requestId: 'trace-9',
          })),
        ),
      )
      return aggregateId
    },
    async close() {
      await following.close()
      await Promise.all([bus.close(), follower.close(), live.close()])
      await store.close()
      await owner.end()
      await database.close()
    },
  }
}

/** A bus that refuses what the test says. */
export function refusing(bus: Bus, refuses: (message: StreamMessage) => boolean): Bus {
  return new Proxy(bus, {
    get(target, name) {
      if (name !== 'publishStream') {
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      }
      return async (messages: StreamMessage[]) => {
        const allowed = messages.filter((message) => !refuses(message))
        const results = await target.publishStream(allowed)
        const byNumber = new Map(allowed.map((message, index) => [message.sequence_id, results[index]]))
        return messages.map(
          (message) =>
            byNumber.get(message.sequence_id) ?? {
              ok: false,
              error: new BusError('BUS_REJECTED', 'refused by the test'),
            },
        )
      }
    },
  })
}
