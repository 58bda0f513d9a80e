/** Signing in and out: the use cases behind /api/auth (spec 05, 06). */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Me, Session } from '@stam/contracts'
import { uuidv7 } from '@stam/runtime'
import {
  type Act,
  appendAudit,
  auditOf,
  type Credentials,
  changePassword as storeNewPassword,
  countFailedLogin,
  endSession,
  endSessionsOf,
  findCredentials,
  findCredentialsById,
  findPrincipal,
  findUserSecurity,
  insertRefreshToken,
  lockRefreshToken,
  recordLogin,
  replaceRefreshToken,
  type ShownToken,
  type Transaction,
} from '@stam/store'
import type { Backend } from '../backend.ts'
import { done, type Outcome, refuse } from '../http/problem.ts'
import { ACCESS_TOKEN_LIFE_S } from './access-tokens.ts'
import { askForSecondFactor, type RelyingParty } from './passkey-questions.ts'
import { tooObvious } from './password-rules.ts'
import { type Person, personOf } from './principals.ts'

export const REFRESH_LIFE_S = 7 * 24 * 60 * 60
const LOCK_AFTER = 10
const LOCK_MINUTES = 30
const WARN_AFTER = 3

/** A session as the client gets it, and the refresh token for its cookie. */
export interface OpenedSession {
  readonly session: Session
  readonly refreshToken: string
}

type From = Omit<Act, 'actor'>

/**
 * E-mail and password → session. Unknown, locked, inactive and wrong all cost one hash and answer INVALID_CREDENTIALS.
 * The tenth failure in a row locks the account for 30 minutes.
 */
export async function logIn(
  backend: Backend,
  input: { email: string; password: string; device: string; party: RelyingParty | null },
  from: From,
): Promise<Outcome<OpenedSession>> {
  const { store, passwords, clock } = backend
  const user = await findCredentials(store, input.email.trim())
  const matches = await passwords.matches(user?.password_hash ?? null, input.password)
  const locked = user?.locked_until != null && Date.parse(user.locked_until) > clock.now()
  if (!user || !matches || locked || !user.active) {
    await recordFailure(backend, locked ? null : user, from)
    return refuse('INVALID_CREDENTIALS')
  }
  if ((await findUserSecurity(store, user.id)).secondFactor) return askForSecondFactor(backend, input.party, user.id)
  const stored = user.password_hash as string
  const newHash = passwords.outdated(stored) ? await passwords.hash(input.password) : null
  return openSession(backend, user, { device: input.device, newHash }, from)
}

/** A new session for somebody who has proved who they are, on the record. */
export async function openSession(
  backend: Backend,
  user: Pick<Credentials, 'id' | 'name' | 'role'>,
  by: { device: string; newHash?: string | null; passkey?: { id: string; name: string } },
  from: From,
): Promise<Outcome<OpenedSession>> {
  const { device, newHash = null, passkey } = by
  const refreshToken = newToken()
  const familyId = uuidv7()
  const act: Act = { ...from, actor: { kind: 'user', id: user.id, name: user.name, role: user.role } }
  const person = await backend.store.inTransaction(async (tx) => {
    await recordLogin(tx, user.id, newHash)
    await insertRefreshToken(tx, tokenRow(refreshToken, { familyId, userId: user.id, device, ip: from.ip }))
    const after = { device, ...(passkey ? { passkey } : {}) }
    await appendAudit(tx, [auditOf(act, { action: 'LOGIN', entityType: 'session', entityId: familyId, after })])
    return findPrincipal(tx, familyId)
  })
  if (!person) return refuse('INVALID_CREDENTIALS')
  return done({ session: await sessionOf(backend, personOf(person)), refreshToken })
}

