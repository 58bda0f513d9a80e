/**
 * Sensitive acts (spec 06): the role is looked up in the database in the act's own transaction; when it is no longer the one
 * the token was made with, nothing happens and the session ends. Answers may hold secrets, so no Idempotency-Key keeps them.
 */
import { appendAudit, auditOf, endSession, findPrincipal } from '@stam/store'
import type { FastifyRequest } from 'fastify'
import type { Backend } from '../backend.ts'
import { personOfRequest, roleOfToken } from '../http/guard.ts'
import { actOf, type Mutation, patiently } from '../http/mutation.ts'
import { type Outcome, Problem, valueOf } from '../http/problem.ts'
import { personOf } from './principals.ts'

export async function sensitively<Body>(
  request: FastifyRequest,
  backend: Backend,
  work: (mutation: Mutation) => Promise<Outcome<Body>>,
): Promise<Body> {
  const { sessionId } = personOfRequest(request)
  const act = actOf(request, backend)
  const done = await patiently(() =>
    backend.store.inTransaction(async (tx) => {
      const found = await findPrincipal(tx, sessionId)
      if (!found || found.role !== roleOfToken(request)) return null
      return { body: valueOf(await work({ tx, person: personOf(found), act })) }
    }),
  )
  if (done) return done.body
  await backend.store.inTransaction(async (tx) => {
    if (!(await endSession(tx, sessionId, 'role_changed'))) return
    await appendAudit(tx, [auditOf(act, { action: 'SESSION_ENDED', entityType: 'session', entityId: sessionId })])
  })
  forgetSessions(backend, [sessionId])
  throw new Problem('SESSION_ENDED')
}

/** What this instance remembers of ended sessions; other instances notice within seconds. */
export function forgetSessions(backend: Backend, sessionIds: readonly string[]): void {
  backend.principals.forget(sessionIds)
  backend.sockets.endSessions(sessionIds)
}
