/**
 * Password hashing (spec 06): Argon2id, 64 MiB, 3 passes, one lane. It runs on the thread pool, never on the event loop,
 * and behind a bulkhead: at most a few at once and a bounded queue, so that a storm of logins neither delays an alarm nor
 * grows memory; past the queue the caller gets 429.
 */
import { randomBytes } from 'node:crypto'
import { hash, parseOptions, verify } from '@node-rs/argon2'
import { createBulkhead } from '@stam/runtime'

const COST = { memoryCost: 65_536, timeCost: 3, parallelism: 1 } as const

export interface Passwords {
  hash(password: string): Promise<string>
  /**
   * Whether `password` belongs to `stored`. With no stored hash (unknown user) the same work is done against a decoy, so
   * that the time tells nothing. Rejects with BULKHEAD_FULL when too many wait.
   */
  matches(stored: string | null, password: string): Promise<boolean>
  /** True when a stored hash was made with cheaper settings than today's. */
  outdated(stored: string): boolean
}

/** @param options.concurrent hashes at once (64 MiB and one core each). */
export async function createPasswords(options: { concurrent: number; waiting: number }): Promise<Passwords> {
  const bulkhead = createBulkhead({ name: 'password hashing', ...options })
  const decoy = await hash(randomBytes(24).toString('base64'), COST)
  return {
    hash: (password) => bulkhead.run(() => hash(password.normalize('NFC'), COST)),
    async matches(stored, password) {
      const equal = await bulkhead.run(() => verify(stored ?? decoy, password.normalize('NFC')))
      return equal && stored !== null
    },
    outdated(stored) {
      const made = parseOptions(stored)
      return made.memoryCost < COST.memoryCost || made.timeCost < COST.timeCost
    },
  }
}