/** Unknown and locked users cost the same transaction as the others, so that the time tells nothing about who exists. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

export async function recordFailure(backend: Backend, user: Credentials | null, from: From): Promise<void> {
  const { store, log, telemetry } = backend
  telemetry.loginFailed()
  const act: Act = { ...from, actor: { kind: 'system', name: 'login' } }
  await store.inTransaction(async (tx) => {
    const { failed, lockedUntil } = await countFailedLogin(tx, user?.id ?? NOBODY, LOCK_AFTER, LOCK_MINUTES)
    const lockedNow = failed >= LOCK_AFTER
    await appendAudit(tx, [
      auditOf(act, {
        action: lockedNow ? 'LOGIN_LOCKED' : 'LOGIN_FAILED',
        entityType: 'user',
        entityId: user?.id ?? null,
        after: { failed, ...(lockedNow ? { locked_until: lockedUntil } : {}) },
      }),
    ])
    if (lockedNow) {
      telemetry.accountLocked()
      log.error('login_locked', { user_id: user?.id, failed })
    } else if (failed >= WARN_AFTER) log.warn('login_failures', { user_id: user?.id, failed })
  })
}

/**
 * A spent token shown again within this time, by the same browser, while nobody has used its successor, gets the same successor again: the answer was
 * lost on the way, or the page was loaded twice. A thief gains nothing by it: both then hold one token, and whoever of the two comes second
 * next time shows a spent one whose successor is in use. So theft is noticed one renewal later, at most, and ends the session as ever.
 * Addresses are not compared, since an answer is most often lost while a phone changes networks.
 */
const REPEAT_MS = 30_000

/**
 * A refresh token → a new access token and a new refresh token. Showing a spent one ends the session (it was copied), but for a repeat.
 * @param agent what the client calls itself
 */
export async function refreshSession(
  backend: Backend,
  shown: string,
  agent: string,
  from: From,
): Promise<Outcome<OpenedSession>> {
  const { store, principals } = backend
  const by = { seed: randomBytes(32), agent: hashOf(agent) }
  const result = await store.inTransaction(async (tx) => {
    const token = await lockRefreshToken(tx, hashOf(shown))
    if (!token || token.state === 'dead') return null
    const repeated = repeatOf(token, by.agent)
    if (token.state === 'spent' && !repeated) {
      await endForReuse(tx, token, from)
      return { reused: token.familyId }
    }
    const refreshToken = successorOf(shown, repeated?.seed ?? by.seed)
    const { familyId, userId, device } = token
    if (repeated)
      backend.log.info('refresh_token_repeated', { session_id: familyId, ms_ago: Math.round(repeated.msAgo) })
    else await replaceRefreshToken(tx, token.id, tokenRow(refreshToken, { familyId, userId, device, ip: from.ip }), by)
    return { principal: await findPrincipal(tx, familyId), refreshToken }
  })
  if (result && 'reused' in result && result.reused) {
    principals.forget([result.reused])
    backend.sockets.endSessions([result.reused])
    backend.log.warn('refresh_token_reused', { session_id: result.reused })
  }
  if (!result?.principal) return refuse('SESSION_ENDED')
  const { principal, refreshToken } = result
  return done({ session: await sessionOf(backend, personOf(principal)), refreshToken })
}

function repeatOf({ spent }: ShownToken, agent: Buffer): ShownToken['spent'] {
  return spent && spent.msAgo < REPEAT_MS && timingSafeEqual(spent.agent, agent) ? spent : null
}

/** The same for the same token and seed; without either nobody can tell. */
function successorOf(token: string, seed: Buffer): string {
  return createHmac('sha256', seed).update(token).digest('base64url')
}

async function endForReuse(tx: Transaction, token: { familyId: string; userId: string }, from: From): Promise<void> {
  await endSession(tx, token.familyId, 'reuse')
  await appendAudit(tx, [
    auditOf(
      { ...from, actor: { kind: 'system', name: 'session' } },
      { action: 'SESSION_REUSE', entityType: 'session', entityId: token.familyId, after: { user_id: token.userId } },
    ),
  ])
}

