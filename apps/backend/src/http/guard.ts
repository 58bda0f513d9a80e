/**
 * Who may pass: one hook before every handler, driven by the route table. A route cannot forget its authentication,
 * because a route without a row in the table does not start.
 */
import type { AccessClaims } from '@stam/contracts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Backend } from '../backend.ts'
import { type Permission, type RouteAccess, routeAccess } from '../identity/permissions.ts'
import type { Person } from '../identity/principals.ts'
import { isServiceToken, type Service } from '../identity/service-tokens.ts'
import { Problem } from './problem.ts'

const persons = new WeakMap<FastifyRequest, Person>()
const services = new WeakMap<FastifyRequest, Service>()
const tokenRoles = new WeakMap<FastifyRequest, AccessClaims['role']>()

/** The person of an authenticated request. */
export function personOfRequest(request: FastifyRequest): Person {
  const person = persons.get(request)
  if (!person) throw new Problem('UNAUTHORIZED')
  return person
}

/** The same; null when nobody has been recognised. */
export function personIfKnown(request: FastifyRequest): Person | null {
  return persons.get(request) ?? null
}

/** The service of an authenticated request. */
export function serviceOfRequest(request: FastifyRequest): Service {
  const service = services.get(request)
  if (!service) throw new Problem('UNAUTHORIZED')
  return service
}

/** The role the access token was made with, up to 15 minutes ago. */
export function roleOfToken(request: FastifyRequest): AccessClaims['role'] | undefined {
  return tokenRoles.get(request)
}

export function guardRoutes(app: FastifyInstance, backend: Backend): void {
  app.addHook('onRoute', (route) => {
    if (!isApi(route.url)) return
    for (const method of [route.method].flat()) {
      if (!routeAccess[`${method} ${route.url}`]) throw new Error(`${method} ${route.url} has no row in permissions.ts`)
    }
  })
  app.addHook('onRequest', async (request) => {
    const url = request.routeOptions.url
    if (url === undefined || !isApi(url)) return
    const access = routeAccess[`${request.method} ${url}`]
    if (!access) throw new Problem('NOT_FOUND')
    if (access.needs === 'public') return backend.limits.hit(access.limit, request.ip)
    const token = /^Bearer ([A-Za-z0-9._-]{20,4096})$/.exec(request.headers.authorization ?? '')?.[1]
    if (token === undefined) throw new Problem('UNAUTHORIZED')
    if (isServiceToken(token)) return admitService(request, token, access, backend)
    const person = await authenticate(request, token, backend)
    persons.set(request, person)
    await backend.limits.hit(access.limit, person.userId)
    if (!access.whileLocked) await refuseWhileLocked(person, backend)
    permit(person, access)
  })
}

/** Everything under /api and the key set; the documentation page and the console's files are open to all. */
function isApi(url: string): boolean {
  return (url.startsWith('/api/') && !url.startsWith('/api/docs')) || url.startsWith('/.well-known/')
}

async function admitService(
  request: FastifyRequest,
  token: string,
  { needs, limit }: RouteAccess,
  backend: Backend,
): Promise<void> {
  const service = await backend.services.find(token)
  if (!service) throw new Problem('UNAUTHORIZED')
  services.set(request, service)
  await backend.limits.hit(limit, service.id)
  const has = (service.permissions as ReadonlySet<string>).has(needs)
  if (needs !== 'service' && !has) throw new Problem('FORBIDDEN', { permission: needs })
}

async function authenticate(request: FastifyRequest, token: string, { tokens, principals }: Backend): Promise<Person> {
  const claims = await tokens.verify(token)
  if (!claims) throw new Problem('UNAUTHORIZED')
  const person = await principals.find(claims.sid)
  if (!person || person.userId !== claims.sub) throw new Problem('SESSION_ENDED')
  tokenRoles.set(request, claims.role)
  return person
}

/** What is remembered may be older than the unlocking, which another backend may have done; so a lock is looked at again. */
async function refuseWhileLocked(person: Person, { principals }: Backend): Promise<void> {
  if (!person.lock.locked) return
  principals.forget([person.sessionId])
  const now = await principals.find(person.sessionId)
  if (now?.lock.locked !== false) throw new Problem('SESSION_LOCKED')
}

function permit(person: Person, access: RouteAccess): void {
  if (person.mustChangePassword && !access.beforePasswordChange) throw new Problem('PASSWORD_CHANGE_REQUIRED')
  if (access.needs === 'session' || access.needs === 'public') return
  if (!person.permissions.has(access.needs as Permission)) throw new Problem('FORBIDDEN', { permission: access.needs })
}
