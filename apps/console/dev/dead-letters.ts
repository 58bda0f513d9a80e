/** A few messages nobody could take, for the screen of dead letters. */
import { randomUUID } from 'node:crypto'
import type { DeadLetter, DeadLetterDetail } from '@stam/contracts'
import { type Answer, ok, problem } from './answer.ts'
import type { Ask, Centre } from './routes.ts'

const reasons = [
  'UNKNOWN_SITE: there is no panel 6d9b9a3e-0b6a-4f5f-9d30-0f9f3a5f2b11',
  'breaks its schema: zone_no: Invalid input: expected number, received string; received_at: Invalid ISO datetime',
  'INVALID: new row for relation "events_2026_11" violates check constraint "events_partition_no_check"',
  'not JSON',
  'delivery_limit',
]

export const deadLetters = new Map<string, DeadLetter>(
  reasons.map((reason, n) => {
    const id = randomUUID()
    const panel = randomUUID()
    const ours = reason !== 'not JSON'
    return [
      id,
      {
        id,
        queue: `events.processing.${(n * 3) % 8}`,
        topic: `satel.alarm.${panel}`,
        reason,
        died_at: new Date(Date.now() - (5 - n) * 3_700_000).toISOString(),
        message_id: ours ? randomUUID() : null,
        kind: ours ? 'panel-event' : null,
        request_id: ours ? randomUUID() : null,
        sender: ours ? 'satel-worker-1' : null,
        headers: { partition: String((n * 3) % 8) },
        size: 700 + n * 13,
      },
    ]
  }),
)

export function listDeadLetters(centre: Centre): Answer {
  if (centre.weather.degraded) return problem('BROKER_UNAVAILABLE', { retry_after: 2 })
  const data = centre.weather.empty ? [] : [...deadLetters.values()]
  return ok({ data, total: data.length, limit: 200, limit_cut: false })
}

export function readDeadLetter(_centre: Centre, _ask: Ask, [id]: string[]): Answer {
  const letter = deadLetters.get(id ?? '')
  if (letter === undefined) return problem('DEAD_LETTER_NOT_FOUND')
  const readable = letter.kind !== null
  const payload = readable
    ? { kind: 'panel-event', event_id: letter.message_id, event_type: 'ALARM', zone_no: 'five', raw_payload: 'fefe02' }
    : null
  return ok({ letter, payload, hidden: readable ? ['user_code'] : [], readable } satisfies DeadLetterDetail)
}

export function settleDeadLetters(_centre: Centre, { body }: Ask): Answer {
  const ids = body['ids'] as string[]
  return ok({ results: ids.map((id) => ({ id, outcome: deadLetters.delete(id) ? 'done' : 'gone' })) })
}