/** Ends the session a refresh token belongs to; an unknown token is no error. */
export async function logOut(backend: Backend, shown: string, from: From): Promise<void> {
  const familyId = await backend.store.inTransaction(async (tx) => {
    const token = await lockRefreshToken(tx, hashOf(shown))
    if (!token) return null
    const alive = await endSession(tx, token.familyId, 'logout')
    if (!alive) return token.familyId
    const user = await findCredentialsById(tx, token.userId)
    const actor = { kind: 'user', id: token.userId, name: user?.name ?? '', role: user?.role ?? null } as const
    await appendAudit(tx, [
      auditOf({ ...from, actor }, { action: 'LOGOUT', entityType: 'session', entityId: token.familyId }),
    ])
    return token.familyId
  })
  if (familyId) forgetSessions(backend, [familyId])
}

/** Ends every session of this person, on every device. */
export async function logOutEverywhere(backend: Backend, person: Person, act: Act): Promise<void> {
  const ended = await backend.store.inTransaction(async (tx) => {
    const sessions = await endSessionsOf(tx, person.userId, 'logout_all')
    await appendAudit(tx, [
      auditOf(act, {
        action: 'LOGOUT_ALL',
        entityType: 'user',
        entityId: person.userId,
        after: { sessions: sessions.length },
      }),
    ])
    return sessions
  })
  forgetSessions(backend, ended)
}

/** Changes the own password; every other session of this person ends. */
export async function changeOwnPassword(
  backend: Backend,
  person: Person,
  input: { current: string; next: string },
  act: Act,
): Promise<Outcome<void>> {
  const { store, passwords } = backend
  const user = await findCredentialsById(store, person.userId)
  const matches = await passwords.matches(user?.password_hash ?? null, input.current)
  if (!user?.password_hash || !matches) {
    await recordFailure(backend, user, act)
    return refuse('INVALID_CREDENTIALS')
  }
  if (tooObvious(input.next, user) || input.next === input.current) return refuse('PASSWORD_TOO_WEAK')
  const oldHash = user.password_hash
  const newHash = await passwords.hash(input.next)
  const ended = await store.inTransaction(async (tx) => {
    if (!(await storeNewPassword(tx, { userId: user.id, oldHash, newHash }))) return null
    const sessions = await endSessionsOf(tx, user.id, 'password_changed', person.sessionId)
    await appendAudit(tx, [auditOf(act, { action: 'PASSWORD_CHANGED', entityType: 'user', entityId: user.id })])
    return sessions
  })
  if (!ended) return refuse('INVALID_CREDENTIALS')
  forgetSessions(backend, ended)
  backend.principals.forget([person.sessionId])
  return done(undefined)
}

function forgetSessions(backend: Backend, sessionIds: readonly string[]): void {
  backend.principals.forget(sessionIds)
  backend.sockets.endSessions(sessionIds)
}

async function sessionOf({ tokens }: Backend, person: Person): Promise<Session> {
  const { userId: sub, sessionId: sid, role, name } = person
  return {
    access_token: await tokens.issue({ sub, sid, role, name }),
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_LIFE_S,
    user: meOf(person),
  }
}

export function meOf(person: Person): Me {
  return {
    id: person.userId,
    email: person.email,
    name: person.name,
    role: person.role,
    language: person.language,
    must_change_password: person.mustChangePassword,
    permissions: [...person.permissions],
    lock: {
      locked: person.lock.locked,
      pin_set: person.lock.pinSet,
      after_minutes: person.lock.afterMinutes,
    },
  }
}

/** 256 random bits; only its hash is stored, so a stolen database opens no session. */
function newToken(): string {
  return randomBytes(32).toString('base64url')
}

export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function tokenRow(token: string, of: { familyId: string; userId: string; device: string; ip: string | null }) {
  return { id: uuidv7(), hash: hashOf(token), lifeSeconds: REFRESH_LIFE_S, ...of }
}
