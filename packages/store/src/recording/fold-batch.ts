/** A batch folded in memory: what was decided becomes rows to write. No SQL, no waiting. */
import type { Priority } from '@stam/contracts'
import { uuidv7 } from '@stam/runtime'
import type { OriginalRow, StoredEventRow } from './load-context.ts'
import type {
  BundledAlarmRow,
  DecisionKind,
  EventFacts,
  RecordableEvent,
  RecordingRules,
  RepeatCount,
  SiteRules,
  TransitionRow,
} from './rules.ts'

export type RecordOutcome =
  | {
      readonly event_id: string
      readonly outcome: 'recorded'
      readonly kind: DecisionKind
      readonly alarm_id: string | null
      readonly site_id: string
    }
  /** Known already; `enriched`: this telling added what the first one did not know. */
  | { readonly event_id: string; readonly outcome: 'duplicate' | 'enriched'; readonly alarm_id: string | null }
  /** Never to be sent again as it is. */
  | { readonly event_id: string; readonly outcome: 'refused'; readonly reason: RefusalReason; readonly detail: string }

/** `STALE_EPOCH`: the panel has another owner by now. `UNKNOWN_SITE`: no such panel or site. `INVALID`: the rules or the database refuse it. */
export type RefusalReason = 'STALE_EPOCH' | 'UNKNOWN_SITE' | 'INVALID'

/** A new row of `events`. */
export interface EventDraft {
  readonly event: RecordableEvent
  /** As first told, then enriched. */
  facts: EventFacts
  /** Place in the panel's event memory, whichever telling knew it. */
  memory_index: number | null
  readonly site: SiteRules
  priority: Priority
  readonly test_mode: boolean
  alarm_id: string | null
  readonly repeat_of: string | null
  repeat_count: number
  last_repeat_at: string | null
}

/** A stored event that a second telling has added to. */
export type EnrichedEventRow = StoredEventRow & {
  readonly memory_index: number | null
  readonly request_id: string | null
}

export interface BatchContext {
  readonly siteOf: (event: RecordableEvent) => string | undefined
  readonly sites: ReadonlyMap<string, SiteRules>
  /** Ids that are new to the database. */
  readonly fresh: ReadonlySet<string>
  readonly stored: ReadonlyMap<string, StoredEventRow>
  readonly originals: readonly OriginalRow[]
  readonly alarms: readonly BundledAlarmRow[]
  readonly repeats: ReadonlyMap<string, RepeatCount>
}

export interface FoldedBatch {
  readonly outcomes: RecordOutcome[]
  readonly drafts: ReadonlyMap<string, EventDraft>
  /** Events the rules added; their ids are still to be claimed. */
  readonly added: readonly RecordableEvent[]
  readonly enriched: ReadonlyMap<string, EnrichedEventRow>
  /** Repeats of originals that were in the database before. */
  readonly repeatsOfStored: readonly {
    readonly original: OriginalRow
    readonly count: number
    readonly lastAt: string
  }[]
  readonly opened: readonly BundledAlarmRow[]
  readonly changed: readonly BundledAlarmRow[]
  readonly transitions: readonly (TransitionRow & { readonly site_id: string; readonly request_id: string | null })[]
  readonly repeatCounters: ReadonlyMap<string, RepeatCount>
}

export function foldBatch(
  events: readonly RecordableEvent[],
  context: BatchContext,
  rules: RecordingRules,
): FoldedBatch {
  return new Fold(context, rules).run(events)
}

class Fold {
  readonly #context: BatchContext
  readonly #rules: RecordingRules
  readonly #bundler: ReturnType<RecordingRules['createBundler']>
  readonly #drafts = new Map<string, EventDraft>()
  readonly #stored: Map<string, StoredEventRow>
  readonly #added: RecordableEvent[] = []
  readonly #enriched = new Map<string, EnrichedEventRow>()
  readonly #transitions: (TransitionRow & { site_id: string; request_id: string | null })[] = []
  readonly #lastRepeatAt = new Map<string, string>()

