import type { Socket } from 'node:net'
import { backoffDelayMs, type Clock, type Log, silentLog, systemClock } from '@stam/runtime'
import pg from 'pg'
import { columnTypes } from './column-types.ts'
import { isConnectionError, isRetryConflict, StoreError, translateError } from './errors.ts'
import { LineWatch } from './line-watch.ts'
import { type ListenCallback, Listener, type Subscription } from './listener.ts'
import { requireCompatibleSchema } from './schema-version.ts'
import { StatementNames } from './statement-names.ts'

export interface StoreOptions {
  /** `postgres://…`; may point at PgBouncer in transaction mode. */
  readonly url: string
  readonly poolSize: number
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  /**
   * Straight to the server, for LISTEN, which is silently deaf behind a transaction pool. Default: `url`. Given, `url` is taken for such a
   * pool, and no statement is prepared.
   */
  readonly directUrl?: string
  /**
   * Role to act as, for direct connections whose login owns the schema (embedded profile: `stam_app`). Behind a pool, log in as a member of
   * stam_app instead: a pool forwards no such start-up option.
   */
  readonly role?: string
  /**
   * Longest statement, 15 s by default, and longest wait for a lock, 10 s: enforced by the server inside transactions, and a little later by the
   * client everywhere, since a half-open connection never says anything.
   */
  readonly statementTimeoutMs?: number
  readonly lockTimeoutMs?: number
  /** Longest wait for a free connection, 5 s by default. */
  readonly acquireTimeoutMs?: number
  /** Skip the check that the schema fits this code; for tools that look at foreign databases. */
  readonly skipSchemaCheck?: boolean
  readonly log?: Log
  readonly clock?: Clock
}

/** Something statements can be sent to. Only this package writes SQL. */
export interface Queryable {
  /** Rows of one statement. Values are always bound. Keep texts constant: what comes often is prepared once per connection. */
  query<Row extends object = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<Row[]>
  /** Number of rows the statement touched. */
  execute(sql: string, values?: readonly unknown[]): Promise<number>
}

/** An open transaction; useless after its function has returned. */
export interface Transaction extends Queryable {
  readonly isTransaction: true
}

export interface TransactionOptions {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  readonly readOnly?: boolean
  /** Attempts after the first when another transaction won (deadlock, serialization); 5 by default. The function runs again from its start. */
  readonly retries?: number
  readonly statementTimeoutMs?: number
  /**
   * Finds rows by index alone, whatever the statistics say. For statements that touch a handful of rows of tables that grow: a plan made while
   * the table was small would read all of it, longer each hour, until the next ANALYZE.
   */
  readonly byIndex?: boolean
}

export interface Store extends Queryable {
  /** Commits when `work` resolves, rolls back when it rejects. COMMIT_UNKNOWN when the connection broke in between. */
  inTransaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>
  /**
   * Calls back with each payload, and with null whenever notifications may have been missed (also once at the start). A hint, never the truth:
   * always read the table, and poll as well.
   */
  listen(channel: string, callback: ListenCallback): Promise<Subscription>
  /** Rejects DATABASE_UNAVAILABLE when the primary cannot be written to. */
  ping(): Promise<void>
  /** Rejects SCHEMA_TOO_NEW once a newer version has changed the schema beyond this code; ask every minute and stop then. */
  checkSchema(): Promise<void>
  /** Connections: in use, idle, and callers waiting for one. */
  poolUse(): { total: number; idle: number; waiting: number }
  /** Waits for what is running. */
  close(): Promise<void>
}

const STATEMENT_TIMEOUT_MS = 15_000
const LOCK_TIMEOUT_MS = 10_000
/** Between two statements of a transaction there are milliseconds of our own work. */
const IDLE_TIMEOUT_MS = 5_000
/** The client waits this much longer than the server, so that normally the server's reason is the one heard. */
const CLIENT_GRACE_MS = 3_000

const BY_INDEX =
  '; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off'

const RETRY_BACKOFF = { initialMs: 10, maxMs: 500, jitter: 1 }

