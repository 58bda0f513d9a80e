/**
 * A worker among real neighbours: panels of the simulator over TCP, PostgreSQL, and an in-process broker with a consumer
 * that records what it carries, as the backend does. The worker can be killed: it then reaches nothing any more, and
 * what it had not published is lost with it.
 */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, BusError, createMemoryBus, done, MemoryBroker } from '@stam/bus'
import type { PanelEvent } from '@stam/contracts'
import { recordingRules } from '@stam/domain'
import { createMemoryLive, type Live, MemoryLiveStore } from '@stam/live'
import { createKeyring, generateFernetKey, type Log, Secret, silentLog } from '@stam/runtime'
import { createSimulator, type PanelSpecInput, type SimulatedPanel, type Simulator } from '@stam/simulator'
import { insertPanel, insertSite, isTemporary, openStore, recordEvents, type Store, StoreError } from '@stam/store'
import { eventually, testDatabase } from '@stam/testkit'
import pg from 'pg'
import { expect } from 'vitest'
import { type RunningWorker, startSatelWorker, WorkerConfig, type WorkerConfigInput } from '../src/index.ts'

export interface EventRow {
  readonly event_id: string
  readonly panel_id: string
  readonly source: string
  readonly event_type: string
  readonly event_code: number | null
  readonly zone_no: number | null
  readonly partition_no: number | null
  readonly user_no: number | null
  readonly description_pl: string
  readonly object_name: string | null
  readonly default_priority: string
  readonly late: boolean
  readonly epoch: number
  readonly signal: string
  readonly ordinal: number
  readonly memory_index: number | null
  readonly repeat_of: string | null
  readonly occurred_at: Date
  readonly received_at: Date
}

export interface Rig {
  readonly simulator: Simulator
  readonly store: Store
  readonly bus: Bus
  readonly broker: MemoryBroker
  readonly live: Live
  readonly keyring: ReturnType<typeof createKeyring>
  readonly liveStore: MemoryLiveStore
  /** Panel id in the database, by the simulator's id. */
  readonly ids: ReadonlyMap<string, string>
  panel(id: string): SimulatedPanel
  startWorker(config?: WorkerConfigInput, log?: Log): Promise<TestWorker>
  /** Stops and starts what records the broker's messages. */
  pauseRecording(): Promise<void>
  resumeRecording(): void
  /** Everything that was published is recorded. */
  recorded(): Promise<void>
  events(panelId?: string): Promise<EventRow[]>
  rows<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]>
  addPanel(spec: PanelSpecInput): Promise<string>
  close(): Promise<void>
}

export interface TestWorker extends RunningWorker {
  readonly dataFolder: string
  /** As kill -9: from this moment nothing of it reaches anybody. */
  kill(): Promise<void>
  /** Neither broker nor database can be reached, until `restore`. */
  cutOff(): void
  restore(): void
}

const FAST: WorkerConfigInput = {
  pollIntervalMs: 40,
  answerTimeoutMs: 600,
  backoffMs: [40, 80],
  busyBackoffMs: 60,
  memoryIntervalMs: 400,
  settleMs: 300,
  panelListIntervalMs: 60_000,
  drainMs: 500,
}

export async function startRig(panels: readonly PanelSpecInput[]): Promise<Rig> {
  const database = await testDatabase()
  const store = await openStore({ url: database.appUrl, poolSize: 8, applicationName: 'worker-test' })
  const looker = new pg.Client({ connectionString: database.url })
  await looker.connect()
  const broker = new MemoryBroker()
  const bus = createMemoryBus({ broker })
  const liveStore = new MemoryLiveStore()
  const live = createMemoryLive({ store: liveStore })
  const simulator = await createSimulator({ panels, latency: 'zero' })
  const keyring = createKeyring(new Secret(generateFernetKey()))
  const ids = new Map<string, string>()
  const workers = new Set<TestWorker>()
  const add = async (panel: SimulatedPanel, spec: PanelSpecInput) => {
    const key = spec.integrationKey === undefined ? null : keyring.encrypt(spec.integrationKey)
    ids.set(panel.id, await register(store, panel, key))
  }
  for (const spec of panels) await add(simulator.panel(spec.id), spec)
  let recorder: ReturnType<Bus['consume']> | undefined = record(bus, store)
  const rig: Rig = {
    simulator,
    store,
    bus,
    broker,
    live,
    keyring,
    liveStore,
    ids,
    panel: (id) => simulator.panel(id),
    async startWorker(config = {}, log = silentLog) {
      const worker = await startTestWorker({ ...FAST, ...config }, { store, bus, live, keyring, log })
      workers.add(worker)
      return worker
    },
    async pauseRecording() {
      await recorder?.close()
      recorder = undefined
    },
    resumeRecording() {
      recorder ??= record(bus, store)
    },
    recorded: () =>
      eventually(
        async () => {
          // Closing finishes what is in hand and gives the rest back: with nothing left, all of it is in the database.
          const wasRecording = recorder !== undefined
          await recorder?.close()
          const isEmpty = (await bus.queueDepths()).every(({ messages }) => messages === 0)
          recorder = wasRecording ? record(bus, store) : undefined
          return isEmpty
        },
        { what: 'everything published to be recorded' },
      ).then(() => {}),
    events: async (panelId) =>
      (
        await looker.query<EventRow>(
          `SELECT * FROM events WHERE $1::uuid IS NULL OR panel_id = $1 ORDER BY panel_id, epoch, panel_seq`,
          [panelId ?? null],
        )
      ).rows.map((row) => ({ ...row, epoch: Number(row.epoch), ordinal: Number(row.ordinal) })),
    rows: async <Row extends object>(sql: string, values: unknown[] = []) =>
      (await looker.query(sql, values)).rows as Row[],
    async addPanel(spec) {
      const panel = await simulator.addPanel(spec)
      await add(panel, spec)
      return ids.get(spec.id) as string
    },
    async close() {
      for (const worker of workers) {
        worker.restore()
        await worker.close()
        await rm(worker.dataFolder, { recursive: true, force: true })
      }
      await recorder?.close()
      await simulator.close()
      await bus.close()
      await live.close()
      await store.close()
      await looker.end()
      await database.close()
    },
  }
  return rig
}

