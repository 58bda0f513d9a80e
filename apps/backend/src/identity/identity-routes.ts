/** /api/auth and the key set. */
import {
  ChangePasswordRequest,
  LoginRequest,
  Me,
  PasskeyLoginRequest,
  PasskeyQuestion,
  ServiceMe,
  Session,
  SetupRequest,
  SetupState,
  WsTicket,
} from '@stam/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Backend } from '../backend.ts'
import { type Api, answers, noContent } from '../http/api.ts'
import { personOfRequest, serviceOfRequest } from '../http/guard.ts'
import { actOf, originOf } from '../http/mutation.ts'
import { Problem, valueOf } from '../http/problem.ts'
import { requireSameSite } from '../http/same-site.ts'
import { setUp, setupNeeded } from './first-start.ts'
import { askForSignIn, relyingPartyOf } from './passkey-questions.ts'
import { logInWithPasskey } from './passkeys.ts'
import {
  changeOwnPassword,
  logIn,
  logOut,
  logOutEverywhere,
  meOf,
  type OpenedSession,
  REFRESH_LIFE_S,
  refreshSession,
} from './sessions.ts'
import { issueTicket, TICKET_LIFE_MS } from './ws-tickets.ts'

const COOKIE = 'stam_refresh'
const tags = ['auth']
const KeySet = z.object({ keys: z.array(z.record(z.string(), z.unknown())) })

export function identityRoutes(app: Api, backend: Backend): void {
  sessionRoutes(app, backend)
  passkeyLoginRoutes(app, backend)
  setupRoutes(app, backend)
  ownRoutes(app, backend)
  app.get(
    '/api/service/me',
    { schema: { tags: ['services'], summary: 'What this service token is and may do', response: answers(ServiceMe) } },
    async (request) => {
      const { name, role, permissions, expiresAt: expires_at } = serviceOfRequest(request)
      return { name, role, permissions: [...permissions], expires_at }
    },
  )
  for (const url of ['/.well-known/jwks.json', '/api/.well-known/jwks.json']) {
    app.get(
      url,
      { schema: { tags, summary: 'Keys that verify access tokens', response: answers(KeySet) } },
      async (_request, reply) => {
        // Shorter than a new key is published before it signs.
        reply.header('cache-control', 'public, max-age=5')
        return { keys: backend.tokens.keySet().map((key) => ({ ...key })) }
      },
    )
  }
}

function sessionRoutes(app: Api, backend: Backend): void {
  app.post(
    '/api/auth/login',
    {
      schema: {
        tags,
        summary: 'Sign in; the refresh token comes as a cookie',
        body: LoginRequest,
        response: answers(Session),
      },
    },
    async (request, reply) => {
      const { email, password, device } = request.body
      const input = { email, password, device: device ?? deviceOf(request), party: relyingPartyOf(request, backend) }
      const session = valueOf(await logIn(backend, input, originOf(request, backend)))
      // A whole shift signs in from one address within a minute; only failures are what the limit is against.
      await backend.limits.forgive('login', request.ip)
      return giveSession(request, reply, session)
    },
  )
  app.post(
    '/api/auth/refresh',
    {
      schema: {
        tags,
        summary: 'A new access token for the cookie; the cookie is replaced',
        response: answers(Session),
      },
    },
    async (request, reply) => {
      requireSameSite(request, backend.config.allowedOrigins)
      const shown = request.cookies[COOKIE]
      if (!shown) throw new Problem('UNAUTHORIZED')
      const outcome = await refreshSession(
        backend,
        shown,
        request.headers['user-agent'] ?? '',
        originOf(request, backend),
      )
      if (!outcome.ok) clearCookie(request, reply)
      return giveSession(request, reply, valueOf(outcome))
    },
  )
  app.post(
    '/api/auth/logout',
    { schema: { tags, summary: 'End the session of the cookie', response: noContent } },
    async (request, reply) => {
      requireSameSite(request, backend.config.allowedOrigins)
      const shown = request.cookies[COOKIE]
      if (shown) await logOut(backend, shown, originOf(request, backend))
      clearCookie(request, reply)
      return reply.code(204).send()
    },
  )
}

