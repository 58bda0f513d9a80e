/**
 * What each stable code of the API means, in one place (spec 05 "Conventions"). The status comes from contracts;
 * docs/errors.md is generated from here and compared in both directions by error-catalogue.test.ts.
 */
import type { ErrorCode } from '@stam/contracts'

export interface ErrorText {
  /** What the caller is told; never names of tables, hosts, people or values. */
  readonly message: string
  /** What the person or program on the other side can do. */
  readonly remedy: string
}

export const errorTexts = {
  INVALID_REQUEST: {
    message: 'The request does not have the shape this endpoint expects.',
    remedy: 'details.issues lists every field with its problem.',
  },
  SECRET_STALE_VERSION: {
    message: 'Somebody else has changed this secret since.',
    remedy: 'details.current is what is kept now; decide again.',
  },
  INVALID_CURSOR: {
    message: 'The cursor is not one this list gave out.',
    remedy: 'Start again without `after`; a cursor belongs to one list and one sort order.',
  },
  UNAUTHORIZED: {
    message: 'A valid access token is needed.',
    remedy: 'Refresh the session; if that fails as well, sign in again.',
  },
  INVALID_CREDENTIALS: {
    message: 'E-mail or password is wrong.',
    remedy: 'The same answer is given for unknown, locked and inactive users.',
  },
  SESSION_ENDED: {
    message: 'The session has ended.',
    remedy: 'Sign in again.',
  },
  SECOND_FACTOR_REQUIRED: {
    message: 'The password is right; a passkey has to follow.',
    remedy: 'details.options is the question for the authenticator; its answer goes to POST /api/auth/passkeys/login.',
  },
  FORBIDDEN: {
    message: 'This user may not do that.',
    remedy: 'details.permission names what is missing, where that is no secret.',
  },
  PASSWORD_CHANGE_REQUIRED: {
    message: 'The password has to be changed first.',
    remedy: 'POST /api/auth/password, then go on.',
  },
  PASSWORD_REQUIRED: {
    message: 'This needs the own password once more.',
    remedy: 'Repeat with `password`; it is not asked for within five minutes of signing in.',
  },
  SESSION_LOCKED: {
    message: 'This console is locked.',
    remedy: 'POST /api/auth/unlock with the PIN, or sign in anew.',
  },
  SETUP_CODE_WRONG: {
    message: 'This is not the setup code, or it is no longer good.',
    remedy: 'The newest one stands where the station was started; it is good for an hour and for ten attempts.',
  },
  NOT_FOUND: {
    message: 'There is nothing here.',
    remedy: 'Check the path; the same answer is given for what the user may not see.',
  },
  ALARM_NOT_FOUND: {
    message: 'There is no such alarm.',
    remedy: 'The same answer is given for alarms of sites the user may not see.',
  },
  SITE_NOT_FOUND: {
    message: 'There is no such site.',
    remedy: 'The same answer is given for sites the user may not see.',
  },
  PANEL_NOT_FOUND: {
    message: 'There is no such panel.',
    remedy: 'The same answer is given for panels of sites the user may not see.',
  },
  USER_NOT_FOUND: { message: 'There is no such user.', remedy: 'Check the id.' },
  SESSION_NOT_FOUND: {
    message: 'There is no such session.',
    remedy: 'It has ended already; the same answer is given for sessions of somebody else.',
  },
  SECRET_NOT_FOUND: { message: 'There is no such secret.', remedy: 'None is stored for this.' },
  DEAD_LETTER_NOT_FOUND: {
    message: 'There is no such message among the dead letters.',
    remedy: 'It was replayed or discarded already, or lies behind more than a thousand others: look at the list again.',
  },
  PASSKEY_NOT_FOUND: {
    message: 'There is no such passkey.',
    remedy: 'The same answer is given for passkeys of somebody else.',
  },
  PIN_NOT_SET: { message: 'There is no PIN to unlock with.', remedy: 'PUT /api/auth/pin first.' },
  PASSKEY_MISSING: { message: 'There is no passkey that could be asked for.', remedy: 'Register one first.' },
  SETUP_DONE: { message: 'The first user exists already.', remedy: 'Sign in; further users are added in the console.' },
  USER_STALE_VERSION: {
    message: 'The user has changed since you saw it.',
    remedy: 'details has the current user and version; look again and repeat.',
  },
  USER_EMAIL_TAKEN: { message: 'Another user has this e-mail.', remedy: 'Look for them among inactive users too.' },
  ALARM_ALREADY_CLAIMED: {
    message: 'Somebody else is handling this alarm.',
    remedy: 'details.handler says who and details.claimed_at since when; a supervisor may take it over.',
  },
  ALARM_STALE_VERSION: {
    message: 'The alarm has changed since you saw it.',
    remedy: 'details has the current state and version, who changed it and when; look again and repeat.',
  },
  ALARM_INVALID_STATE: {
    message: 'The alarm is not in a state in which this is possible.',
    remedy: 'details.allowed_transitions lists what is.',
  },
  SITE_STALE_VERSION: {
    message: 'The site has changed since you saw it.',
    remedy: 'details has the current version, who changed it and when; look again and repeat.',
  },
  SITE_CODE_TAKEN: { message: 'Another site has this code.', remedy: 'Choose another code.' },
  PANEL_STALE_VERSION: {
    message: 'The panel has changed since you saw it.',
    remedy: 'details has the current version, who changed it and when; look again and repeat.',
  },
  PANEL_ADDRESS_TAKEN: {
    message: 'Another panel has this address and port.',
    remedy: 'A module admits one client, so two panels cannot share an address.',
  },
  SERVICE_MODE_ALREADY_ACTIVE: {
    message: 'Service mode is already on.',
    remedy: 'details has the current mode and version.',
  },
  TEST_MODE_ALREADY_ACTIVE: {
    message: 'Test mode is already on.',
    remedy: 'details has the current mode and version.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    message: 'This Idempotency-Key was used for another request.',
    remedy: 'Use a new key for a new request; the same key only repeats the same one.',
  },
  PAYLOAD_TOO_LARGE: { message: 'The request body is too large.', remedy: 'The limit is 256 KiB.' },
  UNSUPPORTED_MEDIA_TYPE: { message: 'The body must be JSON.', remedy: 'Send Content-Type: application/json.' },
  NOTE_REQUIRED: { message: 'A note is needed here.', remedy: 'Send `note`.' },
  NOTE_TOO_SHORT: {
    message: 'The note is too short.',
    remedy: 'details.min_length says how many characters are needed.',
  },
  PIN_TOO_WEAK: { message: 'This PIN is too easy to guess.', remedy: 'No repetitions, no runs such as 1234.' },
  PIN_WRONG: {
    message: 'The PIN is wrong.',
    remedy: 'details.attempts_left says how many are left before the session ends.',
  },
  PASSKEY_REFUSED: {
    message: 'The passkey could not be registered.',
    remedy: 'The answer was too late, for another address, or this passkey is registered already. Begin again.',
  },
  PASSKEYS_NEED_A_NAME: {
    message: 'Passkeys belong to a host name; this address is none.',
    remedy: 'Open the console under its name (on this machine: localhost).',
  },
  PASSWORD_TOO_WEAK: {
    message: 'This password is too easy to guess.',
    remedy: '8 to 128 characters, no well-known password, not the e-mail address or name.',
  },
  RATE_LIMIT_EXCEEDED: {
    message: 'Too many requests.',
    remedy: 'Wait details.retry_after seconds (also in Retry-After).',
  },
  INTERNAL: {
    message: 'Something went wrong on our side.',
    remedy: 'details.request_id finds the reason in the log.',
  },
  BROKER_UNAVAILABLE: {
    message: 'The message broker does not answer.',
    remedy: 'Nothing was changed; alarms go round it meanwhile. Repeat after details.retry_after seconds.',
  },
  FEATURE_OFF: {
    message: 'This part is switched off here.',
    remedy: 'details.feature names the switch; an administrator sets it in the configuration.',
  },
  NOT_READY: {
    message: 'The service cannot answer now.',
    remedy:
      'Repeat after details.retry_after seconds; a change under the same Idempotency-Key, so that it never happens twice.',
  },
} as const satisfies Record<ErrorCode, ErrorText>
