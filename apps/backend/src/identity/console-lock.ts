/**
 * The lock of a console (spec 06 "PIN lock in the app"): kept at the server, so that a locked console's session can do nothing but
 * hear of alarms, whatever is done to the page. Five wrong PINs end the session.
 */
import type { Me } from '@stam/contracts'
import {
  type Act,
  appendAudit,
  auditOf,
  countPinAttempt,
  endSession,
  findUserSecurity,
  lockSession,
  setLockAfter,
  setPin,
  setSecondFactor,
  unlockSession,
} from '@stam/store'
import type { Backend } from '../backend.ts'
import type { Mutation } from '../http/mutation.ts'
import { done, type Outcome, refuse } from '../http/problem.ts'
import type { Person } from './principals.ts'
import { forgetSessions } from './sensitive.ts'
import { meOf } from './sessions.ts'

const MOST_WRONG = 5

/** Repetitions and runs: 0000, 1234, 8765, 121212. */
export function pinTooObvious(pin: string): boolean {
  const steps = new Set([...pin].slice(1).map((digit, at) => Number(digit) - Number(pin[at])))
  const [step] = steps
  return (steps.size === 1 && Math.abs(step ?? 0) <= 1) || /^(\d\d?)\1+$/.test(pin)
}

/** @param pinHash null takes the PIN away. */
export async function choosePin({ tx, person, act }: Mutation, pinHash: string | null): Promise<Outcome<null>> {
  await setPin(tx, person.userId, pinHash)
  const action = pinHash === null ? 'PIN_REMOVE' : 'PIN_SET'
  await appendAudit(tx, [auditOf(act, { action, entityType: 'user', entityId: person.userId })])
  return done(null)
}

export async function chooseLockAfter({ tx, person, act }: Mutation, minutes: number | null): Promise<Outcome<null>> {
  if (!(await setLockAfter(tx, person.userId, minutes))) return refuse('PIN_NOT_SET')
  const after = { lock_after_minutes: minutes }
  await appendAudit(tx, [auditOf(act, { action: 'LOCK_AFTER', entityType: 'user', entityId: person.userId, after })])
  return done(null)
}

export async function chooseSecondFactor({ tx, person, act }: Mutation, enabled: boolean): Promise<Outcome<null>> {
  if (!(await setSecondFactor(tx, person.userId, enabled))) return refuse('PASSKEY_MISSING')
  const after = { second_factor: enabled }
  await appendAudit(tx, [auditOf(act, { action: 'SECOND_FACTOR', entityType: 'user', entityId: person.userId, after })])
  return done(null)
}

export async function lockConsole({ tx, person, act }: Mutation): Promise<Outcome<null>> {
  const { pinHash } = await findUserSecurity(tx, person.userId)
  if (pinHash === null) return refuse('PIN_NOT_SET')
  if (await lockSession(tx, person.sessionId, person.userId)) {
    const entry = { action: 'CONSOLE_LOCK', entityType: 'session', entityId: person.sessionId }
    await appendAudit(tx, [auditOf(act, entry)])
  }
  return done(null)
}

/** The right PIN opens the console. The fifth wrong one ends the session: from there it takes a full sign-in. */
export async function unlockConsole(backend: Backend, person: Person, pin: string, act: Act): Promise<Outcome<void>> {
  const { store, passwords } = backend
  const attempt = await countPinAttempt(store, person.sessionId)
  if (attempt === null) return done(undefined)
  const { pinHash } = await findUserSecurity(store, person.userId)
  const right = attempt <= MOST_WRONG && (await passwords.matches(pinHash, pin))
  const ends = !right && attempt >= MOST_WRONG
  const action = right ? 'CONSOLE_UNLOCK' : ends ? 'PIN_LOCKED_OUT' : 'PIN_WRONG'
  await store.inTransaction(async (tx) => {
    if (right) await unlockSession(tx, person.sessionId)
    if (ends) await endSession(tx, person.sessionId, 'wrong_pins')
    const after = right ? undefined : { attempt }
    await appendAudit(tx, [auditOf(act, { action, entityType: 'session', entityId: person.sessionId, after })])
  })
  if (ends) {
    forgetSessions(backend, [person.sessionId])
    backend.log.warn('pin_locked_out', { user_id: person.userId, session_id: person.sessionId })
    return refuse('SESSION_ENDED')
  }
  backend.principals.forget([person.sessionId])
  return right ? done(undefined) : refuse('PIN_WRONG', { attempts_left: MOST_WRONG - attempt })
}

/** How the person stands now, looked up anew: what is remembered is seconds old. */
export async function freshMe({ principals }: Backend, sessionId: string): Promise<Outcome<Me>> {
  principals.forget([sessionId])
  const person = await principals.find(sessionId)
  return person ? done(meOf(person)) : refuse('SESSION_ENDED')
}
