/**
 * Questions for authenticators (WebAuthn level 3): 256 random bits, good for five minutes and for one answer. They are kept in
 * PostgreSQL only, as a hash: whichever backend gets the answer finds them, also while the live store is away.
 */
import { createHash, randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { generateAuthenticationOptions, generateRegistrationOptions } from '@simplewebauthn/server'
import { listPasskeys, type PasskeyChallenge, type PasskeyPurpose, putPasskeyChallenge } from '@stam/store'
import type { FastifyRequest } from 'fastify'
import type { Backend } from '../backend.ts'
import { done, type Outcome, refuse } from '../http/problem.ts'
import type { Person } from './principals.ts'

const QUESTION_LIFE_MS = 5 * 60_000
/** Ed25519, ES256, RS256: what authenticators make (IANA COSE algorithms). */
const ALGORITHMS = [-8, -7, -257]

/** For whom an authenticator answers: the domain it keeps passkeys for, and the pages that may ask it. */
export interface RelyingParty {
  readonly rpId: string
  readonly origins: readonly string[]
}

/** Null at an address without a name: authenticators keep passkeys by domain and know no numbers. */
export function relyingPartyOf(
  request: Pick<FastifyRequest, 'protocol' | 'host' | 'hostname'>,
  { config }: Pick<Backend, 'config'>,
): RelyingParty | null {
  const rpId = config.passkeyDomain ?? request.hostname.toLowerCase()
  if (rpId === '' || isIP(rpId.replace(/^\[|\]$/g, '')) !== 0) return null
  // Browsers leave the usual port out of an origin, whatever the Host header has.
  const own = URL.parse(`${request.protocol}://${request.host}`)?.origin
  return own === undefined ? null : { rpId, origins: [own, ...config.allowedOrigins] }
}

export type Question = Record<string, unknown>

export async function askForRegistration(
  { store }: Backend,
  party: RelyingParty | null,
  person: Person,
): Promise<Outcome<Question>> {
  if (!party) return refuse('PASSKEYS_NEED_A_NAME')
  const challenge = randomBytes(32)
  const known = await listPasskeys(store, person.userId)
  const options = await generateRegistrationOptions({
    rpName: 'STAM',
    rpID: party.rpId,
    userName: person.email,
    userDisplayName: person.name,
    userID: idBytes(person.userId),
    challenge: new Uint8Array(challenge),
    timeout: QUESTION_LIFE_MS,
    attestationType: 'none',
    excludeCredentials: known.map(described),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: ALGORITHMS,
  })
  await remember(store, 'register', challenge, { userId: person.userId, sessionId: person.sessionId, rpId: party.rpId })
  return done({ ...options })
}

/** Says nothing about anybody: the authenticator itself knows whose passkeys it has. */
export async function askForSignIn({ store }: Backend, party: RelyingParty | null): Promise<Outcome<Question>> {
  if (!party) return refuse('PASSKEYS_NEED_A_NAME')
  const challenge = randomBytes(32)
  const options = await generateAuthenticationOptions({ ...asking(party.rpId, challenge) })
  await remember(store, 'sign_in', challenge, { userId: null, sessionId: null, rpId: party.rpId })
  return done({ ...options })
}

/** After the password. */
export async function askForSecondFactor(
  { store }: Backend,
  party: RelyingParty | null,
  userId: string,
): Promise<Outcome<never>> {
  if (!party) return refuse('PASSKEYS_NEED_A_NAME')
  const challenge = randomBytes(32)
  const keys = (await listPasskeys(store, userId)).filter((key) => key.suspended_at === null)
  const allowCredentials = keys.filter((key) => key.rp_id === party.rpId).map(described)
  const options = await generateAuthenticationOptions({ ...asking(party.rpId, challenge), allowCredentials })
  await remember(store, 'second_factor', challenge, { userId, sessionId: null, rpId: party.rpId })
  return refuse('SECOND_FACTOR_REQUIRED', { options })
}

function asking(rpID: string, challenge: Buffer) {
  return {
    rpID,
    challenge: new Uint8Array(challenge),
    timeout: QUESTION_LIFE_MS,
    userVerification: 'required',
  } as const
}

function described(key: { readonly credential_id: Buffer; readonly transports: readonly string[] }) {
  return { id: key.credential_id.toString('base64url'), transports: key.transports as never }
}

function remember(
  store: Backend['store'],
  purpose: PasskeyPurpose,
  challenge: Buffer,
  of: Omit<PasskeyChallenge, 'purpose'>,
): Promise<void> {
  return putPasskeyChallenge(store, {
    ...of,
    purpose,
    hash: hashOfChallenge(challenge.toString('base64url')),
    lifeMs: QUESTION_LIFE_MS,
  })
}

/** @param challenge as it stands in the client data: base64url. */
export function hashOfChallenge(challenge: string): Buffer {
  return createHash('sha256').update(challenge).digest()
}

/** The user handle an authenticator keeps: the 16 bytes of the id, nothing that names the person. */
export function idBytes(userId: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(userId.replaceAll('-', ''), 'hex'))
}
