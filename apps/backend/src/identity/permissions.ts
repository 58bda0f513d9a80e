/**
 * Who may do what (spec 06), in two tables and nowhere else: role → permissions, route → permission. A route of the API
 * without a row here stops the process at start, and a test compares both directions.
 */
import type { HumanRole, ServiceRole } from '@stam/contracts'

export const permissions = [
  'alarm:read',
  'alarm:write',
  'alarm:report',
  'site:read',
  'site:write',
  'site:service-mode',
  'panel:command',
  'panel:release',
  'secret:reveal',
  'user:read',
  'user:write',
  'system:config',
  'audit:read',
  'ticket:read',
  'ticket:write',
  'sms_raw:read',
] as const
export type Permission = (typeof permissions)[number]

const seeing: readonly Permission[] = ['alarm:read', 'alarm:report', 'site:read', 'secret:reveal', 'ticket:read']
const administrating: readonly Permission[] = [
  ...seeing,
  'alarm:write',
  'site:write',
  'site:service-mode',
  'panel:command',
  'panel:release',
  'user:read',
  'user:write',
  'system:config',
  'audit:read',
  'ticket:write',
]

/** What a role may do at all; TECHNICIAN and FIELD_WORKER do it on their assigned sites only (scope, spec 06). */
export const rolePermissions: Readonly<Record<HumanRole, ReadonlySet<Permission>>> = {
  MASTER: new Set([...administrating, 'sms_raw:read']),
  ADMIN: new Set(administrating),
  // Commands of an operator are decided per site (`operators_may_command`).
  OPERATOR: new Set([...seeing, 'alarm:write', 'panel:command', 'ticket:write']),
  TECHNICIAN: new Set([...seeing, 'site:service-mode', 'panel:release', 'ticket:write']),
  FIELD_WORKER: new Set(seeing),
}

/** What services may do (spec 06), and nothing else: no permission of people is among them but `sms_raw:read`. */
export const servicePermissions = [
  'integration:write',
  'panel:state:write',
  'sms_raw:read',
  'outbox:read',
  'outbox:write',
] as const
export type ServicePermission = (typeof servicePermissions)[number]
export const serviceRolePermissions: Readonly<Record<ServiceRole, ReadonlySet<ServicePermission>>> = {
  SYSTEM_WORKER: new Set(['integration:write', 'panel:state:write']),
  SYSTEM_SMS: new Set(['integration:write', 'panel:state:write', 'sms_raw:read']),
  SYSTEM_RELAY: new Set(['outbox:read', 'outbox:write']),
}

/** Limits per minute and user (spec 05); `login` is per address. Reading alarms counts with the others, acting on them apart. */
export type LimitClass = 'login' | 'passkey-question' | 'ws-ticket' | 'alarms' | 'reports' | 'others' | 'none'

export interface RouteAccess {
  /** `public`: nobody has to be signed in; `session`: any person who is; `service`: any service and no person. */
  readonly needs: Permission | ServicePermission | 'session' | 'public' | 'service'
  readonly limit: LimitClass
  /** Reachable while the password has to be changed. */
  readonly beforePasswordChange?: true
  /** Reachable while the console is locked: what keeps alarms coming and sounding, and the ways out. */
  readonly whileLocked?: true
}

const open = (limit: LimitClass = 'others'): RouteAccess => ({ needs: 'public', limit })
const any = (limit: LimitClass = 'others'): RouteAccess => ({ needs: 'session', limit })
const needs = (permission: Permission, limit: LimitClass = 'others'): RouteAccess => ({ needs: permission, limit })
const acting = needs('alarm:write', 'alarms')

