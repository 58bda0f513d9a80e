/**
 * A person acts on an alarm: claim, release, take over, ack, resolve, close, note. One transaction: the alarm locked,
 * `domain` decides, the guarded UPDATE, transition, audit and the announcement with the full alarm. Nothing of it
 * happens without the rest.
 */
import type { AlarmChanged, AlarmSummary } from '@stam/contracts'
import { type AlarmInput, type AlarmOutcome, allowedFrom, NOTE_MIN_LENGTH, transition } from '@stam/domain'
import { uuidv7 } from '@stam/runtime'
import {
  type AlarmChange,
  changeAlarm,
  lastAlarmChange,
  lockAlarm,
  readAlarmSummaries,
  tellAlarmChanges,
  type Transaction,
} from '@stam/store'
import type { Mutation } from '../http/mutation.ts'
import { done, type Outcome, type Refusal, refuse } from '../http/problem.ts'
import { allowedFor, handlerGone, stateOf } from './allowed-for.ts'

type PersonInput = Extract<AlarmInput, { readonly actor: unknown }>
/** What the person asked for; who they are and whether the handler has gone is added here. */
export type AlarmRequest = PersonInput extends infer Input
  ? Input extends PersonInput
    ? Omit<Input, 'actor' | 'handler_gone'>
    : never
  : never

export async function actOnAlarm(
  { tx, person, act }: Mutation,
  alarmId: string,
  asked: AlarmRequest,
): Promise<Outcome<AlarmChanged>> {
  const locked = await lockAlarm(tx, alarmId, person.scope)
  if (!locked) return refuse('ALARM_NOT_FOUND')
  const before = locked.summary
  const actor = { id: person.userId, role: person.role }
  const input: AlarmInput =
    asked.type === 'take_over'
      ? { ...asked, actor, handler_gone: await handlerGone(tx, before, person) }
      : { ...asked, actor }
  const outcome = transition(stateOf(before, locked), input)
  if (!outcome.ok) return { ok: false, refusal: await refusalOf(tx, before, outcome) }
  const { effects, next } = outcome
  const change: AlarmChange = {
    alarmId,
    siteId: before.site.id,
    version: before.version,
    fromStatus: before.status,
    toStatus: next.status,
    allowedFrom: allowedFrom[asked.type],
    action: effects.action,
    note: effects.note,
    disposition: effects.disposition,
    handlerId: effects.handler_id,
    stamp: effects.stamp,
    clear: effects.clear,
    transitionId: uuidv7(),
    act,
  }
  const alarm = await changeAlarm(tx, change)
  if (!alarm) return { ok: false, refusal: await staleRefusal(tx, before) }
  await tellAlarmChanges(tx, [{ change, alarm }])
  return done({ alarm, allowed_actions: await allowedFor(tx, alarm, person) })
}

/** Every 409 says how things are now: state, version, who changed it and when, and what is possible (spec 05). */
async function refusalOf(
  tx: Transaction,
  alarm: AlarmSummary,
  refused: Extract<AlarmOutcome, { ok: false }>,
): Promise<Refusal> {
  switch (refused.refused) {
    case 'FORBIDDEN':
      return { code: 'FORBIDDEN' }
    case 'NOTE_REQUIRED':
    case 'NOTE_TOO_SHORT':
      return { code: refused.refused, details: { min_length: NOTE_MIN_LENGTH } }
    case 'ALARM_ALREADY_CLAIMED':
      return {
        code: refused.refused,
        details: {
          ...(await stateNow(tx, alarm)),
          handler: alarm.handler,
          claimed_at: alarm.claimed_at,
          allowed_transitions: refused.allowed,
        },
      }
    default:
      return {
        code: refused.refused,
        details: { ...(await stateNow(tx, alarm)), allowed_transitions: refused.allowed },
      }
  }
}

async function staleRefusal(tx: Transaction, alarm: AlarmSummary): Promise<Refusal> {
  return { code: 'ALARM_STALE_VERSION', details: await stateNow(tx, alarm) }
}

async function stateNow(tx: Transaction, alarm: AlarmSummary): Promise<Record<string, unknown>> {
  const [current] = await readAlarmSummaries(tx, [alarm.id])
  const change = await lastAlarmChange(tx, alarm.id)
  return {
    current: current ?? alarm,
    version: (current ?? alarm).version,
    changed_by: change?.by ?? null,
    changed_at: change?.at ?? alarm.updated_at,
  }
}
