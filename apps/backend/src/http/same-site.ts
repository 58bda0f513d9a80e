/**
 * CSRF: access tokens travel in a header, which no foreign page can set. Only what acts on the session cookie has to be
 * asked where it comes from: a browser names the origin of every POST; without one (not a browser, or a very old one)
 * a header is needed that a plain form cannot send.
 */
import type { FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'

export function requireSameSite(request: FastifyRequest, allowedOrigins: readonly string[]): void {
  if (request.headers['sec-fetch-site'] === 'cross-site') throw new Problem('FORBIDDEN')
  const { origin } = request.headers
  if (origin !== undefined) {
    if (origin === `${request.protocol}://${request.host}` || allowedOrigins.includes(origin)) return
    throw new Problem('FORBIDDEN')
  }
  if (request.headers['x-requested-with'] === undefined) throw new Problem('FORBIDDEN')
}