function passkeyLoginRoutes(app: Api, backend: Backend): void {
  app.post(
    '/api/auth/passkeys/login-question',
    {
      schema: {
        tags,
        summary: 'Begin signing in with a passkey alone',
        body: z.object({}),
        response: answers(PasskeyQuestion),
      },
    },
    async (request) => ({ options: valueOf(await askForSignIn(backend, relyingPartyOf(request, backend))) }),
  )
  app.post(
    '/api/auth/passkeys/login',
    {
      schema: {
        tags,
        summary: 'Sign in with a passkey, alone or after the password; the refresh token comes as a cookie',
        body: PasskeyLoginRequest,
        response: answers(Session),
      },
    },
    async (request, reply) => {
      const { answer, device } = request.body
      const party = relyingPartyOf(request, backend)
      const input = { answer, device: device ?? deviceOf(request) }
      const session = valueOf(await logInWithPasskey(backend, party, input, originOf(request, backend)))
      await backend.limits.forgive('login', request.ip)
      return giveSession(request, reply, session)
    },
  )
}

function setupRoutes(app: Api, backend: Backend): void {
  app.get(
    '/api/setup',
    { schema: { tags, summary: 'Whether there is nobody yet who could sign in', response: answers(SetupState) } },
    async () => ({ needed: await setupNeeded(backend) }),
  )
  app.post(
    '/api/setup',
    {
      schema: {
        tags,
        summary: 'Make the first MASTER with the one-time code, and sign in',
        body: SetupRequest,
        response: answers(Session),
      },
    },
    async (request, reply) => {
      const input = { ...request.body, device: request.body.device ?? deviceOf(request) }
      return giveSession(request, reply, valueOf(await setUp(backend, input, originOf(request, backend))))
    },
  )
}

function ownRoutes(app: Api, backend: Backend): void {
  app.post(
    '/api/auth/logout-all',
    { schema: { tags, summary: 'End all sessions of this user, on every device', response: noContent } },
    async (request, reply) => {
      await logOutEverywhere(backend, personOfRequest(request), actOf(request, backend))
      clearCookie(request, reply)
      return reply.code(204).send()
    },
  )
  app.get(
    '/api/auth/me',
    { schema: { tags, summary: 'Who am I, and what may I do', response: answers(Me) } },
    async (request) => meOf(personOfRequest(request)),
  )
  app.post(
    '/api/auth/password',
    {
      schema: {
        tags,
        summary: 'Change the own password; all other sessions end',
        body: ChangePasswordRequest,
        response: noContent,
      },
    },
    async (request, reply) => {
      const { current_password: current, new_password: next } = request.body
      const person = personOfRequest(request)
      valueOf(await changeOwnPassword(backend, person, { current, next }, actOf(request, backend)))
      return reply.code(204).send()
    },
  )
  app.post(
    '/api/auth/ws-ticket',
    { schema: { tags, summary: 'A ticket for one WebSocket, good for 10 seconds', response: answers(WsTicket) } },
    async (request) => {
      if (!backend.config.featureRealtimeEnabled) throw new Problem('FEATURE_OFF', { feature: 'realtime' })
      const ticket = await issueTicket(backend, personOfRequest(request))
      return { ticket, expires_in: TICKET_LIFE_MS / 1000 }
    },
  )
}

function giveSession(
  request: FastifyRequest,
  reply: FastifyReply,
  { session, refreshToken }: OpenedSession,
): z.output<typeof Session> {
  reply.setCookie(COOKIE, refreshToken, { ...cookieShape(request), maxAge: REFRESH_LIFE_S })
  return session
}

function clearCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(COOKIE, cookieShape(request))
}

function cookieShape(request: FastifyRequest) {
  return {
    path: '/api/auth',
    httpOnly: true,
    sameSite: 'strict',
    // A browser drops a Secure cookie that comes over plain HTTP, which is how a single machine is looked at.
    secure: request.protocol === 'https',
  } as const
}

function deviceOf(request: FastifyRequest): string {
  return (request.headers['user-agent'] ?? '').slice(0, 80)
}
