/**
 * /api/system/dead-letters: messages no consumer could take. They stay until somebody replays or discards them, with a
 * reason. The intention is on record before the broker is asked: nothing ever disappears that the audit does not know of.
 */
import { type DeadLetter as BuriedLetter, type DeadLetterOutcome, isBusError, MOST_DEAD_LETTERS } from '@stam/bus'
import {
  type DeadLetter,
  DeadLetterAct,
  DeadLetterDetail,
  DeadLetterId,
  DeadLetterList,
  DeadLetterListQuery,
  DeadLettersActed,
} from '@stam/contracts'
import { appendAudit, auditOf } from '@stam/store'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Backend } from '../backend.ts'
import { type Api, answers } from '../http/api.ts'
import { limitOf } from '../http/cursor.ts'
import { personOfRequest } from '../http/guard.ts'
import { actOf } from '../http/mutation.ts'
import { done, Problem } from '../http/problem.ts'
import { sensitively } from '../identity/sensitive.ts'
import { visibleContent } from './dead-letter-content.ts'

const tags = ['system']
const RETRY_AFTER_S = 2
const ENTITY = 'dead_letter'

export function deadLetterRoutes(app: Api, backend: Backend): void {
  app.get(
    '/api/system/dead-letters',
    {
      schema: {
        tags,
        summary: 'Messages no consumer could take, the oldest first',
        querystring: DeadLetterListQuery,
        response: answers(DeadLetterList),
      },
    },
    async (request) => {
      const { limit, limit_cut } = limitOf(request.query.limit, MOST_DEAD_LETTERS)
      const { letters, total } = await lettersOf(backend, limit)
      return { data: letters.map(toLetter), total, limit, limit_cut }
    },
  )
  app.get(
    '/api/system/dead-letters/:id',
    {
      schema: {
        tags,
        summary: 'One of them with its content, without what is secret. Looking is recorded',
        params: z.object({ id: DeadLetterId }),
        response: answers(DeadLetterDetail),
      },
    },
    async (request) => {
      const { letters } = await lettersOf(backend, MOST_DEAD_LETTERS)
      const letter = letters.find(({ id }) => id === request.params.id)
      if (!letter) throw new Problem('DEAD_LETTER_NOT_FOUND')
      const entry = { action: 'DEAD_LETTER_READ', entityType: ENTITY, entityId: letter.id, after: factsOf(letter) }
      await appendAudit(backend.store, [auditOf(actOf(request, backend), entry)])
      const content = visibleContent(letter.body, personOfRequest(request).permissions.has('sms_raw:read'))
      return { letter: toLetter(letter), ...content, hidden: [...content.hidden] }
    },
  )
  const act = (what: 'replay' | 'discard', summary: string) =>
    app.post(
      `/api/system/dead-letters/${what}`,
      { schema: { tags, summary, body: DeadLetterAct, response: answers(DeadLettersActed) } },
      (request) => settle(request, backend, what, request.body),
    )
  act('replay', 'Puts them back into the queues they died in; one outcome for each')
  act('discard', 'Removes them for good; one outcome for each')
}

async function settle(
  request: FastifyRequest,
  backend: Backend,
  what: 'replay' | 'discard',
  { ids: asked, reason }: DeadLetterAct,
): Promise<DeadLettersActed> {
  const ids = [...new Set(asked)]
  const { letters } = await lettersOf(backend, MOST_DEAD_LETTERS)
  const wanted = letters.filter(({ id }) => ids.includes(id))
  const action = `DEAD_LETTER_${what.toUpperCase()}`
  const entries = (outcomes?: ReadonlyMap<string, DeadLetterOutcome>) =>
    wanted.map((letter) => ({
      action: outcomes ? `${action}_FAILED` : action,
      entityType: ENTITY,
      entityId: letter.id,
      before: factsOf(letter),
      ...(outcomes && { after: { outcome: outcomes.get(letter.id) } }),
      reason,
    }))
  await sensitively(request, backend, async ({ tx, act }) => {
    await appendAudit(
      tx,
      entries().map((entry) => auditOf(act, entry)),
    )
    return done(null)
  })
  const { deadLetters } = backend.bus
  const outcomes = await (what === 'replay' ? deadLetters.replay(ids) : deadLetters.discard(ids, reason)).catch(
    (): DeadLetterOutcome[] => ids.map(() => 'unsettled'),
  )
  const outcomeOf = new Map(ids.map((id, index) => [id, outcomes[index] ?? 'unsettled']))
  const failed = entries(outcomeOf).filter(({ entityId }) => outcomeOf.get(entityId) !== 'done')
  const act = actOf(request, backend)
  if (failed.length > 0)
    await appendAudit(
      backend.store,
      failed.map((entry) => auditOf(act, entry)),
    )
  backend.log.warn('dead_letters_settled', {
    act: what,
    count: ids.length - failed.length,
    failed: failed.length,
    user_id: personOfRequest(request).userId,
  })
  await backend.system.countDeadLetters()
  return { results: [...outcomeOf].map(([id, outcome]) => ({ id, outcome })) }
}

async function lettersOf({ bus }: Backend, limit: number) {
  // Known to be away: said at once instead of after the time-out.
  if (bus.status.state !== 'up') throw brokerAway(new Error(bus.status.error ?? bus.status.state))
  try {
    return await bus.deadLetters.list(limit)
  } catch (error) {
    if (isBusError(error, 'BUS_UNAVAILABLE')) throw brokerAway(error)
    throw error
  }
}

function brokerAway(cause: Error): Problem {
  return new Problem('BROKER_UNAVAILABLE', { retry_after: RETRY_AFTER_S }, { cause })
}

function toLetter(letter: BuriedLetter): DeadLetter {
  return {
    id: letter.id,
    queue: letter.queue,
    topic: letter.topic,
    reason: letter.reason,
    died_at: letter.diedAt,
    message_id: letter.messageId,
    kind: letter.kind,
    request_id: letter.requestId,
    sender: letter.sender,
    headers: headersOf(letter),
    size: letter.size,
  }
}

/** Ours only; a header of somebody else may hold anything. */
const SHOWN_HEADERS: ReadonlySet<string> = new Set(['partition', 'request_id'])

function headersOf({ headers }: BuriedLetter): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, SHOWN_HEADERS.has(name) ? value.slice(0, 200) : '***']),
  )
}

/** What the audit keeps of a message that may be gone afterwards: enough to find what it told of elsewhere. */
function factsOf(letter: BuriedLetter) {
  const { payload } = visibleContent(letter.body, false)
  const told = typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {}
  const kept = ['panel_id', 'event_type', 'zone_no', 'timestamp', 'alarm_id', 'command_id']
  return {
    message_id: letter.messageId,
    kind: letter.kind,
    queue: letter.queue,
    died_of: letter.reason.slice(0, 300),
    died_at: letter.diedAt,
    ...Object.fromEntries(kept.flatMap((name) => (told[name] === undefined ? [] : [[name, told[name]]]))),
  }
}
