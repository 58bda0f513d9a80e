import { setTimeout as sleep } from 'node:timers/promises'

export interface EventuallyOptions {
  /** How long the condition may take to come true; 15 s, which is no measure of speed. */
  readonly deadlineMs?: number
  /** Pause between two looks; 15 ms. */
  readonly everyMs?: number
  /** What is waited for, for the message of a failure. */
  readonly what?: string
}

/**
 * Waits until `condition` gives something truthy, and returns it. A condition that throws (an `expect`) counts as not
 * true yet; at the deadline its last error is thrown. Instead of sleeping for "long enough".
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const { deadlineMs = 15_000, everyMs = 15, what = 'the condition' } = options
  const deadline = performance.now() + deadlineMs
  for (;;) {
    let lastError: unknown
    try {
      const result = await condition()
      if (result) return result as Exclude<T, false | null | undefined | 0 | ''>
    } catch (error) {
      lastError = error
    }
    if (performance.now() >= deadline) {
      throw lastError ?? new Error(`${what} did not come true within ${deadlineMs} ms`)
    }
    await sleep(everyMs)
  }
}
