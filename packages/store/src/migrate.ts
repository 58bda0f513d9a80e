import { type Log, silentLog } from '@stam/runtime'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { clientConfig, type Queryable } from './connection.ts'
import { StoreError, translateError } from './errors.ts'
import {
  appliedMigrations,
  MIGRATIONS_FOLDER,
  MIGRATIONS_TABLE,
  ownMigrations,
  schemaFit,
  tooNew,
} from './schema-version.ts'

export interface MigrateOptions {
  /** Straight to the server (no transaction pool), as the role that owns the schema. */
  readonly url: string
  /**
   * What to do with a database that a newer, still compatible version has upgraded: `refuse` (a data folder has one user), or `accept` (old and
   * new processes side by side during a roll-out). A breaking newer one is always refused.
   */
  readonly newer?: 'refuse' | 'accept'
  /** Creates or updates a login that may do what the application may, and nothing else. */
  readonly appLogin?: { readonly name: string; readonly password: string }
  readonly log?: Log
}

export interface Migrated {
  /** Number of the newest migration in the database. */
  readonly version: number
  /** Names of the files applied now. */
  readonly applied: readonly string[]
}

/**
 * Brings the schema to what this code needs; safe to call from many processes at once (the others wait). Each file is one transaction.
 * Rejects SCHEMA_TOO_NEW, MIGRATION_FAILED, DATABASE_UNAVAILABLE.
 */
export async function migrate(options: MigrateOptions): Promise<Migrated> {
  const log = options.log ?? silentLog
  const client = new pg.Client(clientConfig(options.url, { applicationName: 'stam-migrate' }))
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    throw translateError(error)
  }
  const db = queryable(client)
  try {
    await refuseNewer(db, options.newer ?? 'refuse')
    const applied = await applyFiles(client, log)
    // Somebody newer may have been ahead of us in the queue for the lock.
    await refuseNewer(db, options.newer ?? 'refuse')
    await db.query(`GRANT SELECT ON ${MIGRATIONS_TABLE} TO stam_app`)
    await db.query('SELECT ensure_event_partitions(now())')
    if (options.appLogin) await ensureAppLogin(client, options.appLogin)
    const version = (await appliedMigrations(db)).reduce((max, migration) => Math.max(max, migration.version), 0)
    if (applied.length > 0) log.info('database_migrated', { version, applied })
    return { version, applied }
  } finally {
    await client.end().catch(() => {})
  }
}

async function refuseNewer(db: Queryable, newer: 'refuse' | 'accept'): Promise<void> {
  const applied = await appliedMigrations(db)
  const fit = schemaFit(ownMigrations(), applied)
  if (fit === 'too-new' || (fit === 'newer-compatible' && newer === 'refuse')) throw tooNew(applied)
}

async function applyFiles(client: pg.Client, log: Log): Promise<string[]> {
  try {
    const done = await runner({
      dbClient: client,
      dir: MIGRATIONS_FOLDER,
      migrationsTable: MIGRATIONS_TABLE,
      direction: 'up',
      advisoryLockMode: 'wait',
      verbose: false,
      logger: {
        debug() {},
        info() {},
        warn: (message) => log.warn('migration', { message }),
        error: (message) => log.error('migration', { message }),
      },
    })
    return done.map(({ name }) => name)
  } catch (error) {
    throw new StoreError(
      'MIGRATION_FAILED',
      `migration failed: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}

/**
 * The limits sit on the login, so that they hold behind a pool and outside transactions as well: no statement, lock wait or idle transaction
 * of the application lasts for ever.
 */
async function ensureAppLogin(client: pg.Client, login: { name: string; password: string }): Promise<void> {
  const name = pg.escapeIdentifier(login.name)
  const password = pg.escapeLiteral(login.password)
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [login.name])
    await client.query(
      `${rowCount ? 'ALTER' : 'CREATE'} ROLE ${name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${password}`,
    )
    await client.query(`GRANT stam_app TO ${name}`)
    for (const [setting, value] of [
      ['statement_timeout', '60s'],
      ['lock_timeout', '15s'],
      ['idle_in_transaction_session_timeout', '60s'],
    ]) {
      await client.query(`ALTER ROLE ${name} SET ${setting} = '${value}'`)
    }
  } catch (error) {
    // The statement contains the password; its text must not travel with the error.
    const { code, message } = error as { code?: string; message: string }
    throw translateError(Object.assign(new Error(message.replaceAll(login.password, '***')), { code }))
  }
}

function queryable(client: pg.Client): Queryable {
  const run = async (sql: string, values: readonly unknown[] = []) => {
    try {
      return await client.query(sql, values as unknown[])
    } catch (error) {
      throw translateError(error)
    }
  }
  return {
    query: async <Row extends object>(sql: string, values?: readonly unknown[]) =>
      (await run(sql, values)).rows as Row[],
    execute: async (sql, values) => (await run(sql, values)).rowCount ?? 0,
  }
}
