/**
 * Who is signed in. The access token lives in this module's memory and nowhere else; the refresh token is an HttpOnly
 * cookie. Renewal is silent and serialised across windows, because a refresh token may be used once only (spec 06).
 */
import { type Me, Session } from '@stam/contracts'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { ApiError, type Failure, failureOf, type Http } from './http.ts'

export type SessionState =
  | { readonly phase: 'starting' }
  /** The server could not be asked whether a session exists. */
  | { readonly phase: 'unreachable'; readonly attempt: number; readonly retryAt: number }
  | { readonly phase: 'signed_out'; readonly why: 'none' | 'ended' | 'left' }
  | { readonly phase: 'signed_in'; readonly user: Me }

export interface SessionDeps {
  readonly http: Http
  readonly now: () => number
  /** Runs `work` while no other window renews. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>
  /** Tells the other windows that this person has left. */
  readonly announceLeave: () => void
  readonly deviceName: string
}

export type LoginResult = { readonly ok: true } | { readonly ok: false; readonly failure: Failure }

export interface SessionHandle {
  readonly store: StoreApi<SessionState>
  token(): string | null
  start(): Promise<void>
  login(email: string, password: string): Promise<LoginResult>
  logout(): Promise<void>
  /** Renews now; false = the session has ended. Concurrent calls share one request. */
  renew(): Promise<boolean>
  /** Another window signed out, or the server said the session is over. */
  end(why: 'ended' | 'left'): void
}

const retryMs = [2_000, 4_000, 8_000, 15_000, 30_000]
/** Renewal starts this long before the token ends, so that a short outage does not end the session. */
const marginMs = 120_000

export function createSession(deps: SessionDeps): SessionHandle {
  const store = createStore<SessionState>(() => ({ phase: 'starting' }))
  let token: string | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let renewing: Promise<boolean> | null = null
  let failures = 0

  const later = (ms: number, work: () => void): void => {
    clearTimeout(timer)
    timer = setTimeout(work, ms)
  }
  const retryDelay = (): number => retryMs[Math.min(failures, retryMs.length - 1)] ?? 30_000

  const accept = (session: Session): void => {
    token = session.access_token
    failures = 0
    const lifeMs = session.expires_in * 1000
    later(Math.max(lifeMs - marginMs, lifeMs / 2), () => void quietly())
    store.setState({ phase: 'signed_in', user: session.user }, true)
  }
  const end = (why: 'none' | 'ended' | 'left'): void => {
    token = null
    clearTimeout(timer)
    store.setState({ phase: 'signed_out', why }, true)
  }

  const renewOnce = async (): Promise<boolean> => {
    try {
      const body = { method: 'POST', anonymous: true } as const
      accept(await deps.exclusively(() => deps.http.call('/api/auth/refresh', Session, body)))
      return true
    } catch (error) {
      const failure = failureOf(error)
      if (failure.kind !== 'refused' || failure.status === 429)
        throw error instanceof ApiError ? error : new ApiError(failure)
      end(store.getState().phase === 'signed_in' ? 'ended' : 'none')
      return false
    }
  }
  const renew = (): Promise<boolean> => {
    renewing ??= renewOnce().finally(() => {
      renewing = null
    })
    return renewing
  }
  /** Renewal on a timer: an unreachable server is tried again; whoever is signed in stays so meanwhile. */
  const quietly = async (): Promise<void> => {
    try {
      await renew()
    } catch {
      const delay = retryDelay()
      failures += 1
      if (store.getState().phase !== 'signed_in') {
        store.setState({ phase: 'unreachable', attempt: failures, retryAt: deps.now() + delay }, true)
      }
      later(delay, () => void quietly())
    }
  }

  return {
    store,
    token: () => token,
    start: quietly,
    renew,
    end,
    async login(email, password) {
      try {
        const body = { email, password, device: deps.deviceName.slice(0, 80) }
        accept(await deps.http.call('/api/auth/login', Session, { method: 'POST', anonymous: true, body }))
        return { ok: true }
      } catch (error) {
        return { ok: false, failure: failureOf(error) }
      }
    },
    async logout() {
      // The screen is cleared whatever the server says; its answer only decides how soon the cookie dies.
      await deps.http.send('/api/auth/logout', { method: 'POST', timeoutMs: 3_000 }).catch(() => undefined)
      deps.announceLeave()
      end('left')
    },
  }
}
