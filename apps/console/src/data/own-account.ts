/** Topic: the own account — how one is called, and where one is signed in. */
import { Me, SessionList, type SessionRecord, type UpdateMeRequest } from '@stam/contracts'
import { useQuery } from '@tanstack/react-query'
import { http, queries, session } from './centre.ts'
import { type Failure, failureOf } from './http.ts'

export type { SessionRecord } from '@stam/contracts'
export type Done = { readonly ok: true } | { readonly ok: false; readonly failure: Failure }

/** Runs an act whose answer is nothing but that it was done. */
export async function attempt(act: () => Promise<unknown>): Promise<Done> {
  try {
    await act()
    return { ok: true }
  } catch (error) {
    return { ok: false, failure: failureOf(error) }
  }
}

export const useOwnSessions = () =>
  useQuery({
    queryKey: ['own-sessions'],
    queryFn: ({ signal }): Promise<SessionRecord[]> =>
      http.call('/api/auth/sessions', SessionList, { signal }).then(({ data }) => data),
  })

export const endOwnSession = (id: string): Promise<Done> =>
  attempt(async () => {
    await http.send(`/api/auth/sessions/${id}`, { method: 'DELETE' })
    await queries.invalidateQueries({ queryKey: ['own-sessions'] })
  })

/** Everywhere, here too: the screen goes back to the login. */
export const signOutEverywhere = (): Promise<Done> =>
  attempt(async () => {
    await http.send('/api/auth/logout-all', { method: 'POST' })
    session.end('left')
  })

/** The session carries the name, so it is renewed with it. */
export const saveOwnAccount = (change: UpdateMeRequest): Promise<Done> =>
  attempt(async () => {
    await http.call('/api/auth/me', Me, { method: 'PATCH', body: change })
    await session.renew()
  })
