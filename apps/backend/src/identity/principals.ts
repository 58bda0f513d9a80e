/**
 * Who is behind a session right now: person, role and site scope, read from the database and remembered for a few
 * seconds. Access tokens live 15 minutes; a logout, a changed role or a withdrawn site takes effect within `FRESH_MS`.
 */
import { type HumanRole, type SiteScope } from '@stam/contracts'
import type { Clock } from '@stam/runtime'
import { findPrincipal, type Principal, type Store } from '@stam/store'
import { type Permission, rolePermissions } from './permissions.ts'

/** The person a request or a socket acts for. */
export interface Person {
  readonly userId: string
  readonly sessionId: string
  readonly email: string
  readonly name: string
  readonly role: HumanRole
  readonly language: Principal['language']
  readonly mustChangePassword: boolean
  readonly lock: { readonly locked: boolean; readonly pinSet: boolean; readonly afterMinutes: number | null }
  readonly scope: SiteScope
  readonly permissions: ReadonlySet<Permission>
}

export interface Principals {
  /** Null: the session has ended. */
  find(sessionId: string): Promise<Person | null>
  /** Forgets what is remembered, so that the next look is at the database. */
  forget(sessionIds: readonly string[]): void
}

const FRESH_MS = 5_000
const MOST_REMEMBERED = 2_000

export function createPrincipals(store: Store, clock: Clock): Principals {
  const remembered = new Map<string, { until: number; person: Promise<Person | null> }>()
  return {
    find(sessionId) {
      const now = clock.monotonic()
      const known = remembered.get(sessionId)
      if (known && known.until > now) return known.person
      const person = findPrincipal(store, sessionId).then((found) => found && personOf(found))
      // An error is not remembered: the next request asks again.
      person.catch(() => remembered.delete(sessionId))
      remembered.delete(sessionId)
      if (remembered.size >= MOST_REMEMBERED) {
        const [oldest] = remembered.keys()
        if (oldest !== undefined) remembered.delete(oldest)
      }
      remembered.set(sessionId, { until: now + FRESH_MS, person })
      return person
    },
    forget(sessionIds) {
      for (const sessionId of sessionIds) remembered.delete(sessionId)
    },
  }
}

export function personOf(principal: Principal): Person {
  return {
    userId: principal.id,
    sessionId: principal.sessionId,
    email: principal.email,
    name: principal.name,
    role: principal.role,
    language: principal.language,
    mustChangePassword: principal.must_change_password,
    lock: { locked: principal.locked, pinSet: principal.pinSet, afterMinutes: principal.lockAfterMinutes },
    scope: principal.scope,
    permissions: rolePermissions[principal.role],
  }
}

/**
 * Whether this person may see things of that site: the same rule as in every statement of the store. What is bound to no
 * site (null) is nobody's assignment, so only those who see everything see it (fail closed).
 */
export function seesSite(scope: SiteScope): (siteId: string | null) => boolean {
  if (scope.kind === 'all') return () => true
  const sites = new Set(scope.siteIds)
  return (siteId) => siteId !== null && sites.has(siteId)
}
