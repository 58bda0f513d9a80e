/**
 * Administration of people (spec 06): MASTER over everybody, ADMIN over those below; nobody raises anybody above or to a
 * rank that is not below an ADMIN's own, and nobody changes the own role or switches the own account off.
 */
import { randomInt } from 'node:crypto'
import type {
  AssignSitesRequest,
  CreateUserRequest,
  SessionList,
  UpdateMeRequest,
  UpdateUserRequest,
  UserDetail,
  UserWithPassword,
} from '@stam/contracts'
import { mayAdminister } from '@stam/domain'
import { uuidv7 } from '@stam/runtime'
import {
  appendAudit,
  assignSites,
  auditOf,
  type EndReason,
  endSession,
  endSessionsOf,
  findUser,
  forgetSignInChoices,
  insertUser,
  listSessions,
  lockUsers,
  type Queryable,
  setTemporaryPassword,
  unlockUser,
  updateUser,
} from '@stam/store'
import type { Backend } from '../backend.ts'
import type { Mutation } from '../http/mutation.ts'
import { done, type Outcome, type Refusal, refuse } from '../http/problem.ts'
import type { Person } from './principals.ts'
import { forgetSessions } from './sensitive.ts'

/** What happens in this process once the transaction has committed. */
export interface Changed<Body> {
  readonly body: Body
  readonly endedSessions: readonly string[]
}

export async function createUser(
  { tx, person, act }: Mutation,
  request: CreateUserRequest,
  password: { readonly plain: string; readonly hash: string },
): Promise<Outcome<UserWithPassword>> {
  if (!mayAdminister(person.role, request.role)) return refuse('FORBIDDEN')
  const id = uuidv7()
  const { email, name, role, language, site_ids } = request
  const added = await insertUser(tx, {
    id,
    email,
    name,
    role,
    language,
    passwordHash: password.hash,
    mustChangePassword: true,
  })
  if (!added) return refuse('USER_EMAIL_TAKEN')
  if ((await assignSites(tx, id, site_ids, person.userId)) < new Set(site_ids).size) return refuse('SITE_NOT_FOUND')
  const after = { email, name, role, language, site_ids }
  await appendAudit(tx, [auditOf(act, { action: 'USER_CREATE', entityType: 'user', entityId: id, after })])
  const user = await findUser(tx, id)
  return user ? done({ user, temporary_password: password.plain }) : refuse('USER_NOT_FOUND')
}

export async function editUser(
  { tx, person, act }: Mutation,
  id: string,
  request: UpdateUserRequest,
): Promise<Outcome<Changed<UserDetail>>> {
  const found = await administered(tx, person, id)
  if (!found.ok) return found
  const before = found.value
  const { role = before.role, active = before.active } = request
  if (role !== before.role && !mayAdminister(person.role, role)) return refuse('FORBIDDEN')
  if (id === person.userId && (role !== before.role || !active)) return refuse('FORBIDDEN')
  if (!(await updateUser(tx, id, request))) return { ok: false, refusal: await stale(tx, id) }
  const endedSessions =
    role !== before.role
      ? await endSessionsOf(tx, id, 'role_changed')
      : !active && before.active
        ? await endSessionsOf(tx, id, 'deactivated')
        : []
  const after = await findUser(tx, id)
  if (!after) return refuse('USER_NOT_FOUND')
  const action = role !== before.role ? 'USER_ROLE' : active !== before.active ? 'USER_ACTIVE' : 'USER_EDIT'
  await appendAudit(tx, [
    auditOf(act, {
      action,
      entityType: 'user',
      entityId: id,
      before: editable(before),
      after: { ...editable(after), ended_sessions: endedSessions.length },
    }),
  ])
  return done({ body: after, endedSessions })
}

/** What anybody may change about themselves: how they are called, and in which language. */
export async function editMe({ tx, person, act }: Mutation, request: UpdateMeRequest): Promise<Outcome<Person>> {
  await lockUsers(tx, [person.userId])
  const before = await findUser(tx, person.userId)
  if (!before?.active) return refuse('SESSION_ENDED')
  const { name = before.name, language = before.language } = request
  if (name === before.name && language === before.language) return done({ ...person, name, language })
  await updateUser(tx, before.id, { version: before.version, name, language })
  await appendAudit(tx, [
    auditOf(act, {
      action: 'USER_EDIT',
      entityType: 'user',
      entityId: before.id,
      before: editable(before),
      after: editable({ ...before, name, language }),
    }),
  ])
  return done({ ...person, name, language })
}

const editable = ({ name, role, language, active }: UserDetail) => ({ name, role, language, active })

export async function changeAssignments(
  { tx, person, act }: Mutation,
  id: string,
  request: AssignSitesRequest,
): Promise<Outcome<Changed<UserDetail>>> {
  const found = await administered(tx, person, id)
  if (!found.ok) return found
  if (!(await updateUser(tx, id, { version: request.version }))) return { ok: false, refusal: await stale(tx, id) }
  const count = await assignSites(tx, id, request.site_ids, person.userId)
  if (count < new Set(request.site_ids).size) return refuse('SITE_NOT_FOUND')
  await appendAudit(tx, [
    auditOf(act, {
      action: 'USER_SITES',
      entityType: 'user',
      entityId: id,
      before: { site_ids: found.value.site_ids },
      after: { site_ids: request.site_ids },
    }),
  ])
  const after = await findUser(tx, id)
  // Sessions go on; their sockets start anew with the new sites, and requests see them at once.
  return after ? done({ body: after, endedSessions: [] }) : refuse('USER_NOT_FOUND')
}

