/** What goes into bundling (bundling.ts) and what comes out: an event, its site, an alarm, and the decision. */
import type {
  AlarmAction,
  AlarmStatus,
  AlarmStream,
  EventType,
  PanelEvent,
  Priority,
  SiteSettings,
  Text,
} from '@stam/contracts'
import type { AlarmSource } from './alarm-source.ts'
import type { RepeatCounter } from './dedup.ts'
import type { StoredEvent } from './enrichment.ts'

/** What of an event decides; a `PanelEvent` is one. SMS, manual and backend events are given the same shape. */
export interface IncomingEvent
  extends Pick<
    PanelEvent,
    | 'event_id'
    | 'event_type'
    | 'event_code'
    | 'restore'
    | 'zone_no'
    | 'partition_no'
    | 'timestamp'
    | 'received_at'
    | 'description'
    | 'object_name'
    | 'default_priority'
    | 'late'
    | 'dedup_key'
  > {
  readonly panel_id: string | null
  readonly signal: { readonly key: string } | null
}

export interface SiteContext {
  readonly site_id: string
  readonly settings: Pick<
    SiteSettings,
    'duplicate_window_s' | 'bundle_window_s' | 'retrigger' | 'unauthorized_critical'
  >
  readonly service_mode: boolean
  readonly test_mode: boolean
  /** Priority overrides of a zone, null where there are none. */
  readonly zoneOverrides: (panelId: string, zoneNo: number) => Readonly<Record<string, Priority>> | null
}

/** An open alarm as the fold needs and changes it; store keeps exactly these fields (and more). */
export interface BundledAlarm {
  readonly id: string
  readonly site_id: string
  readonly stream: AlarmStream
  readonly priority: Priority
  readonly status: AlarmStatus
  readonly version: number
  readonly transition_version: number
  readonly decision_version: number
  readonly handler_id: string | null
  readonly requires_note: boolean
  readonly service_mode: boolean
  readonly test_mode: boolean
  readonly panel_id: string | null
  readonly headline: Text
  readonly object_name: string | null
  readonly event_types: readonly EventType[]
  readonly event_count: number
  readonly repeat_count: number
  /** ISO instants of happening. */
  readonly first_seen: string
  readonly last_seen: string
  /** ISO instant of the newest receipt: what the bundle window and auto-close count from. */
  readonly last_active: string
  readonly normal_since: string | null
  readonly late: boolean
  readonly sources: readonly AlarmSource[]
}

export interface EventDecision {
  readonly event_id: string
  readonly site_id: string
  readonly stream: AlarmStream
  readonly priority: Priority
  readonly test_mode: boolean
  readonly alarm_id: string | null
  /**
   * `open`/`join`: counted in the alarm's `event_count`; `repeat`: counted in its `repeat_count` and on the event it
   * repeats; `attach`: on its timeline only; `none`: recorded, belongs to no alarm.
   */
  readonly kind: 'open' | 'join' | 'repeat' | 'attach' | 'none'
  readonly repeat_of: string | null
}

export interface TransitionDraft {
  readonly alarm_id: string
  readonly action: AlarmAction
  readonly from_status: AlarmStatus | null
  readonly to_status: AlarmStatus
  readonly version_before: number | null
  readonly version_after: number
  /** The event that caused it. */
  readonly event_id: string
  /** ISO instant of receipt of that event. */
  readonly at: string
}

export interface Decision {
  readonly event: EventDecision
  readonly transitions: readonly TransitionDraft[]
  /** Alarms this event changed or opened, by id; read them from `Bundler.alarm`. */
  readonly changed: readonly string[]
  /** The site's repeats of this hour have just passed the limit: raise a WARNING (spec 02). */
  readonly anomaly: RepeatCounter | null
}

/** An event that was decided before, and what its second telling has made of it. */
export interface CompletedEvent {
  /** As the signal is now: type, code, place … after completion. */
  readonly event: IncomingEvent & StoredEvent
  readonly before: StoredEvent
  /** As decided when it was first told. */
  readonly decided: Pick<EventDecision, 'priority' | 'alarm_id' | 'repeat_of' | 'test_mode'>
}

export interface Completion extends Pick<EventDecision, 'priority' | 'alarm_id'> {
  readonly transitions: readonly TransitionDraft[]
}
