/** Passkeys (spec 06): registering, naming and removing them, and signing in with one, alone or after the password. */
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'
import type { PasskeyAssertion, PasskeyRecord, RegisterPasskeyRequest } from '@stam/contracts'
import { uuidv7 } from '@stam/runtime'
import {
  type Act,
  appendAudit,
  auditOf,
  type Credentials,
  findCredentialsById,
  insertPasskey,
  listPasskeys,
  lockPasskey,
  type Passkey,
  type PasskeyChallenge,
  recordPasskeyUse,
  removePasskey,
  renamePasskey,
  suspendPasskey,
  takePasskeyChallenge,
  type Transaction,
} from '@stam/store'
import { z } from 'zod'
import type { Backend } from '../backend.ts'
import type { Mutation } from '../http/mutation.ts'
import { done, type Outcome, refuse } from '../http/problem.ts'
import { hashOfChallenge, idBytes, type RelyingParty } from './passkey-questions.ts'
import type { Person } from './principals.ts'
import { type OpenedSession, openSession, recordFailure } from './sessions.ts'

const ClientData = z.object({ challenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/) })

/**
 * The question this answer belongs to, taken for good: an answer that fails cannot be tried again either. Null: not ours, answered
 * before, or too late.
 */
async function takeQuestion(
  { store }: Backend,
  clientDataJSON: string,
): Promise<(PasskeyChallenge & { readonly challenge: string }) | null> {
  let read: unknown
  try {
    read = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8'))
  } catch {
    return null
  }
  const data = ClientData.safeParse(read)
  if (!data.success) return null
  const { challenge } = data.data
  const asked = await takePasskeyChallenge(store, hashOfChallenge(challenge))
  return asked && { ...asked, challenge }
}

export async function registerPasskey(
  backend: Backend,
  party: RelyingParty | null,
  person: Person,
  { name, answer }: RegisterPasskeyRequest,
  act: Act,
): Promise<Outcome<PasskeyRecord>> {
  const asked = await takeQuestion(backend, answer.response.clientDataJSON)
  if (!party || asked?.purpose !== 'register' || asked.sessionId !== person.sessionId) return refuse('PASSKEY_REFUSED')
  const made = await verifyRegistrationResponse({
    response: answer as never,
    expectedChallenge: asked.challenge,
    expectedOrigin: [...party.origins],
    expectedRPID: asked.rpId,
    requireUserVerification: true,
  }).catch(() => null)
  if (!made?.verified) return refuse('PASSKEY_REFUSED')
  const { credential, credentialBackedUp } = made.registrationInfo
  const key = {
    id: uuidv7(),
    user_id: person.userId,
    credential_id: Buffer.from(credential.id, 'base64url'),
    public_key: Buffer.from(credential.publicKey),
    rp_id: asked.rpId,
    sign_count: credential.counter,
    transports: credential.transports ?? [],
    name,
    synced: credentialBackedUp,
  }
  return backend.store.inTransaction(async (tx) => {
    if (!(await insertPasskey(tx, key))) return refuse('PASSKEY_REFUSED')
    const after = { name, synced: key.synced, rp_id: key.rp_id }
    await appendAudit(tx, [auditOf(act, { action: 'PASSKEY_ADD', entityType: 'passkey', entityId: key.id, after })])
    const record = (await listPasskeys(tx, person.userId)).find(({ id }) => id === key.id)
    return record ? done(record) : refuse('PASSKEY_REFUSED')
  })
}

export async function namePasskey({ tx, person, act }: Mutation, id: string, name: string): Promise<Outcome<null>> {
  const before = (await listPasskeys(tx, person.userId)).find((key) => key.id === id)
  if (!before || !(await renamePasskey(tx, person.userId, id, name))) return refuse('PASSKEY_NOT_FOUND')
  const change = { before: { name: before.name }, after: { name } }
  await appendAudit(tx, [auditOf(act, { action: 'PASSKEY_NAME', entityType: 'passkey', entityId: id, ...change })])
  return done(null)
}

export async function forgetPasskey({ tx, person, act }: Mutation, id: string): Promise<Outcome<null>> {
  const before = (await listPasskeys(tx, person.userId)).find((key) => key.id === id)
  if (!before || !(await removePasskey(tx, person.userId, id))) return refuse('PASSKEY_NOT_FOUND')
  await appendAudit(tx, [
    auditOf(act, { action: 'PASSKEY_REMOVE', entityType: 'passkey', entityId: id, before: { name: before.name } }),
  ])
  return done(null)
}

type Checked =
  | { readonly kind: 'refused'; readonly user: Credentials | null }
  | { readonly kind: 'cloned'; readonly key: Passkey }
  | { readonly kind: 'right'; readonly key: Passkey; readonly user: Credentials; readonly signCount: number }

