import { mkdirSync } from 'node:fs'
import { BackendConfig, type CodePrinter, type RunningBackend, startBackend } from '@stam/backend'
import { createMemoryBus, logBusEvents } from '@stam/bus'
import { createMemoryLive, MemoryLiveStore } from '@stam/live'
import { RelayConfig, startOutboxRelay } from '@stam/outbox-relay'
import { type Clock, type Log, type Metrics, type Readiness, Secret } from '@stam/runtime'
import { startSatelWorker, WorkerConfig } from '@stam/satel-worker'
import { openDataKeys, type Store } from '@stam/store'
import type { DataFolder } from './data-folder/data-folder.ts'

const DEMO_LOGINS_PER_MINUTE = 60

export interface ProcessOptions {
  readonly host: string
  readonly port: number
  readonly demo: boolean
  readonly consoleFolder: string
  readonly version: string
}

interface Dependencies {
  readonly store: Store
  readonly log: Log
  readonly clock: Clock
  readonly metrics: Metrics
  readonly readiness: Readiness
  /** Told the code that makes the first MASTER, where there are no demo users. */
  readonly printSetupCode: CodePrinter
}

export interface Processes {
  readonly backend: RunningBackend
  close(): Promise<void>
}

/** What are processes of their own in the distributed profile, here around one bus and one live store in memory. */
export async function startProcesses(
  folder: DataFolder,
  options: ProcessOptions,
  deps: Dependencies,
): Promise<Processes> {
  const { log, printSetupCode, ...parts } = deps
  const bus = createMemoryBus({ onEvent: logBusEvents(log.child({ process: 'bus' })) })
  const shared = new MemoryLiveStore({ clock: deps.clock })
  const live = createMemoryLive({ store: shared })
  const closers: (() => Promise<unknown>)[] = [() => live.close(), () => bus.close()]
  const close = async () => {
    for (let next = closers.pop(); next; next = closers.pop()) await next()
  }
  try {
    const backend = await startBackend(
      BackendConfig.parse({
        instanceId: 'station-backend',
        host: options.host,
        port: options.port,
        consoleFolder: options.consoleFolder,
        version: options.version,
        profile: 'embedded',
        demo: options.demo,
        // In a demo everybody comes from the same address: this machine's.
        ...(options.demo ? { loginsPerMinute: DEMO_LOGINS_PER_MINUTE } : {}),
        jwtPrivateKey: folder.secrets.jwt_private_key,
        encryptionKey: folder.secrets.encryption_key,
      }),
      {
        ...parts,
        bus,
        live,
        log: log.child({ process: 'backend' }),
        ...(options.demo ? {} : { printSetupCode }),
      },
    )
    closers.push(() => backend.close())
    const relay = await startOutboxRelay(RelayConfig.parse({ instanceId: 'station-relay' }), {
      ...parts,
      bus,
      live,
      log: log.child({ process: 'outbox-relay' }),
    })
    closers.push(() => relay.close())
    const keyring = await openDataKeys(deps, new Secret(folder.secrets.encryption_key))
    closers.push(() => keyring.close())
    const spoolFolder = folder.at('satel-worker')
    mkdirSync(spoolFolder, { recursive: true, mode: 0o700 })
    const worker = await startSatelWorker(
      WorkerConfig.parse({ instanceId: 'station-worker', dataFolder: spoolFolder }),
      {
        ...parts,
        bus,
        live,
        log: log.child({ process: 'satel-worker' }),
        keyring,
      },
    )
    closers.push(() => worker.close())
    return { backend, close }
  } catch (error) {
    await close().catch(() => {})
    throw error
  }
}
