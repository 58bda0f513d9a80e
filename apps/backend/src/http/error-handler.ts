/**
 * The one place where whatever went wrong becomes an answer: `{"error":{"code","message","details"}}`. Causes go to the
 * log under the request id; nobody outside sees a stack, an SQL text or a value.
 */
import { type ErrorBody, type ErrorCode, errorCodes } from '@stam/contracts'
import { isRuntimeError, type Log } from '@stam/runtime'
import { isStoreError, isTemporary } from '@stam/store'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { RequestValidationError } from 'fastify-zod-openapi'
import { errorBody, Problem } from './problem.ts'

const MOST_ISSUES = 50
const RETRY_AFTER_S = 2

export function useErrorEnvelope(app: FastifyInstance, log: Log): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if (hasLeft(error, reply)) {
      log.debug('client_left', { method: request.method, route: routeOf(request) })
      return send(reply, new Problem('NOT_READY'))
    }
    const problem = problemOf(error, request)
    if (problem.status >= 500) {
      log.error('request_failed', { method: request.method, route: routeOf(request), error: problem.cause ?? error })
    }
    return send(reply, problem)
  })
}

/** The connection ended before the answer began, so the file for it was given up while it was being opened: nobody is there to be told. */
function hasLeft(error: FastifyError, { raw }: FastifyReply): boolean {
  return error.code === 'ERR_STREAM_PREMATURE_CLOSE' && (raw.destroyed || raw.req.socket.destroyed)
}

export function send(reply: FastifyReply, problem: Problem): FastifyReply {
  const retryAfter = problem.details['retry_after']
  if (typeof retryAfter === 'number') reply.header('retry-after', Math.max(1, Math.ceil(retryAfter)))
  const body: ErrorBody = errorBody(problem.code, problem.details)
  return reply.code(problem.status).type('application/json; charset=utf-8').serializer(JSON.stringify).send(body)
}

export function routeOf(request: FastifyRequest): string {
  return request.routeOptions?.url ?? 'unknown'
}

function problemOf(error: FastifyError | Problem, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error
  if (error.validation) return new Problem('INVALID_REQUEST', { issues: issuesOf(error) })
  if (isRuntimeError(error, 'BULKHEAD_FULL')) return new Problem('RATE_LIMIT_EXCEEDED', { retry_after: RETRY_AFTER_S })
  if (isTemporary(error) || isRuntimeError(error, 'DEADLINE_EXCEEDED')) {
    return new Problem('NOT_READY', { retry_after: RETRY_AFTER_S }, { cause: error })
  }
  // A number or character no column can hold (beyond 32 bits, a NUL in a text): the schema cannot know every column.
  if (isStoreError(error, 'VALUE_REFUSED')) return new Problem('INVALID_REQUEST', { issues: [] }, { cause: error })
  const known = codeOfHttp(error)
  if (known) return new Problem(known)
  return new Problem('INTERNAL', { request_id: request.id }, { cause: error })
}

function issuesOf(error: FastifyError): unknown[] {
  const where = error.validationContext ?? 'body'
  return (error.validation ?? []).slice(0, MOST_ISSUES).map((issue) => ({
    path: `${where}${issue.instancePath === '/' ? '' : issue.instancePath}`.replaceAll('/', '.'),
    code: issue instanceof RequestValidationError ? issue.keyword : 'invalid',
    message: issue.message ?? 'invalid',
  }))
}

/** Refusals of Fastify itself: body too large, wrong media type, broken JSON, a URL that cannot be decoded. */
function codeOfHttp(error: FastifyError): ErrorCode | null {
  const status = error.statusCode ?? 500
  if (status === errorCodes.PAYLOAD_TOO_LARGE) return 'PAYLOAD_TOO_LARGE'
  if (status === errorCodes.UNSUPPORTED_MEDIA_TYPE) return 'UNSUPPORTED_MEDIA_TYPE'
  if (status === errorCodes.NOT_FOUND) return 'NOT_FOUND'
  return status >= 400 && status < 500 ? 'INVALID_REQUEST' : null
}
