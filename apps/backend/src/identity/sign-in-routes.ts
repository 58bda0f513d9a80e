/** Passkeys, second factor and PIN under /api/auth. Signing in with them is in identity-routes.ts, where the cookie is. */
import {
  ConfirmedRequest,
  LockAfterRequest,
  Me,
  PasskeyQuestion,
  PasskeyRecord,
  RegisterPasskeyRequest,
  RenamePasskeyRequest,
  SecondFactorRequest,
  SetPinRequest,
  SignInSettings,
  UnlockRequest,
} from '@stam/contracts'
import { findUserSecurity, listPasskeys } from '@stam/store'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Backend } from '../backend.ts'
import { type Api, answers, IdParams, noContent } from '../http/api.ts'
import { personOfRequest } from '../http/guard.ts'
import { actOf, mutate } from '../http/mutation.ts'
import { Problem, valueOf } from '../http/problem.ts'
import { confirmIdentity } from './confirm-identity.ts'
import {
  chooseLockAfter,
  choosePin,
  chooseSecondFactor,
  freshMe,
  lockConsole,
  pinTooObvious,
  unlockConsole,
} from './console-lock.ts'
import { askForRegistration, relyingPartyOf } from './passkey-questions.ts'
import { forgetPasskey, namePasskey, registerPasskey } from './passkeys.ts'

const tags = ['auth']
const params = IdParams

export function signInRoutes(app: Api, backend: Backend): void {
  passkeyRoutes(app, backend)
  choiceRoutes(app, backend)
  lockRoutes(app, backend)
}

/** Throws unless the person has just signed in or shows the password. */
async function confirmed(request: FastifyRequest, backend: Backend, password: string | undefined): Promise<void> {
  valueOf(await confirmIdentity(backend, personOfRequest(request), password, actOf(request, backend)))
}

function passkeyRoutes(app: Api, backend: Backend): void {
  app.post(
    '/api/auth/passkeys/question',
    {
      schema: {
        tags,
        summary: 'Begin adding a passkey',
        body: ConfirmedRequest,
        response: answers(PasskeyQuestion),
      },
    },
    async (request) => {
      await confirmed(request, backend, request.body.password)
      const party = relyingPartyOf(request, backend)
      return { options: valueOf(await askForRegistration(backend, party, personOfRequest(request))) }
    },
  )
  app.post(
    '/api/auth/passkeys',
    {
      schema: {
        tags,
        summary: 'Add the passkey the authenticator has made',
        body: RegisterPasskeyRequest,
        response: answers(PasskeyRecord),
      },
    },
    async (request) => {
      const party = relyingPartyOf(request, backend)
      const [person, act] = [personOfRequest(request), actOf(request, backend)]
      return valueOf(await registerPasskey(backend, party, person, request.body, act))
    },
  )
  app.patch(
    '/api/auth/passkeys/:id',
    { schema: { tags, summary: 'Name a passkey', params, body: RenamePasskeyRequest, response: noContent } },
    async (request, reply) => {
      await mutate(request, backend, (mutation) => namePasskey(mutation, request.params.id, request.body.name))
      return reply.code(204).send()
    },
  )
  app.post(
    '/api/auth/passkeys/:id/remove',
    { schema: { tags, summary: 'Remove a passkey', params, body: ConfirmedRequest, response: noContent } },
    async (request, reply) => {
      await confirmed(request, backend, request.body.password)
      await mutate(request, backend, (mutation) => forgetPasskey(mutation, request.params.id))
      return reply.code(204).send()
    },
  )
}

function choiceRoutes(app: Api, backend: Backend): void {
  app.get(
    '/api/auth/sign-in',
    { schema: { tags, summary: 'How I sign in: passkeys, second factor, PIN', response: answers(SignInSettings) } },
    async (request) => {
      const { userId } = personOfRequest(request)
      const [passkeys, chosen] = await Promise.all([
        listPasskeys(backend.store, userId),
        findUserSecurity(backend.store, userId),
      ])
      return {
        passkeys,
        second_factor: chosen.secondFactor,
        pin_set: chosen.pinHash !== null,
        lock_after_minutes: chosen.lockAfterMinutes,
        passkeys_possible: relyingPartyOf(request, backend) !== null,
      }
    },
  )
  app.put(
    '/api/auth/second-factor',
    {
      schema: {
        tags,
        summary: 'Whether a passkey is asked for after the password',
        body: SecondFactorRequest,
        response: noContent,
      },
    },
    async (request, reply) => {
      await confirmed(request, backend, request.body.password)
      await mutate(request, backend, (mutation) => chooseSecondFactor(mutation, request.body.enabled))
      return reply.code(204).send()
    },
  )
  app.put(
    '/api/auth/pin',
    { schema: { tags, summary: 'Set, change or take away the PIN', body: SetPinRequest, response: answers(Me) } },
    async (request) => {
      const { pin, password } = request.body
      await confirmed(request, backend, password)
      if (pin !== null && pinTooObvious(pin)) throw new Problem('PIN_TOO_WEAK')
      const pinHash = pin === null ? null : await backend.passwords.hash(pin)
      await mutate(request, backend, (mutation) => choosePin(mutation, pinHash))
      return valueOf(await freshMe(backend, personOfRequest(request).sessionId))
    },
  )
  app.put(
    '/api/auth/lock-after',
    {
      schema: {
        tags,
        summary: 'After how many idle minutes the console locks itself; null: never',
        body: LockAfterRequest,
        response: answers(Me),
      },
    },
    async (request) => {
      await mutate(request, backend, (mutation) => chooseLockAfter(mutation, request.body.minutes))
      return valueOf(await freshMe(backend, personOfRequest(request).sessionId))
    },
  )
}

function lockRoutes(app: Api, backend: Backend): void {
  app.post(
    '/api/auth/lock',
    {
      schema: {
        tags,
        summary: 'Lock this console: until the PIN comes its session hears of alarms and does nothing',
        body: z.object({}),
        response: answers(Me),
      },
    },
    async (request) => {
      await mutate(request, backend, lockConsole)
      return valueOf(await freshMe(backend, personOfRequest(request).sessionId))
    },
  )
  app.post(
    '/api/auth/unlock',
    {
      schema: {
        tags,
        summary: 'Unlock it; the fifth wrong PIN ends the session',
        body: UnlockRequest,
        response: answers(Me),
      },
    },
    async (request) => {
      const [person, act] = [personOfRequest(request), actOf(request, backend)]
      valueOf(await unlockConsole(backend, person, request.body.pin, act))
      // Only wrong PINs are what the limit is against.
      await backend.limits.forgive('login', person.userId)
      return valueOf(await freshMe(backend, person.sessionId))
    },
  )
}
