/**
 * One signal of a panel on its way from the satel-worker to the backend. Source: spec 04 "Message fields", 03 "From frames to events".
 *
 * `event_id` is derived from (panel, signal, ordinal), so every delivery, re-read or re-detection of one real signal carries the same id.
 */
import { z } from 'zod'
import { EventType, Instant, Priority, Sequence, Text, Uuid } from './vocabulary.ts'

export const eventSources = ['STATE', 'MEMORY', 'WORKER', 'BACKEND', 'SMS_EFENTO', 'SMS_BLUELOG', 'OPERATOR'] as const
export const EventSource = z.enum(eventSources)
export type EventSource = z.infer<typeof EventSource>

/** Position in the panel's event memory: the opaque 24-bit index and the record bytes (hex, byte 0 masked F0). */
export const MemoryPosition = z.object({
  index: z.int().min(0).max(0xffffff),
  record: z.string().regex(/^[0-9a-f]{16}$/),
})
export type MemoryPosition = z.infer<typeof MemoryPosition>

export const MemoryCursor = z.object({
  last: MemoryPosition,
  /** Some predecessors of `last`, newest first, so that an overwritten or re-numbered record still ends the walk. */
  recent: z.array(MemoryPosition).max(16),
})
export type MemoryCursor = z.infer<typeof MemoryCursor>

/** The occurrence of a signal after this event; upserted into panel_signals in the event's transaction. */
export const SignalOccurrence = z.object({
  key: z.string().min(1).max(120),
  ordinal: z.int().min(1),
  /** Occurrences up to this ordinal have been seen in the state bits. */
  seen_by_state: z.int().min(0),
  /** Occurrences up to this ordinal have been seen in the event memory. */
  seen_by_memory: z.int().min(0),
  active: z.boolean(),
})
export type SignalOccurrence = z.infer<typeof SignalOccurrence>

export const PanelEvent = z
  .object({
    kind: z.literal('panel-event'),
    schema_version: z.literal(1),
    event_id: Uuid,
    panel_id: Uuid,
    epoch: Sequence,
    panel_seq: Sequence,
    /** When it happened: panel time as UTC where the panel told, else the time of detection. */
    timestamp: Instant,
    /** When the worker decoded it. Stamped once, kept on redelivery; decides the month partition. */
    received_at: Instant,
    source: EventSource,
    event_type: EventType,
    event_code: z.int().min(0).max(1023).nullable(),
    restore: z.boolean(),
    zone_no: z.int().min(1).max(256).nullable(),
    partition_no: z.int().min(1).max(32).nullable(),
    user_no: z.int().min(0).max(255).nullable(),
    output_no: z.int().min(1).max(256).nullable(),
    /** What happened, in words, without the object's name. */
    description: Text,
    /** Name of the zone, partition, user or module as the panel calls it. */
    object_name: z.string().max(64).nullable(),
    default_priority: Priority,
    late: z.boolean(),
    raw_payload: z
      .string()
      .regex(/^[0-9a-f]*$/)
      .max(512),
    /** Same key within the duplicate window = a repeat (spec 02). */
    dedup_key: z.string().max(160),
    signal: SignalOccurrence.nullable(),
    memory_cursor: MemoryCursor.nullable(),
    service_instance_id: z.string().max(80),
    request_id: z.string().max(80),
  })
  .meta({ id: 'PanelEvent' })
export type PanelEvent = z.infer<typeof PanelEvent>
