/** How far a panel's live state may be trusted. Pure; unknown is never "fine". */
import type { PanelLive } from '@stam/contracts'

/**
 * A connected panel is polled about every second and told of at once when anything changes; in between only its link is
 * confirmed, every few seconds, and seen here within ten. Past three times that, what is shown is how it was.
 */
export const staleAfterMs = 30_000

/** `fresh`: as it is now. `old`: as it was. `unknown`: nothing is known. */
export type Trust = 'fresh' | 'old' | 'unknown'

export function trustOf(
  live: Pick<PanelLive, 'bits' | 'connection' | 'updated_at' | 'last_contact_at'> | null,
  streamLive: boolean,
  now: number,
): Trust {
  if (live === null || live.bits === null) return 'unknown'
  if (live.connection !== 'CONNECTED' || !streamLive) return 'old'
  const heard = ageOf(live, now)
  return heard === null || heard > staleAfterMs ? 'old' : 'fresh'
}

/** Milliseconds since the panel was last heard; null = never. */
export function ageOf(live: Pick<PanelLive, 'updated_at' | 'last_contact_at'>, now: number): number | null {
  const heard = Math.max(Date.parse(live.last_contact_at ?? '') || 0, Date.parse(live.updated_at ?? '') || 0)
  return heard === 0 ? null : Math.max(0, now - heard)
}
