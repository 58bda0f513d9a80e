/** Messages no consumer could take, as administrators see them. Source: spec 04 "RabbitMQ topology", 05 (system), 08. */
import { z } from 'zod'
import { Instant } from './vocabulary.ts'

/** As the broker knows it; ours are UUIDs, those the broker buried itself are named after what they are. */
export const DeadLetterId = z.string().min(1).max(200)

export const DeadLetter = z
  .object({
    id: DeadLetterId,
    /** Queue it died in, and would be replayed into; null when it reached none. */
    queue: z.string().nullable(),
    topic: z.string().nullable(),
    reason: z.string(),
    died_at: Instant.nullable(),
    message_id: z.string().nullable(),
    kind: z.string().nullable(),
    request_id: z.string().nullable(),
    sender: z.string().nullable(),
    headers: z.record(z.string(), z.string()),
    /** Bytes of the content. */
    size: z.int(),
  })
  .meta({ id: 'DeadLetter' })
export type DeadLetter = z.infer<typeof DeadLetter>

export const DeadLetterListQuery = z.object({ limit: z.coerce.number().int().min(1).default(200) })
/** The oldest first; `total` counts those beyond the limit, too. */
export const DeadLetterList = z
  .object({ data: z.array(DeadLetter), total: z.int(), limit: z.int(), limit_cut: z.boolean() })
  .meta({ id: 'DeadLetterList' })
export type DeadLetterList = z.infer<typeof DeadLetterList>

export const DeadLetterDetail = z
  .object({
    letter: DeadLetter,
    /** Fields that may be seen; text where the content is no object; null where nothing of it may be seen. */
    payload: z.unknown(),
    /** Names of fields that are there and not shown. */
    hidden: z.array(z.string()),
    /** False: the content is no JSON object, so nobody can tell what is in it. */
    readable: z.boolean(),
  })
  .meta({ id: 'DeadLetterDetail' })
export type DeadLetterDetail = z.infer<typeof DeadLetterDetail>

/** Most that may be replayed or discarded by one request. */
export const DEAD_LETTERS_AT_ONCE = 100
export const DeadLetterAct = z.object({
  ids: z.array(DeadLetterId).min(1).max(DEAD_LETTERS_AT_ONCE),
  reason: z.string().trim().min(5).max(500),
})
export type DeadLetterAct = z.infer<typeof DeadLetterAct>

export const DeadLetterResult = z.object({
  id: DeadLetterId,
  /**
   * `done`; `gone` = no longer there; `refused` = no queue to replay it into, it stays; `unsettled` = the broker did not
   * answer: look again, repeating is harmless.
   */
  outcome: z.enum(['done', 'gone', 'refused', 'unsettled']),
})
export const DeadLettersActed = z.object({ results: z.array(DeadLetterResult) }).meta({ id: 'DeadLettersActed' })
export type DeadLettersActed = z.infer<typeof DeadLettersActed>
