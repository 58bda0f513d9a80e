import { type DestinationStream, destination, pino } from 'pino'
import { redact, redactText } from './redact.ts'
import { currentTrace } from './trace.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Fields beside the event's name. Put an error under `error`; use snake_case names; never a user code or SMS text. */
export type LogFields = Readonly<Record<string, unknown>>

/**
 * Structured log. `event` is what happened, in stable snake_case (`panel_link_lost`), so that it can be searched and
 * counted; everything variable goes into `fields`. Fields are redacted before they are written, and only then.
 */
export interface Log {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
  /** A log that adds `fields` to every line. */
  child(fields: LogFields): Log
  /** Whether a line of this level would be written; for payloads that are costly to build. */
  enabled(level: Exclude<LogLevel, 'silent'>): boolean
}

export interface LogOptions {
  readonly service: string
  readonly level?: LogLevel
  /** A path, or a stream; standard output otherwise. */
  readonly destination?: string | DestinationStream
}

/** JSON lines: timestamp (ISO, UTC), level, service, event, request_id (from the current trace), fields. */
export function createLog(options: LogOptions): Log {
  const file = typeof options.destination === 'string' ? options.destination : undefined
  const stream = typeof options.destination === 'object' ? options.destination : undefined
  const target = stream ?? new GatheredLines(file)
  return new PinoLog(
    pino(
      {
        level: options.level ?? 'info',
        base: { service: options.service },
        timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
      },
      target,
    ),
    {},
    target instanceof GatheredLines ? () => target.flush() : () => {},
  )
}

/** Writes nothing; for tests and for code that is handed no log. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
  enabled: () => false,
}

/** The line's own names; a field of the same name is renamed, since a line with a name twice is ambiguous JSON. */
const RESERVED = ['timestamp', 'level', 'service', 'event'] as const

const GATHER_MS = 20
const GATHER_BYTES = 8 * 1024

/**
 * Lines written together: a system call for each costs more than making the line, several times per event in each process. A warning goes out
 * at once, with all before it; so does everything when the process ends. Only a kill takes the last 20 ms of the rest along.
 */
class GatheredLines implements DestinationStream {
  static readonly #all = new Set<GatheredLines>()
  readonly #output: ReturnType<typeof destination>
  #timer: NodeJS.Timeout | undefined

  constructor(file: string | undefined) {
    const where = file === undefined ? { fd: 1 } : { dest: file, mkdir: true, append: true, mode: 0o600 }
    this.#output = destination({ ...where, sync: true, minLength: GATHER_BYTES })
    if (GatheredLines.#all.size === 0) process.on('exit', () => GatheredLines.#all.forEach((lines) => lines.#end()))
    GatheredLines.#all.add(this)
  }

  write(line: string): void {
    this.#output.write(line)
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS).unref()
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#output.flush()
  }

  #end(): void {
    try {
      this.#output.flushSync()
    } catch {
      // Nobody reads any more.
    }
  }
}

type Sink = ReturnType<typeof pino>

class PinoLog implements Log {
  readonly #sink: Sink
  readonly #bound: LogFields
  readonly #flush: () => void

  constructor(sink: Sink, bound: LogFields, flush: () => void) {
    this.#sink = sink
    this.#bound = bound
    this.#flush = flush
  }

  debug(event: string, fields?: LogFields): void {
    this.#write('debug', event, fields)
  }

  info(event: string, fields?: LogFields): void {
    this.#write('info', event, fields)
  }

  warn(event: string, fields?: LogFields): void {
    this.#write('warn', event, fields)
  }

  error(event: string, fields?: LogFields): void {
    this.#write('error', event, fields)
  }

  child(fields: LogFields): Log {
    return new PinoLog(this.#sink, { ...this.#bound, ...fields }, this.#flush)
  }

  enabled(level: Exclude<LogLevel, 'silent'>): boolean {
    return this.#sink.isLevelEnabled(level)
  }

  #write(level: Exclude<LogLevel, 'silent'>, event: string, fields: LogFields = {}): void {
    if (!this.#sink.isLevelEnabled(level)) return
    const safe = redact({ ...currentTrace(), ...this.#bound, ...fields }) as Record<string, unknown>
    for (const name of RESERVED) {
      if (!(name in safe)) continue
      safe[`${name}_field`] = safe[name]
      delete safe[name]
    }
    this.#sink[level]({ event: redactText(event), ...safe })
    if (level === 'warn' || level === 'error') this.#flush()
  }
}
