/** Why a station does not start (docs/operations/station.md). Each is shown to the person at the keyboard, so it says what to do. */
export const STATION_ERROR_CODES = {
  PORT_TAKEN: 'Another program listens on the port.',
  FOLDER_UNUSABLE: 'The data folder cannot be made, read or written.',
  FOLDER_NOT_OURS: 'The data folder holds files of something else.',
  FOLDER_IN_USE: 'Another live station works on the data folder.',
  FOLDER_OF_NEWER_VERSION: 'The data folder was written by a newer version of this program.',
  DEMO_NOT_ON_LOOPBACK: 'Demo users exist, so the station may only be reached from this machine.',
  DATABASE_LOST: 'The database ended and did not come back.',
} as const

export type StationErrorCode = keyof typeof STATION_ERROR_CODES

export class StationError extends Error {
  readonly code: StationErrorCode

  constructor(code: StationErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StationError'
    this.code = code
  }
}

/** Whether the error is a refusal the person can act on, rather than a defect of ours: its message says it all. */
export function isRefusal(error: unknown): error is Error & { code: string } {
  const name = (error as Error | null)?.name
  return error instanceof StationError || name === 'EmbeddedPostgresError' || name === 'SimulatorError'
}
