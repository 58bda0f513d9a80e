/**
 * Rate limits, shared between backends (spec 05): counted in the live store, in PostgreSQL while that is away. When
 * neither can be asked a signed-in person is let through, since refusing to claim an alarm is the greater harm.
 */
import type { Live } from '@stam/live'
import type { Log } from '@stam/runtime'
import { hitRateLimit, type Store } from '@stam/store'
import type { LimitClass } from '../identity/permissions.ts'
import { Problem } from './problem.ts'

export type LimitsPerMinute = Readonly<Record<Exclude<LimitClass, 'none'>, number>>

export interface Limits {
  /** Counts one request; throws Problem RATE_LIMIT_EXCEEDED past the limit. */
  hit(limit: LimitClass, who: string): Promise<void>
}

const WINDOW_MS = 60_000

export function createLimits(options: { live: Live; store: Store; log: Log; perMinute: LimitsPerMinute }): Limits {
  const { live, store, log, perMinute } = options

  async function count(key: string, max: number): Promise<{ allowed: boolean; resetMs: number }> {
    if (live.status.state === 'up') {
      try {
        return await live.limits.hit(key, WINDOW_MS, max)
      } catch (error) {
        log.warn('limit_fallback', { error })
      }
    }
    try {
      const { hits, resetMs } = await hitRateLimit(store, key, WINDOW_MS)
      return { allowed: hits <= max, resetMs }
    } catch (error) {
      log.warn('limit_not_counted', { error })
      return { allowed: true, resetMs: 0 }
    }
  }

  return {
    async hit(limit, who) {
      if (limit === 'none') return
      const { allowed, resetMs } = await count(`${limit}:${who}`, perMinute[limit])
      if (!allowed) throw new Problem('RATE_LIMIT_EXCEEDED', { retry_after: Math.max(1, Math.ceil(resetMs / 1000)) })
    },
  }
}
