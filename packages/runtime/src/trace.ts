import { AsyncLocalStorage } from 'node:async_hooks'
import { uuidv7 } from './uuid.ts'

/** What links the log lines of one piece of work across processes; fields go into every line as they are. */
export interface Trace {
  readonly request_id: string
  readonly [field: string]: string | number | undefined
}

const traces = new AsyncLocalStorage<Trace>()

/** Runs `work` (and everything it awaits) under a trace. */
export function withTrace<T>(trace: Trace, work: () => T): T {
  return traces.run(trace, work)
}

export function currentTrace(): Trace | undefined {
  return traces.getStore()
}

/**
 * The request id to use for an incoming `X-Request-ID`: the caller's when it is harmless to log and echo, a new one
 * otherwise. Shape: 8 to 128 of letters, digits, `.`, `_`, `-`.
 */
export function requestId(incoming?: unknown): string {
  return typeof incoming === 'string' && /^[A-Za-z0-9._-]{8,128}$/.test(incoming) ? incoming : uuidv7()
}
