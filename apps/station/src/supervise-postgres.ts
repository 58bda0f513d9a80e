import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from '@stam/embedded-postgres'
import { type Clock, type Log, systemClock } from '@stam/runtime'
import { StationError } from './errors.ts'

export interface SupervisedPostgres {
  url(database?: string): string
  /** Of the server now running. */
  readonly pid: number
  /** Rejects DATABASE_LOST once the server has ended and could not be started again. Otherwise never settles. */
  readonly lost: Promise<never>
  stop(): Promise<void>
}

const ATTEMPTS = 5
const PAUSE_MS = 1_000
/** A server that has lived this long is not in a crash loop: count anew. */
const STABLE_MS = 60_000

/**
 * An embedded PostgreSQL that comes back on the same port when it dies under us (out of memory, a stray kill): everything
 * above reconnects by itself, as it would to a server of its own.
 */
export async function supervisePostgres(
  options: EmbeddedPostgresOptions,
  { log, clock = systemClock }: { log: Log; clock?: Clock },
): Promise<SupervisedPostgres> {
  let server: EmbeddedPostgres = await startEmbeddedPostgres(options)
  const fixed = { ...options, port: server.port }
  const { port } = server
  let stopping = false

  async function watch(): Promise<never> {
    let failures = 0
    for (;;) {
      const startedAt = clock.monotonic()
      await server.exited
      if (stopping) return new Promise<never>(() => {})
      failures = clock.monotonic() - startedAt > STABLE_MS ? 1 : failures + 1
      log.error('database_ended', { pid: server.pid, failures })
      if (failures > ATTEMPTS)
        throw new StationError('DATABASE_LOST', 'The database keeps ending; see its log in the data folder.')
      if (failures > 1) await clock.sleep(PAUSE_MS)
      try {
        server = await startEmbeddedPostgres(fixed)
        log.warn('database_restarted', { pid: server.pid, port })
      } catch (cause) {
        throw new StationError(
          'DATABASE_LOST',
          `The database ended and did not come back: ${(cause as Error).message}`,
          { cause },
        )
      }
      if (stopping) await server.stop()
    }
  }

  const lost = watch()
  // Whoever waits for it sees the rejection; when nobody does yet, it must not count as unhandled.
  lost.catch(() => {})
  return {
    url: (database) => server.url(database),
    get pid() {
      return server.pid
    },
    lost,
    async stop() {
      stopping = true
      await server.stop()
    },
  }
}
