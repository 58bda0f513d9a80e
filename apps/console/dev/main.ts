/**
 * A centre in miniature for working on the console: same contracts, same alarm rules, no database and no panels.
 * `npm run demo -w @stam/console -- [--port 4173] [--quiet]` serves dist/ and the API; Vite's dev server proxies to it.
 * POST /dev/{down|ws-down|degraded|slow|hang|broken|empty|up|flood|many|lose|drop|end-session|stale-panels|claim-by-other}.
 */
import { randomUUID } from 'node:crypto'
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Me } from '@stam/contracts'
import { AlarmBook } from './alarm-book.ts'
import { type Answer, type Ask, answer, type Centre, statusOf } from './routes.ts'
import { calm, populate, signalOf, type Weather } from './scenarios.ts'
import { publish, simulatorAnswer } from './simulated-panels.ts'
import { StreamSide } from './stream.ts'
import { createWorld, devPassword } from './world.ts'

const { values: flags } = parseArgs({
  options: { port: { type: 'string', default: '0' }, quiet: { type: 'boolean', default: false } },
})
const dist = fileURLToPath(new URL('../dist/', import.meta.url))
/** What the real back end sends; anything the console needs beyond it is a fault of the console. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const mime: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
}

const world = createWorld()
const weather = calm()
const stream: StreamSide = new StreamSide(() => book, weather)
const book = new AlarmBook(world, (message) => stream.broadcast(message))
const centre: Centre = { world, weather, stream, book, startedAt: new Date().toISOString() }
if (!flags.quiet) populate(world, book)

const access = new Map<string, Me>()
const refresh = new Map<string, Me>()

function session(response: ServerResponse, user: Me): object {
  const token = randomUUID()
  const cookie = randomUUID()
  access.set(token, user)
  refresh.set(cookie, user)
  response.setHeader('set-cookie', `stam_refresh=${cookie}; HttpOnly; SameSite=Strict; Path=/api/auth`)
  return { access_token: token, token_type: 'Bearer', expires_in: 900, user }
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://local')
  if (url.pathname.startsWith('/dev/')) return finish(response, control(url.pathname.slice(5), url.searchParams))
  const api = url.pathname.startsWith('/api/') || url.pathname.startsWith('/simulator/')
  if (!api) return serveFile(url.pathname, response)
  if (weather.down) return void request.socket.destroy()
  if (weather.hang && request.method === 'GET') return
  if (weather.slowMs > 0) await new Promise((resolve) => setTimeout(resolve, weather.slowMs))
  const bearer = request.headers.authorization?.replace('Bearer ', '') ?? ''
  const ask: Ask = {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    body: await bodyOf(request),
    user: access.get(bearer) ?? null,
  }
  if (url.pathname === '/api/auth/refresh') {
    const cookie = /stam_refresh=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
    const user = refresh.get(cookie)
    refresh.delete(cookie)
    if (user === undefined)
      return finish(response, {
        status: 401,
        body: { error: { code: 'SESSION_ENDED', message: 'no session', details: {} } },
      })
    return finish(response, { status: 200, body: session(response, user) })
  }
  const result = url.pathname.startsWith('/simulator/') ? simulatorAnswer(centre, ask) : answer(centre, ask)
  if (result.signIn !== undefined) return finish(response, { status: 200, body: session(response, result.signIn) })
  if (result.signOut === true)
    response.setHeader('set-cookie', 'stam_refresh=; HttpOnly; SameSite=Strict; Path=/api/auth; Max-Age=0')
  finish(response, result)
}

function finish(response: ServerResponse, { status, body }: Answer): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': randomUUID() })
  response.end(body === undefined ? '' : JSON.stringify(body))
}

function serveFile(path: string, response: ServerResponse): void {
  const wanted = join(dist, normalize(path))
  const file =
    wanted.startsWith(dist) && existsSync(wanted) && statSync(wanted).isFile() ? wanted : join(dist, 'index.html')
  response.writeHead(200, {
    'content-type': mime[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': policy,
  })
  createReadStream(file).pipe(response)
}

function control(name: string, query: URLSearchParams): Answer {
  const count = Number(query.get('count') ?? 500)
  const switches: Record<string, Partial<Weather>> = {
    down: { down: true },
    'ws-down': { wsDown: true },
    degraded: { degraded: true },
    slow: { slowMs: Number(query.get('ms') ?? 3_000) },
    hang: { hang: true },
    broken: { broken: true },
    empty: { empty: true },
    up: calm(),
  }
  const change = switches[name]
  if (change !== undefined) {
    Object.assign(weather, change)
    if (weather.down || weather.wsDown) stream.dropAll(1012)
    stream.broadcast({
      sequence_id: null,
      timestamp: new Date().toISOString(),
      type: 'system.status',
      data: statusOf(centre),
    })
  } else if (name === 'flood') {
    const over = Number(query.get('ms') ?? 60_000)
    for (let n = 0; n < count; n += 1)
      setTimeout(() => book.raise(signalOf(world, n), { join: false }), (n * over) / count)
  } else if (name === 'many') {
    for (let n = 0; n < count; n += 1) book.raise(signalOf(world, n, n * 1_000), { join: false, quiet: true })
    stream.dropAll(1012)
  } else if (name === 'one') {
    book.raise(signalOf(world, count), { join: false })
  } else if (name === 'lose') stream.lose(count)
  else if (name === 'drop') stream.dropAll(1012)
  else if (name === 'end-session') {
    access.clear()
    refresh.clear()
  } else if (name === 'stale-panels') {
    const old = new Date(Date.now() - 340_000).toISOString()
    for (const panel of world.panels.values()) {
      panel.live = {
        ...panel.live,
        version: panel.live.version + 1,
        connection: 'DISCONNECTED',
        connection_since: old,
        last_contact_at: old,
        updated_at: old,
      }
      publish(centre, panel, {})
    }
  } else if (name === 'claim-by-other') {
    const id = query.get('id') ?? ''
    const jan = world.users[1]
    if (jan !== undefined) book.act(id, jan, { type: 'claim', version: book.alarms.get(id)?.alarm.version ?? 1 })
  } else return { status: 404, body: {} }
  return { status: 200, body: { ok: true } }
}

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) =>
    finish(response, { status: 500, body: { error: { code: 'INTERNAL', message: String(error), details: {} } } }),
  )
})
server.on('upgrade', (request, socket, head) => stream.upgrade(request, socket, head))
server.listen(Number(flags.port), '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : flags.port
  process.stdout.write(
    `${JSON.stringify({ url: `http://localhost:${port}`, users: world.users.map((user) => user.email), password: devPassword })}\n`,
  )
})
// Panels answer every second, as polled ones do.
setInterval(() => {
  for (const panel of world.panels.values()) if (panel.live.connection === 'CONNECTED') publish(centre, panel, {})
}, 1_000).unref()
