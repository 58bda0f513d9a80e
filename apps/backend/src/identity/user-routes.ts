/** /api/users, and the own devices under /api/auth/sessions. */
import {
  AssignedSites,
  AssignSitesRequest,
  CreateUserRequest,
  humanRoles,
  Me,
  RoleList,
  SessionList,
  UpdateMeRequest,
  UpdateUserRequest,
  UserDetail,
  UserList,
  UserListQuery,
  UserWithPassword,
} from '@stam/contracts'
import { findUser, listAssignedSites, listUsers } from '@stam/store'
import { z } from 'zod'
import type { Backend } from '../backend.ts'
import { type Api, answers, IdParams, noContent } from '../http/api.ts'
import { personOfRequest } from '../http/guard.ts'
import { mutate } from '../http/mutation.ts'
import { Problem, valueOf } from '../http/problem.ts'
import { rolePermissions } from './permissions.ts'
import { sensitively } from './sensitive.ts'
import { meOf } from './sessions.ts'
import {
  changeAssignments,
  createUser,
  editMe,
  editUser,
  endOwnSession,
  endSessionOfUser,
  endSessionsOfUser,
  resetPassword,
  sessionsOf,
  sessionsOfUser,
  settle,
  temporaryPassword,
  unlock,
} from './user-use-cases.ts'

const tags = ['users']
const params = IdParams
const SessionParams = IdParams.extend({ session: z.uuid() })

export function userRoutes(app: Api, backend: Backend): void {
  readingRoutes(app, backend)
  changingRoutes(app, backend)
  passwordRoutes(app, backend)
  sessionRoutes(app, backend)
  ownRoutes(app, backend)
}

function readingRoutes(app: Api, backend: Backend): void {
  app.get(
    '/api/users',
    { schema: { tags, summary: 'People by name', querystring: UserListQuery, response: answers(UserList) } },
    async (request) => {
      const { page, limit, ...filter } = request.query
      const { users, total } = await listUsers(backend.store, filter, { page, limit })
      return { data: users, pagination: { page, limit, total, total_pages: Math.ceil(total / limit) } }
    },
  )
  app.get(
    '/api/users/:id',
    { schema: { tags, summary: 'One person', params, response: answers(UserDetail) } },
    async (request) => {
      const user = await findUser(backend.store, request.params.id)
      if (!user) throw new Problem('USER_NOT_FOUND')
      return user
    },
  )
  app.get(
    '/api/users/:id/sites',
    { schema: { tags, summary: 'The sites of one person, by name', params, response: answers(AssignedSites) } },
    async (request) => ({ data: await listAssignedSites(backend.store, request.params.id) }),
  )
  app.get(
    '/api/roles',
    { schema: { tags, summary: 'What each role may do, and where', response: answers(RoleList) } },
    async () => ({
      data: humanRoles.map((role) => ({
        role,
        permissions: [...rolePermissions[role]],
        sites: role === 'TECHNICIAN' || role === 'FIELD_WORKER' ? ('assigned' as const) : ('all' as const),
      })),
    }),
  )
}

function changingRoutes(app: Api, backend: Backend): void {
  app.patch(
    '/api/users/:id',
    {
      schema: {
        tags,
        summary: 'Edit what is given; another role, or inactive, ends their sessions',
        params,
        body: UpdateUserRequest,
        response: answers(UserDetail),
      },
    },
    async (request) =>
      settle(backend, await sensitively(request, backend, (act) => editUser(act, request.params.id, request.body))),
  )
  app.put(
    '/api/users/:id/sites',
    {
      schema: {
        tags,
        summary: 'The sites a technician or field worker may see; the whole list',
        params,
        body: AssignSitesRequest,
        response: answers(UserDetail),
      },
    },
    async (request) => {
      const { id } = request.params
      const changed = await sensitively(request, backend, (act) => changeAssignments(act, id, request.body))
      const { data } = await sessionsOf(backend.store, id, null)
      backend.principals.forget(data.map((session) => session.id))
      return settle(backend, changed)
    },
  )
  app.post(
    '/api/users/:id/unlock',
    { schema: { tags, summary: 'End the lock after failed sign-ins', params, response: answers(UserDetail) } },
    (request) => sensitively(request, backend, (act) => unlock(act, request.params.id)),
  )
}

