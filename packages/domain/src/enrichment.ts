import type { EventType, PanelEvent, Priority, Text } from '@stam/contracts'
import { opensAlarm, streamOf } from './priority.ts'

/** An event row as the enrichment needs it. */
export interface StoredEvent
  extends Pick<
    PanelEvent,
    | 'source'
    | 'event_type'
    | 'default_priority'
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
  readonly event_type: EventType
  readonly default_priority: Priority
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
 * code, user and partition. A bit says that a zone is in alarm, not of which kind; as long as the zone's reaction has not been read, a
 * 24-hour tamper zone (reference 6.2, reaction 9) is told as ALARM. The record knows, so its type replaces the guess; what that means for
 * the priority is decided where the alarm is (see `Bundler.complete`).
 *
 * @returns undefined when the incoming telling adds nothing (a plain redelivery, or bits after memory)
 */
export function enrichEvent(stored: StoredEvent, incoming: StoredEvent): Enrichment | undefined {
  if (incoming.source !== 'MEMORY' || stored.source === 'MEMORY') return undefined
  const apart = Math.abs(Date.parse(incoming.timestamp) - Date.parse(stored.timestamp))
  const isCorrected = opensAlarm(stored.event_type) && opensAlarm(incoming.event_type) && isSameStream(stored, incoming)
  const { event_type, default_priority } = isCorrected ? incoming : stored
  return {
    event_type,
    default_priority,
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

/** Burglary in its places: perimeter, interior, 24 h, entry … (protocol reference 5.4). Which of them says where to look, not what to do. */
const isBurglary = (code: number | null): boolean => code !== null && code >= 130 && code <= 136

/** Whether a decision about an alarm holds for both tellings of its event. A code that is not known may be any. */
export function isSameKind(
  a: Pick<StoredEvent, 'event_type' | 'event_code'>,
  b: Pick<StoredEvent, 'event_type' | 'event_code'>,
): boolean {
  if (a.event_type !== b.event_type) return false
  return (
    (a.event_code !== null && a.event_code === b.event_code) || (isBurglary(a.event_code) && isBurglary(b.event_code))
  )
}

function isSameStream(a: StoredEvent, b: StoredEvent): boolean {
  return streamOf(a.event_type) === streamOf(b.event_type)
}

/**
 * Both tellings of a signal as one event, for a worker that still has the first: the alarm is complete when it comes, at half the work for
 * everybody. It stands at the place of the first, recorded it leaves what both would have left.
 *
 * @param between what stands between them on the way out. The second may not move ahead of it when it carries the cursor, which would then
 *   pass records nobody has told, or speaks of the same occurrence
 * @returns undefined when they have to go one by one
 */
export function asOneTelling(
  first: PanelEvent,
  between: readonly PanelEvent[],
  second: PanelEvent,
): PanelEvent | undefined {
  if (first.event_id !== second.event_id || first.epoch !== second.epoch || first.late !== second.late) return undefined
  if (between.some((event) => event.memory_cursor !== null || event.event_id === first.event_id)) return undefined
  const [before, after] = [first.signal, second.signal]
  // Something happened to the signal in between: what is known of it then belongs to the later place.
  if (before === null || after === null || before.ordinal !== after.ordinal || before.active !== after.active)
    return undefined
  const enrichment = enrichEvent(first, second)
  return enrichment && { ...first, ...enrichment, signal: after, memory_cursor: second.memory_cursor }
}