/** A passkey, alone or as the second factor → session. Whatever is wrong costs the same and answers INVALID_CREDENTIALS. */
export async function logInWithPasskey(
  backend: Backend,
  party: RelyingParty | null,
  input: { readonly answer: PasskeyAssertion; readonly device: string },
  from: Omit<Act, 'actor'>,
): Promise<Outcome<OpenedSession>> {
  const { store, log } = backend
  const asked = await takeQuestion(backend, input.answer.response.clientDataJSON)
  const result = await store.inTransaction(async (tx) => {
    const checked = await check(tx, backend, party, asked, input.answer)
    if (checked.kind === 'cloned') await suspend(tx, checked.key, from)
    if (checked.kind !== 'right') return checked
    await recordPasskeyUse(tx, checked.key.id, checked.signCount)
    return checked
  })
  if (result.kind === 'cloned') {
    log.error('passkey_cloned', { passkey_id: result.key.id, user_id: result.key.user_id })
    return refuse('INVALID_CREDENTIALS')
  }
  if (result.kind === 'refused') {
    await recordFailure(backend, result.user, from)
    return refuse('INVALID_CREDENTIALS')
  }
  const { key, user } = result
  return openSession(backend, user, { device: input.device, passkey: { id: key.id, name: key.name } }, from)
}

async function check(
  tx: Transaction,
  { clock }: Backend,
  party: RelyingParty | null,
  asked: (PasskeyChallenge & { readonly challenge: string }) | null,
  answer: PasskeyAssertion,
): Promise<Checked> {
  const key = await lockPasskey(tx, Buffer.from(answer.id, 'base64url'))
  const user = await findCredentialsById(tx, key?.user_id ?? NOBODY)
  const signCount = await signedCount(party, asked, key ?? decoy, answer)
  const locked = user?.locked_until != null && Date.parse(user.locked_until) > clock.now()
  if (!key || !user?.active || locked) return { kind: 'refused', user: locked ? null : user }
  if (signCount === null || !meantFor(key, asked, answer)) return { kind: 'refused', user }
  // Authenticators without a counter always say 0; all others only count up (WebAuthn 6.1.1).
  if ((signCount > 0 || key.sign_count > 0) && signCount <= key.sign_count) return { kind: 'cloned', key }
  return { kind: 'right', key, user, signCount }
}

function meantFor(key: Passkey, asked: PasskeyChallenge | null, { response }: PasskeyAssertion): boolean {
  if (!asked || asked.purpose === 'register' || key.suspended_at !== null || key.rp_id !== asked.rpId) return false
  if (asked.purpose === 'second_factor' && asked.userId !== key.user_id) return false
  if (response.userHandle === undefined) return asked.purpose === 'second_factor'
  return Buffer.from(response.userHandle, 'base64url').equals(idBytes(key.user_id))
}

/** The authenticator's count when it signed this question on a page of ours, having verified its user; else null. */
async function signedCount(
  party: RelyingParty | null,
  asked: (PasskeyChallenge & { readonly challenge: string }) | null,
  key: Pick<Passkey, 'credential_id' | 'public_key'>,
  answer: PasskeyAssertion,
): Promise<number | null> {
  const verified = await verifyAuthenticationResponse({
    response: answer as never,
    expectedChallenge: asked?.challenge ?? 'none',
    expectedOrigin: [...(party?.origins ?? [])],
    expectedRPID: asked?.rpId ?? 'none',
    requireUserVerification: true,
    credential: {
      id: key.credential_id.toString('base64url'),
      publicKey: new Uint8Array(key.public_key),
      // The library compares counts before it looks at the signature; a forged count must not suspend anybody's passkey.
      counter: 0,
    },
  }).catch(() => null)
  return verified?.verified ? verified.authenticationInfo.newCounter : null
}

async function suspend(tx: Transaction, key: Passkey, from: Omit<Act, 'actor'>): Promise<void> {
  await suspendPasskey(tx, key.id)
  const act: Act = { ...from, actor: { kind: 'system', name: 'login' } }
  await appendAudit(tx, [
    auditOf(act, {
      action: 'PASSKEY_SUSPEND',
      entityType: 'passkey',
      entityId: key.id,
      after: { user_id: key.user_id },
      reason: 'its counter went backwards, so there may be a copy of it',
    }),
  ])
}

const NOBODY = '00000000-0000-0000-0000-000000000000'
/** A public key nobody has the private half of (the base point of P-256): an unknown passkey costs one signature check too. */
const decoy: Pick<Passkey, 'credential_id' | 'public_key'> = {
  credential_id: Buffer.alloc(32),
  public_key: Buffer.from(
    'a5010203262001' +
      '2158206b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296' +
      '2258204fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
    'hex',
  ),
}
