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

export async function benchDatabase(): Promise<BenchDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'stam-bench-'))
  const server = await startEmbeddedPostgres({
    dataFolder: join(folder, 'postgres'),
    password: randomBytes(18).toString('base64url'),
    logFile: join(folder, 'postgres.log'),
    settings: { shared_buffers: '512MB', max_wal_size: '4GB', synchronous_commit: 'on' },
  })
  const connect = async (url: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url })
    // The real cause of a failed run is thrown elsewhere; the server's goodbye must not hide it.
    client.on('error', () => {})
    await client.connect()
    return client
  }
  return {
    create: async (name) => {
      const admin = await connect(server.url('postgres'))
      await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`)
      await admin.end()
      await migrate({ url: server.url(name) })
      return server.url(name)
    },
    connect,
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
