/**
 * From events to alarms: spec 02 "Identity and duplicates" and "Bundling". A fold over events in their order: the
 * caller loads what is open and recent for the sites concerned (holding their locks), folds a whole batch in memory,
 * and writes what came out. Nothing here reads a clock or draws an id, so the same input gives the same answer, and a
 * batch gives what its events would have given one by one.
 */
import type { AlarmAction, AlarmStatus, Priority } from '@stam/contracts'
import type {
  BundledAlarm,
  CompletedEvent,
  Completion,
  Decision,
  EventDecision,
  IncomingEvent,
  SiteContext,
  TransitionDraft,
} from './bundle.ts'
import { joinableStatuses, transition } from './alarm-machine.ts'
import { concerns, markActive, markNormal, sourceOf } from './alarm-source.ts'
import { completeAlarm } from './completion.ts'
import { countRepeat, type RecentEvent, type RepeatCounter, withinDuplicateWindow } from './dedup.ts'
import { isSameKind } from './enrichment.ts'
import { effectivePriority, opensAlarm, priorityRank, requiresNote, streamOf } from './priority.ts'

export interface BundlerInput {
  /** Open alarms (NEW, IN_PROGRESS, ACK; others are ignored) of every site of the batch, locked by the caller. */
  readonly alarms: readonly BundledAlarm[]
  /** Originals (not repeats) whose dedup key occurs in the batch and which may lie within the window. */
  readonly recent: readonly RecentEvent[]
  readonly repeats: ReadonlyMap<string, RepeatCounter>
  /** Id for an alarm opened by this event: any unique one, drawn by the caller. */
  readonly newAlarmId: (event: IncomingEvent) => string
}

export interface Bundler {
  /** Decides the next event of a site. Events of one site must come in their order. */
  decide(event: IncomingEvent, site: SiteContext): Decision
  /**
   * A decided event was completed by its second telling: its alarm shows it, under a new version. Only a kind that weighs more than what it
   * was taken for takes the event to another alarm; one that weighs less changes no priority, since somebody may be working on it.
   */
  complete(completed: CompletedEvent, site: SiteContext): Completion
  alarm(id: string): BundledAlarm | undefined
  /** Alarms opened or changed so far, in the order they were first touched. */
  changedAlarms(): BundledAlarm[]
  /** Ids of alarms opened by this bundler. */
  readonly opened: ReadonlySet<string>
  /** Repeats to add to originals, by event id. */
  readonly repeatsOf: ReadonlyMap<string, number>
  readonly repeatCounters: ReadonlyMap<string, RepeatCounter>
}

interface State {
  readonly alarms: Map<string, BundledAlarm>
  readonly bySite: Map<string, string[]>
  readonly recent: Map<string, RecentEvent[]>
  readonly counters: Map<string, RepeatCounter>
  readonly touched: Set<string>
  readonly opened: Set<string>
  readonly repeatsOf: Map<string, number>
  readonly newAlarmId: (event: IncomingEvent) => string
}

export function createBundler(input: BundlerInput): Bundler {
  const state: State = {
    alarms: new Map(),
    bySite: new Map(),
    recent: new Map(),
    counters: new Map(input.repeats),
    touched: new Set(),
    opened: new Set(),
    repeatsOf: new Map(),
    newAlarmId: input.newAlarmId,
  }
  for (const alarm of input.alarms) if (joinableStatuses.includes(alarm.status)) remember(state, alarm)
  for (const event of input.recent) rememberEvent(state, event)
  return {
    decide: (event, site) => decide(state, event, site),
    complete: (completed, site) => complete(state, completed, site),
    alarm: (id) => state.alarms.get(id),
    changedAlarms: () => [...state.touched].map((id) => state.alarms.get(id) as BundledAlarm),
    opened: state.opened,
    repeatsOf: state.repeatsOf,
    repeatCounters: state.counters,
  }
}

function decide(state: State, event: IncomingEvent, site: SiteContext): Decision {
  const opening = opensAlarm(event.event_type)
  const priority = opening ? priorityOf(event, site) : event.default_priority
  const base = {
    event_id: event.event_id,
    site_id: site.site_id,
    stream: streamOf(event.event_type),
    priority,
    test_mode: site.test_mode,
  }
  const original = findOriginal(state, event, site, priority)
  const outcome = opening
    ? decideOpening(state, event, site, base, original)
    : decideOther(state, event, base, original)
  let anomaly: RepeatCounter | null = null
  if (original) {
    state.repeatsOf.set(original.event_id, (state.repeatsOf.get(original.event_id) ?? 0) + 1)
    const counted = countRepeat(state.counters.get(site.site_id), Date.parse(event.received_at))
    state.counters.set(site.site_id, counted.counter)
    if (counted.anomaly) anomaly = counted.counter
  } else {
    rememberEvent(state, {
      event_id: event.event_id,
      dedup_key: event.dedup_key,
      at: Date.parse(event.timestamp),
      priority,
      test_mode: site.test_mode,
      alarm_id: outcome.event.alarm_id,
    })
  }
  return { ...outcome, anomaly }
}

