/** A throw-away PostgreSQL with the ordinary durability settings (fsync on), so that benchmarks pay what production pays. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@stam/embedded-postgres'
import { migrate } from '@stam/store'
import pg from 'pg'

export interface BenchDatabase {
  /** A new, migrated, empty database; returns its URL. */
  create(name: string): Promise<string>
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

export async function benchDatabase(): Promise<BenchDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'stam-bench-'))
  const server = await startEmbeddedPostgres({
    dataFolder: join(folder, 'postgres'),
    password: randomBytes(18).toString('base64url'),
    logFile: join(folder, 'postgres.log'),
    settings: { shared_buffers: '512MB', max_wal_size: '4GB', synchronous_commit: 'on' },
  })
  return {
    create: (name) => createDatabase(server.url('postgres'), name),
    connect: connectTo,
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
