import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { createServer, isIPv4 } from 'node:net'
import type { CodePrinter, SetupCode } from '@stam/backend'
import { createLog, createMetrics, createReadiness, type Log, systemClock } from '@stam/runtime'
import { isStoreError, migrate, openStore, type Store } from '@stam/store'
import { type DataFolder, newerVersion, openDataFolder } from './data-folder/data-folder.ts'
import { DEMO_PEOPLE } from './demo/people-table.ts'
import { seedDemo, switchOff } from './demo/seed-demo.ts'
import { type SimulatedPanels, startSimulatedPanels } from './demo/simulated-panels.ts'
import { openSimulatorDoor } from './demo/simulator-door.ts'
import { StationError } from './errors.ts'
import { startProcesses } from './start-processes.ts'
import { type SupervisedPostgres, supervisePostgres } from './supervise-postgres.ts'

export interface StationOptions {
  /** Where everything is kept; made at the first start. */
  readonly dataFolder: string
  /** 127.0.0.1. Another address only without demo users. */
  readonly host?: string
  /** 8080; 0 takes a free one. */
  readonly port?: number
  /** Simulated panels; as many as last time, five at the first start. */
  readonly panels?: number
  /** False: no simulated panels, and at the first start no demo data either. */
  readonly simulator?: boolean
  /** The built web console. */
  readonly consoleFolder: string
  readonly version: string
  /** Instead of the log file in the data folder. */
  readonly log?: Log
  /** Told what takes a moment, for people who wait. */
  readonly say?: (line: string) => void
}

export interface StationUser {
  readonly email: string
  readonly password: string
  readonly role: string
}

export interface Station {
  /** Console, API and WebSocket. */
  readonly url: string
  /** Control API of the simulated panels; null without them. */
  readonly simulatorUrl: string | null
  /** The demo users, with the passwords the station gave them. */
  readonly users: readonly StationUser[]
  /** The code that makes the first MASTER, while there is nobody. Later ones are told through `say`. */
  readonly setup: SetupCode | null
  /** Rejects when the station cannot go on. Otherwise never settles. */
  readonly lost: Promise<never>
  /** Last opened, first closed. The data stays. */
  close(): Promise<void>
}

const USUAL_PORT = 8080
const USUAL_PANELS = 5
/** The application's own login; the owner of the schema only migrates. */
const APP_LOGIN = 'stam_station'
const LARGEST_LOG = 20 * 1024 * 1024
const POOL_SIZE = 24
const DATABASE_SETTINGS = { shared_buffers: '128MB', max_connections: '60', max_wal_size: '1GB' }

/**
 * The embedded profile: the whole system in this process, with a real PostgreSQL beside it. Rejects with a refusal that
 * says what to do (`isRefusal`), having closed everything it had opened.
 */
export async function startStation(options: StationOptions): Promise<Station> {
  const opened: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (let next = opened.pop(); next; next = opened.pop()) await next()
  }
  try {
    return { ...(await open(options, (closer) => opened.push(closer))), close }
  } catch (error) {
    await close().catch(() => {})
    throw error
  }
}

