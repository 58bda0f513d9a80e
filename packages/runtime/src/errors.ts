/**
 * Every error this package can throw, by stable code (docs/errors.md).
 * `CONFIG_INVALID` stops the process at start; the others concern one call.
 */
export const RUNTIME_ERROR_CODES = {
  CONFIG_INVALID: 'The configuration has problems; the message lists all of them.',
  BREAKER_OPEN: 'The circuit breaker is open: the dependency failed repeatedly and is not asked for now.',
  BULKHEAD_FULL: 'As many calls as allowed are running and waiting; this one was refused.',
  DEADLINE_EXCEEDED: 'The call did not finish within its time limit.',
  KEY_INVALID: 'An encryption key is missing or not base64url of 32 bytes.',
  TOKEN_INVALID: 'An encrypted value was changed, or none of the keys at hand opens it.',
  QUEUE_CLOSED: 'The queue was closed while someone waited for an item.',
} as const

export type RuntimeErrorCode = keyof typeof RUNTIME_ERROR_CODES

export class RuntimeError extends Error {
  readonly code: RuntimeErrorCode

  constructor(code: RuntimeErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'RuntimeError'
    this.code = code
  }
}

/** Narrows an unknown error to one of ours, optionally with one certain code. */
export function isRuntimeError(error: unknown, code?: RuntimeErrorCode): error is RuntimeError {
  return error instanceof RuntimeError && (code === undefined || error.code === code)
}
