import type { PanelEvent, Text } from '@stam/contracts'

/** An event row as the enrichment needs it. */
export interface StoredEvent
  extends Pick<
    PanelEvent,
    | 'source'
    | 'timestamp'
    | 'event_code'
    | 'zone_no'
    | 'partition_no'
    | 'user_no'
    | 'output_no'
    | 'description'
    | 'object_name'
    | 'raw_payload'
    | 'late'
  > {}

export interface Enrichment {
  readonly timestamp: string
  readonly event_code: number | null
  readonly zone_no: number | null
  readonly partition_no: number | null
  readonly user_no: number | null
  readonly output_no: number | null
  readonly description: Text
  readonly object_name: string | null
  readonly raw_payload: string
  readonly source: PanelEvent['source']
}

/** The panel's memory has minutes, not seconds: a time within this of what we saw ourselves tells nothing new. */
const SAME_TIME_MS = 120_000

/**
 * The second of two tellings of one signal: state bits raised it at once, the event memory adds the panel's own time,
 * code, user and partition. Type and priority stay as first decided: an operator may be working on them.
 *
 * @returns undefined when the incoming telling adds nothing (a plain redelivery, or bits after memory)
 */
export function enrichEvent(stored: StoredEvent, incoming: StoredEvent): Enrichment | undefined {
  if (incoming.source !== 'MEMORY' || stored.source === 'MEMORY') return undefined
  const apart = Math.abs(Date.parse(incoming.timestamp) - Date.parse(stored.timestamp))
  return {
    timestamp: apart > SAME_TIME_MS ? incoming.timestamp : stored.timestamp,
    event_code: incoming.event_code ?? stored.event_code,
    zone_no: incoming.zone_no ?? stored.zone_no,
    partition_no: incoming.partition_no ?? stored.partition_no,
    user_no: incoming.user_no ?? stored.user_no,
    output_no: incoming.output_no ?? stored.output_no,
    description: incoming.description,
    object_name: incoming.object_name ?? stored.object_name,
    raw_payload: incoming.raw_payload,
    source: 'MEMORY',
  }
}
