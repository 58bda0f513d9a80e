import {
  type IncomingMessage,
  request as forward,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'

const PREFIX = '/simulator'

/**
 * Lets the console's simulator page reach the simulated panels: `/simulator/*` of the station goes to the simulator's
 * control API, so that the page needs no second origin. Demo only, and the demo is on loopback only.
 */
export function openSimulatorDoor(server: Server, controlUrl: string): void {
  const others = server.listeners('request') as RequestListener[]
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    const path = request.url ?? '/'
    if (path !== PREFIX && !path.startsWith(`${PREFIX}/`)) for (const listener of others) listener(request, response)
    // A page request (somebody opened /simulator/… in the address bar) belongs to the console, which routes by itself.
    else if (request.method === 'GET' && request.headers.accept?.includes('text/html')) {
      for (const listener of others) listener(request, response)
    } else pass(request, response, new URL(path.slice(PREFIX.length) || '/', controlUrl))
  })
}

function pass(request: IncomingMessage, response: ServerResponse, target: URL): void {
  // Another site's page in the same browser must not press buttons here.
  if (request.headers['sec-fetch-site'] === 'cross-site') {
    refuse(response, 403, 'FORBIDDEN', 'the simulator answers pages of this station only')
    return
  }
  const { host: _host, cookie: _cookie, authorization: _authorization, ...headers } = request.headers
  const onward = forward(target, { method: request.method ?? 'GET', headers, timeout: 30_000 }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.once('timeout', () => onward.destroy(new Error('no answer')))
  onward.once('error', () => {
    if (response.headersSent) response.destroy()
    else refuse(response, 502, 'SIMULATOR_UNAVAILABLE', 'the simulator does not answer')
  })
  response.once('close', () => onward.destroy())
  request.pipe(onward)
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
    .end(JSON.stringify({ error: { code, message, details: {} } }))
}