/** Opens the pool and checks that the schema fits. Rejects DATABASE_UNAVAILABLE, SCHEMA_TOO_OLD or SCHEMA_TOO_NEW. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const store = new PostgresStore(options)
  try {
    if (!options.skipSchemaCheck) await store.checkSchema()
  } catch (error) {
    await store.close()
    throw error
  }
  return store
}

class PostgresStore implements Store {
  readonly #options: StoreOptions
  readonly #log: Log
  readonly #clock: Clock
  readonly #pool: pg.Pool
  readonly #listener: Listener
  readonly #names: StatementNames
  readonly #line: LineWatch
  readonly #clients = new Set<pg.PoolClient>()
  #closing: Promise<void> | undefined

  constructor(options: StoreOptions) {
    this.#options = options
    this.#log = options.log ?? silentLog
    this.#clock = options.clock ?? systemClock
    this.#names = new StatementNames(options.directUrl === undefined || options.directUrl === options.url)
    this.#pool = new pg.Pool({
      ...clientConfig(options.url, options),
      max: options.poolSize,
      connectionTimeoutMillis: options.acquireTimeoutMs ?? 5_000,
      idleTimeoutMillis: 30_000,
      query_timeout: (options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS) + CLIENT_GRACE_MS,
    })
    this.#pool.on('error', (error) => this.#log.warn('database_connection_lost', { error }))
    // A checked-out client has no listener of the pool's; without one its socket error would end the process.
    this.#pool.on('connect', (client) => {
      client.on('error', () => {})
      this.#clients.add(client)
    })
    this.#pool.on('remove', (client) => void this.#clients.delete(client))
    this.#listener = new Listener({
      config: clientConfig(options.directUrl ?? options.url, options),
      log: this.#log,
      clock: this.#clock,
    })
    this.#line = new LineWatch({
      config: clientConfig(options.url, options),
      clock: this.#clock,
      log: this.#log,
      onSilent: () => {
        for (const client of this.#clients) breakOff(client)
        this.#listener.lineIsSilent()
      },
    })
  }

  async query<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#run(sql, values)).rows as Row[]
  }

  async execute(sql: string, values: readonly unknown[] = []): Promise<number> {
    return (await this.#run(sql, values)).rowCount ?? 0
  }

  async inTransaction<T>(work: (tx: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const retries = options.retries ?? 5
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(work, options)
      } catch (error) {
        const cause = error instanceof StoreError ? error.cause : error
        if (this.#names.learnFrom(cause) && attempt <= retries) continue
        if (attempt > retries || !isRetryConflict(cause)) throw translateUnlessOurs(error)
        await this.#clock.sleep(backoffDelayMs(RETRY_BACKOFF, attempt))
      }
    }
  }

  listen(channel: string, callback: ListenCallback): Promise<Subscription> {
    return this.#listener.listen(channel, callback)
  }

  async ping(): Promise<void> {
    const [row] = await this.query<{ standby: boolean }>(
      `SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS standby`,
    )
    if (row?.standby !== false) throw new StoreError('DATABASE_UNAVAILABLE', 'the server is a standby or read-only')
  }

  checkSchema(): Promise<void> {
    return requireCompatibleSchema(this)
  }

  poolUse() {
    return { total: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount }
  }

  close(): Promise<void> {
    this.#closing ??= Promise.all([this.#listener.close(), this.#pool.end()]).then(() => this.#line.close())
    return this.#closing
  }

  async #run(sql: string, values: readonly unknown[]): Promise<pg.QueryResult> {
    const client = await this.#acquire()
    const query = statement(this.#names, sql, values)
    try {
      const result = await this.#line.during(client.query(query))
      client.release()
      return result
    } catch (error) {
      const translated = translateError(error)
      client.release(translated.code === 'DATABASE_UNAVAILABLE')
      // A statement without a name cannot fail for its name: the second attempt at the latest is the last.
      if (query.name !== undefined && this.#names.learnFrom(error)) return this.#run(sql, values)
      throw translated
    }
  }

  async #acquire(): Promise<pg.PoolClient> {
    const isWorthDialling = await this.#line.isWorthDialling()
    if (this.#closing) throw new StoreError('STORE_CLOSED', 'the store was closed')
    if (!isWorthDialling) throw new StoreError('DATABASE_UNAVAILABLE', 'nobody answers at the other end of the line')
    try {
      return await this.#pool.connect()
    } catch (error) {
      throw translateError(error)
    }
  }

  async #once<T>(work: (tx: Transaction) => Promise<T>, options: TransactionOptions): Promise<T> {
    const client = await this.#acquire()
    const tx = new OpenTransaction(client, this.#names, this.#line, options.statementTimeoutMs)
    let committing = false
    try {
      await this.#line.during(client.query(this.#begin(options)))
      const result = await work(tx)
      tx.end()
      committing = true
      const committed = await this.#line.during(client.query('COMMIT'))
      // A transaction whose statement failed and whose error somebody swallowed answers COMMIT with ROLLBACK.
      if (committed.command !== 'COMMIT')
        throw new StoreError('QUERY_FAILED', 'the transaction had failed before its commit')
      client.release()
      return result
    } catch (error) {
      tx.end()
      const translated = translateUnlessOurs(error)
      const lost = translated instanceof StoreError && translated.code === 'DATABASE_UNAVAILABLE'
      if (committing && lost) {
        client.release(true)
        throw new StoreError('COMMIT_UNKNOWN', translated.message, { cause: error })
      }
      await this.#line.during(abandon(client, lost))
      throw translated
    }
  }

  #begin(options: TransactionOptions): string {
    const statement = options.statementTimeoutMs ?? this.#options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS
    const lock = this.#options.lockTimeoutMs ?? LOCK_TIMEOUT_MS
    const mode = `ISOLATION LEVEL ${options.isolation ?? 'read committed'}${options.readOnly ? ', READ ONLY' : ''}`
    // SET LOCAL in the same round trip: session settings do not survive a transaction pool. A process that is paused (SIGSTOP) or cut off
    // must not hold locks while others could go on, hence the idle limit.
    return (
      `BEGIN ${mode}; SET LOCAL statement_timeout = ${Math.trunc(statement)}; SET LOCAL lock_timeout = ${Math.trunc(lock)}; ` +
      `SET LOCAL idle_in_transaction_session_timeout = ${Math.trunc(Math.min(statement, IDLE_TIMEOUT_MS))}` +
      (options.byIndex ? BY_INDEX : '')
    )
  }
}

class OpenTransaction implements Transaction {
  readonly isTransaction = true
  readonly #client: pg.PoolClient
  readonly #names: StatementNames
  readonly #line: LineWatch
  readonly #limit: { readonly query_timeout?: number }
  #open = true

  constructor(client: pg.PoolClient, names: StatementNames, line: LineWatch, statementTimeoutMs: number | undefined) {
    this.#client = client
    this.#names = names
    this.#line = line
    this.#limit = statementTimeoutMs === undefined ? {} : { query_timeout: statementTimeoutMs + CLIENT_GRACE_MS }
  }

  end(): void {
    this.#open = false
  }

  async query<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#run(sql, values)).rows as Row[]
  }

  async execute(sql: string, values: readonly unknown[] = []): Promise<number> {
    return (await this.#run(sql, values)).rowCount ?? 0
  }

  async #run(sql: string, values: readonly unknown[]): Promise<pg.QueryResult> {
    if (!this.#open) throw new StoreError('QUERY_FAILED', 'the transaction is over')
    try {
      return await this.#line.during(this.#client.query({ ...statement(this.#names, sql, values), ...this.#limit }))
    } catch (error) {
      throw translateError(error)
    }
  }
}

function statement(names: StatementNames, text: string, values: readonly unknown[]): pg.QueryConfig {
  const name = names.nameOf(text)
  return { text, values: values as unknown[], ...(name === undefined ? {} : { name }) }
}

/** Ends a connection that nobody answers on; what waits on it rejects at once, with words `isConnectionError` knows. */
function breakOff(client: pg.PoolClient): void {
  const { connection } = client as unknown as { readonly connection: { readonly stream: Socket } }
  connection.stream.destroy(new Error('Connection terminated: nobody answers'))
}

async function abandon(client: pg.PoolClient, lost: boolean): Promise<void> {
  if (lost) {
    client.release(true)
    return
  }
  try {
    await client.query('ROLLBACK')
    client.release()
  } catch {
    client.release(true)
  }
}

/** Errors of the caller's own (an expected refusal thrown to roll back) pass through untouched. */
function translateUnlessOurs(error: unknown): unknown {
  return error instanceof pg.DatabaseError || isConnectionError(error) ? translateError(error) : error
}

export function clientConfig(
  url: string,
  options: Pick<StoreOptions, 'applicationName' | 'role'>,
): pg.ClientConfig & { types: pg.CustomTypesConfig } {
  return {
    connectionString: url,
    application_name: options.applicationName,
    types: columnTypes,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...(options.role ? { options: `-c role=${options.role}` } : {}),
  }
}
