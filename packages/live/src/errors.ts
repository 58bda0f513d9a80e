/** Every error this package can throw, by stable code (docs/errors.md). */
export const LIVE_ERROR_CODES = {
  LIVE_UNAVAILABLE:
    'Redis is away, too slow, or not asked for now (circuit breaker). The caller falls back to PostgreSQL.',
} as const

export type LiveErrorCode = keyof typeof LIVE_ERROR_CODES

export class LiveError extends Error {
  readonly code: LiveErrorCode

  constructor(code: LiveErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'LiveError'
    this.code = code
  }
}

/** Whether a call failed because live state cannot be had now, so PostgreSQL is to be asked. */
export function isLiveUnavailable(error: unknown): error is LiveError {
  return error instanceof LiveError && error.code === 'LIVE_UNAVAILABLE'
}
