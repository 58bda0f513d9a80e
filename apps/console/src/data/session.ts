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

const retryMs = [2_000, 4_000, 8_000, 15_000, 30_000]
/** Renewal starts this long before the token ends, so that a short outage does not end the session. */
const marginMs = 120_000

export class SessionKeeper {
  readonly store: StoreApi<SessionState> = createStore<SessionState>(() => ({ phase: 'starting' }))
  readonly #deps: SessionDeps
  #token: string | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #renewing: Promise<boolean> | null = null
  #failures = 0

  constructor(deps: SessionDeps) {
    this.#deps = deps
  }

  token(): string | null {
    return this.#token
  }

  /** Asks whether a session exists, and asks again while the server cannot be reached. Whoever is signed in stays so. */
  async start(): Promise<void> {
    try {
      await this.renew()
    } catch {
      const delay = retryMs[Math.min(this.#failures, retryMs.length - 1)] ?? 30_000
      this.#failures += 1
      if (this.store.getState().phase !== 'signed_in') {
        const retryAt = this.#deps.now() + delay
        this.store.setState({ phase: 'unreachable', attempt: this.#failures, retryAt }, true)
      }
      this.#later(delay)
    }
  }

  login(email: string, password: string): Promise<LoginResult> {
    return this.enter('/api/auth/login', { email, password })
  }

  /** Any way in whose answer is a session: password, passkey, first start. */
  async enter(path: string, fields: Record<string, unknown>): Promise<LoginResult> {
    try {
      const body = { ...fields, device: this.#deps.deviceName.slice(0, 80) }
      this.#accept(await this.#deps.http.call(path, Session, { method: 'POST', anonymous: true, body }))
      return { ok: true }
    } catch (error) {
      return { ok: false, failure: failureOf(error) }
    }
  }

  /** The person as the server has just described them. */
  adopt(user: Me): void {
    if (this.store.getState().phase === 'signed_in') this.store.setState({ phase: 'signed_in', user }, true)
  }

  async logout(): Promise<void> {
    // The screen is cleared whatever the server says; its answer only decides how soon the cookie dies.
    await this.#deps.http.send('/api/auth/logout', { method: 'POST', timeoutMs: 3_000 }).catch(() => undefined)
    this.#deps.announceLeave()
    this.end('left')
  }

  /** Renews now; false = the session has ended. Concurrent calls share one request; rejects when nobody answered. */
  renew(): Promise<boolean> {
    this.#renewing ??= this.#renewOnce().finally(() => {
      this.#renewing = null
    })
    return this.#renewing
  }

  /** Another window signed out, or the server said the session is over. */
  end(why: 'none' | 'ended' | 'left'): void {
    this.#token = null
    clearTimeout(this.#timer)
    this.store.setState({ phase: 'signed_out', why }, true)
  }

  async #renewOnce(): Promise<boolean> {
    const { http, exclusively } = this.#deps
    try {
      this.#accept(
        await exclusively(() =>
          http.call('/api/auth/refresh', Session, { method: 'POST', anonymous: true, keepalive: true }),
        ),
      )
      return true
    } catch (error) {
      const failure = failureOf(error)
      if (failure.kind !== 'refused' || failure.status === 429)
        throw error instanceof ApiError ? error : new ApiError(failure)
      this.end(this.store.getState().phase === 'signed_in' ? 'ended' : 'none')
      return false
    }
  }

  #accept(session: Session): void {
    this.#token = session.access_token
    this.#failures = 0
    const lifeMs = session.expires_in * 1000
    this.#later(Math.max(lifeMs - marginMs, lifeMs / 2))
    this.store.setState({ phase: 'signed_in', user: session.user }, true)
  }

  #later(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.start(), ms)
  }
}
