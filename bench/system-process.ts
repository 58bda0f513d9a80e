/** Process: parts of the embedded profile around one bus and one live store in memory, as the station runs them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { BackendConfig, generateSigningKey, startBackend } from '@stam/backend'
import { createMemoryBus } from '@stam/bus'
import { createMemoryLive } from '@stam/live'
import { RelayConfig, startOutboxRelay } from '@stam/outbox-relay'
import { createLog, createReadiness, systemClock } from '@stam/runtime'
import { type RunningWorker, startSatelWorker, WorkerConfig } from '@stam/satel-worker'
import { openStore } from '@stam/store'
import { answerRequests } from './partner.ts'
import { type SampleSite, sampleEvents } from './sample-events.ts'

export interface SystemRequest {
  readonly databaseUrl: string
  readonly parts: readonly ('backend' | 'relay' | 'worker')[]
  readonly poolSize?: number
  /** Settings of the backend besides the usual ones. */
  readonly backend?: Readonly<Record<string, unknown>>
  /** Settings of the worker besides the usual ones. */
  readonly worker?: Readonly<Record<string, unknown>>
  /** Where the log goes, and from which level on; otherwise errors, to a file that is removed in the end. */
  readonly log?: { readonly file: string; readonly level: 'debug' | 'info' | 'warn' }
}

export interface ProcessFigures {
  /** Of this process, user and system, ms since its start. */
  readonly cpuMs: number
  /** ms since an arbitrary moment, of the same clock at each call. */
  readonly at: number
  readonly rssBytes: number
  /** What is left on the heap after a collection, where one was asked for. */
  readonly heapBytes: number
  /** Longest pause of the event loop since the last asking, ms. */
  readonly loopPauseMs: number
  /** Open sockets, timers, requests of the thread pool. */
  readonly resources: number
  /** The most it ever was. */
  readonly peakRssBytes: number
  readonly connected: number
  readonly settled: number
}

const UNLIMITED = { loginsPerMinute: 10_000, ticketsPerMinute: 100_000, requestsPerMinute: 1_000_000 }

const loop = monitorEventLoopDelay({ resolution: 5 })
loop.enable()

/** The collector cannot be called without its flag, which a running process may still set. */
function collectGarbage(): void {
  setFlagsFromString('--expose_gc')
  runInNewContext('gc')()
}

const closers: (() => Promise<unknown>)[] = []
const bus = createMemoryBus()
let worker: RunningWorker | undefined

answerRequests(
  {
    start: async ({
      databaseUrl,
      parts,
      poolSize = 24,
      backend: settings = {},
      worker: workerSettings = {},
      log: logTo,
    }: SystemRequest): Promise<string | undefined> => {
      const store = await openStore({ url: databaseUrl, poolSize, applicationName: 'bench' })
      const live = createMemoryLive()
      const log = createLog({
        service: 'bench',
        level: logTo?.level ?? 'error',
        destination: logTo?.file ?? join(tmpdir(), `stam-bench-${process.pid}.log`),
      })
      const readiness = createReadiness()
      const deps = { store, bus, live, log, clock: systemClock }
      closers.push(
        () => store.close(),
        () => live.close(),
        () => bus.close(),
      )
      let url: string | undefined
      if (parts.includes('backend')) {
        const config = BackendConfig.parse({
          ...UNLIMITED,
          port: 0,
          profile: 'embedded',
          jwtPrivateKey: generateSigningKey(),
          alarmActionsPerMinute: 1_000_000,
          socketsPerUser: 1_000,
          ...settings,
        })
        const backend = await startBackend(config, { ...deps, readiness })
        closers.push(() => backend.close())
        url = backend.url
      }
      if (parts.includes('relay')) {
        const relay = await startOutboxRelay(RelayConfig.parse({}), deps)
        closers.push(() => relay.close())
      }
      if (parts.includes('worker')) {
        const dataFolder = await mkdtemp(join(tmpdir(), 'stam-bench-worker-'))
        closers.push(() => rm(dataFolder, { recursive: true, force: true }))
        worker = await startSatelWorker(WorkerConfig.parse({ ...workerSettings, dataFolder }), deps)
        closers.push(async () => worker?.close())
      }
      readiness.setLifecycle('serving')
      return url
    },
    publish: async ({ sites, count, from }: { sites: readonly SampleSite[]; count: number; from?: number }) => {
      const results = await bus.publishMany(sampleEvents(sites, count, from))
      const refused = results.filter(({ ok }) => !ok).length
      if (refused > 0) throw new Error(`the bus refused ${refused} messages`)
    },
    figures: ({ collect = false }: { collect?: boolean }): ProcessFigures => {
      const { user, system } = process.cpuUsage()
      if (collect) collectGarbage()
      const loopPauseMs = loop.max / 1e6
      loop.reset()
      const { connected = 0, settled = 0 } = worker?.figures() ?? {}
      return {
        cpuMs: (user + system) / 1000,
        at: performance.now(),
        rssBytes: process.memoryUsage.rss(),
        heapBytes: process.memoryUsage().heapUsed,
        loopPauseMs,
        resources: process.getActiveResourcesInfo().length,
        peakRssBytes: process.resourceUsage().maxRSS * 1024,
        connected,
        settled,
      }
    },
  },
  async () => {
    for (let next = closers.pop(); next !== undefined; next = closers.pop()) await next().catch(() => {})
    await rm(join(tmpdir(), `stam-bench-${process.pid}.log`), { force: true })
  },
)
