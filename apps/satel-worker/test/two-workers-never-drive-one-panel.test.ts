/** Leases over real PostgreSQL and a live store that can vanish: shared out, taken over after silence, handed back, never held twice (spec 03). */
import { randomUUID } from 'node:crypto'
import { createMemoryLive, type Live, MemoryLiveStore } from '@stam/live'
import { silentLog, systemClock } from '@stam/runtime'
import { insertPanel, insertSite, openStore, type Store, writeSnapshots } from '@stam/store'
import { eventually, testDatabase } from '@stam/testkit'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { LeasedOwnership } from '../src/ownership/leased-ownership.ts'

const PANELS = 6
const TIMES = { leaseMs: 3_000, renewMs: 300, scanMs: 200 }
let database: Awaited<ReturnType<typeof testDatabase>>
let store: Store
let shared: MemoryLiveStore
const running: Worker[] = []

interface Worker {
  readonly id: string
  readonly held: Map<string, number>
  readonly live: Live
  readonly ownership: LeasedOwnership
  isLiveCut: boolean
  isDatabaseCut: boolean
  close(): Promise<void>
}

beforeAll(async () => {
  database = await testDatabase()
  store = await openStore({ url: database.url, poolSize: 4, applicationName: 'test' })
  shared = new MemoryLiveStore({ clock: systemClock })
  for (let n = 0; n < PANELS; n++) {
    const siteId = randomUUID()
    await store.inTransaction(async (tx) => {
      await insertSite(tx, {
        id: siteId,
        code: `L-${n}`,
        name: `Obiekt ${n}`,
        type: 'SHOP',
        address_line: '',
        postal_code: '',
        city: '',
        latitude: null,
        longitude: null,
        time_zone: 'Europe/Warsaw',
        notes: '',
        settings: {},
      })
      await insertPanel(tx, {
        id: randomUUID(),
        site_id: siteId,
        name: `Centrala ${n}`,
        host: '127.0.0.1',
        port: 20_000 + n,
        enabled: true,
        time_zone: 'Europe/Warsaw',
        encryptedKey: null,
      })
    })
  }
})

afterEach(async () => {
  for (const worker of running.splice(0)) await worker.close()
})

afterAll(async () => {
  await store.close()
  await database.close()
})

/** A worker whose ways to PostgreSQL and to the live store can be cut, as a network does. */
async function startWorker(id: string, times = TIMES): Promise<Worker> {
  const cut = { database: false, live: false }
  const away = () => Promise.reject(new Error('the network is cut'))
  const cutStore = new Proxy(store, {
    get: (target, key) => {
      if (cut.database && (key === 'query' || key === 'execute' || key === 'inTransaction')) return away
      const value = Reflect.get(target, key) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const real = createMemoryLive({ store: shared })
  const live = new Proxy(real, {
    get: (target, key) =>
      cut.live && (key === 'leases' || key === 'presence')
        ? new Proxy({}, { get: () => away })
        : (Reflect.get(target, key) as unknown),
  })
  const held = new Map<string, number>()
  const ownership = new LeasedOwnership({
    store: cutStore,
    live,
    ownerId: id,
    clock: systemClock,
    log: silentLog,
    ...times,
  })
  await ownership.start({
    onAcquired: ({ panel, acquired }) => {
      const others = running.filter((other) => other.id !== id && other.held.has(panel.panel_id))
      expect(
        others.map((other) => other.id),
        `${panel.panel_id} taken by ${id}`,
      ).toEqual([])
      held.set(panel.panel_id, acquired.epoch)
    },
    onLost: async (panelId) => {
      held.delete(panelId)
    },
  })
  const worker: Worker = {
    id,
    held,
    live,
    ownership,
    get isLiveCut() {
      return cut.live
    },
    set isLiveCut(value) {
      cut.live = value
    },
    get isDatabaseCut() {
      return cut.database
    },
    set isDatabaseCut(value) {
      cut.database = value
    },
    close: async () => {
      held.clear()
      cut.database = false
      cut.live = false
      await ownership.close()
      await real.close()
    },
  }
  running.push(worker)
  return worker
}

const heldBy = (...workers: Worker[]) => workers.reduce((sum, worker) => sum + worker.held.size, 0)

it('shares panels out and hands some on to a worker that comes later', async () => {
  const a = await startWorker('a')
  await eventually(() => expect(a.held.size).toBe(PANELS))
  const b = await startWorker('b')
  await eventually(() => expect([a.held.size, b.held.size]).toEqual([PANELS / 2, PANELS / 2]), { deadlineMs: 15_000 })
})

it('takes over at once what a worker gives back at its end', async () => {
  // Nothing expires meanwhile.
  const times = { ...TIMES, leaseMs: 120_000 }
  const a = await startWorker('a', times)
  const b = await startWorker('b', times)
  await eventually(() => expect(heldBy(a, b)).toBe(PANELS))
  running.splice(running.indexOf(a), 1)
  await a.close()
  await eventually(() => expect(b.held.size).toBe(PANELS))
})

it('a worker cut off from everything lets go before another takes over, and its old epoch may not write', async () => {
  const a = await startWorker('a')
  await eventually(() => expect(a.held.size).toBe(PANELS))
  const epochs = new Map(a.held)
  a.isDatabaseCut = true
  a.isLiveCut = true
  const b = await startWorker('b')
  await eventually(() => expect(b.held.size).toBe(PANELS), { deadlineMs: 20_000 })
  expect(a.held.size).toBe(0)
  const [panelId, epoch] = [...epochs][0] as [string, number]
  const written = await writeSnapshots(store, [
    { panel_id: panelId, epoch, panel_seq: 1, taken_at: new Date().toISOString(), state: {} },
  ])
  expect(written).toBe(0)
})

it('without the live store panels stay where they are, and a silent owner is still replaced', async () => {
  const a = await startWorker('a')
  const b = await startWorker('b')
  await eventually(() => expect(heldBy(a, b)).toBe(PANELS))
  const before = [a.held.size, b.held.size]
  a.isLiveCut = true
  b.isLiveCut = true
  // Longer than a lease: what holds them is the database alone.
  const renewals = new Set<string>()
  await eventually(
    async () => {
      const [row] = await store.query<{ left: string }>(
        'SELECT min(lease_expires_at)::text AS left FROM panel_assignments',
      )
      renewals.add(row?.left ?? '')
      return renewals.size > 12
    },
    { deadlineMs: 20_000 },
  )
  expect([a.held.size, b.held.size]).toEqual(before)
  a.isDatabaseCut = true
  await eventually(() => expect(b.held.size).toBe(PANELS), { deadlineMs: 20_000 })
  expect(a.held.size).toBe(0)
})
