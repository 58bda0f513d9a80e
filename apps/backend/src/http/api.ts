/** The type of the app for route files, and what every route's answers have in common. */
import { ErrorBody } from '@stam/contracts'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { FastifyZodOpenApiTypeProvider } from 'fastify-zod-openapi'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'

export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse<IncomingMessage>,
  FastifyBaseLogger,
  FastifyZodOpenApiTypeProvider
>

/** Success, and the envelope for everything else. */
export function answers<Schema extends z.ZodType>(schema: Schema) {
  return { 200: schema, '4xx': ErrorBody, '5xx': ErrorBody } as const
}

export const noContent = { 204: z.undefined(), '4xx': ErrorBody, '5xx': ErrorBody } as const

export const IdParams = z.object({ id: z.uuid() })
