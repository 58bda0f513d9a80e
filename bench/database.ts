/** A throw-away PostgreSQL with the ordinary durability settings (fsync on), so that benchmarks pay what production pays. */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@stam/embedded-postgres'
import { migrate } from '@stam/store'
import pg from 'pg'

export interface BenchDatabase {
  /** A new, migrated, empty database; returns its URL. */
  create(name: string): Promise<string>
  /** URL of a database that {@link create} made in an earlier run, brought to this schema; null when there is none. */
  open(name: string): Promise<string | null>
  connect(url: string): Promise<pg.Client>
  stop(): Promise<void>
}

export async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  // The real cause of a failed run is thrown elsewhere; the server's goodbye must not hide it.
  client.on('error', () => {})
  await client.connect()
  return client
}

/** A new, migrated, empty database on the server of `ownerUrl`; returns its URL. */
export async function createDatabase(ownerUrl: string, name: string): Promise<string> {
  const admin = await connectTo(ownerUrl)
  await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`)
  await admin.end()
  const url = new URL(ownerUrl)
  url.pathname = `/${name}`
  await migrate({ url: url.href })
  return url.href
}

/** @param keep folder to keep the server's data in and to find it again; absent = a temporary one, removed at the end */
export async function benchDatabase(keep?: string): Promise<BenchDatabase> {
  const folder = keep ?? (await mkdtemp(join(tmpdir(), 'stam-bench-')))
  const server = await startEmbeddedPostgres({
    dataFolder: join(folder, 'postgres'),
    password: keep === undefined ? randomBytes(18).toString('base64url') : await keptPassword(keep),
    logFile: join(folder, 'postgres.log'),
    settings: { shared_buffers: '512MB', max_wal_size: '4GB', synchronous_commit: 'on' },
  })
  return {
    create: (name) => createDatabase(server.url('postgres'), name),
    open: async (name) => {
      const admin = await connectTo(server.url('postgres'))
      const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name])
      await admin.end()
      const url = server.url(name)
      if (rowCount === 0) return null
      await migrate({ url })
      return url
    },
    connect: connectTo,
    stop: async () => {
      await server.stop()
      if (keep === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The server's password is fixed when its data is made. */
async function keptPassword(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'password')
  try {
    return await readFile(file, 'utf8')
  } catch {
    const password = randomBytes(18).toString('base64url')
    await writeFile(file, password, { mode: 0o600, flag: 'wx' })
    return password
  }
}