export const routeAccess: Readonly<Record<string, RouteAccess>> = {
  'GET /.well-known/jwks.json': open('none'),
  'GET /api/.well-known/jwks.json': open('none'),
  'POST /api/auth/login': open('login'),
  'POST /api/auth/refresh': open('none'),
  'POST /api/auth/logout': open('none'),
  'POST /api/auth/logout-all': { ...any(), beforePasswordChange: true, whileLocked: true },
  'GET /api/auth/me': { ...any(), beforePasswordChange: true, whileLocked: true },
  'PATCH /api/auth/me': any(),
  'POST /api/auth/password': { ...any('login'), beforePasswordChange: true },
  'POST /api/auth/ws-ticket': { ...any('ws-ticket'), whileLocked: true },
  'GET /api/auth/sessions': any(),
  'DELETE /api/auth/sessions/:id': any(),
  'GET /api/auth/sign-in': any(),
  'POST /api/auth/passkeys/question': any(),
  'POST /api/auth/passkeys': any(),
  'PATCH /api/auth/passkeys/:id': any(),
  'POST /api/auth/passkeys/:id/remove': any(),
  'POST /api/auth/passkeys/login-question': open('passkey-question'),
  'POST /api/auth/passkeys/login': open('login'),
  'PUT /api/auth/second-factor': any(),
  'PUT /api/auth/pin': any(),
  'PUT /api/auth/lock-after': any(),
  'POST /api/auth/lock': { ...any(), whileLocked: true },
  'POST /api/auth/unlock': { ...any('login'), whileLocked: true },
  'GET /api/setup': open(),
  'POST /api/setup': open('login'),

  'GET /api/service/me': { needs: 'service', limit: 'others' },

  'GET /api/users': needs('user:read'),
  'POST /api/users': needs('user:write'),
  'GET /api/users/:id': needs('user:read'),
  'PATCH /api/users/:id': needs('user:write'),
  'GET /api/users/:id/sites': needs('user:read'),
  'PUT /api/users/:id/sites': needs('user:write'),
  'POST /api/users/:id/unlock': needs('user:write'),
  'POST /api/users/:id/reset-password': needs('user:write'),
  'GET /api/users/:id/sessions': needs('user:read'),
  'DELETE /api/users/:id/sessions': needs('user:write'),
  'DELETE /api/users/:id/sessions/:session': needs('user:write'),
  'GET /api/roles': needs('user:read'),

  'GET /api/alarms': { ...needs('alarm:read'), whileLocked: true },
  'POST /api/alarms': needs('alarm:report', 'alarms'),
  'POST /api/alarms/presented': needs('alarm:read'),
  'GET /api/alarms/:id': needs('alarm:read'),
  'GET /api/alarms/:id/events': needs('alarm:read'),
  'POST /api/alarms/:id/claim': acting,
  'POST /api/alarms/:id/release': acting,
  'POST /api/alarms/:id/take-over': acting,
  'POST /api/alarms/:id/ack': acting,
  'POST /api/alarms/:id/resolve': acting,
  'POST /api/alarms/:id/close': acting,
  'POST /api/alarms/:id/note': acting,
  'GET /api/events': needs('alarm:read'),

  'GET /api/sites': needs('site:read'),
  'POST /api/sites': needs('site:write'),
  'GET /api/sites/:id': needs('site:read'),
  'PATCH /api/sites/:id': needs('site:write'),
  'POST /api/sites/:id/archive': needs('site:write'),
  'POST /api/sites/:id/service-mode': needs('site:service-mode'),
  'POST /api/sites/:id/test-mode': needs('site:service-mode'),

  'GET /api/panels': needs('site:read'),
  'POST /api/panels': needs('site:write'),
  'GET /api/panels/:id': needs('site:read'),
  'PATCH /api/panels/:id': needs('site:write'),
  'GET /api/panels/:id/state': needs('site:read'),
  'GET /api/panels/:id/state-history': needs('site:read'),
  'PATCH /api/panels/:id/zones/:number': needs('site:write'),
  'POST /api/panels/try-connection': needs('site:write'),
  'POST /api/panels/:id/connection-release': needs('panel:release'),
  'DELETE /api/panels/:id/connection-release': needs('panel:release'),

  'GET /api/sites/:id/secrets': needs('secret:reveal'),
  'POST /api/sites/:id/secrets': needs('site:write'),
  'PUT /api/secrets/:id': needs('site:write'),
  'DELETE /api/secrets/:id': needs('site:write'),
  'POST /api/secrets/:id/reveal': needs('secret:reveal'),
  'POST /api/secrets/panel-integration-key/:id/reveal': needs('secret:reveal'),

  'GET /api/system/status': { ...any(), whileLocked: true },
  'GET /api/system/dead-letters': needs('system:config'),
  'GET /api/system/dead-letters/:id': needs('system:config'),
  'POST /api/system/dead-letters/replay': needs('system:config'),
  'POST /api/system/dead-letters/discard': needs('system:config'),
  'GET /api/audit': needs('audit:read'),
  'GET /api/audit/export': needs('audit:read', 'reports'),
  'GET /api/audit/chain': needs('audit:read', 'reports'),
}
