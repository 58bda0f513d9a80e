import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, serverAccount } from './account.ts'
import { type Binaries, findBinaries } from './binaries.ts'
import { EmbeddedPostgresError, unusable } from './errors.ts'
import { initialiseCluster, LOG_SETTINGS } from './initialise-cluster.ts'
import { environment, folderArgument } from './invocation.ts'
import { readPostmasterFile, stopLeftOverServer } from './left-over-server.ts'

export interface EmbeddedPostgresOptions {
  /** Holds the cluster and nothing else; made and initialised when it is not there. */
  readonly dataFolder: string
  /** Of the superuser `postgres`; fixed when the folder is initialised. */
  readonly password: string
  /** Where the server's own messages are appended. */
  readonly logFile: string
  /** Loopback port; 0 or none picks a free one. */
  readonly port?: number
  /** Server settings, e.g. `{ fsync: 'off' }` for tests. */
  readonly settings?: Readonly<Record<string, string>>
  /** Longest wait for a server that recovers from a crash; 120 s. */
  readonly startLimitMs?: number
}

export interface EmbeddedPostgres {
  readonly port: number
  readonly pid: number
  /** Connection URL of a database, with the password: never log it. */
  url(database?: string): string
  /** Settles when the server has ended, for whatever reason. */
  readonly exited: Promise<void>
  /** Ends all sessions, writes everything, stops. Safe to call again. */
  stop(): Promise<void>
}

const MAJOR_VERSION = '18'
const START_LIMIT_MS = 120_000
/** Ends the attempt at once; anything else in the log of a failed start may be over with the next attempt. */
const HOPELESS =
  /could not access|permission denied|invalid value for parameter|unrecognized configuration|invalid permissions/i

/**
 * Starts a real PostgreSQL from npm on loopback. Handles what a crash leaves behind: a server whose launcher was killed
 * is stopped first, a dead one's lock is waited out. When this process dies, the kernel tells the server to stop.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const account = serverAccount(options.dataFolder)
  const binaries = findBinaries(account)
  const version = versionOf(options.dataFolder)
  if (version === null) initialiseCluster(binaries, options, account)
  else if (version !== MAJOR_VERSION) {
    throw new EmbeddedPostgresError(
      'DATA_OF_OTHER_VERSION',
      `${options.dataFolder} was written by PostgreSQL ${version}; this program brings PostgreSQL ${MAJOR_VERSION}. ` +
        'Use the program version that wrote it, or another data folder.',
    )
  }
  const dataFolder = realpathSync(options.dataFolder)
  const marker = `stam_${createHash('sha256').update(dataFolder).digest('hex').slice(0, 16)}`
  await stopLeftOverServer(dataFolder, marker)
  return new ServerLauncher(options, binaries, dataFolder, account, marker).start()
}

/** The major version that wrote the folder; null when there is nothing in it yet. */
function versionOf(folder: string): string | null {
  try {
    if (existsSync(join(folder, 'PG_VERSION'))) return readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim()
    if (!existsSync(folder) || readdirSync(folder).length === 0) return null
  } catch (cause) {
    throw unusable(folder, cause)
  }
  throw new EmbeddedPostgresError('FOLDER_UNUSABLE', `${folder} holds files that are not a PostgreSQL cluster.`)
}

class ServerLauncher {
  readonly #options: EmbeddedPostgresOptions
  readonly #binaries: Binaries
  readonly #dataFolder: string
  readonly #account: Account | null
  readonly #marker: string

  constructor(
    options: EmbeddedPostgresOptions,
    binaries: Binaries,
    dataFolder: string,
    account: Account | null,
    marker: string,
  ) {
    this.#options = options
    this.#binaries = binaries
    this.#dataFolder = dataFolder
    this.#account = account
    this.#marker = marker
  }

  async start(): Promise<EmbeddedPostgres> {
    const deadline = performance.now() + (this.#options.startLimitMs ?? START_LIMIT_MS)
    for (;;) {
      const port = this.#options.port || (await freePort())
      const { child, logStart } = this.#spawn(port)
      if (await this.#untilReady(child, deadline)) return running(child, port, this.#options.password)
      const said = readFileSync(this.#options.logFile).subarray(logStart).toString('utf8').trim()
      if (performance.now() > deadline || HOPELESS.test(said)) {
        const lines = said.split('\n').slice(-8).join('\n')
        throw new EmbeddedPostgresError('START_FAILED', `PostgreSQL did not come up in ${this.#dataFolder}:\n${lines}`)
      }
      // Another program took the port meanwhile, or children of a killed server are still leaving.
      await sleep(200)
    }
  }

  #spawn(port: number): { child: ChildProcess; logStart: number } {
    const settings = {
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: '',
      cluster_name: this.#marker,
      log_timezone: 'UTC',
      timezone: 'UTC',
      // Alarms share the machine with it: a round of vacuum at full speed holds each of them up for a quarter of a second. Spread as before PostgreSQL 12.
      autovacuum_vacuum_cost_delay: '20ms',
      ...LOG_SETTINGS,
      ...this.#options.settings,
    }
    const log = openSync(this.#options.logFile, 'a', 0o600)
    try {
      const logStart = fstatSync(log).size
      const child = spawn(
        'setpriv',
        [
          // The kernel asks the server to stop when this process dies, also by kill -9.
          '--pdeathsig',
          'INT',
          ...(this.#account
            ? ['--reuid', String(this.#account.uid), '--regid', String(this.#account.gid), '--clear-groups']
            : []),
          '--',
          this.#binaries.postgres,
          '-D',
          folderArgument(this.#dataFolder, this.#account),
          ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
        ],
        // Its own process group: Ctrl-C in a terminal must reach us alone, as we stop the server when all else is done.
        { cwd: this.#dataFolder, env: environment(), stdio: ['ignore', log, log], detached: true },
      )
      return { child, logStart }
    } finally {
      closeSync(log)
    }
  }

  /** Ready is what the server itself writes to its lock file; false when it ended or took too long. */
  async #untilReady(child: ChildProcess, deadline: number): Promise<boolean> {
    let failed: Error | undefined
    child.once('error', (error) => {
      failed = error
    })
    for (;;) {
      const file = readPostmasterFile(this.#dataFolder)
      if (file?.pid === child.pid && file?.status === 'ready') return true
      if (failed) throw new EmbeddedPostgresError('START_FAILED', `setpriv cannot be run: ${failed.message}`)
      if (child.exitCode !== null || child.signalCode !== null) return false
      if (performance.now() > deadline) {
        child.kill('SIGKILL')
        return false
      }
      await sleep(15)
    }
  }
}

function running(child: ChildProcess, port: number, password: string): EmbeddedPostgres {
  const exited = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once('exit', () => resolve())
  })
  return {
    port,
    pid: child.pid as number,
    url: (database = 'postgres') =>
      `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    exited,
    async stop() {
      for (const [signal, patienceMs] of [
        ['SIGINT', 10_000],
        ['SIGQUIT', 5_000],
        ['SIGKILL', 5_000],
      ] as const) {
        child.kill(signal)
        const giveUp = new AbortController()
        const ended = await Promise.race([
          exited.then(() => true),
          sleep(patienceMs, false, { signal: giveUp.signal }).catch(() => false),
        ])
        giveUp.abort()
        if (ended) return
      }
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
