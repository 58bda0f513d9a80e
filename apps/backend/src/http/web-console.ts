/** The console's files, and its start page for every address that is no file and no API (it routes by itself). */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { send } from './error-handler.ts'
import { Problem } from './problem.ts'

const START_PAGE = 'index.html'
/** Built files carry a hash in their name, so they never change. */
const HASHED = /\/assets\//

export async function serveConsole(app: FastifyInstance, folder: string): Promise<void> {
  const there = existsSync(join(folder, START_PAGE))
  if (there) {
    await app.register(fastifyStatic, {
      root: folder,
      wildcard: true,
      index: START_PAGE,
      cacheControl: false,
      setHeaders: (response, path) => {
        response.header('cache-control', HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
  }
  app.setNotFoundHandler((request, reply) => {
    if (there && isPage(request)) return startPage(reply)
    return send(reply, new Problem('NOT_FOUND'))
  })
}

function isPage(request: FastifyRequest): boolean {
  const path = request.url.split('?', 1)[0] ?? ''
  if (request.method !== 'GET' || /^\/(api|ws|\.well-known|healthz|readyz|metrics)(\/|$)/.test(path)) return false
  return !/\.[a-z0-9]{1,8}$/i.test(path)
}

function startPage(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-cache').sendFile(START_PAGE)
}
