/**
 * The HTTP side of the backend: one Fastify app with everything every request has in common. Routes come from the
 * nouns' folders; who may call them from identity/permissions.ts; what goes wrong leaves through error-handler.ts.
 */
import cookie from '@fastify/cookie'
import { type Metrics, requestId, withTrace } from '@stam/runtime'
import type { Socket } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-zod-openapi'
import { alarmRoutes } from '../alarms/alarm-routes.ts'
import type { Backend } from '../backend.ts'
import { identityRoutes } from '../identity/identity-routes.ts'
import { signInRoutes } from '../identity/sign-in-routes.ts'
import { userRoutes } from '../identity/user-routes.ts'
import { panelRoutes } from '../panels/panel-routes.ts'
import { secretRoutes } from '../secrets/secret-routes.ts'
import { siteRoutes } from '../sites/site-routes.ts'
import { systemRoutes } from '../system/system-routes.ts'
import type { Api } from './api.ts'
import { documentApi } from './api-docs.ts'
import { limitConnections } from './connection-limits.ts'
import { routeOf, send, useErrorEnvelope } from './error-handler.ts'
import { guardRoutes, personIfKnown } from './guard.ts'
import { healthRoutes } from './health-routes.ts'
import { acceptJsonBodies } from './json-body.ts'
import { lingerBeforeClosing } from './lingering-close.ts'
import { actOf, patiently } from './mutation.ts'
import { errorBody, Problem } from './problem.ts'
import { bareAnswerHeaders, useSecurityHeaders } from './security-headers.ts'
import { countUnanswered, isUnanswered } from './unanswered.ts'
import { serveConsole } from './web-console.ts'

const LARGEST_BODY = 262_144
const CHECK_CONNECTIONS_MS = 500
const HANDLER_MS = 30_000

/** The app with all its routes, not listening. Tests call it in process. */
export async function createApp(backend: Backend, metrics: Metrics): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    trustProxy: backend.config.trustProxy,
    bodyLimit: LARGEST_BODY,
    requestTimeout: backend.config.requestMs,
    connectionTimeout: HANDLER_MS,
    keepAliveTimeout: 65_000,
    routerOptions: { maxParamLength: 200 },
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    genReqId: (request) => requestId(request.headers['x-request-id']),
    frameworkErrors: (error, request, reply) => {
      reply.headers({ ...bareAnswerHeaders, 'x-request-id': request.id })
      send(reply as FastifyReply, new Problem('INVALID_REQUEST', {}, { cause: error }))
    },
    clientErrorHandler: refuseUnreadable,
    http: {
      maxHeaderSize: 16_384,
      headersTimeout: backend.config.headersMs,
      // Node looks for late ones every 30 s only, which would be the real limit.
      connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
    },
  })
  countUnanswered(app.server)
  lingerBeforeClosing(app.server)
  const { connectionsInAll: inAll, connectionsPerAddress, trustProxy } = backend.config
  limitConnections(app.server, { inAll, perAddress: trustProxy ? null : connectionsPerAddress })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  useErrorEnvelope(app, backend.log)
  acceptJsonBodies(app)
  traceRequests(app, backend)
  partWhenDraining(app, backend)
  await useSecurityHeaders(app)
  await app.register(cookie)
  await documentApi(app)
  guardRoutes(app, backend)
  retryReads(app)
  await app.register(async (scope) => {
    const api = scope as unknown as Api
    identityRoutes(api, backend)
    signInRoutes(api, backend)
    userRoutes(api, backend)
    alarmRoutes(api, backend)
    siteRoutes(api, backend)
    panelRoutes(api, backend)
    secretRoutes(api, backend)
    systemRoutes(api, backend)
  })
  healthRoutes(app, { readiness: backend.readiness, metrics })
  await serveConsole(app, backend.config.consoleFolder)
  return app
}

/** What is no HTTP never becomes a request, but gets the same kind of answer. */
function refuseUnreadable(_error: Error, socket: Socket): void {
  if (!socket.writable || isUnanswered(socket)) return void socket.destroy()
  const body = JSON.stringify(errorBody('INVALID_REQUEST'))
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    'x-request-id': requestId(),
    ...bareAnswerHeaders,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 400 Bad Request\r\n${lines.join('')}\r\n${body}`)
  socket.destroySoon()
}

/** Every request has an id: the caller's or a new one, in every log line, in the answer, in what it commits. */
function traceRequests(app: FastifyInstance, backend: Backend): void {
  const { telemetry, log } = backend
  app.addHook('onRequest', (request, reply, next) => {
    reply.header('x-request-id', request.id)
    withTrace({ request_id: request.id }, next)
  })
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request
    const route = routeOf(request)
    const status = reply.statusCode
    telemetry.request({ method, route, status, seconds: reply.elapsedTime / 1000 })
    const person = status === 403 ? personIfKnown(request) : null
    if (person) {
      const { actor, ...from } = actOf(request, backend)
      if (actor.kind === 'user') backend.refusals.note(`${method} ${route}`, { ...from, actor })
    }
    if (status >= 500 || log.enabled('debug')) {
      const fields = { request_id: request.id, method, route, status, ms: Math.round(reply.elapsedTime) }
      if (status >= 500) log.warn('request_answered', fields)
      else log.debug('request_answered', fields)
    }
  })
}

/** A kept connection whose last request was in flight would be waited for until the drain's limit, with nothing to come. */
function partWhenDraining(app: FastifyInstance, { readiness }: Backend): void {
  app.addHook('onSend', (_request, reply, payload, next) => {
    if (readiness.lifecycle === 'draining') reply.header('connection', 'close')
    next(null, payload)
  })
}

/** Reading is repeated when the database was away for a moment (spec 01: twice, half a second apart, then 503). */
function retryReads(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (route.method !== 'GET' || !route.url.startsWith('/api/') || route.url.startsWith('/api/docs')) return
    const { handler } = route
    route.handler = function read(request, reply) {
      return patiently(async () => handler.call(this, request, reply))
    }
  })
}