async function open(
  options: StationOptions,
  onClose: (closer: () => Promise<unknown>) => void,
): Promise<Omit<Station, 'close'>> {
  const { host = '127.0.0.1', port = USUAL_PORT, simulator = true, say = () => {} } = options
  if (simulator) refuseOutsideLoopback(host)
  await refuseTakenPort(host, port)
  const panels = options.panels ?? USUAL_PANELS
  const folder = await openDataFolder(options.dataFolder, { version: options.version, demo: simulator, panels })
  onClose(() => folder.close())
  if (folder.manifest.demo) refuseOutsideLoopback(host)
  const log = options.log ?? openLog(folder)

  if (folder.fresh) say('preparing a new data folder …')
  const database = await supervisePostgres(
    {
      dataFolder: folder.at('postgres'),
      logFile: folder.at('logs', 'postgres.log'),
      password: folder.secrets.database_owner_password,
      settings: DATABASE_SETTINGS,
    },
    { log },
  )
  onClose(() => database.stop())
  const store = await openMigratedStore(database, folder, log)
  onClose(() => store.close())

  const simulated = await startDemo({ ...options, simulator }, folder, store, log, onClose)
  folder.saveManifest({ version: options.version })

  const metrics = createMetrics({ service: 'station', process: true })
  const readiness = createReadiness()
  let setup: SetupCode | null = null
  let ready = false
  const printSetupCode: CodePrinter = (printed) => {
    if ('printedBy' in printed) return
    setup = printed
    if (ready) say(setupLine(printed))
  }
  const deps = { store, log, clock: systemClock, metrics, readiness, printSetupCode }
  const processes = await startProcesses(folder, { ...options, host, port, demo: folder.manifest.demo }, deps)
  onClose(() => processes.close())
  if (simulated) openSimulatorDoor(processes.backend.app.server, simulated.controlUrl)
  readiness.setLifecycle('serving')
  const { url } = processes.backend
  log.info('station_ready', { url, panels: simulated?.addresses.length ?? 0 })
  ready = true
  const users = folder.manifest.demo ? usersOf(folder) : []
  return { url, simulatorUrl: simulated?.controlUrl ?? null, users, setup, lost: database.lost }
}

/** The panels first, then the rows that name their ports, and the worker last, which reads the rows. */
async function startDemo(
  options: StationOptions,
  folder: DataFolder,
  store: Store,
  log: Log,
  onClose: (closer: () => Promise<unknown>) => void,
): Promise<SimulatedPanels | null> {
  if (!folder.manifest.demo || options.simulator === false) return null
  const count = options.panels ?? folder.manifest.panels
  const simulated = await startSimulatedPanels(folder, {
    count,
    controlPort: options.port === 0 ? 0 : 'usual',
    log,
  })
  onClose(() => simulated.close())
  await seedDemo(store, folder, simulated.addresses)
  await switchOff(store, simulated.missing)
  if (count !== folder.manifest.panels) folder.saveManifest({ panels: count })
  return simulated
}

async function openMigratedStore(database: SupervisedPostgres, folder: DataFolder, log: Log): Promise<Store> {
  const password = folder.secrets.database_app_password
  try {
    await migrate({ url: database.url(), appLogin: { name: APP_LOGIN, password }, log })
  } catch (error) {
    if (isStoreError(error, 'SCHEMA_TOO_NEW')) throw newerVersion(folder.path, folder.manifest.version)
    throw error
  }
  const url = new URL(database.url())
  url.username = APP_LOGIN
  url.password = password
  return openStore({ url: url.href, poolSize: POOL_SIZE, applicationName: 'station', log })
}

function openLog(folder: DataFolder): Log {
  mkdirSync(folder.at('logs'), { recursive: true, mode: 0o700 })
  const path = folder.at('logs', 'station.log')
  if (existsSync(path) && statSync(path).size > LARGEST_LOG) renameSync(path, `${path}.1`)
  return createLog({ service: 'station', destination: path })
}

function refuseOutsideLoopback(host: string): void {
  if (host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))) return
  throw new StationError(
    'DEMO_NOT_ON_LOOPBACK',
    `Demo users exist, so the station only listens on this machine (127.0.0.1), not on ${host}. ` +
      'For other machines start without the demo: --no-simulator and a new data folder.',
  )
}

/** Found out before anything is started, so that the refusal comes at once. */
async function refuseTakenPort(host: string, port: number): Promise<void> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'another program listens there' : cause.message
      reject(
        new StationError('PORT_TAKEN', `Cannot listen on ${host}:${port}: ${why}. Choose another port with --port.`, {
          cause,
        }),
      )
    })
    probe.listen({ host, port }, () => probe.close(() => resolve()))
  })
}

export function setupLine({ code, expiresAt }: SetupCode): string {
  return `first start: open the console and enter the setup code ${code} (good until ${expiresAt})`
}

function usersOf(folder: DataFolder): StationUser[] {
  const { passwords } = folder.secrets
  const roleOf = (email: string) => DEMO_PEOPLE.find((person) => person.email === email)?.role ?? 'MASTER'
  return Object.entries(passwords).map(([email, password]) => ({ email, password, role: roleOf(email) }))
}