function passwordRoutes(app: Api, backend: Backend): void {
  app.post(
    '/api/users',
    {
      schema: {
        tags,
        summary: 'Add a person; the temporary password is in this answer only',
        body: CreateUserRequest,
        response: answers(UserWithPassword),
      },
    },
    async (request) => {
      const password = await newPassword(backend)
      return sensitively(request, backend, (act) => createUser(act, request.body, password))
    },
  )
  app.post(
    '/api/users/:id/reset-password',
    {
      schema: {
        tags,
        summary: 'A new temporary password, in this answer only; their sessions end',
        params,
        response: answers(UserWithPassword),
      },
    },
    async (request) => {
      const password = await newPassword(backend)
      return settle(
        backend,
        await sensitively(request, backend, (act) => resetPassword(act, request.params.id, password)),
      )
    },
  )
}

/** Hashed before the transaction begins: no row is locked while a core works. */
async function newPassword({ passwords }: Backend): Promise<{ plain: string; hash: string }> {
  const plain = temporaryPassword()
  return { plain, hash: await passwords.hash(plain) }
}

function sessionRoutes(app: Api, backend: Backend): void {
  app.get(
    '/api/users/:id/sessions',
    { schema: { tags, summary: 'Where somebody is signed in', params, response: answers(SessionList) } },
    async (request) => valueOf(await sessionsOfUser(backend.store, personOfRequest(request), request.params.id)),
  )
  app.delete(
    '/api/users/:id/sessions',
    { schema: { tags, summary: 'Sign somebody out everywhere', params, response: noContent } },
    async (request, reply) => {
      settle(backend, await sensitively(request, backend, (act) => endSessionsOfUser(act, request.params.id)))
      return reply.code(204).send()
    },
  )
  app.delete(
    '/api/users/:id/sessions/:session',
    { schema: { tags, summary: 'Sign somebody out on one device', params: SessionParams, response: noContent } },
    async (request, reply) => {
      const { id, session } = request.params
      settle(backend, await sensitively(request, backend, (act) => endSessionOfUser(act, id, session)))
      return reply.code(204).send()
    },
  )
}

/** The own name, language and devices. */
function ownRoutes(app: Api, backend: Backend): void {
  app.patch(
    '/api/auth/me',
    {
      schema: {
        tags: ['auth'],
        summary: 'Change the own name or language',
        body: UpdateMeRequest,
        response: answers(Me),
      },
    },
    async (request) => {
      const { userId, sessionId } = personOfRequest(request)
      const person = await mutate(request, backend, (mutation) => editMe(mutation, request.body))
      const { data } = await sessionsOf(backend.store, userId, sessionId)
      backend.principals.forget(data.map((session) => session.id))
      return meOf(person)
    },
  )
  app.get(
    '/api/auth/sessions',
    { schema: { tags: ['auth'], summary: 'Where I am signed in', response: answers(SessionList) } },
    async (request) => {
      const { userId, sessionId } = personOfRequest(request)
      return sessionsOf(backend.store, userId, sessionId)
    },
  )
  app.delete(
    '/api/auth/sessions/:id',
    { schema: { tags: ['auth'], summary: 'Sign out one of my devices', params, response: noContent } },
    async (request, reply) => {
      await mutate(request, backend, (mutation) => endOwnSession(backend, mutation, request.params.id))
      backend.principals.forget([request.params.id])
      backend.sockets.endSessions([request.params.id])
      return reply.code(204).send()
    },
  )
}
