/** OpenAPI 3.1 from the very schemas that validate, and a page to read it at /api/docs. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { fastifyZodOpenApiPlugin, fastifyZodOpenApiTransform, fastifyZodOpenApiTransformers } from 'fastify-zod-openapi'
import { routeAccess } from '../identity/permissions.ts'

export const DOCS = '/api/docs'

export async function documentApi(app: FastifyInstance): Promise<void> {
  await app.register(fastifyZodOpenApiPlugin)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'stam-replacer',
        version: '1',
        description:
          'Alarm receiving centre. Errors: `{"error":{"code","message","details"}}`, codes in docs/errors.md. ' +
          'Mutations of alarms, sites and panels carry the `version` the client saw and accept `Idempotency-Key`. ' +
          'The WebSocket at `/ws?ticket=` is described in docs/realtime.md.',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ bearer: [] }],
    },
    ...fastifyZodOpenApiTransformers,
    transform: (options) => {
      const transformed = fastifyZodOpenApiTransform(options)
      const method = [options.route.method].flat()[0] ?? ''
      const access = routeAccess[`${method} ${options.route.url}`]
      if (access?.needs === 'public') Object.assign(transformed.schema as object, { security: [] })
      else if (access && access.needs !== 'session') {
        Object.assign(transformed.schema as object, { description: `Needs \`${access.needs}\`.` })
      }
      return transformed
    },
  })
  await app.register(swaggerUi, {
    routePrefix: DOCS,
    staticCSP: true,
    // The viewer styles itself inline; scripts stay ours.
    transformStaticCSP: () =>
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
      "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  })
}
