/**
 * Rate limits, shared between backends (spec 05). What keeps somebody from asking too much is counted in the live store, in PostgreSQL while that is
 * away. What keeps somebody from guessing, or from reading out secrets, is counted in PostgreSQL always: a count that begins anew when the live
 * store goes and again when it comes back would be three times the tries. When neither can be asked a signed-in person is let through, since
 * refusing to claim an alarm is the greater harm.
 */
import type { Live } from '@stam/live'
import type { Log } from '@stam/runtime'
import { forgiveRateLimit, type Store } from '@stam/store'
import type { LimitClass } from '../identity/permissions.ts'
import { countTogether } from './count-together.ts'
import { Problem } from './problem.ts'

export type LimitsPerMinute = Readonly<Record<Exclude<LimitClass, 'none'>, number>>

export interface Limits {
  /** Counts one request; throws Problem RATE_LIMIT_EXCEEDED past the limit. */
  hit(limit: LimitClass, who: string): Promise<void>
  /** Takes one guess back that turned out to be none. Never rejects. */
  forgive(limit: GuessClass, who: string): Promise<void>
  /** The same for something counted by the hour, in PostgreSQL. */
  hitHourly(what: string, who: string, max: number): Promise<void>
}

type GuessClass = 'login'
const guesses: ReadonlySet<LimitClass> = new Set<GuessClass>(['login'])

const WINDOW_MS = 60_000
const HOUR_MS = 3_600_000

export function createLimits(options: { live: Live; store: Store; log: Log; perMinute: LimitsPerMinute }): Limits {
  const { live, store, log, perMinute } = options

  const countInDatabase = countTogether(store)

  async function count(key: string, windowMs: number, max: number): Promise<{ allowed: boolean; resetMs: number }> {
    try {
      const { hits, resetMs } = await countInDatabase(key, windowMs)
      return { allowed: hits <= max, resetMs }
    } catch (error) {
      log.warn('limit_not_counted', { error })
      return { allowed: true, resetMs: 0 }
    }
  }

  async function countWhereItIsQuick(key: string, max: number): Promise<{ allowed: boolean; resetMs: number }> {
    if (live.status.state === 'up') {
      try {
        return await live.limits.hit(key, WINDOW_MS, max)
      } catch (error) {
        log.warn('limit_fallback', { error })
      }
    }
    return count(key, WINDOW_MS, max)
  }

  return {
    async hit(limit, who) {
      if (limit === 'none') return
      const [key, max] = [`${limit}:${who}`, perMinute[limit]]
      refuseUnlessAllowed(guesses.has(limit) ? await count(key, WINDOW_MS, max) : await countWhereItIsQuick(key, max))
    },
    async forgive(limit, who) {
      try {
        await forgiveRateLimit(store, `${limit}:${who}`)
      } catch (error) {
        log.warn('limit_not_taken_back', { error })
      }
    },
    async hitHourly(what, who, max) {
      refuseUnlessAllowed(await count(`${what}:${who}`, HOUR_MS, max))
    },
  }
}

function refuseUnlessAllowed({ allowed, resetMs }: { allowed: boolean; resetMs: number }): void {
  if (!allowed) throw new Problem('RATE_LIMIT_EXCEEDED', { retry_after: Math.max(1, Math.ceil(resetMs / 1000)) })
}
