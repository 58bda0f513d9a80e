/** Topic: the person at the screen. */
import type { Me } from '@stam/contracts'
import { useStore } from 'zustand'
import { http, session } from './centre.ts'
import { type Failure, failureOf } from './http.ts'

export type { Me } from '@stam/contracts'
export type { SessionState } from './session.ts'

export const useSession = (): ReturnType<typeof session.store.getState> => useStore(session.store)
export const signIn = (email: string, password: string): ReturnType<typeof session.login> =>
  session.login(email, password)
export const signOut = (): Promise<void> => session.logout()
export const tryAgain = (): void => void session.start()

/** The signed-in person; screens behind the login always have one. */
export function useMe(): Me {
  const state = useSession()
  if (state.phase !== 'signed_in') throw new Error('nobody is signed in')
  return state.user
}

export type Permission =
  | 'alarm:write'
  | 'alarm:report'
  | 'site:write'
  | 'site:service-mode'
  | 'panel:command'
  | 'panel:release'
  | 'secret:reveal'
  | 'audit:read'
  | 'system:config'
  | 'user:read'
  | 'user:write'
export const may = (me: Pick<Me, 'permissions'>, permission: Permission): boolean => me.permissions.includes(permission)

export type PasswordResult = { readonly ok: true } | { readonly ok: false; readonly failure: Failure }

export async function changePassword(current: string, next: string): Promise<PasswordResult> {
  try {
    const body = { current_password: current, new_password: next }
    await http.send('/api/auth/password', { method: 'POST', body })
    await session.renew()
    return { ok: true }
  } catch (error) {
    return { ok: false, failure: failureOf(error) }
  }
}
