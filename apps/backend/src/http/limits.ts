/**
 * Rate limits, shared between backends (spec 05): counted in the live store, in PostgreSQL while that is away. When
 * neither can be asked a signed-in person is let through, since refusing to claim an alarm is the greater harm.
 */
import type { Live } from '@stam/live'
import type { Log } from '@stam/runtime'
import { forgiveRateLimit, hitRateLimit, type Store } from '@stam/store'
import type { LimitClass } from '../identity/permissions.ts'
import { Problem } from './problem.ts'

export type LimitsPerMinute = Readonly<Record<Exclude<LimitClass, 'none'>, number>>

export interface Limits {
  /** Counts one request; throws Problem RATE_LIMIT_EXCEEDED past the limit. */
  hit(limit: LimitClass, who: string): Promise<void>
  /** Takes one request back: what it asked for turned out to be no attack. Never rejects. */
  forgive(limit: LimitClass, who: string): Promise<void>
  /** The same for something counted by the hour. */
  hitHourly(what: string, who: string, max: number): Promise<void>
}

const WINDOW_MS = 60_000
const HOUR_MS = 3_600_000

export function createLimits(options: { live: Live; store: Store; log: Log; perMinute: LimitsPerMinute }): Limits {
  const { live, store, log, perMinute } = options

  async function count(key: string, max: number, windowMs: number): Promise<{ allowed: boolean; resetMs: number }> {
    if (live.status.state === 'up') {
      try {
        return await live.limits.hit(key, windowMs, max)
      } catch (error) {
        log.warn('limit_fallback', { error })
      }
    }
    try {
      const { hits, resetMs } = await hitRateLimit(store, key, windowMs)
      return { allowed: hits <= max, resetMs }
    } catch (error) {
      log.warn('limit_not_counted', { error })
      return { allowed: true, resetMs: 0 }
    }
  }

  async function countOrRefuse(key: string, max: number, windowMs: number): Promise<void> {
    const { allowed, resetMs } = await count(key, max, windowMs)
    if (!allowed) throw new Problem('RATE_LIMIT_EXCEEDED', { retry_after: Math.max(1, Math.ceil(resetMs / 1000)) })
  }

  /** Where it was counted is where it is taken back; a count that stays costs nobody more than a minute. */
  async function takeBack(key: string): Promise<void> {
    try {
      if (live.status.state === 'up') await live.limits.forgive(key)
      else await forgiveRateLimit(store, key)
    } catch (error) {
      log.warn('limit_not_taken_back', { error })
    }
  }

  return {
    forgive: async (limit, who) => takeBack(`${limit}:${who}`),
    async hit(limit, who) {
      if (limit !== 'none') await countOrRefuse(`${limit}:${who}`, perMinute[limit], WINDOW_MS)
    },
    hitHourly: (what, who, max) => countOrRefuse(`${what}:${who}`, max, HOUR_MS),
  }
}
