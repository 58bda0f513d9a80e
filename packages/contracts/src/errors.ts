/** The error envelope and its stable codes. Source: spec 05 "Conventions"; texts in docs/errors.md. */
import { z } from 'zod'

export const errorCodes = {
  INVALID_REQUEST: 400,
  INVALID_CURSOR: 400,
  UNAUTHORIZED: 401,
  INVALID_CREDENTIALS: 401,
  SESSION_ENDED: 401,
  SECOND_FACTOR_REQUIRED: 401,
  FORBIDDEN: 403,
  PASSWORD_CHANGE_REQUIRED: 403,
  PASSWORD_REQUIRED: 403,
  SESSION_LOCKED: 403,
  SETUP_CODE_WRONG: 403,
  NOT_FOUND: 404,
  ALARM_NOT_FOUND: 404,
  SITE_NOT_FOUND: 404,
  PANEL_NOT_FOUND: 404,
  USER_NOT_FOUND: 404,
  SESSION_NOT_FOUND: 404,
  SECRET_NOT_FOUND: 404,
  DEAD_LETTER_NOT_FOUND: 404,
  PASSKEY_NOT_FOUND: 404,
  ALARM_ALREADY_CLAIMED: 409,
  ALARM_STALE_VERSION: 409,
  ALARM_INVALID_STATE: 409,
  SITE_STALE_VERSION: 409,
  SECRET_STALE_VERSION: 409,
  USER_STALE_VERSION: 409,
  USER_EMAIL_TAKEN: 409,
  SITE_CODE_TAKEN: 409,
  PANEL_STALE_VERSION: 409,
  PANEL_ADDRESS_TAKEN: 409,
  SERVICE_MODE_ALREADY_ACTIVE: 409,
  TEST_MODE_ALREADY_ACTIVE: 409,
  PIN_NOT_SET: 409,
  PASSKEY_MISSING: 409,
  SETUP_DONE: 409,
  IDEMPOTENCY_KEY_REUSED: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  NOTE_REQUIRED: 422,
  NOTE_TOO_SHORT: 422,
  PASSWORD_TOO_WEAK: 422,
  PIN_TOO_WEAK: 422,
  PIN_WRONG: 422,
  PASSKEY_REFUSED: 422,
  PASSKEYS_NEED_A_NAME: 422,
  RATE_LIMIT_EXCEEDED: 429,
  INTERNAL: 500,
  BROKER_UNAVAILABLE: 503,
  FEATURE_OFF: 503,
  NOT_READY: 503,
} as const satisfies Record<string, number>
export type ErrorCode = keyof typeof errorCodes

export const ErrorBody = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      /** 409: {current, version, changed_by, changed_at, allowed_transitions?}; 400: {issues}; 429: {retry_after}. */
      details: z.record(z.string(), z.unknown()),
    }),
  })
  .meta({ id: 'ErrorBody' })
export type ErrorBody = z.infer<typeof ErrorBody>
