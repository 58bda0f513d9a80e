/** What travels over the broker besides panel events. Source: spec 04. */
import { z } from 'zod'
import { PanelEvent } from './panel-event.ts'
import { Instant, Sequence, Uuid } from './vocabulary.ts'

/** One numbered outbox row on its way to every backend instance. `data` is the WebSocket message's data. */
export const StreamMessage = z
  .object({
    kind: z.literal('stream'),
    schema_version: z.literal(1),
    sequence_id: Sequence.min(1),
    type: z.string().max(60),
    /** Null = not bound to a site: everybody may see it. */
    site_id: Uuid.nullable(),
    data: z.record(z.string(), z.unknown()),
    timestamp: Instant,
    request_id: z.string().max(80).nullable(),
  })
  .meta({ id: 'StreamMessage' })
export type StreamMessage = z.infer<typeof StreamMessage>

/** Rows numbered together travel together: under load a message for each would cost broker and backends more than what is in it. */
export const StreamBatch = z
  .object({
    kind: z.literal('stream-batch'),
    schema_version: z.literal(1),
    messages: z.array(StreamMessage).min(1).max(100),
  })
  .meta({ id: 'StreamBatch' })
export type StreamBatch = z.infer<typeof StreamBatch>

export const BusMessage = z.discriminatedUnion('kind', [PanelEvent, StreamMessage, StreamBatch])
export type BusMessage = z.infer<typeof BusMessage>
