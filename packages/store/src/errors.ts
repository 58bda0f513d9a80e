/**
 * Every error this package can throw, by stable code (docs/errors.md). PostgreSQL and socket errors become ours where they enter and keep
 * their `cause`; nobody beyond this package parses messages or SQLSTATEs.
 */
export const STORE_ERROR_CODES = {
  DATABASE_UNAVAILABLE:
    'The database cannot be reached, is starting, stopping or read-only; the same call may succeed later.',
  COMMIT_UNKNOWN:
    'The connection broke while committing: the transaction may or may not have happened. Ask, or repeat idempotently.',
  CONFLICT: 'Other transactions kept winning (deadlock, serialization) until the attempts were used up.',
  QUERY_TOO_SLOW: 'The statement, or its wait for a lock, took longer than allowed and was cancelled.',
  CONSTRAINT_VIOLATED: 'The database refused an illegal state; `constraint` names the rule.',
  VALUE_REFUSED: 'A value does not fit its column.',
  PERMISSION_DENIED: 'The role of this connection may not do that.',
  SCHEMA_TOO_NEW: 'The database was upgraded by a newer version this one cannot live with.',
  SCHEMA_TOO_OLD: 'The database has not been migrated to what this version needs.',
  MIGRATION_FAILED: 'A migration could not be applied; nothing of that file remains.',
  STORE_CLOSED: 'The store was closed.',
  QUERY_FAILED: 'The statement is wrong: a defect of ours.',
} as const
export type StoreErrorCode = keyof typeof STORE_ERROR_CODES

export class StoreError extends Error {
  readonly code: StoreErrorCode
  /** Name of the violated constraint, with CONSTRAINT_VIOLATED. */
  readonly constraint: string | undefined

  constructor(
    code: StoreErrorCode,
    message: string,
    options: { cause?: unknown; constraint?: string | undefined } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'StoreError'
    this.code = code
    this.constraint = options.constraint
  }
}

/** Narrows an unknown error to one of ours, optionally with one certain code. */
export function isStoreError(error: unknown, code?: StoreErrorCode): error is StoreError {
  return error instanceof StoreError && (code === undefined || error.code === code)
}

/** Whether waiting and repeating can help: nothing is wrong with the request itself. */
export function isTemporary(error: unknown): boolean {
  return (
    isStoreError(error) &&
    (error.code === 'DATABASE_UNAVAILABLE' ||
      error.code === 'COMMIT_UNKNOWN' ||
      error.code === 'CONFLICT' ||
      error.code === 'QUERY_TOO_SLOW')
  )
}

/** Whether the database says that another transaction won and this one should simply run again. */
export function isRetryConflict(error: unknown): boolean {
  const code = sqlState(error)
  return code === '40001' || code === '40P01'
}

export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** What pg and the sockets say, without an SQLSTATE, when the connection is gone or cannot be had. */
const CONNECTION_MESSAGES =
  /^(Connection terminated|Connection ended|timeout e|Query read timeout|Client (was closed|has encountered a connection error)|The server does not support SSL)/

export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as NodeJS.ErrnoException
  return (
    'syscall' in error ||
    (code !== undefined && /^(E[A-Z]{3,}|ERR_(SOCKET|SSL|TLS))/.test(code)) ||
    CONNECTION_MESSAGES.test(error.message)
  )
}

/** The one translation (appendix A of the PostgreSQL manual). Class 08, 53, 57, 58 and read-only = not available. */
export function translateError(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const message = error instanceof Error ? error.message : String(error)
  const state = sqlState(error)
  const wrap = (code: StoreErrorCode, constraint?: string) =>
    new StoreError(code, message, { cause: error, constraint })
  // Neither PostgreSQL nor the network said it (a value that cannot be sent or read): repeating would not help.
  if (state === undefined) return wrap(isConnectionError(error) ? 'DATABASE_UNAVAILABLE' : 'QUERY_FAILED')
  if (state === '57014' || state === '55P03' || state === '25P03' || state === '25P04') return wrap('QUERY_TOO_SLOW')
  if (isRetryConflict(error)) return wrap('CONFLICT')
  if (/^(08|53|57|58|XX)/.test(state) || state === '25006') return wrap('DATABASE_UNAVAILABLE')
  if (state === '3D000' || state.startsWith('28')) return wrap('DATABASE_UNAVAILABLE')
  if (state.startsWith('23') || state === 'P0001') {
    return wrap('CONSTRAINT_VIOLATED', (error as { constraint?: string }).constraint)
  }
  if (state.startsWith('22')) return wrap('VALUE_REFUSED')
  if (state === '42501') return wrap('PERMISSION_DENIED')
  return wrap('QUERY_FAILED')
}