function complete(state: State, { event, before, decided }: CompletedEvent, site: SiteContext): Completion {
  const alarm = decided.alarm_id === null ? undefined : state.alarms.get(decided.alarm_id)
  const { priority, alarm_id, repeat_of, test_mode } = decided
  if (event.event_type !== before.event_type && repeat_of === null && opensAlarm(event.event_type)) {
    const heavier = priorityOf(event, site)
    if (priorityRank(heavier) < priorityRank(priority)) {
      if (isJoinable(alarm)) touch(state, alarm, { ...alarm, event_count: alarm.event_count - 1 }, true)
      const stream = streamOf(event.event_type)
      const base = { event_id: event.event_id, site_id: site.site_id, stream, priority: heavier, test_mode }
      const { event: moved, transitions } = decideOpening(state, event, site, base, undefined)
      return { priority: heavier, alarm_id: moved.alarm_id, transitions }
    }
  }
  if (isJoinable(alarm)) {
    // What opens no alarm is on the timeline only: read again, it says more, and that is all.
    const counts = opensAlarm(event.event_type)
    touch(
      state,
      alarm,
      counts ? completeAlarm(alarm, before, event, sourceOf(event).key) : alarm,
      counts && !isSameKind(before, event),
    )
  }
  return { priority, alarm_id, transitions: [] }
}

/**
 * One version for all that is not counted: the next reader of the alarm sees it whole, whatever else the batch did to it.
 * @param matters whoever decided about the alarm as it was has to look again
 */
function touch(state: State, before: BundledAlarm, after: BundledAlarm, matters: boolean): void {
  const version = state.touched.has(before.id) ? before.version : before.version + 1
  update(state, { ...after, version, decision_version: matters ? version : before.decision_version })
}

function priorityOf(event: IncomingEvent, site: SiteContext): Priority {
  const { panel_id, zone_no } = event
  return effectivePriority({
    eventType: event.event_type,
    defaultPriority: event.default_priority,
    zoneOverrides: panel_id !== null && zone_no !== null ? site.zoneOverrides(panel_id, zone_no) : null,
    settings: site.settings,
    serviceMode: site.service_mode,
  })
}

type Base = Pick<EventDecision, 'event_id' | 'site_id' | 'stream' | 'priority' | 'test_mode'>
type Outcome = Omit<Decision, 'anomaly'>

/**
 * The event this one repeats, or undefined. What would hide something is no repeat: an original that another priority
 * or mode put elsewhere, or whose alarm nobody works on any more.
 */
function findOriginal(
  state: State,
  event: IncomingEvent,
  site: SiteContext,
  priority: Priority,
): RecentEvent | undefined {
  const candidates = state.recent.get(event.dedup_key)
  if (candidates === undefined) return undefined
  const at = Date.parse(event.timestamp)
  const opening = opensAlarm(event.event_type)
  return candidates.find(
    (recent) =>
      recent.priority === priority &&
      recent.test_mode === site.test_mode &&
      withinDuplicateWindow(recent, at, site.settings.duplicate_window_s) &&
      (!opening || (recent.alarm_id !== null && isJoinable(state.alarms.get(recent.alarm_id)))),
  )
}

function isJoinable(alarm: BundledAlarm | undefined): alarm is BundledAlarm {
  return alarm !== undefined && joinableStatuses.includes(alarm.status)
}

function decideOpening(
  state: State,
  event: IncomingEvent,
  site: SiteContext,
  base: Base,
  original: RecentEvent | undefined,
): Outcome {
  const repeated = original?.alarm_id ? state.alarms.get(original.alarm_id) : undefined
  const alarm = repeated ?? findJoinable(state, event, site, base)
  if (alarm === undefined) return openAlarm(state, event, site, base)
  const kind = repeated ? 'repeat' : 'join'
  const joined = join(alarm, event, kind)
  const outcome = transition(alarm, { type: 'join', enabled: site.settings.retrigger })
  if (!outcome.ok) throw new Error(`an event was to join alarm ${alarm.id}, which is ${alarm.status}`)
  const { next, effects } = outcome
  update(state, {
    ...joined,
    status: next.status,
    version: next.version,
    transition_version: next.transition_version,
    decision_version: next.decision_version,
    handler_id: next.handler_id,
  })
  return {
    event: { ...base, alarm_id: alarm.id, kind, repeat_of: original?.event_id ?? null },
    // A joined event is its own record; only what changes the alarm's state is a transition.
    transitions: effects.action === 'join' ? [] : [draft(alarm, next, effects.action, event)],
    changed: [alarm.id],
  }
}

/** Key (site, stream, priority) and mode, NEW, IN_PROGRESS or ACK, active within the window; the newest of them. */
function findJoinable(state: State, event: IncomingEvent, site: SiteContext, base: Base): BundledAlarm | undefined {
  const at = Date.parse(event.received_at)
  let best: BundledAlarm | undefined
  for (const id of state.bySite.get(site.site_id) ?? []) {
    const alarm = state.alarms.get(id) as BundledAlarm
    if (alarm.stream !== base.stream || alarm.priority !== base.priority || alarm.test_mode !== base.test_mode) continue
    if (!isJoinable(alarm) || at - Date.parse(alarm.last_active) > site.settings.bundle_window_s * 1000) continue
    if (best === undefined || newer(alarm, best)) best = alarm
  }
  return best
}

