/** Every error this package can throw, by stable code (docs/errors.md). Each concerns one message or one call. */
export const BUS_ERROR_CODES = {
  BUS_UNAVAILABLE:
    'The broker did not confirm: it is away, blocked, or did not answer in time. The message may or may not arrive; send it again or take the degraded door.',
  BUS_REJECTED:
    'The message was refused for what it is: it breaks its schema, or no queue takes it. Sending it again is useless.',
  BUS_CLOSED: 'The bus was closed by its owner.',
} as const

export type BusErrorCode = keyof typeof BUS_ERROR_CODES

export class BusError extends Error {
  readonly code: BusErrorCode

  constructor(code: BusErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'BusError'
    this.code = code
  }
}

/** Narrows an unknown error to one of ours, optionally with one certain code. */
export function isBusError(error: unknown, code?: BusErrorCode): error is BusError {
  return error instanceof BusError && (code === undefined || error.code === code)
}
