/**
 * /api/secrets and /api/sites/:id/secrets: values go in, and come out only by a reveal: a reason, the role looked up anew, limits per hour, an
 * audit entry in the same transaction, and an incident for the highest class (spec 06). Nothing here takes an Idempotency-Key: its memory
 * would keep a hash of the request, and a code of four digits is found from its hash.
 */
import {
  CreateSecretRequest,
  type HumanRole,
  RemoveSecretQuery,
  ReplaceSecretRequest,
  RevealedSecret,
  RevealRequest,
  SecretList,
  SecretRecord,
} from '@stam/contracts'
import { isoTime } from '@stam/runtime'
import type { FastifyRequest } from 'fastify'
import type { Backend } from '../backend.ts'
import { type Api, answers, IdParams, noContent } from '../http/api.ts'
import { personOfRequest } from '../http/guard.ts'
import type { Mutation } from '../http/mutation.ts'
import { type Outcome, valueOf } from '../http/problem.ts'
import { sensitively } from '../identity/sensitive.ts'
import {
  forgetSecret,
  keepSecret,
  replaceSecret,
  revealPanelKey,
  revealSecret,
  secretsOfSite,
  SHOWN_MS,
} from './secret-use-cases.ts'

const tags = ['secrets']
const params = IdParams
/** Reveals per hour and user (spec 05); MASTER and ADMIN are bounded by the requests per minute only. */
const perHour: Partial<Record<HumanRole, number>> = { OPERATOR: 10, TECHNICIAN: 20, FIELD_WORKER: 20 }

export function secretRoutes(app: Api, backend: Backend): void {
  keepingRoutes(app, backend)
  app.post(
    '/api/secrets/panel-integration-key/:id/reveal',
    {
      schema: {
        tags,
        summary: "A panel's integration key, for a reason and for 60 seconds",
        params,
        body: RevealRequest,
        response: answers(RevealedSecret),
      },
    },
    async (request) => {
      const { id } = request.params
      const { reason } = request.body
      return reveal(request, backend, (mutation) => revealPanelKey(backend, mutation, id, reason))
    },
  )
  app.post(
    '/api/secrets/:id/reveal',
    {
      schema: {
        tags,
        summary: 'The value of a secret, for a reason and for 60 seconds',
        params,
        body: RevealRequest,
        response: answers(RevealedSecret),
      },
    },
    async (request) => {
      const { id } = request.params
      const { reason } = request.body
      return reveal(request, backend, (mutation) => revealSecret(backend, mutation, id, reason))
    },
  )
}

function keepingRoutes(app: Api, backend: Backend): void {
  app.get(
    '/api/sites/:id/secrets',
    {
      schema: { tags, summary: 'What is kept secret of a site, without values', params, response: answers(SecretList) },
    },
    async (request) => valueOf(await secretsOfSite(backend, personOfRequest(request), request.params.id)),
  )
  app.post(
    '/api/sites/:id/secrets',
    {
      schema: {
        tags,
        summary: 'Keep a secret of a site',
        params,
        body: CreateSecretRequest,
        response: answers(SecretRecord),
      },
    },
    (request) =>
      sensitively(request, backend, (mutation) =>
        keepSecret(backend.dataKeys, mutation, request.params.id, request.body),
      ),
  )
  app.put(
    '/api/secrets/:id',
    {
      schema: {
        tags,
        summary: 'Replace the label or the value of a secret',
        params,
        body: ReplaceSecretRequest,
        response: answers(SecretRecord),
      },
    },
    (request) =>
      sensitively(request, backend, (mutation) =>
        replaceSecret(backend.dataKeys, mutation, request.params.id, request.body),
      ),
  )
  app.delete(
    '/api/secrets/:id',
    {
      schema: {
        tags,
        summary: 'Remove a secret for good',
        params,
        querystring: RemoveSecretQuery,
        response: noContent,
      },
    },
    async (request, reply) => {
      const { version } = request.query
      await sensitively(request, backend, (mutation) => forgetSecret(mutation, request.params.id, version))
      return reply.code(204).send()
    },
  )
}

async function reveal(
  request: FastifyRequest,
  backend: Backend,
  work: (mutation: Mutation) => Promise<Outcome<string>>,
): Promise<RevealedSecret> {
  const { role, userId } = personOfRequest(request)
  const most = perHour[role]
  if (most !== undefined) await backend.limits.hitHourly('reveal', userId, most)
  const expires_at = isoTime(backend.clock.now() + SHOWN_MS)
  const value = await sensitively(request, backend, work)
  backend.log.warn('secret_revealed', { route: request.routeOptions.url, user_id: userId, role })
  return { value, expires_at }
}
