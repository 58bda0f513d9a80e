/** Events and transitions as one story, newest first. Pure. */
import type { AlarmDetail, AlarmTransition, EventRecord } from '@stam/contracts'

export type TimelineEntry =
  | { readonly kind: 'event'; readonly id: string; readonly at: string; readonly event: EventRecord }
  | { readonly kind: 'transition'; readonly id: string; readonly at: string; readonly transition: AlarmTransition }

/** Joining is told by the event itself; opening by the first one. */
const toldByEvents: ReadonlySet<string> = new Set(['join', 'open'])

export function timelineOf(detail: Pick<AlarmDetail, 'events' | 'transitions'>): TimelineEntry[] {
  const entries: TimelineEntry[] = [
    ...detail.events.map((event): TimelineEntry => ({ kind: 'event', id: event.event_id, at: event.timestamp, event })),
    ...detail.transitions
      .filter((transition) => !toldByEvents.has(transition.action))
      .map((transition): TimelineEntry => ({ kind: 'transition', id: transition.id, at: transition.at, transition })),
  ]
  return entries.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : a.kind === 'transition' ? -1 : 1))
}
