/**
 * What everybody may expect of every route and WebSocket channel (spec 06), written down a second time and by hand, so that
 * a slip in permissions.ts or in a statement shows. `the-role-matrix-holds.test.ts` walks it; a route without a row fails.
 */
import type { ErrorCode, HumanRole, ServiceRole } from '@stam/contracts'

/** Initials of roles that may: MASTER, ADMIN, OPERATOR, TECHNICIAN, FIELD_WORKER. */
export const initials: Readonly<Record<HumanRole, string>> = {
  MASTER: 'M',
  ADMIN: 'A',
  OPERATOR: 'O',
  TECHNICIAN: 'T',
  FIELD_WORKER: 'F',
}

export interface MatrixRow {
  /** Initials of the roles that may; `public`: everybody, signed in or not, with the status they all get. */
  readonly roles: string | { readonly public: number }
  /**
   * What TECHNICIAN and FIELD_WORKER get for a site that is not theirs: a refusal that does not say whether it exists,
   * `absent` = a list without it, `unbound` = the route concerns no site.
   */
  readonly foreign: Extract<ErrorCode, `${string}_NOT_FOUND`> | 'absent' | 'unbound'
  /** Services that may; none where it is not said. */
  readonly services?: readonly ServiceRole[]
  /** What the walk gets where it asks for something of somebody else. */
  readonly always?: ErrorCode
}

const row = (roles: MatrixRow['roles'], foreign: MatrixRow['foreign'] = 'unbound'): MatrixRow => ({ roles, foreign })
const acting = row('MAO', 'ALARM_NOT_FOUND')

