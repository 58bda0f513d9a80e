import type { AddressInfo } from 'node:net'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fastify from 'fastify'
import { fastifyZodOpenApiPlugin, fastifyZodOpenApiTransformers } from 'fastify-zod-openapi'
import type { Simulator } from '../simulator.ts'
import { SimulatorError } from '../simulator-error.ts'
import { simulatorRoutes } from './simulator-routes.ts'

export interface HttpListener {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/** The control API on a port of its own, with OpenAPI at /docs. */
export async function listenHttp(
  simulator: Simulator,
  options: { host?: string; port?: number },
): Promise<HttpListener> {
  const host = options.host ?? '127.0.0.1'
  const app = fastify({ forceCloseConnections: true })
  await app.register(fastifyZodOpenApiPlugin)
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'INTEGRA simulator', version: '1' } },
    ...fastifyZodOpenApiTransformers,
  })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  await app.register(simulatorRoutes(simulator))
  try {
    await app.listen({ host, port: options.port ?? 0 })
  } catch (error) {
    await app.close()
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE') throw error
    throw new SimulatorError('PORT_TAKEN', `port ${options.port} on ${host} is taken`, {}, { cause: error })
  }
  const { port } = app.server.address() as AddressInfo
  const shownHost = host.includes(':') ? `[${host}]` : host
  return { url: `http://${shownHost}:${port}`, port, close: () => app.close() }
}
