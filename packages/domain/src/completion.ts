/** What an alarm shows of an event once the event's second telling has completed it. Pure; the bundler decides when. */
import type { BundledAlarm } from './bundle.ts'
import type { StoredEvent } from './enrichment.ts'

/**
 * The alarm with the completed event in it: words, detector, kind and time where they were this event's, the partition of its source. Counts,
 * status and version stay; a source that is over stays over.
 *
 * @param sourceKey key of the event's source (see `sourceOf`)
 */
export function completeAlarm(
  alarm: BundledAlarm,
  before: StoredEvent,
  after: StoredEvent,
  sourceKey: string,
): BundledAlarm {
  const isAlone = alarm.event_count + alarm.repeat_count <= 1
  const isHeadline =
    alarm.headline.pl === before.description.pl &&
    alarm.headline.en === before.description.en &&
    alarm.object_name === before.object_name &&
    alarm.first_seen === before.timestamp
  const { timestamp } = after
  return {
    ...alarm,
    headline: isHeadline ? after.description : alarm.headline,
    object_name: isHeadline ? after.object_name : alarm.object_name,
    event_types: eventTypes(alarm, before, after, isAlone),
    first_seen: isAlone || timestamp < alarm.first_seen ? timestamp : alarm.first_seen,
    last_seen: isAlone || timestamp > alarm.last_seen ? timestamp : alarm.last_seen,
    sources: withPartition(alarm.sources, sourceKey, after.partition_no),
  }
}

function eventTypes(alarm: BundledAlarm, before: StoredEvent, after: StoredEvent, isAlone: boolean) {
  if (isAlone && before.event_type !== after.event_type) return [after.event_type]
  // Another event of the alarm may be of the kind this one was taken for.
  return alarm.event_types.includes(after.event_type) ? alarm.event_types : [...alarm.event_types, after.event_type]
}

/** The same list when nothing is new in it: sources are the bulk of an alarm's row and are written only when they change. */
function withPartition(sources: BundledAlarm['sources'], key: string, partition: number | null) {
  const at = sources.findIndex((source) => source.key === key && source.partition_no === null)
  const source = sources[at]
  return source === undefined || partition === null ? sources : sources.with(at, { ...source, partition_no: partition })
}
