/**
 * Time as a dependency. Decisions take `now()` from here, so tests move time instead of waiting for it.
 * Wall time is for what people and the database see; monotonic time is for measuring, since it never jumps (drill CH-10).
 */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number
  /** Milliseconds from an arbitrary origin; never goes back, not even when the host's clock is set. */
  monotonic(): number
  /** Calls `callback` once after `delayMs`; the returned function cancels it (any number of times). */
  setTimer(delayMs: number, callback: () => void): () => void
  /** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. Leaves no timer behind. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}

/** The longest delay a Node timer keeps; anything above fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** `sleep` on top of any timer source, so that every clock has the same abort behaviour. */
export function sleepWith(setTimer: Clock['setTimer'], delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    const onAbort = () => {
      cancel()
      reject(signal?.reason as Error)
    }
    const cancel = setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

function setSystemTimer(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), LONGEST_TIMER_MS))
  return () => clearTimeout(timer)
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: setSystemTimer,
  sleep: (delayMs, signal) => sleepWith(setSystemTimer, delayMs, signal),
}

/** ISO 8601 UTC with milliseconds, the only format of times on wires and in logs. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString()
}
