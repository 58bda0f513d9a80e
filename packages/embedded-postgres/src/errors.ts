/** Why an embedded PostgreSQL could not be started (docs/operations/station.md). All are shown to a person at start. */
export const EMBEDDED_POSTGRES_ERROR_CODES = {
  PLATFORM_UNSUPPORTED: 'There is no packaged PostgreSQL for this machine.',
  NO_ACCOUNT: 'The server refuses root, and no unprivileged account exists to run it as.',
  FOLDER_UNUSABLE: 'The data folder cannot be made, read or written.',
  DATA_OF_OTHER_VERSION: 'The data folder was written by another major version of PostgreSQL.',
  INIT_FAILED: 'A new data folder could not be initialised.',
  START_FAILED: 'The server did not come up.',
} as const

export type EmbeddedPostgresErrorCode = keyof typeof EMBEDDED_POSTGRES_ERROR_CODES

export class EmbeddedPostgresError extends Error {
  readonly code: EmbeddedPostgresErrorCode

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'EmbeddedPostgresError'
    this.code = code
  }
}

export function unusable(folder: string, cause: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError('FOLDER_UNUSABLE', `${folder} cannot be used: ${(cause as Error).message}`, {
    cause,
  })
}
