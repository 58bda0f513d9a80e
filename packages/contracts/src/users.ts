/** Administration of people and their sessions. Source: spec 05 (users), 06. */
import { z } from 'zod'
import { UserRecord } from './identity.ts'
import { PageQuery, Pagination } from './site.ts'
import { HumanRole, Instant, Language, Uuid } from './vocabulary.ts'

export const UserDetail = UserRecord.extend({
  must_change_password: z.boolean(),
  /** What a TECHNICIAN or FIELD_WORKER may see; kept but without effect for the other roles. */
  site_ids: z.array(Uuid),
}).meta({ id: 'UserDetail' })
export type UserDetail = z.infer<typeof UserDetail>

export const UserListQuery = PageQuery.extend({
  text: z.string().max(100).optional(),
  role: HumanRole.optional(),
  /** `locked`: for a while, after failed sign-ins. */
  active: z.enum(['active', 'inactive', 'locked', 'all']).default('active'),
})
export type UserListQuery = z.infer<typeof UserListQuery>
export const UserList = z.object({ data: z.array(UserDetail), pagination: Pagination }).meta({ id: 'UserList' })
export type UserList = z.infer<typeof UserList>

const name = z.string().trim().min(2).max(120)
export const CreateUserRequest = z.object({
  email: z.email().max(200),
  name,
  role: HumanRole,
  language: Language.default('pl'),
  site_ids: z.array(Uuid).max(2_000).default([]),
})
export type CreateUserRequest = z.infer<typeof CreateUserRequest>
export const UpdateUserRequest = z.object({
  version: z.int().min(1),
  name: name.optional(),
  role: HumanRole.optional(),
  language: Language.optional(),
  active: z.boolean().optional(),
})
export type UpdateUserRequest = z.infer<typeof UpdateUserRequest>
/** What anybody may change about themselves; the password has its own way. */
export const UpdateMeRequest = UpdateUserRequest.pick({ name: true, language: true })
export type UpdateMeRequest = z.infer<typeof UpdateMeRequest>
export const AssignSitesRequest = z.object({ version: z.int().min(1), site_ids: z.array(Uuid).max(2_000) })
export type AssignSitesRequest = z.infer<typeof AssignSitesRequest>

/** The sites of a person by name, for whoever assigns them. */
export const AssignedSites = z
  .object({ data: z.array(z.object({ id: Uuid, code: z.string(), name: z.string(), city: z.string() })) })
  .meta({ id: 'AssignedSites' })
export type AssignedSites = z.infer<typeof AssignedSites>

/** The temporary password is in this one answer and nowhere else; it has to be changed at the first sign-in. */
export const UserWithPassword = z
  .object({ user: UserDetail, temporary_password: z.string() })
  .meta({ id: 'UserWithPassword' })
export type UserWithPassword = z.infer<typeof UserWithPassword>

/** One device that is signed in. */
export const SessionRecord = z
  .object({
    id: Uuid,
    device: z.string(),
    ip: z.string().nullable(),
    started_at: Instant,
    last_used_at: Instant,
    expires_at: Instant,
    /** The session that asks. */
    current: z.boolean(),
  })
  .meta({ id: 'SessionRecord' })
export type SessionRecord = z.infer<typeof SessionRecord>
export const SessionList = z.object({ data: z.array(SessionRecord) }).meta({ id: 'SessionList' })
export type SessionList = z.infer<typeof SessionList>

/** What a role may do, and where: on every site, or on assigned ones only. */
export const RoleRights = z
  .object({ role: HumanRole, permissions: z.array(z.string()), sites: z.enum(['all', 'assigned']) })
  .meta({ id: 'RoleRights' })
export type RoleRights = z.infer<typeof RoleRights>
export const RoleList = z.object({ data: z.array(RoleRights) }).meta({ id: 'RoleList' })
export type RoleList = z.infer<typeof RoleList>
