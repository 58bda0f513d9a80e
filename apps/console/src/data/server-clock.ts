/**
 * Ages are computed against the server's clock: a workstation that is minutes off must not show an alarm from the future.
 * The offset is taken where the server tells its time (hello, list and status answers).
 */
let offsetMs = 0
let known = false

/** Below this the difference is the way of the message, not the clock. */
const toleranceMs = 500

export function learnServerTime(iso: string, receivedAt: number = Date.now()): void {
  const told = Date.parse(iso)
  if (Number.isNaN(told)) return
  const difference = told - receivedAt
  if (!known || Math.abs(difference - offsetMs) > toleranceMs)
    offsetMs = Math.abs(difference) < toleranceMs ? 0 : difference
  known = true
}

/** Milliseconds since the epoch as the server counts them. */
export const serverNow = (): number => Date.now() + offsetMs
