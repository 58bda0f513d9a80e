/** Passkeys, the PIN of a locked console, and the first start. Source: spec 06 "Authentication". */
import { z } from 'zod'
import { Instant, Language, Uuid } from './vocabulary.ts'

const base64url = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[A-Za-z0-9_-]+$/)
const extensions = z.record(z.string(), z.unknown())

/** What a browser hands over after `navigator.credentials.create()` (WebAuthn level 3, RegistrationResponseJSON). */
export const PasskeyAttestation = z.object({
  id: base64url(1_400),
  rawId: base64url(1_400),
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: base64url(8_000),
    attestationObject: base64url(60_000),
    transports: z.array(z.string().max(32)).max(10).optional(),
  }),
  clientExtensionResults: extensions.default({}),
})
export type PasskeyAttestation = z.infer<typeof PasskeyAttestation>

/** What a browser hands over after `navigator.credentials.get()` (AuthenticationResponseJSON). */
export const PasskeyAssertion = z.object({
  id: base64url(1_400),
  rawId: base64url(1_400),
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: base64url(8_000),
    authenticatorData: base64url(8_000),
    signature: base64url(2_000),
    userHandle: base64url(200).optional(),
  }),
  clientExtensionResults: extensions.default({}),
})
export type PasskeyAssertion = z.infer<typeof PasskeyAssertion>

/** The question for the authenticator, as the browser's WebAuthn functions take it. Answered once, within five minutes. */
export const PasskeyQuestion = z.object({ options: z.record(z.string(), z.unknown()) }).meta({ id: 'PasskeyQuestion' })
export type PasskeyQuestion = z.infer<typeof PasskeyQuestion>

/** The own password; not asked for within five minutes of signing in. */
const password = z.string().min(1).max(128).optional()
export const ConfirmedRequest = z.object({ password })
export type ConfirmedRequest = z.infer<typeof ConfirmedRequest>

const passkeyName = z.string().trim().min(1).max(60)
export const RegisterPasskeyRequest = z.object({ name: passkeyName, answer: PasskeyAttestation })
export type RegisterPasskeyRequest = z.infer<typeof RegisterPasskeyRequest>
export const RenamePasskeyRequest = z.object({ name: passkeyName })
export const PasskeyLoginRequest = z.object({
  answer: PasskeyAssertion,
  /** Shown in the list of devices. */
  device: z.string().max(80).optional(),
})
export type PasskeyLoginRequest = z.infer<typeof PasskeyLoginRequest>

export const PasskeyRecord = z
  .object({
    id: Uuid,
    name: z.string(),
    /** Kept by more than one device. */
    synced: z.boolean(),
    created_at: Instant,
    last_used_at: Instant.nullable(),
    /** Its counter went backwards, so there may be a copy; it no longer works. */
    suspended_at: Instant.nullable(),
  })
  .meta({ id: 'PasskeyRecord' })
export type PasskeyRecord = z.infer<typeof PasskeyRecord>

/** What somebody has chosen about signing in. */
export const SignInSettings = z
  .object({
    passkeys: z.array(PasskeyRecord),
    /** A passkey is asked for after the password. */
    second_factor: z.boolean(),
    pin_set: z.boolean(),
    lock_after_minutes: z.int().nullable(),
    /** Why no passkey can be added at this address: authenticators know names, not numbers. */
    passkeys_possible: z.boolean(),
  })
  .meta({ id: 'SignInSettings' })
export type SignInSettings = z.infer<typeof SignInSettings>

export const SecondFactorRequest = z.object({ enabled: z.boolean(), password })
export type SecondFactorRequest = z.infer<typeof SecondFactorRequest>
/** 4 to 8 digits; null takes the PIN away. */
export const SetPinRequest = z.object({
  pin: z
    .string()
    .regex(/^\d{4,8}$/)
    .nullable(),
  password,
})
export type SetPinRequest = z.infer<typeof SetPinRequest>
export const LockAfterRequest = z.object({ minutes: z.int().min(1).max(120).nullable() })
export const UnlockRequest = z.object({ pin: z.string().regex(/^\d{4,8}$/) })
export type UnlockRequest = z.infer<typeof UnlockRequest>

export const SetupState = z.object({ needed: z.boolean() }).meta({ id: 'SetupState' })
export type SetupState = z.infer<typeof SetupState>
/** The first MASTER. The code is printed where the station was started. */
export const SetupRequest = z.object({
  code: z.string().min(1).max(60),
  name: z.string().trim().min(2).max(120),
  email: z.email().max(200),
  password: z.string().min(8).max(128),
  language: Language.default('pl'),
  device: z.string().max(80).optional(),
})
export type SetupRequest = z.infer<typeof SetupRequest>
