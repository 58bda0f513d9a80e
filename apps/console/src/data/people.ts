/** Topic: people who may sign in, for those who administer them. */
import {
  AssignedSites,
  type CreateUserRequest,
  type HumanRole,
  RoleList,
  type RoleRights,
  SessionList,
  type SessionRecord,
  type UpdateUserRequest,
  UserDetail,
  UserList,
  UserWithPassword,
} from '@stam/contracts'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { http, queries } from './centre.ts'
import { type Failure, failureOf } from './http.ts'
import { attempt, type Done } from './own-account.ts'

export type { CreateUserRequest, HumanRole, RoleRights, UserDetail } from '@stam/contracts'

export interface PeopleFilter {
  readonly text: string
  readonly role: HumanRole | 'all'
  readonly state: 'active' | 'inactive' | 'locked' | 'all'
  readonly page: number
}

const PAGE = 50

export const usePeople = ({ text, role, state, page }: PeopleFilter) =>
  useQuery({
    queryKey: ['people', text, role, state, page],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      http.call('/api/users', UserList, {
        signal,
        query: { text, role: role === 'all' ? undefined : role, active: state, page, limit: PAGE },
      }),
  })

/** A few people by name or e-mail, the inactive ones too: for choosing whose acts to look at. */
export const searchPeople = (text: string, signal: AbortSignal): Promise<UserDetail[]> =>
  http.call('/api/users', UserList, { signal, query: { text, active: 'all', limit: 8 } }).then(({ data }) => data)

export const usePerson = (id: string | null) =>
  useQuery({
    queryKey: ['person', id],
    enabled: id !== null,
    queryFn: ({ signal }) => http.call(`/api/users/${id}`, UserDetail, { signal }),
  })

/** The sites of a person by name. */
export const useSitesOf = (id: string) =>
  useQuery({
    queryKey: ['sites-of', id],
    queryFn: ({ signal }): Promise<AssignedSites['data']> =>
      http.call(`/api/users/${id}/sites`, AssignedSites, { signal }).then(({ data }) => data),
  })

export const useSessionsOf = (id: string, enabled: boolean) =>
  useQuery({
    queryKey: ['sessions-of', id],
    enabled,
    queryFn: ({ signal }): Promise<SessionRecord[]> =>
      http.call(`/api/users/${id}/sessions`, SessionList, { signal }).then(({ data }) => data),
  })

export const useRoles = () =>
  useQuery({
    queryKey: ['roles'],
    staleTime: 600_000,
    queryFn: ({ signal }): Promise<RoleRights[]> =>
      http.call('/api/roles', RoleList, { signal }).then(({ data }) => data),
  })

export type PersonResult =
  | { readonly ok: true; readonly user: UserDetail }
  /** Somebody else saved first: the person as they left it. */
  | { readonly ok: false; readonly conflict: UserDetail }
  | { readonly ok: false; readonly failure: Failure }

/** The temporary password is nowhere but in this answer. */
export type PasswordGiven =
  | { readonly ok: true; readonly user: UserDetail; readonly password: string }
  | { readonly ok: false; readonly failure: Failure }

function learn(user: UserDetail): UserDetail {
  queries.setQueryData(['person', user.id], user)
  void queries.invalidateQueries({ queryKey: ['people'] })
  void queries.invalidateQueries({ queryKey: ['sessions-of', user.id] })
  void queries.invalidateQueries({ queryKey: ['sites-of', user.id] })
  void queries.invalidateQueries({ queryKey: ['audit'] })
  return user
}

async function change(act: () => Promise<UserDetail>): Promise<PersonResult> {
  try {
    return { ok: true, user: learn(await act()) }
  } catch (error) {
    const failure = failureOf(error)
    if (failure.kind === 'refused' && failure.code === 'USER_STALE_VERSION') {
      const current = UserDetail.safeParse(failure.details['current'])
      if (current.success) {
        // Not put in the place of what is being edited: whoever typed decides what happens to it.
        void queries.invalidateQueries({ queryKey: ['people'] })
        void queries.invalidateQueries({ queryKey: ['sites-of', current.data.id] })
        return { ok: false, conflict: current.data }
      }
    }
    return { ok: false, failure }
  }
}

export const editPerson = (id: string, body: UpdateUserRequest): Promise<PersonResult> =>
  change(() => http.call(`/api/users/${id}`, UserDetail, { method: 'PATCH', body }))

export const assignSites = (id: string, version: number, siteIds: readonly string[]): Promise<PersonResult> =>
  change(() => http.call(`/api/users/${id}/sites`, UserDetail, { method: 'PUT', body: { version, site_ids: siteIds } }))

export const unlockPerson = (id: string): Promise<PersonResult> =>
  change(() => http.call(`/api/users/${id}/unlock`, UserDetail, { method: 'POST' }))

async function withPassword(path: string, body?: CreateUserRequest): Promise<PasswordGiven> {
  try {
    const given = await http.call(path, UserWithPassword, { method: 'POST', ...(body === undefined ? {} : { body }) })
    return { ok: true, user: learn(given.user), password: given.temporary_password }
  } catch (error) {
    return { ok: false, failure: failureOf(error) }
  }
}

export const createPerson = (request: CreateUserRequest): Promise<PasswordGiven> => withPassword('/api/users', request)
export const resetPassword = (id: string): Promise<PasswordGiven> => withPassword(`/api/users/${id}/reset-password`)

const ending = (path: string, id: string): Promise<Done> =>
  attempt(async () => {
    await http.send(path, { method: 'DELETE' })
    void queries.invalidateQueries({ queryKey: ['audit'] })
    await queries.invalidateQueries({ queryKey: ['sessions-of', id] })
  })
export const endSessionsOf = (id: string): Promise<Done> => ending(`/api/users/${id}/sessions`, id)
export const endSessionOf = (id: string, sessionId: string): Promise<Done> =>
  ending(`/api/users/${id}/sessions/${sessionId}`, id)
