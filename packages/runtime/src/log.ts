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
  const target =
    typeof options.destination === 'string'
      ? destination({ dest: options.destination, mkdir: true, append: true, sync: true, mode: 0o600 })
      : (options.destination ?? destination({ fd: 1, sync: true }))
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

type Sink = ReturnType<typeof pino>

class PinoLog implements Log {
  readonly #sink: Sink
  readonly #bound: LogFields

  constructor(sink: Sink, bound: LogFields) {
    this.#sink = sink
    this.#bound = bound
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
    return new PinoLog(this.#sink, { ...this.#bound, ...fields })
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
  }
}
