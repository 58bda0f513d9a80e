/** When the console makes which sound. Pure; spec 08 "Sound". */
import type { AlarmSummary } from '@stam/contracts'

export const longestMuteMs = 5 * 60_000
/** Many warnings at once are one chime. */
export const chimeGapMs = 3_000

/** Nobody has it, it is critical, and neither service nor test mode keeps it silent. */
export const rings = (alarm: AlarmSummary): boolean =>
  alarm.priority === 'CRITICAL' && alarm.status === 'NEW' && !alarm.service_mode && !alarm.test_mode

export const chimes = (alarm: AlarmSummary): boolean =>
  alarm.priority === 'WARNING' && alarm.status === 'NEW' && !alarm.service_mode && !alarm.test_mode

export interface SoundFacts {
  /** Some alarm on the board rings. */
  readonly ringing: boolean
  /** Some alarm that has just arrived chimes. */
  readonly chime: boolean
  /** Until when the user has muted; null = not. Values beyond the longest mute are cut to it. */
  readonly mutedUntil: number | null
  /** This window is the one that sounds. */
  readonly speaker: boolean
  readonly lastChimeAt: number | null
}

export interface SoundDecision {
  /** The two-tone goes on, or stops. */
  readonly siren: boolean
  readonly chime: boolean
}

export function decideSound(facts: SoundFacts, now: number): SoundDecision {
  const muted = remainingMute(facts.mutedUntil, now) > 0
  if (!facts.speaker || muted) return { siren: false, chime: false }
  const rested = facts.lastChimeAt === null || now - facts.lastChimeAt >= chimeGapMs
  // The siren covers a warning; a chime on top would only blur it.
  return { siren: facts.ringing, chime: facts.chime && !facts.ringing && rested }
}

/** Milliseconds of silence left, never more than five minutes whatever was stored. */
export function remainingMute(mutedUntil: number | null, now: number): number {
  if (mutedUntil === null || mutedUntil <= now) return 0
  const left = mutedUntil - now
  return left > longestMuteMs ? 0 : left
}
