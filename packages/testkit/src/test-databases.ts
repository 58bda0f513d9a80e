import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, chmodSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@stam/embedded-postgres'
import pg from 'pg'
import { eventually } from './eventually.ts'

const TEMPLATE = 'stam_template'
const FOLDER_PREFIX = 'stam-test-postgres-'

/** Losing everything at a power cut is fine here, and several times faster. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  shared_buffers: '64MB',
  max_wal_size: '2GB',
  jit: 'off',
}

/** Migrates the database at `url` (superuser) and makes the login the application uses there. */
export type TemplateBuilder = (target: {
  readonly url: string
  readonly appLogin: { readonly name: string; readonly password: string }
}) => Promise<unknown>

export interface DatabasesOfRun {
  /** Where test files ask for databases; see `testDatabase`. */
  readonly address: string
  close(): Promise<void>
}

/**
 * The databases of one test run: one cluster, started when the first test file asks, one database per file cloned from
 * a template (17 ms). Lives in the process that runs the test files, so that they share it.
 * @param buildTemplate brings an empty database to the present schema.
 */
export async function serveTestDatabases(buildTemplate: TemplateBuilder): Promise<DatabasesOfRun> {
  const cluster = new TestCluster(buildTemplate)
  const server = createServer((request, response) => {
    answer(cluster, request).then(
      ([status, text]) => reply(response, status, text),
      (error: Error) => reply(response, 500, error.stack ?? error.message),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await cluster.stop()
    },
  }
}

async function answer(cluster: TestCluster, request: IncomingMessage): Promise<[status: number, text: string]> {
  const name = (request.url ?? '/').slice(1)
  if (request.method === 'POST') return [201, await cluster.create(name === 'migrated' ? TEMPLATE : 'template0')]
  const stillConnected = await cluster.drop(name)
  return stillConnected === '' ? [200, ''] : [409, stillConnected]
}

function reply(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { connection: 'close' }).end(text)
}

class TestCluster {
  readonly #buildTemplate: TemplateBuilder
  readonly #appLogin = { name: 'stam_test_app', password: randomBytes(18).toString('base64url') }
  readonly #folder: string
  #server: Promise<EmbeddedPostgres> | undefined
  #template: Promise<void> | undefined
  #admin: pg.Client | undefined
  #made = 0

  constructor(buildTemplate: TemplateBuilder) {
    this.#buildTemplate = buildTemplate
    removeFoldersOfDeadRuns()
    this.#folder = mkdtempSync(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`))
    // The account of the server must be able to walk through; the cluster's own folder inside is 0700.
    chmodSync(this.#folder, 0o711)
  }

  /** @returns the URLs of a new database, as JSON. */
  async create(template: string): Promise<string> {
    const server = await this.#start()
    if (template === TEMPLATE) await (this.#template ??= this.#makeTemplate(server))
    const name = `test_${++this.#made}`
    await this.#admin?.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
    const url = server.url(name)
    const appUrl = new URL(url)
    appUrl.username = this.#appLogin.name
    appUrl.password = this.#appLogin.password
    return JSON.stringify({ url, appUrl: appUrl.href })
  }

  /** @returns who was still connected when the test was done with it; empty is how it should be. */
  async drop(name: string): Promise<string> {
    if (!/^test_\d+$/.test(name)) throw new Error(`no test database is called ${name}`)
    const connected = async () => {
      const { rows } = (await this.#admin?.query<{ who: string }>(
        "SELECT coalesce(nullif(application_name, ''), 'unnamed') || ': ' || left(query, 200) AS who " +
          "FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'",
        [name],
      )) ?? { rows: [] }
      return rows.map((row) => row.who).join('\n')
    }
    // A closed connection's server process takes a moment to leave.
    await eventually(async () => (await connected()) === '', { deadlineMs: 2_000 }).catch(() => undefined)
    const left = await connected()
    await this.#admin?.query(`DROP DATABASE ${name} WITH (FORCE)`)
    return left
  }

  async stop(): Promise<void> {
    if (this.#server) {
      await this.#template?.catch(() => undefined)
      await this.#admin?.end()
      await (await this.#server).stop()
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #start(): Promise<EmbeddedPostgres> {
    this.#server ??= (async () => {
      const server = await startEmbeddedPostgres({
        dataFolder: join(this.#folder, 'cluster'),
        logFile: join(this.#folder, 'postgres.log'),
        password: randomBytes(18).toString('base64url'),
        settings: SETTINGS,
      })
      this.#admin = new pg.Client({ connectionString: server.url(), application_name: 'test databases' })
      await this.#admin.connect()
      return server
    })()
    return this.#server
  }

  async #makeTemplate(server: EmbeddedPostgres): Promise<void> {
    await this.#admin?.query(`CREATE DATABASE ${TEMPLATE} TEMPLATE template0`)
    await this.#buildTemplate({ url: server.url(TEMPLATE), appLogin: this.#appLogin })
  }
}

/** A run that was killed leaves its folder (its server ended with it). */
function removeFoldersOfDeadRuns(): void {
  for (const entry of readdirSync(tmpdir())) {
    const pid = Number(new RegExp(`^${FOLDER_PREFIX}(\\d+)-`).exec(entry)?.[1])
    if (!pid || isAlive(pid)) continue
    rmSync(join(tmpdir(), entry), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