export const roleMatrix: Readonly<Record<string, MatrixRow>> = {
  'GET /.well-known/jwks.json': row({ public: 200 }),
  'GET /api/.well-known/jwks.json': row({ public: 200 }),
  'POST /api/auth/login': row({ public: 401 }),
  'POST /api/auth/refresh': row({ public: 401 }),
  'POST /api/auth/logout': row({ public: 204 }),
  'POST /api/auth/logout-all': row('MAOTF'),
  'GET /api/auth/me': row('MAOTF'),
  'PATCH /api/auth/me': row('MAOTF'),
  'POST /api/auth/password': row('MAOTF'),
  'POST /api/auth/ws-ticket': row('MAOTF'),
  'GET /api/auth/sessions': row('MAOTF'),
  'DELETE /api/auth/sessions/:id': { ...row('MAOTF'), always: 'SESSION_NOT_FOUND' },
  'GET /api/auth/sign-in': row('MAOTF'),
  'POST /api/auth/passkeys/question': row('MAOTF'),
  'POST /api/auth/passkeys': { ...row('MAOTF'), always: 'PASSKEY_REFUSED' },
  'PATCH /api/auth/passkeys/:id': { ...row('MAOTF'), always: 'PASSKEY_NOT_FOUND' },
  'POST /api/auth/passkeys/:id/remove': { ...row('MAOTF'), always: 'PASSKEY_NOT_FOUND' },
  'POST /api/auth/passkeys/login-question': row({ public: 200 }),
  'POST /api/auth/passkeys/login': row({ public: 401 }),
  'PUT /api/auth/second-factor': row('MAOTF'),
  'PUT /api/auth/pin': row('MAOTF'),
  'PUT /api/auth/lock-after': row('MAOTF'),
  'POST /api/auth/lock': { ...row('MAOTF'), always: 'PIN_NOT_SET' },
  'POST /api/auth/unlock': row('MAOTF'),
  'GET /api/setup': row({ public: 200 }),
  'POST /api/setup': row({ public: 409 }),

  'GET /api/service/me': { ...row(''), services: ['SYSTEM_WORKER', 'SYSTEM_SMS', 'SYSTEM_RELAY'] },

  'GET /api/users': row('MA'),
  'POST /api/users': row('MA'),
  'GET /api/users/:id': row('MA'),
  'PATCH /api/users/:id': row('MA'),
  'GET /api/users/:id/sites': row('MA'),
  'PUT /api/users/:id/sites': row('MA'),
  'POST /api/users/:id/unlock': row('MA'),
  'POST /api/users/:id/reset-password': row('MA'),
  'GET /api/users/:id/sessions': row('MA'),
  'DELETE /api/users/:id/sessions': row('MA'),
  'DELETE /api/users/:id/sessions/:session': { ...row('MA'), always: 'SESSION_NOT_FOUND' },
  'GET /api/roles': row('MA'),

  'GET /api/alarms': row('MAOTF', 'absent'),
  'POST /api/alarms': row('MAOTF', 'SITE_NOT_FOUND'),
  'POST /api/alarms/presented': row('MAOTF', 'absent'),
  'GET /api/alarms/:id': row('MAOTF', 'ALARM_NOT_FOUND'),
  'GET /api/alarms/:id/events': row('MAOTF', 'ALARM_NOT_FOUND'),
  'POST /api/alarms/:id/claim': acting,
  'POST /api/alarms/:id/release': acting,
  'POST /api/alarms/:id/take-over': acting,
  'POST /api/alarms/:id/ack': acting,
  'POST /api/alarms/:id/resolve': acting,
  'POST /api/alarms/:id/close': acting,
  'POST /api/alarms/:id/note': acting,
  'GET /api/events': row('MAOTF', 'absent'),

  'GET /api/sites': row('MAOTF', 'absent'),
  'POST /api/sites': row('MA'),
  'GET /api/sites/:id': row('MAOTF', 'SITE_NOT_FOUND'),
  'PATCH /api/sites/:id': row('MA', 'SITE_NOT_FOUND'),
  'POST /api/sites/:id/archive': row('MA', 'SITE_NOT_FOUND'),
  'POST /api/sites/:id/service-mode': row('MAT', 'SITE_NOT_FOUND'),
  'POST /api/sites/:id/test-mode': row('MAT', 'SITE_NOT_FOUND'),

  'GET /api/panels': row('MAOTF', 'absent'),
  'POST /api/panels': row('MA', 'SITE_NOT_FOUND'),
  'GET /api/panels/:id': row('MAOTF', 'PANEL_NOT_FOUND'),
  'PATCH /api/panels/:id': row('MA', 'PANEL_NOT_FOUND'),
  'GET /api/panels/:id/state': row('MAOTF', 'PANEL_NOT_FOUND'),
  'GET /api/panels/:id/state-history': row('MAOTF', 'PANEL_NOT_FOUND'),
  'PATCH /api/panels/:id/zones/:number': row('MA', 'PANEL_NOT_FOUND'),
  'POST /api/panels/try-connection': row('MA', 'PANEL_NOT_FOUND'),
  'POST /api/panels/:id/connection-release': row('MAT', 'PANEL_NOT_FOUND'),
  'DELETE /api/panels/:id/connection-release': row('MAT', 'PANEL_NOT_FOUND'),

  'GET /api/sites/:id/secrets': row('MAOTF', 'SITE_NOT_FOUND'),
  'POST /api/sites/:id/secrets': row('MA', 'SITE_NOT_FOUND'),
  'PUT /api/secrets/:id': row('MA', 'SECRET_NOT_FOUND'),
  'DELETE /api/secrets/:id': row('MA', 'SECRET_NOT_FOUND'),
  'POST /api/secrets/:id/reveal': row('MAOTF', 'SECRET_NOT_FOUND'),
  'POST /api/secrets/panel-integration-key/:id/reveal': row('MAOTF', 'PANEL_NOT_FOUND'),

  'GET /api/system/status': row('MAOTF'),
  'GET /api/system/dead-letters': row('MA'),
  'GET /api/system/dead-letters/:id': { ...row('MA'), always: 'DEAD_LETTER_NOT_FOUND' },
  'POST /api/system/dead-letters/replay': row('MA'),
  'POST /api/system/dead-letters/discard': row('MA'),
  'GET /api/audit': row('MA'),
  'GET /api/audit/export': row('MA'),
  'GET /api/audit/chain': row('MA'),
}

/** Who may listen, and whether a site outside the scope stays silent there. */
export const channelMatrix: Readonly<Record<'alarms' | 'panels' | 'panel' | 'system', MatrixRow>> = {
  alarms: row('MAOTF', 'absent'),
  panels: row('MAOTF', 'absent'),
  panel: row('MAOTF', 'absent'),
  system: row('MAOTF'),
}
