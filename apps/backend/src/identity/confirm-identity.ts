/**
 * Before how somebody signs in is changed, they prove who they are: a session that has just begun is proof, else the password
 * is asked for. Whoever finds a console open cannot make themselves at home in it.
 */
import { type Act, findCredentialsById, sessionBegan } from '@stam/store'
import type { Backend } from '../backend.ts'
import { done, type Outcome, refuse } from '../http/problem.ts'
import type { Person } from './principals.ts'
import { recordFailure } from './sessions.ts'

export const FRESH_SESSION_MS = 5 * 60_000

export async function confirmIdentity(
  backend: Backend,
  person: Person,
  password: string | undefined,
  act: Act,
): Promise<Outcome<void>> {
  const { store, passwords, clock } = backend
  if (password === undefined) {
    const began = await sessionBegan(store, person.sessionId)
    return began && began.ageMs < FRESH_SESSION_MS ? done(undefined) : refuse('PASSWORD_REQUIRED')
  }
  const user = await findCredentialsById(store, person.userId)
  const matches = await passwords.matches(user?.password_hash ?? null, password)
  const locked = user?.locked_until != null && Date.parse(user.locked_until) > clock.now()
  if (matches && !locked) return done(undefined)
  await recordFailure(backend, locked ? null : user, act)
  return refuse('INVALID_CREDENTIALS')
}
