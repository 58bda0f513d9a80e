/**
 * What recording asks of the rules, and what it tells them. `domain` has exactly these functions; they are handed in because store knows rows
 * and locks, domain knows what an operator could argue about, and neither imports the other (design.md). Backend (bus) and worker (degraded
 * door) pass the same rules, so both doors record alike.
 */
import type {
  AlarmAction,
  AlarmStatus,
  AlarmStream,
  EventSource,
  EventType,
  PanelEvent,
  Priority,
  SiteSettings,
  Text,
} from '@stam/contracts'

/** One signal to record. A `PanelEvent` is one; events without a panel name their site. */
export interface RecordableEvent
  extends Pick<
    PanelEvent,
    | 'event_id'
    | 'epoch'
    | 'panel_seq'
    | 'timestamp'
    | 'received_at'
    | 'source'
    | 'event_type'
    | 'event_code'
    | 'restore'
    | 'zone_no'
    | 'partition_no'
    | 'user_no'
    | 'output_no'
    | 'description'
    | 'object_name'
    | 'default_priority'
    | 'late'
    | 'raw_payload'
    | 'dedup_key'
    | 'signal'
    | 'memory_cursor'
    | 'service_instance_id'
  > {
  readonly panel_id: string | null
  /** Needed without a panel, ignored with one. */
  readonly site_id?: string
  readonly request_id: string | null
  /** What only some sources have (temperatures …), never an SMS text. */
  readonly details?: Readonly<Record<string, unknown>> | null
}

export interface SiteRules {
  readonly site_id: string
  readonly settings: SiteSettings
  readonly service_mode: boolean
  readonly test_mode: boolean
  readonly zoneOverrides: (panelId: string, zoneNo: number) => Readonly<Record<string, Priority>> | null
}

export interface AlarmSourceRow {
  readonly key: string
  readonly panel_id: string | null
  readonly zone_no: number | null
  readonly partition_no: number | null
  readonly active: boolean
}

/** An alarm as the rules change it. */
export interface BundledAlarmRow {
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
  readonly first_seen: string
  readonly last_seen: string
  readonly last_active: string
  readonly normal_since: string | null
  readonly late: boolean
  readonly sources: readonly AlarmSourceRow[]
}

export interface RecentEventRow {
  readonly event_id: string
  readonly dedup_key: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly priority: Priority
  readonly test_mode: boolean
  readonly alarm_id: string | null
}

/** Repeats of one site in one clock hour (milliseconds since 1970). */
export interface RepeatCount {
  readonly hour: number
  readonly count: number
}

export interface TransitionRow {
  readonly alarm_id: string
  readonly action: AlarmAction
  readonly from_status: AlarmStatus | null
  readonly to_status: AlarmStatus
  readonly version_before: number | null
  readonly version_after: number
  readonly event_id: string
  readonly at: string
}

export type DecisionKind = 'open' | 'join' | 'repeat' | 'attach' | 'none'

export interface EventDecisionRow {
  readonly event: {
    readonly priority: Priority
    readonly test_mode: boolean
    readonly alarm_id: string | null
    readonly kind: DecisionKind
    readonly repeat_of: string | null
  }
  readonly transitions: readonly TransitionRow[]
  readonly anomaly: RepeatCount | null
}

/** What was decided of an event when it was first told. */
export type DecidedRow = Pick<EventDecisionRow['event'], 'priority' | 'alarm_id' | 'repeat_of' | 'test_mode'>

export interface BundlerRules {
  decide(event: RecordableEvent, site: SiteRules): EventDecisionRow
  complete(
    completed: {
      readonly event: RecordableEvent
      readonly before: EventFacts
      readonly decided: DecidedRow
    },
    site: SiteRules,
  ): { readonly priority: Priority; readonly alarm_id: string | null; readonly transitions: readonly TransitionRow[] }
  alarm(id: string): BundledAlarmRow | undefined
  changedAlarms(): readonly BundledAlarmRow[]
  readonly opened: ReadonlySet<string>
  readonly repeatsOf: ReadonlyMap<string, number>
  readonly repeatCounters: ReadonlyMap<string, RepeatCount>
}

/** What of a recorded event its second telling may change. */
export interface EventFacts {
  readonly event_type: EventType
  readonly default_priority: Priority
  readonly source: EventSource
  readonly timestamp: string
  readonly event_code: number | null
  readonly zone_no: number | null
  readonly partition_no: number | null
  readonly user_no: number | null
  readonly output_no: number | null
  readonly description: Text
  readonly object_name: string | null
  readonly raw_payload: string
  readonly late: boolean
}

export interface RecordingRules {
  createBundler(input: {
    readonly alarms: readonly BundledAlarmRow[]
    readonly recent: readonly RecentEventRow[]
    readonly repeats: ReadonlyMap<string, RepeatCount>
    readonly newAlarmId: () => string
  }): BundlerRules
  /** Undefined when the second telling adds nothing. */
  enrichEvent(stored: EventFacts, incoming: EventFacts): Omit<EventFacts, 'late'> | undefined
  /** The WARNING that a site repeats itself too often (spec 02), as an event of its own. */
  repeatAnomaly(
    cause: RecordableEvent,
    counter: RepeatCount,
  ): Pick<RecordableEvent, 'event_type' | 'default_priority' | 'description' | 'dedup_key'>
}