async function register(store: Store, panel: SimulatedPanel, key: string | null): Promise<string> {
  const siteId = randomUUID()
  const panelId = randomUUID()
  await store.inTransaction(async (tx) => {
    await insertSite(tx, {
      id: siteId,
      code: panel.id,
      name: panel.name,
      type: 'SHOP',
      address_line: '',
      postal_code: '',
      city: 'Łódź',
      latitude: null,
      longitude: null,
      time_zone: 'Europe/Warsaw',
      notes: '',
      settings: {},
    })
    const { host, port, name } = panel
    const fields = { id: panelId, site_id: siteId, name, host, port, enabled: true, time_zone: 'Europe/Warsaw' }
    await insertPanel(tx, { ...fields, encryptedKey: key })
  })
  return panelId
}

/** What the backend does with a batch of panel events. */
function record(bus: Bus, store: Store) {
  return bus.consume({
    queue: 'events.processing',
    batchSize: 100,
    batchWaitMs: 0,
    isOutage: isTemporary,
    async handler(batch) {
      await recordEvents(
        store,
        recordingRules,
        batch.map(({ message }) => message as PanelEvent),
      )
      return batch.map(() => done)
    },
  })
}

interface Neighbours {
  readonly store: Store
  readonly bus: Bus
  readonly live: Live
  readonly keyring: ReturnType<typeof createKeyring>
  readonly log: Log
}

async function startTestWorker(config: WorkerConfigInput, neighbours: Neighbours): Promise<TestWorker> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'stam-worker-'))
  let isCut = false
  const { store, bus, live, keyring, log } = neighbours
  const unreachable = () => Promise.reject(new StoreError('DATABASE_UNAVAILABLE', 'cut off'))
  const cuttable = <T extends object>(target: T, methods: Partial<Record<keyof T, () => unknown>>): T =>
    new Proxy(target, {
      get(object, name) {
        const cut = isCut ? methods[name as keyof T] : undefined
        const value: unknown = cut ?? Reflect.get(object, name, object)
        return typeof value === 'function' && cut === undefined ? value.bind(object) : value
      },
    })
  const worker = await startSatelWorker(WorkerConfig.parse({ dataFolder, ...config }), {
    store: cuttable(store, { query: unreachable, execute: unreachable, inTransaction: unreachable }),
    bus: cuttable(bus, {
      publishMany: () => Promise.reject(new BusError('BUS_UNAVAILABLE', 'cut off')),
    }),
    live,
    keyring,
    log,
  })
  return {
    dataFolder: config.dataFolder ?? dataFolder,
    figures: () => worker.figures(),
    close: () => worker.close(),
    async kill() {
      isCut = true
      await worker.close()
      await rm(dataFolder, { recursive: true, force: true })
    },
    cutOff() {
      isCut = true
    },
    restore() {
      isCut = false
    },
  }
}

/** All panels are connected, their memories hold nothing new, and everything found has gone out. */
export async function settled(worker: RunningWorker, panels: number, deadlineMs = 10_000): Promise<void> {
  await eventually(() => worker.figures().settled === panels, { deadlineMs, what: `${panels} settled panels` })
}

/** Signals of the simulator's ledger for one panel, after a sequence number. */
export function ledgerOf(rig: Rig, id: string, after = 0) {
  const { ledger } = rig.simulator
  return ledger.page(after, 1_000_000, rig.simulator.panelIndex(id)).entries
}

/** The ledger balances: every signal of the panel is one event, with its code and object, none lost, none doubled. */
export async function expectBalanced(rig: Rig, id: string, after = 0): Promise<void> {
  const line = (type: string, code: number | null, zone: number | null) => `${type} ${code} zone ${zone}`
  await rig.recorded()
  const told = (await rig.events(rig.ids.get(id))).filter(({ source }) => source === 'STATE' || source === 'MEMORY')
  expect(told.map((event) => line(event.event_type, event.event_code, event.zone_no)).sort()).toEqual(
    ledgerOf(rig, id, after)
      .map((entry) => line(entry.class, entry.code, entry.zone))
      .sort(),
  )
}

/** A plain panel: instant zones 1..n in partition 1, no delays. */
export function plainPanel(id: string, overrides: Partial<PanelSpecInput> = {}): PanelSpecInput {
  return {
    id,
    name: `Panel ${id}`,
    model: 'INTEGRA 64 Plus',
    partitions: [{ number: 1, name: 'Parter' }],
    zones: Array.from({ length: 12 }, (_, i) => ({ number: i + 1, name: `Czujka ${i + 1}`, reaction: 5 })),
    outputs: [{ number: 1, name: 'Syrena', function: 1 }],
    users: [
      { number: 1, name: 'Kowalski', code: '1234' },
      { number: 255, name: 'Serwis', code: '7391' },
    ],
    timing: { exitDelayMs: 0, entryDelayMs: 0, lockoutMs: 0, alarmTimeMs: 60_000 },
    ...overrides,
  }
}
