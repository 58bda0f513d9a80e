import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { RuntimeError } from './errors.ts'

/**
 * Runs `work` with a time limit (spec 01: 5 s for every outgoing call, 30 s for reports). At the limit the signal given to
 * `work` aborts and the call rejects with `DEADLINE_EXCEEDED`, even when `work` ignores the signal.
 * @param what names the call in the error, e.g. `redis ping`.
 */
export async function withDeadline<T>(
  what: string,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const controller = new AbortController()
  let cancel = () => {}
  const limit = new Promise<never>((_, reject) => {
    cancel = clock.setTimer(limitMs, () => {
      const error = new RuntimeError('DEADLINE_EXCEEDED', `${what} did not finish within ${limitMs} ms`)
      controller.abort(error)
      reject(error)
    })
  })
  try {
    return await Promise.race([work(controller.signal), limit])
  } finally {
    cancel()
  }
}
