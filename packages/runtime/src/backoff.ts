import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'

export interface BackoffOptions {
  readonly initialMs: number
  readonly maxMs: number
  /** Growth per attempt, 2 by default. */
  readonly factor?: number
  /** Share of each delay that is random, 0 to 1; 0 by default. With 0.2 a delay of 10 s becomes 8 to 10 s. */
  readonly jitter?: number
}

/**
 * Delay before attempt `attempt` (the first retry is 1). Jitter only shortens, so `maxMs` holds.
 * @param random from 0 to 1, as `Math.random`.
 */
export function backoffDelayMs(options: BackoffOptions, attempt: number, random: () => number = Math.random): number {
  const { initialMs, maxMs, factor = 2, jitter = 0 } = options
  const full = Math.min(maxMs, initialMs * factor ** Math.min(Math.max(attempt, 1) - 1, 64))
  return Math.round(full * (1 - jitter * random()))
}

export interface RetryOptions {
  /** Calls in total; `Infinity` only together with a signal. */
  readonly attempts: number
  readonly backoff: BackoffOptions
  /** Whether this error is worth another attempt; every error by default. */
  readonly when?: (error: unknown) => boolean
  readonly onRetry?: (error: unknown, attempt: number, delayMs: number) => void
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/** Calls `work` until it succeeds; rejects with its last error, or with the signal's reason. */
export async function retry<T>(options: RetryOptions, work: (attempt: number) => Promise<T>): Promise<T> {
  const { attempts, backoff, when = () => true, onRetry, signal, clock = systemClock } = options
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await work(attempt)
    } catch (error) {
      if (attempt >= attempts || !when(error)) throw error
      const delayMs = backoffDelayMs(backoff, attempt)
      onRetry?.(error, attempt, delayMs)
      await clock.sleep(delayMs, signal)
    }
  }
}
