/** `/healthz`, `/readyz` for the proxy, and `/metrics` for the machine itself only (spec 05 "Health"). */
import { healthzBody, type Metrics, type Readiness } from '@stam/runtime'
import type { FastifyInstance } from 'fastify'
import { isLoopback } from '../config.ts'
import { Problem } from './problem.ts'

export function healthRoutes(app: FastifyInstance, options: { readiness: Readiness; metrics: Metrics }): void {
  const { readiness, metrics } = options
  app.get('/healthz', { schema: { hide: true } }, (_request, reply) => reply.send(healthzBody()))
  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const report = await readiness.report()
    return reply.code(report.status === 'ready' ? 200 : 503).send(report)
  })
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    // Behind a proxy on the same machine everybody would seem local; whoever was forwarded is not.
    const local = isLoopback(request.socket.remoteAddress?.replace('::ffff:', '') ?? '')
    if (!local || request.headers['x-forwarded-for'] !== undefined) throw new Problem('NOT_FOUND')
    return reply.type(metrics.contentType).send(await metrics.text())
  })
}
