import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Metrics } from './metrics.ts'
import type { Readiness } from './readiness.ts'

export interface HealthServerOptions {
  /** 0 picks a free port. */
  readonly port: number
  /** Loopback unless told otherwise: metrics are for the internal network only. */
  readonly host?: string
  readonly readiness: Readiness
  readonly metrics?: Metrics
}

export interface HealthServer {
  readonly port: number
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** `GET /healthz`, `/readyz`, `/metrics` without authentication (spec 05). Rejects when the port is taken. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(options, request).then(
      (result) => send(response, request, result),
      () => send(response, request, json(500, { status: 'unhealthy' })),
    )
  })
  server.requestTimeout = 5_000
  server.keepAliveTimeout = 5_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host ?? '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

/** Body of `GET /healthz`. That it arrives at all shows that the event loop turns. */
export function healthzBody(): { status: 'healthy'; uptime_seconds: number } {
  return { status: 'healthy', uptime_seconds: Math.floor(process.uptime()) }
}

async function answer(options: HealthServerOptions, request: IncomingMessage): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return json(405, { status: 'method not allowed' })
  switch (request.url?.split('?', 1)[0]) {
    case '/healthz':
      return json(200, healthzBody())
    case '/readyz': {
      const report = await options.readiness.report()
      return json(report.status === 'ready' ? 200 : 503, report)
    }
    case '/metrics':
      if (options.metrics === undefined) return json(404, { status: 'not found' })
      return { status: 200, contentType: options.metrics.contentType, body: await options.metrics.text() }
    default:
      return json(404, { status: 'not found' })
  }
}

function json(status: number, body: unknown): Answer {
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) }
}

function send(response: ServerResponse, request: IncomingMessage, { status, contentType, body }: Answer): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
