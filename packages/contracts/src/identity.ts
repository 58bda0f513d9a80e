/** Sign-in and users. Source: spec 05 (auth), 06. */
import { z } from 'zod'
import { HumanRole, Instant, Language, Role, ServiceRole, Uuid } from './vocabulary.ts'

export const LoginRequest = z.object({
  email: z.string().min(3).max(200),
  password: z.string().min(1).max(128),
  /** Shown in the list of devices. */
  device: z.string().max(80).optional(),
})
export const Me = z
  .object({
    id: Uuid,
    email: z.string(),
    name: z.string(),
    role: HumanRole,
    language: Language,
    must_change_password: z.boolean(),
    permissions: z.array(z.string()),
    /** The lock of this session's console; it needs a PIN. */
    lock: z.object({ locked: z.boolean(), pin_set: z.boolean(), after_minutes: z.int().nullable() }),
  })
  .meta({ id: 'Me' })
export type Me = z.infer<typeof Me>
export const Session = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int(),
    user: Me,
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>
export const WsTicket = z.object({ ticket: z.string(), expires_in: z.int() }).meta({ id: 'WsTicket' })

/** What a service is told about its own token. */
export const ServiceMe = z
  .object({ name: z.string(), role: ServiceRole, permissions: z.array(z.string()), expires_at: Instant })
  .meta({ id: 'ServiceMe' })
export type ServiceMe = z.infer<typeof ServiceMe>

/** Claims of an access token (JWT RS256, 15 min). */
export const AccessClaims = z.object({
  sub: Uuid,
  sid: Uuid,
  role: Role,
  name: z.string(),
  iat: z.int(),
  exp: z.int(),
})
export type AccessClaims = z.infer<typeof AccessClaims>

/** Which sites a person may see: everything, or an explicit list (empty = nothing). */
export type SiteScope = { kind: 'all' } | { kind: 'sites'; siteIds: readonly string[] }

export const UserRecord = z
  .object({
    id: Uuid,
    email: z.string(),
    name: z.string(),
    role: HumanRole,
    language: Language,
    active: z.boolean(),
    locked_until: Instant.nullable(),
    version: z.int(),
    created_at: Instant,
    last_login_at: Instant.nullable(),
  })
  .meta({ id: 'UserRecord' })
export type UserRecord = z.infer<typeof UserRecord>
