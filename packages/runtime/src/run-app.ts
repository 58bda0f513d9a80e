import { constants } from 'node:os'
import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { startHealthServer } from './health-server.ts'
import { createLog, type Log, type LogLevel } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createReadiness, type Readiness } from './readiness.ts'

/** What an app gets from its runner. */
export interface AppContext<Config> {
  readonly name: string
  readonly config: Config
  readonly log: Log
  readonly metrics: Metrics
  readonly readiness: Readiness
  readonly clock: Clock
  /** Aborts with the first signal: take no new work. */
  readonly draining: AbortSignal
  /** Ends the process in good order from inside, e.g. when the database has a newer schema. */
  stop(reason: string, exitCode?: number): void
}

/** Something that runs and can be ended; `close` waits until it is. */
export interface Running {
  close(): Promise<void>
}

export interface RunAppOptions<Config> {
  readonly name: string
  /** Parses the configuration; a throw ends the process with code 2 and the message. */
  readonly config: () => Config
  /** Printed once at start; see `describeConfig`. */
  readonly describe?: (config: Config) => Record<string, unknown>
  readonly start: (context: AppContext<Config>) => Promise<Running>
  readonly logLevel?: (config: Config) => LogLevel
  /** Where `/healthz`, `/readyz` and `/metrics` are served; none when the app serves them itself. */
  readonly health?: (config: Config) => { port: number; host?: string }
  /** Longest drain; docker's and our own limit is 15 s (HA-04), so the exit must come before it. */
  readonly drainMs?: number
  readonly log?: Log
  /** The process, replaced in tests. */
  readonly host?: ProcessHost
}

/** The part of `process` a runner needs. */
export interface ProcessHost {
  on(event: string, listener: (value: unknown) => void): unknown
  off(event: string, listener: (value: unknown) => void): unknown
  exit(code: number): void
  readonly stderr: { write(text: string): unknown }
}

const DRAIN_MS = 14_000
const EXIT_CONFIG = 2
const EXIT_FAILURE = 1
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * One life for every process: starting, serving, draining, gone. The first SIGTERM or SIGINT drains for at most
 * `drainMs`, a second one forces. Exit codes: 0 drained, 1 failed or drained too slowly, 2 wrong configuration,
 * 128 + signal when forced. Resolves with the exit code once the app has ended.
 */
export async function runApp<Config>(options: RunAppOptions<Config>): Promise<number> {
  const host = options.host ?? (process as unknown as ProcessHost)
  let config: Config
  try {
    config = options.config()
  } catch (error) {
    host.stderr.write(`${options.name}: ${(error as Error).message}\n`)
    host.exit(EXIT_CONFIG)
    return EXIT_CONFIG
  }
  const level = options.logLevel?.(config)
  const log = options.log ?? createLog({ service: options.name, ...(level ? { level } : {}) })
  return new AppRunner(options, config, log, host).run()
}

class AppRunner<Config> {
  readonly #options: RunAppOptions<Config>
  readonly #host: ProcessHost
  readonly #log: Log
  readonly #context: AppContext<Config>
  readonly #draining = new AbortController()
  readonly #readiness = createReadiness()
  readonly #metrics: Metrics
  #ended: (code: number) => void = () => {}
  #cancelLimit: () => void = () => {}
  #exitCode = 0

  constructor(options: RunAppOptions<Config>, config: Config, log: Log, host: ProcessHost) {
    this.#options = options
    this.#host = host
    this.#log = log
    this.#metrics = createMetrics({ service: options.name, process: true })
    this.#context = {
      name: options.name,
      config,
      log,
      metrics: this.#metrics,
      readiness: this.#readiness,
      clock: systemClock,
      draining: this.#draining.signal,
      stop: (reason, exitCode = 0) => this.#drain(reason, exitCode),
    }
  }

  async run(): Promise<number> {
    const forced = new Promise<number>((resolve) => {
      this.#ended = resolve
    })
    const listeners = this.#listen()
    this.#log.info(
      'app_starting',
      this.#options.describe ? { config: this.#options.describe(this.#context.config) } : {},
    )
    const code = await Promise.race([this.#live(), forced])
    this.#cancelLimit()
    for (const [event, listener] of listeners) this.#host.off(event, listener)
    this.#host.exit(code)
    return code
  }

  #listen(): [string, (value: unknown) => void][] {
    const listeners: [string, (value: unknown) => void][] = [
      ...SIGNALS.map((signal): [string, () => void] => [signal, () => this.#onSignal(signal)]),
      ['uncaughtException', (error) => this.#onCrash('uncaught_exception', error)],
      ['unhandledRejection', (error) => this.#onCrash('unhandled_rejection', error)],
    ]
    for (const [event, listener] of listeners) this.#host.on(event, listener)
    return listeners
  }

  async #live(): Promise<number> {
    const running: Running[] = []
    try {
      const health = this.#options.health?.(this.#context.config)
      if (health) {
        running.push(await startHealthServer({ ...health, readiness: this.#readiness, metrics: this.#metrics }))
      }
      running.push(await this.#options.start(this.#context))
    } catch (error) {
      this.#log.error('app_start_failed', { error })
      this.#drain('start failed', EXIT_FAILURE)
    }
    if (!this.#draining.signal.aborted) {
      this.#readiness.setLifecycle('serving')
      this.#log.info('app_ready')
      await new Promise<void>((resolve) =>
        this.#draining.signal.addEventListener('abort', () => resolve(), { once: true }),
      )
    }
    return this.#close(running)
  }

  /** Last opened, first closed. The health server is first, so `/readyz` says draining to the end. */
  async #close(running: readonly Running[]): Promise<number> {
    const drainMs = this.#options.drainMs ?? DRAIN_MS
    this.#cancelLimit = systemClock.setTimer(drainMs, () => {
      this.#log.error('app_drain_too_slow', { drain_ms: drainMs })
      this.#ended(EXIT_FAILURE)
    })
    for (const part of [...running].reverse()) {
      try {
        await part.close()
      } catch (error) {
        this.#log.error('app_close_failed', { error })
        this.#exitCode ||= EXIT_FAILURE
      }
    }
    this.#log.info('app_stopped', { exit_code: this.#exitCode })
    return this.#exitCode
  }

  #drain(reason: string, exitCode: number): void {
    this.#exitCode ||= exitCode
    if (this.#draining.signal.aborted) return
    this.#readiness.setLifecycle('draining')
    this.#log.info('app_draining', { reason })
    this.#draining.abort(new Error(reason))
  }

  #onSignal(signal: (typeof SIGNALS)[number]): void {
    if (this.#draining.signal.aborted) {
      this.#log.warn('app_forced', { signal })
      this.#ended(128 + constants.signals[signal])
      return
    }
    this.#drain(signal, 0)
  }

  #onCrash(event: string, error: unknown): void {
    this.#log.error(event, { error })
    this.#drain(event, EXIT_FAILURE)
  }
}