export async function unlock({ tx, person, act }: Mutation, id: string): Promise<Outcome<UserDetail>> {
  const found = await administered(tx, person, id)
  if (!found.ok) return found
  await unlockUser(tx, id)
  await appendAudit(tx, [
    auditOf(act, {
      action: 'USER_UNLOCK',
      entityType: 'user',
      entityId: id,
      before: { locked_until: found.value.locked_until },
      after: { locked_until: null },
    }),
  ])
  const user = await findUser(tx, id)
  return user ? done(user) : refuse('USER_NOT_FOUND')
}

export async function resetPassword(
  { tx, person, act }: Mutation,
  id: string,
  password: { readonly plain: string; readonly hash: string },
): Promise<Outcome<Changed<UserWithPassword>>> {
  const found = await administered(tx, person, id)
  if (!found.ok) return found
  if (id === person.userId) return refuse('FORBIDDEN')
  await setTemporaryPassword(tx, id, password.hash)
  // Whoever cannot sign in has often lost the phone with the passkeys too; the administrator vouches for them.
  const removedPasskeys = await forgetSignInChoices(tx, id)
  const endedSessions = await endSessionsOf(tx, id, 'password_changed')
  const after = { ended_sessions: endedSessions.length, removed_passkeys: removedPasskeys }
  await appendAudit(tx, [auditOf(act, { action: 'PASSWORD_RESET', entityType: 'user', entityId: id, after })])
  const user = await findUser(tx, id)
  return user ? done({ body: { user, temporary_password: password.plain }, endedSessions }) : refuse('USER_NOT_FOUND')
}

export async function sessionsOf(db: Queryable, userId: string, current: string | null): Promise<SessionList> {
  const sessions = await listSessions(db, userId)
  return { data: sessions.map((session) => ({ ...session, current: session.id === current })) }
}

/** Sessions of somebody else, for those who may administer them. */
export async function sessionsOfUser(db: Queryable, person: Person, id: string): Promise<Outcome<SessionList>> {
  const user = await findUser(db, id)
  if (!user) return refuse('USER_NOT_FOUND')
  if (!mayAdminister(person.role, user.role) && id !== person.userId) return refuse('FORBIDDEN')
  return done(await sessionsOf(db, id, person.sessionId))
}

export async function endSessionsOfUser({ tx, person, act }: Mutation, id: string): Promise<Outcome<Changed<null>>> {
  const found = await administered(tx, person, id)
  if (!found.ok) return found
  const reason: EndReason = 'logout_all'
  const endedSessions = await endSessionsOf(tx, id, reason)
  const after = { sessions: endedSessions.length }
  await appendAudit(tx, [auditOf(act, { action: 'LOGOUT_ALL', entityType: 'user', entityId: id, after })])
  return done({ body: null, endedSessions })
}

/** Ends one session of somebody who is administered; a session of another person is not there. */
export async function endSessionOfUser(
  { tx, person, act }: Mutation,
  id: string,
  sessionId: string,
): Promise<Outcome<Changed<null>>> {
  const found = await administered(tx, person, id)
  if (!found.ok) return found
  const session = (await listSessions(tx, id)).find((one) => one.id === sessionId)
  if (!session || !(await endSession(tx, sessionId, 'logout'))) return refuse('SESSION_NOT_FOUND')
  const before = { device: session.device, user_id: id }
  await appendAudit(tx, [auditOf(act, { action: 'SESSION_ENDED', entityType: 'session', entityId: sessionId, before })])
  return done({ body: null, endedSessions: [sessionId] })
}

/** Ends one session of the person's own; somebody else's is not there. */
export async function endOwnSession(
  backend: Backend,
  { tx, person, act }: Mutation,
  id: string,
): Promise<Outcome<null>> {
  const own = (await listSessions(tx, person.userId)).find((session) => session.id === id)
  if (!own || !(await endSession(tx, id, 'logout'))) return refuse('SESSION_NOT_FOUND')
  await appendAudit(tx, [
    auditOf(act, { action: 'LOGOUT', entityType: 'session', entityId: id, before: { device: own.device } }),
  ])
  backend.principals.forget([id])
  return done(null)
}

/** The person, locked together with the one who acts; FORBIDDEN for who is not below them. */
async function administered(tx: Mutation['tx'], person: Person, id: string): Promise<Outcome<UserDetail>> {
  await lockUsers(tx, [person.userId, id])
  const actor = await findUser(tx, person.userId)
  if (!actor?.active || actor.role !== person.role) return refuse('SESSION_ENDED')
  const user = await findUser(tx, id)
  if (!user) return refuse('USER_NOT_FOUND')
  return mayAdminister(person.role, user.role) || id === person.userId ? done(user) : refuse('FORBIDDEN')
}

async function stale(db: Queryable, id: string): Promise<Refusal> {
  const current = await findUser(db, id)
  return { code: 'USER_STALE_VERSION', details: { current, version: current?.version ?? null } }
}

/** Without letters and digits that look alike on paper. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'

/** Four groups of four: 79 bits, good until the first sign-in, where another one has to be chosen. */
export function temporaryPassword(): string {
  const group = () => Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return [group(), group(), group(), group()].join('-')
}

/** After the commit: what this process remembers of those sessions goes. */
export function settle<Body>(backend: Backend, { body, endedSessions }: Changed<Body>): Body {
  forgetSessions(backend, endedSessions)
  return body
}
