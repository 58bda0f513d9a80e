/** Topic: how one signs in — first start, passkeys, second factor, PIN. */
import { Me, PasskeyQuestion, PasskeyRecord, SetupState, SignInSettings, type SetupRequest } from '@stam/contracts'
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser'
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { http, queries, session } from './centre.ts'
import { ApiError, type Failure } from './http.ts'
import type { LoginResult } from './session.ts'

export type { PasskeyRecord, SignInSettings } from '@stam/contracts'

/** The authenticator was asked and gave nothing: called off, timed out, or it has no passkey for this address. */
export type AuthenticatorSilence = { readonly kind: 'no_passkey' }
/** This authenticator holds a passkey of this person already. */
export type AuthenticatorRepeat = { readonly kind: 'known_passkey' }
export type SignInFailure = Failure | AuthenticatorSilence | AuthenticatorRepeat
export type SignInResult<Value = void> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: SignInFailure }

/** Fetched when somebody uses a passkey, not before. */
const webAuthn = () => import('@simplewebauthn/browser')

/** Authenticators answer pages with a name, over TLS or on this machine. */
export const passkeysPossible = (): boolean =>
  globalThis.PublicKeyCredential !== undefined && !/^[\d.]+$|^\[/.test(location.hostname)

async function result<Value>(act: () => Promise<Value>): Promise<SignInResult<Value>> {
  try {
    return { ok: true, value: await act() }
  } catch (error) {
    if (error instanceof ApiError) return { ok: false, failure: error.failure }
    const { name } = error as Error
    if (name === 'InvalidStateError') return { ok: false, failure: { kind: 'known_passkey' } }
    return { ok: false, failure: { kind: 'no_passkey' } }
  }
}

/** Whether there is nobody yet who could sign in; null while the server has not been asked or did not answer. */
export async function setupNeeded(): Promise<boolean | null> {
  try {
    return (await http.call('/api/setup', SetupState, { anonymous: true })).needed
  } catch {
    return null
  }
}

export const setUp = (request: Omit<SetupRequest, 'device'>): Promise<LoginResult> =>
  session.enter('/api/setup', { ...request })

/** A passkey alone. */
export async function signInWithPasskey(): Promise<SignInResult> {
  const asked = await result(() =>
    http.call('/api/auth/passkeys/login-question', PasskeyQuestion, { method: 'POST', anonymous: true, body: {} }),
  )
  return asked.ok ? answerQuestion(asked.value.options) : asked
}

/** The passkey after the password; `failure` is what the password was answered with. */
export const secondFactorOf = (failure: Failure): Record<string, unknown> | null =>
  failure.kind === 'refused' && failure.code === 'SECOND_FACTOR_REQUIRED'
    ? (failure.details['options'] as Record<string, unknown>)
    : null

export async function answerQuestion(options: Record<string, unknown>): Promise<SignInResult> {
  const answer = await result(async () =>
    (await webAuthn()).startAuthentication({
      optionsJSON: options as unknown as PublicKeyCredentialRequestOptionsJSON,
    }),
  )
  if (!answer.ok) return answer
  const entered = await session.enter('/api/auth/passkeys/login', { answer: answer.value })
  return entered.ok ? { ok: true, value: undefined } : entered
}

const key = ['sign-in-settings']
export const useSignInSettings = (): UseQueryResult<SignInSettings> =>
  useQuery({ queryKey: key, queryFn: ({ signal }) => http.call('/api/auth/sign-in', SignInSettings, { signal }) })

/** Everything below may be answered PASSWORD_REQUIRED: then again with the password. */
export const needsPassword = (failure: SignInFailure): boolean =>
  failure.kind === 'refused' && failure.code === 'PASSWORD_REQUIRED'

async function changed<Value>(act: () => Promise<Value>): Promise<SignInResult<Value>> {
  const outcome = await result(act)
  if (outcome.ok) await queries.invalidateQueries({ queryKey: key })
  return outcome
}

const confirmation = (password: string | null): { password?: string } => (password === null ? {} : { password })

export const addPasskey = (name: string, password: string | null): Promise<SignInResult> =>
  changed(async () => {
    const body = confirmation(password)
    const { options } = await http.call('/api/auth/passkeys/question', PasskeyQuestion, { method: 'POST', body })
    const answer = await (await webAuthn()).startRegistration({
      optionsJSON: options as unknown as PublicKeyCredentialCreationOptionsJSON,
    })
    await http.call('/api/auth/passkeys', PasskeyRecord, { method: 'POST', body: { name, answer } })
  })

export const renamePasskey = (id: string, name: string): Promise<SignInResult> =>
  changed(() => http.send(`/api/auth/passkeys/${id}`, { method: 'PATCH', body: { name } }))

export const removePasskey = (id: string, password: string | null): Promise<SignInResult> =>
  changed(() => http.send(`/api/auth/passkeys/${id}/remove`, { method: 'POST', body: confirmation(password) }))

export const setSecondFactor = (enabled: boolean, password: string | null): Promise<SignInResult> =>
  changed(() => http.send('/api/auth/second-factor', { method: 'PUT', body: { enabled, ...confirmation(password) } }))

export const setPin = (pin: string | null, password: string | null): Promise<SignInResult> =>
  changed(async () => {
    session.adopt(await http.call('/api/auth/pin', Me, { method: 'PUT', body: { pin, ...confirmation(password) } }))
  })

export const setLockAfter = (minutes: number | null): Promise<SignInResult> =>
  changed(async () => {
    session.adopt(await http.call('/api/auth/lock-after', Me, { method: 'PUT', body: { minutes } }))
  })
