import type { EventType, PanelEvent, Priority, Text } from '@stam/contracts'
import { createBundler } from './bundling.ts'
import { type RepeatCounter, REPEATS_PER_HOUR } from './dedup.ts'
import { enrichEvent } from './enrichment.ts'

/** What is particular to the WARNING about a site that repeats itself too often; the rest follows from its cause. */
export interface RepeatAnomaly {
  readonly event_type: EventType
  readonly default_priority: Priority
  readonly description: Text
  readonly dedup_key: string
}

/** A detector that repeats itself more than fifty times an hour is broken or attacked (spec 02). One event an hour. */
export function repeatAnomaly(
  cause: Pick<PanelEvent, 'dedup_key'> & { readonly panel_id: string | null },
  counter: RepeatCounter,
): RepeatAnomaly {
  return {
    event_type: 'TROUBLE',
    default_priority: 'WARNING',
    description: {
      pl: `Ponad ${REPEATS_PER_HOUR} powtórzeń w godzinę: czujka uszkodzona lub atakowana`,
      en: `More than ${REPEATS_PER_HOUR} repeats in an hour: a detector is broken or under attack`,
    },
    dedup_key: `${cause.panel_id ?? '-'}|repeats:${counter.hour}|TROUBLE`,
  }
}

/** The rules both doors into the database record by: the backend's, off the bus, and the worker's degraded one. */
export const recordingRules = { createBundler, enrichEvent, repeatAnomaly } as const
