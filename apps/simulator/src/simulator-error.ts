/**
 * Everything the simulator refuses, with the HTTP status it travels under. Texts for people are in
 * docs/simulator.md.
 */
export const simulatorErrorCodes = {
  INVALID_REQUEST: 400,
  ZONE_NOT_FOUND: 404,
  PARTITION_NOT_FOUND: 404,
  USER_NOT_FOUND: 404,
  OUTPUT_NOT_FOUND: 404,
  NOT_FOUND: 404,
  PANEL_NOT_FOUND: 404,
  SCENARIO_NOT_FOUND: 404,
  PANEL_ID_TAKEN: 409,
  PORT_TAKEN: 409,
  PANEL_IN_SERVICE_MODE: 409,
  NOTHING_TO_BURST: 409,
  TOO_MANY_PANELS: 409,
  TOO_MANY_SCENARIOS: 409,
  STATE_DIR_IN_USE: 409,
  STATE_DIR_BROKEN: 409,
  SIMULATOR_CLOSED: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  INTERNAL: 500,
} as const satisfies Record<string, number>

export type SimulatorErrorCode = keyof typeof simulatorErrorCodes

/** A refusal of the simulator; `code` is stable, `details` never holds a user code or a key. */
export class SimulatorError extends Error {
  readonly code: SimulatorErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: SimulatorErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'SimulatorError'
    this.code = code
    this.details = details
  }

  get status(): number {
    return simulatorErrorCodes[this.code]
  }
}