function newer(a: BundledAlarm, b: BundledAlarm): boolean {
  return a.last_active !== b.last_active ? a.last_active > b.last_active : a.id > b.id
}

function openAlarm(state: State, event: IncomingEvent, site: SiteContext, base: Base): Outcome {
  const id = state.newAlarmId(event)
  const alarm: BundledAlarm = {
    id,
    site_id: site.site_id,
    stream: base.stream,
    priority: base.priority,
    status: 'NEW',
    version: 1,
    transition_version: 1,
    decision_version: 1,
    handler_id: null,
    requires_note: requiresNote(base.stream),
    service_mode: site.service_mode,
    test_mode: site.test_mode,
    panel_id: event.panel_id,
    headline: event.description,
    object_name: event.object_name,
    event_types: [event.event_type],
    event_count: 1,
    repeat_count: 0,
    first_seen: event.timestamp,
    last_seen: event.timestamp,
    last_active: event.received_at,
    normal_since: null,
    late: event.late,
    sources: markActive([], sourceOf(event)),
  }
  state.opened.add(id)
  remember(state, alarm)
  state.touched.add(id)
  return {
    event: { ...base, alarm_id: id, kind: 'open', repeat_of: null },
    transitions: [draft(null, alarm, 'open', event)],
    changed: [id],
  }
}

function join(alarm: BundledAlarm, event: IncomingEvent, kind: 'join' | 'repeat'): BundledAlarm {
  return {
    ...alarm,
    event_count: alarm.event_count + (kind === 'join' ? 1 : 0),
    repeat_count: alarm.repeat_count + (kind === 'repeat' ? 1 : 0),
    event_types: alarm.event_types.includes(event.event_type)
      ? alarm.event_types
      : [...alarm.event_types, event.event_type],
    first_seen: event.timestamp < alarm.first_seen ? event.timestamp : alarm.first_seen,
    last_seen: event.timestamp > alarm.last_seen ? event.timestamp : alarm.last_seen,
    last_active: event.received_at > alarm.last_active ? event.received_at : alarm.last_active,
    late: alarm.late || event.late,
    sources: markActive(alarm.sources, sourceOf(event)),
    normal_since: null,
  }
}

/** Ends, arming, information: never open an alarm; go to the timeline of one they concern, and may make it normal. */
function decideOther(state: State, event: IncomingEvent, base: Base, original: RecentEvent | undefined): Outcome {
  const transitions: TransitionDraft[] = []
  const changed: string[] = []
  let best: BundledAlarm | undefined
  for (const id of state.bySite.get(base.site_id) ?? []) {
    const alarm = state.alarms.get(id) as BundledAlarm
    if (!isJoinable(alarm) || alarm.test_mode !== base.test_mode || !concerns(alarm, event)) continue
    const sources = markNormal(alarm.sources, event)
    if (sources !== alarm.sources) {
      const normal = alarm.normal_since === null && sources.every((source) => !source.active)
      const next = {
        ...alarm,
        sources,
        version: alarm.version + 1,
        normal_since: normal ? event.timestamp : alarm.normal_since,
      }
      if (normal) transitions.push(draft(alarm, next, 'normal', event))
      update(state, next)
      changed.push(id)
    }
    if (best === undefined || moreConcerned(alarm, best)) best = alarm
  }
  return {
    event: {
      ...base,
      alarm_id: best?.id ?? null,
      kind: best ? 'attach' : 'none',
      repeat_of: original?.event_id ?? null,
    },
    transitions,
    changed,
  }
}

function moreConcerned(a: BundledAlarm, b: BundledAlarm): boolean {
  const rank = priorityRank(a.priority) - priorityRank(b.priority)
  return rank !== 0 ? rank < 0 : newer(a, b)
}

function draft(
  before: BundledAlarm | null,
  after: { readonly status: AlarmStatus; readonly version: number; readonly id?: string },
  action: AlarmAction,
  event: IncomingEvent,
): TransitionDraft {
  return {
    alarm_id: before?.id ?? (after.id as string),
    action,
    from_status: before?.status ?? null,
    to_status: after.status,
    version_before: before?.version ?? null,
    version_after: after.version,
    event_id: event.event_id,
    at: event.received_at,
  }
}

function remember(state: State, alarm: BundledAlarm): void {
  state.alarms.set(alarm.id, alarm)
  const ids = state.bySite.get(alarm.site_id)
  if (ids) ids.push(alarm.id)
  else state.bySite.set(alarm.site_id, [alarm.id])
}

function update(state: State, alarm: BundledAlarm): void {
  state.alarms.set(alarm.id, alarm)
  state.touched.add(alarm.id)
}

function rememberEvent(state: State, event: RecentEvent): void {
  const list = state.recent.get(event.dedup_key)
  if (list) list.push(event)
  else state.recent.set(event.dedup_key, [event])
}
