import type { EventType, PanelEvent } from '@stam/contracts'
import { classifyPanelCode } from './classification.ts'
import { beginKey } from './signal-key.ts'

/**
 * One thing that takes part in an alarm: a zone in alarm, a battery, a sensor. Kept with the alarm so that "all back
 * to normal" and "does this concern it" can be told without reading its events again.
 */
export interface AlarmSource {
  /** Panel (or '-') and the signal's key: the same for every occurrence of one signal. */
  readonly key: string
  readonly panel_id: string | null
  readonly zone_no: number | null
  readonly partition_no: number | null
  /** Not yet reported as over. A signal without an end (duress, wrong code) stays active. */
  readonly active: boolean
}

/** Above this many sources an alarm is a flood; it is never called normal again by itself. */
export const SOURCES_MAX = 512

type SourceEvent = Pick<
  PanelEvent,
  'event_id' | 'event_type' | 'event_code' | 'zone_no' | 'partition_no' | 'dedup_key'
> & { readonly panel_id: string | null; readonly signal: { readonly key: string } | null }

const ENDS: ReadonlySet<EventType> = new Set<EventType>(['RESTORE', 'TEMP_NORMAL', 'COMM_RESTORED'])

/** The source an event begins or ends. */
export function sourceOf(event: SourceEvent): AlarmSource {
  return {
    key: `${event.panel_id ?? '-'}|${sourceName(event)}`,
    panel_id: event.panel_id,
    zone_no: event.zone_no,
    partition_no: event.partition_no,
    active: true,
  }
}

function sourceName(event: SourceEvent): string {
  if (event.signal !== null) return beginKey(event.signal.key)
  // Events without a signal (SMS, manual): their key without the type, so that TEMP_NORMAL meets TEMP_ALARM.
  return event.dedup_key.replace(/\|[A-Z_]+$/, '')
}

export function markActive(sources: readonly AlarmSource[], source: AlarmSource): readonly AlarmSource[] {
  const at = sources.findIndex((known) => known.key === source.key)
  if (at >= 0) {
    const known = sources[at] as AlarmSource
    if (known.active && (known.partition_no !== null || source.partition_no === null)) return sources
    return sources.with(at, { ...known, active: true, partition_no: known.partition_no ?? source.partition_no })
  }
  if (sources.length < SOURCES_MAX) return [...sources, source]
  return sources
}

/** The same list when the event ends none of them. */
export function markNormal(sources: readonly AlarmSource[], event: SourceEvent): readonly AlarmSource[] {
  if (!ENDS.has(event.event_type) || sources.length >= SOURCES_MAX) return sources
  const { key } = sourceOf(event)
  const at = sources.findIndex((known) => known.key === key && known.active)
  if (at < 0) return sources
  return sources.with(at, { ...(sources[at] as AlarmSource), active: false })
}

/** Whether an event that opens no alarm belongs on the timeline of this one (spec 02 "if an open alarm concerns them"). */
export function concerns(
  alarm: { readonly stream: string; readonly sources: readonly AlarmSource[] },
  event: SourceEvent,
): boolean {
  const { key } = sourceOf(event)
  if (ENDS.has(event.event_type)) {
    return alarm.sources.some(
      (source) =>
        source.key === key ||
        (event.zone_no !== null && source.zone_no === event.zone_no && source.panel_id === event.panel_id),
    )
  }
  if (event.panel_id === null || (alarm.stream !== 'panel' && alarm.stream !== 'unauthorized')) return false
  return alarm.sources.some((source) => source.panel_id === event.panel_id && touches(source, event))
}

function touches(source: AlarmSource, event: SourceEvent): boolean {
  if (event.zone_no !== null && source.zone_no === event.zone_no) return true
  if (event.partition_no !== null) return source.partition_no === null || source.partition_no === event.partition_no
  return event.zone_no === null
}

/** What an end ended, from its code; undefined when the event is no end or tells no code. */
export function endedType(event: Pick<PanelEvent, 'event_type' | 'event_code'>): EventType | undefined {
  if (event.event_type === 'COMM_RESTORED') return 'COMM_LOSS'
  if (event.event_type === 'TEMP_NORMAL') return 'TEMP_ALARM'
  if (event.event_type !== 'RESTORE' || event.event_code === null) return undefined
  return classifyPanelCode({ code: event.event_code, r: true }).restores ?? undefined
}
