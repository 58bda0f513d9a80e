/** /api/users, and the own devices under /api/auth/sessions. */
import {
  AssignSitesRequest,
  CreateUserRequest,
  SessionList,
  UpdateUserRequest,
  UserDetail,
  UserList,
  UserListQuery,
  UserWithPassword,
} from '@stam/contracts'
import { findUser, listUsers } from '@stam/store'
import type { Backend } from '../backend.ts'
import { type Api, answers, IdParams, noContent } from '../http/api.ts'
import { personOfRequest } from '../http/guard.ts'
import { mutate } from '../http/mutation.ts'
import { Problem, valueOf } from '../http/problem.ts'
import { sensitively } from './sensitive.ts'
import {
  changeAssignments,
  createUser,
  editUser,
  endOwnSession,
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

export function userRoutes(app: Api, backend: Backend): void {
  readingRoutes(app, backend)
  changingRoutes(app, backend)
  passwordRoutes(app, backend)
  deviceRoutes(app, backend)
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
    '/api/users/:id/sessions',
    { schema: { tags, summary: 'Where somebody is signed in', params, response: answers(SessionList) } },
    async (request) => valueOf(await sessionsOfUser(backend.store, personOfRequest(request), request.params.id)),
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
  app.delete(
    '/api/users/:id/sessions',
    { schema: { tags, summary: 'Sign somebody out everywhere', params, response: noContent } },
    async (request, reply) => {
      settle(backend, await sensitively(request, backend, (act) => endSessionsOfUser(act, request.params.id)))
      return reply.code(204).send()
    },
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

function deviceRoutes(app: Api, backend: Backend): void {
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
