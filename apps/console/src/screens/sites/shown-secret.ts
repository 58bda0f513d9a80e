/** How long a value that was revealed may still be seen (spec 06 "Secrets"). Pure. */

/** Longest a value stays on the screen, whatever the server or the clocks say. */
const LONGEST_SHOWN_MS = 60_000

/** Two clocks of the workstation, ms: one that cannot be set but stands still while it sleeps, and the time of day. */
export interface Instants {
  readonly monotonic: number
  readonly wall: number
}

export interface ShownSecret {
  readonly value: string
  readonly since: Instants
  readonly forMs: number
}

export const instantsNow = (): Instants => ({ monotonic: performance.now(), wall: Date.now() })

/** @param allowedMs what is left of the minute the server gave */
export function showSecret(value: string, allowedMs: number, since: Instants): ShownSecret {
  return { value, since, forMs: Math.min(LONGEST_SHOWN_MS, allowedMs) }
}

/** By the clock that says less: setting the time of day back lengthens nothing, and neither does sleep. */
export function msLeft({ since, forMs }: ShownSecret, now: Instants): number {
  return Math.max(0, forMs - Math.max(now.monotonic - since.monotonic, now.wall - since.wall))
}
