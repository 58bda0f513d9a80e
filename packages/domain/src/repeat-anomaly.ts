import type { EventType, Priority, Text } from '@stam/contracts'
import { REPEATS_PER_HOUR, type RepeatCounter } from './dedup.ts'

export interface RepeatAnomaly {
  readonly event_type: EventType
  readonly default_priority: Priority
  readonly description: Text
  readonly dedup_key: string
}

/**
 * What to raise when a site has repeated itself too often within an hour (spec 02): a broken or attacked detector. `cause` is the repeat that
 * passed the limit; its object is named in the event's `object_name` as for any other.
 */
export function repeatAnomaly(cause: { readonly dedup_key: string }, counter: RepeatCounter): RepeatAnomaly {
  return {
    event_type: 'TROUBLE',
    default_priority: 'WARNING',
    description: {
      pl: `Ponad ${REPEATS_PER_HOUR} powtórzeń sygnałów w ciągu godziny: uszkodzona lub atakowana czujka`,
      en: `More than ${REPEATS_PER_HOUR} repeated signals within an hour: a broken or attacked detector`,
    },
    dedup_key: `${cause.dedup_key}|repeats|${counter.hour}`,
  }
}
