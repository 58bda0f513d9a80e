/**
 * A change by a person: one transaction, an Idempotency-Key where the caller sent one, the audit's who and where from.
 * A refusal rolls everything back. When the database is briefly away it is tried again twice (spec 01); a commit whose
 * outcome is unknown is not, the caller repeats it under its key.
 */
import { retry } from '@stam/runtime'
import { type Act, claimIdempotencyKey, isStoreError, storeIdempotentAnswer, type Transaction } from '@stam/store'
import type { FastifyRequest } from 'fastify'
import type { Backend } from '../backend.ts'
import type { Person } from '../identity/principals.ts'
import { personOfRequest } from './guard.ts'
import { type Outcome, Problem, valueOf } from './problem.ts'

const KEY_LIFE_HOURS = 24
const LONGEST_KEY = 200

/** Where a request comes from, for the audit. */
export function originOf(request: FastifyRequest, backend: Backend): Omit<Act, 'actor'> {
  return { ip: request.ip, requestId: request.id, serviceInstance: backend.config.instanceId }
}

export function actOf(request: FastifyRequest, backend: Backend): Act {
  const { userId: id, name, role } = personOfRequest(request)
  return { actor: { kind: 'user', id, name, role }, ...originOf(request, backend) }
}

export interface Mutation {
  readonly tx: Transaction
  readonly person: Person
  readonly act: Act
}

/** Runs `work`; a repeat of the same request under the same key gets the first answer without running it. */
export async function mutate<Body>(
  request: FastifyRequest,
  backend: Backend,
  work: (mutation: Mutation) => Promise<Outcome<Body>>,
): Promise<Body> {
  const person = personOfRequest(request)
  const act = actOf(request, backend)
  const key = idempotencyKey(request)
  return patiently(() =>
    backend.store.inTransaction(async (tx) => {
      if (key === null) return valueOf(await work({ tx, person, act }))
      const claim = {
        userId: person.userId,
        key,
        requestHashes: backend.fingerprints(request),
        lifeHours: KEY_LIFE_HOURS,
      }
      const claimed = await claimIdempotencyKey(tx, claim)
      if (claimed.kind === 'reused') throw new Problem('IDEMPOTENCY_KEY_REUSED')
      if (claimed.kind === 'repeat') return claimed.body as Body
      const body = valueOf(await work({ tx, person, act }))
      await storeIdempotentAnswer(tx, { userId: person.userId, key, status: 200, body })
      return body
    }),
  )
}

/** Twice more, half a second apart, when the database could not be reached; never when something may have happened. */
export function patiently<Value>(work: () => Promise<Value>): Promise<Value> {
  return retry(
    {
      attempts: 3,
      backoff: { initialMs: 500, maxMs: 500 },
      when: (error) => isStoreError(error, 'DATABASE_UNAVAILABLE'),
    },
    work,
  )
}

function idempotencyKey(request: FastifyRequest): string | null {
  const header = request.headers['idempotency-key']
  if (header === undefined) return null
  if (typeof header !== 'string' || header === '' || header.length > LONGEST_KEY) {
    throw new Problem('INVALID_REQUEST', {
      issues: [{ path: 'headers.idempotency-key', code: 'invalid', message: `1 to ${LONGEST_KEY} characters` }],
    })
  }
  return header
}
