import type { EventSource, EventType, PanelEvent, Priority, Text } from '@stam/contracts'
import { dedupKey } from '@stam/domain'
import { isoTime, uuidv5 } from '@stam/runtime'
import { type Knowledge, NO_SIGNAL, type SignalKnowledge } from './knowledge.ts'
import type { PanelFacts } from './panel-facts.ts'

/** Namespace of event ids (docs/adr/0001): fixed for ever, or every event would get a new identity. */
const EVENT_NAMESPACE = '6f1d2c58-0f3b-5c0e-9d64-6b1c2f6a7e10'

/** Ordinals of signals no record of the panel's memory counts start anew, higher, with every owner. */
const ORDINALS_PER_EPOCH = 1_000_000

/** The id of one occurrence of one signal of one panel: the same from whichever source, on whichever machine. */
export function eventId(panelId: string, signal: string, ordinal: number): string {
  return uuidv5(EVENT_NAMESPACE, `${panelId}|${signal}|${ordinal}`)
}

/** What is particular to one telling; the rest follows from panel, signal and knowledge. */
export interface Telling {
  readonly key: string
  readonly ordinal: number
  readonly source: EventSource
  readonly event_type: EventType
  readonly default_priority: Priority
  readonly restore: boolean
  readonly description: Text
  /** Milliseconds since 1970. */
  readonly happenedAt: number
  readonly receivedAt: number
  readonly event_code?: number | null
  readonly zone_no?: number | null
  readonly partition_no?: number | null
  readonly user_no?: number | null
  readonly output_no?: number | null
  readonly object_name?: string | null
  readonly late?: boolean
  readonly raw_payload?: string
  readonly memory_cursor?: PanelEvent['memory_cursor']
}

/** One step of the story being written: knowledge is replaced piece by piece, events are appended. */
export class StoryDraft {
  readonly facts: PanelFacts
  readonly events: PanelEvent[] = []
  knowledge: Knowledge
  #signals: Map<string, SignalKnowledge> | undefined

  constructor(knowledge: Knowledge, facts: PanelFacts) {
    this.knowledge = knowledge
    this.facts = facts
  }

  change(part: Partial<Omit<Knowledge, 'signals' | 'seq' | 'epoch'>>): void {
    this.knowledge = { ...this.knowledge, ...part }
  }

  signal(key: string): SignalKnowledge {
    return (this.#signals ?? this.knowledge.signals).get(key) ?? NO_SIGNAL
  }

  keys(): Iterable<[string, SignalKnowledge]> {
    return [...(this.#signals ?? this.knowledge.signals)]
  }

  setSignal(key: string, signal: SignalKnowledge): void {
    if (this.#signals === undefined) {
      this.#signals = new Map(this.knowledge.signals)
      this.knowledge = { ...this.knowledge, signals: this.#signals }
    }
    this.#signals.set(key, signal)
  }

  /**
   * Ordinal of the next occurrence. Signals the event memory counts go on by one, so that whoever reads the same
   * records arrives at the same ids. Others cannot be read again: an owner that has not heard of its predecessor's
   * last event must not reuse its number, or the next real one would pass for a repeated delivery.
   */
  nextOrdinal(key: string, counted: boolean): number {
    const { ordinal } = this.signal(key)
    return (counted ? ordinal : Math.max(ordinal, this.knowledge.epoch * ORDINALS_PER_EPOCH)) + 1
  }

  /** Appends the event of an occurrence whose knowledge has just been set. */
  tell(telling: Telling): void {
    const { facts, knowledge } = this
    const { key, ordinal } = telling
    const signal = this.signal(key)
    const id = eventId(facts.panelId, key, ordinal)
    this.knowledge = { ...knowledge, seq: knowledge.seq + 1 }
    this.events.push({
      kind: 'panel-event',
      schema_version: 1,
      event_id: id,
      panel_id: facts.panelId,
      epoch: knowledge.epoch,
      panel_seq: knowledge.seq + 1,
      timestamp: isoTime(telling.happenedAt),
      received_at: isoTime(telling.receivedAt),
      source: telling.source,
      event_type: telling.event_type,
      event_code: telling.event_code ?? null,
      restore: telling.restore,
      zone_no: within(telling.zone_no, 1, 256),
      partition_no: within(telling.partition_no, 1, 32),
      user_no: within(telling.user_no, 0, 255),
      output_no: within(telling.output_no, 1, 256),
      description: telling.description,
      object_name: telling.object_name?.slice(0, 64) ?? null,
      default_priority: telling.default_priority,
      late: telling.late ?? false,
      raw_payload: telling.raw_payload ?? '',
      dedup_key: dedupKey(facts.panelId, key, telling.event_type),
      signal: {
        key,
        ordinal: signal.ordinal,
        seen_by_state: signal.seenByState,
        seen_by_memory: signal.seenByMemory,
        active: signal.active,
      },
      memory_cursor: telling.memory_cursor ?? null,
      service_instance_id: facts.instanceId,
      request_id: id,
    })
  }
}

/** An event with a number that cannot be would be refused everywhere; without the number it is heard. */
function within(number: number | null | undefined, first: number, last: number): number | null {
  return number != null && number >= first && number <= last ? number : null
}