  constructor(context: BatchContext, rules: RecordingRules) {
    this.#context = context
    this.#rules = rules
    this.#stored = new Map(context.stored)
    this.#bundler = rules.createBundler({
      alarms: context.alarms,
      recent: context.originals,
      repeats: context.repeats,
      newAlarmId: () => uuidv7(),
    })
  }

  run(events: readonly RecordableEvent[]): FoldedBatch {
    const outcomes = events.map((event) => this.#one(event))
    const opened: BundledAlarmRow[] = []
    const changed: BundledAlarmRow[] = []
    for (const alarm of this.#bundler.changedAlarms())
      (this.#bundler.opened.has(alarm.id) ? opened : changed).push(alarm)
    return {
      outcomes,
      drafts: this.#drafts,
      added: this.#added,
      enriched: this.#enriched,
      repeatsOfStored: this.#settleRepeats(),
      opened,
      changed,
      transitions: this.#transitions,
      repeatCounters: this.#changedCounters(),
    }
  }

  #one(event: RecordableEvent): RecordOutcome {
    const { event_id } = event
    if (this.#context.fresh.has(event_id) && !this.#drafts.has(event_id)) return this.#record(event)
    const draft = this.#drafts.get(event_id)
    const known = draft ?? this.#stored.get(event_id)
    if (known === undefined) return { event_id, outcome: 'duplicate', alarm_id: null }
    const enrichment = this.#rules.enrichEvent(known.facts, factsOf(event))
    if (enrichment === undefined) return { event_id, outcome: 'duplicate', alarm_id: known.alarm_id }
    const facts = { ...known.facts, ...enrichment }
    const memory_index = event.memory_cursor?.last.index ?? null
    const site = this.#context.sites.get(this.#context.siteOf(event) as string) as SiteRules
    const { priority, alarm_id, transitions } = this.#bundler.complete(
      { event: { ...event, ...facts }, before: known.facts, decided: known },
      site,
    )
    this.#keepTransitions(transitions, site, event)
    if (draft) {
      draft.facts = facts
      draft.memory_index ??= memory_index
      draft.priority = priority
      draft.alarm_id = alarm_id
    } else {
      const row = { ...(known as StoredEventRow), facts, priority, alarm_id }
      this.#stored.set(event_id, row)
      this.#enriched.set(event_id, { ...row, memory_index, request_id: event.request_id })
    }
    return { event_id, outcome: 'enriched', alarm_id }
  }

  #keepTransitions(transitions: readonly TransitionRow[], site: SiteRules, { request_id }: RecordableEvent): void {
    for (const transition of transitions) this.#transitions.push({ ...transition, site_id: site.site_id, request_id })
  }

  #record(event: RecordableEvent): RecordOutcome {
    const site = this.#context.sites.get(this.#context.siteOf(event) as string) as SiteRules
    const { event: decided, transitions, anomaly } = this.#bundler.decide(event, site)
    this.#drafts.set(event.event_id, {
      event,
      facts: factsOf(event),
      memory_index: event.memory_cursor?.last.index ?? null,
      site,
      priority: decided.priority,
      test_mode: decided.test_mode,
      alarm_id: decided.alarm_id,
      repeat_of: decided.repeat_of,
      repeat_count: 0,
      last_repeat_at: null,
    })
    this.#keepTransitions(transitions, site, event)
    if (decided.repeat_of !== null) {
      const before = this.#lastRepeatAt.get(decided.repeat_of)
      if (before === undefined || before < event.timestamp) this.#lastRepeatAt.set(decided.repeat_of, event.timestamp)
    }
    if (anomaly !== null) {
      const added = anomalyEvent(event, anomaly, site, this.#rules)
      this.#added.push(added)
      this.#record(added)
    }
    return {
      event_id: event.event_id,
      outcome: 'recorded',
      kind: decided.kind,
      alarm_id: decided.alarm_id,
      site_id: site.site_id,
    }
  }

  /** Repeats go to their original's row: in this batch, or in the database. */
  #settleRepeats() {
    const byId = new Map(this.#context.originals.map((original) => [original.event_id, original]))
    const stored: { original: OriginalRow; count: number; lastAt: string }[] = []
    for (const [id, count] of this.#bundler.repeatsOf) {
      const lastAt = this.#lastRepeatAt.get(id) as string
      const draft = this.#drafts.get(id)
      const original = byId.get(id)
      if (draft) {
        draft.repeat_count += count
        draft.last_repeat_at = lastAt
      } else if (original) stored.push({ original, count, lastAt })
    }
    return stored
  }

  #changedCounters(): Map<string, RepeatCount> {
    const changed = new Map<string, RepeatCount>()
    for (const [siteId, counter] of this.#bundler.repeatCounters) {
      const before = this.#context.repeats.get(siteId)
      if (before?.hour !== counter.hour || before.count !== counter.count) changed.set(siteId, counter)
    }
    return changed
  }
}

function anomalyEvent(
  cause: RecordableEvent,
  counter: RepeatCount,
  site: SiteRules,
  rules: RecordingRules,
): RecordableEvent {
  return {
    ...cause,
    ...rules.repeatAnomaly(cause, counter),
    event_id: uuidv7(),
    site_id: site.site_id,
    source: 'BACKEND',
    event_code: null,
    restore: false,
    user_no: null,
    output_no: null,
    raw_payload: '',
    signal: null,
    memory_cursor: null,
    details: { repeats: counter.count, hour: new Date(counter.hour).toISOString() },
  }
}

/** What of a telling may complete another. */
export function factsOf(event: RecordableEvent): EventFacts {
  const {
    event_type,
    default_priority,
    source,
    timestamp,
    event_code,
    zone_no,
    partition_no,
    user_no,
    output_no,
    description,
    object_name,
    raw_payload,
    late,
  } = event
  return {
    event_type,
    default_priority,
    source,
    timestamp,
    event_code,
    zone_no,
    partition_no,
    user_no,
    output_no,
    description,
    object_name,
    raw_payload,
    late,
  }
}
