/**
 * The life of an alarm: spec 02 "Life of an alarm", page docs/machines/alarm.md. A pure function; who asks, at which
 * version and with which note are part of the input, the clock is not.
 */
import {
  type AlarmAction,
  type AlarmStatus,
  alarmStatuses,
  type Disposition,
  type ErrorCode,
  type Priority,
  type Role,
} from '@stam/contracts'

export const NOTE_MIN_LENGTH = 10

export interface AlarmActor {
  readonly id: string
  readonly role: Role
}

/** What of an alarm decides its transitions. */
export interface AlarmState {
  readonly status: AlarmStatus
  readonly priority: Priority
  readonly version: number
  /**
   * Version after the last change that was not a mere joining event. Taking an alarm over a version that has only
   * gained events since is no conflict, else nobody could claim during a flood; finishing one is.
   */
  readonly transition_version: number
  /**
   * Version after the last change a decision could rest on: a transition, a joined event, one that turned out to be of another kind. What the
   * panel's memory adds to a known event, and a source that is over, argue against no decision: finishing an alarm over them is no conflict.
   */
  readonly decision_version: number
  readonly handler_id: string | null
  readonly requires_note: boolean
  readonly test_mode: boolean
}

interface ByPerson {
  readonly actor: AlarmActor
  /** The version the person saw. */
  readonly version: number
  readonly note?: string | undefined
}

export type AlarmInput =
  | ({ readonly type: 'claim' } & ByPerson)
  | ({ readonly type: 'release' } & ByPerson)
  /** `handler_gone`: the handler's session has ended, so anybody may go on with it. */
  | ({ readonly type: 'take_over'; readonly handler_gone: boolean } & ByPerson)
  | ({ readonly type: 'ack' } & ByPerson)
  | ({ readonly type: 'resolve' } & ByPerson)
  | ({ readonly type: 'close'; readonly disposition: Disposition } & ByPerson)
  | ({ readonly type: 'note' } & ByPerson)
  /** An event joined; `enabled` is the site's re-trigger setting. */
  | { readonly type: 'join'; readonly enabled: boolean }
  | { readonly type: 'auto_ack' }
  /** `quiet`: nothing happened for the site's time; see auto-close.ts for when that is. */
  | { readonly type: 'auto_close'; readonly quiet: boolean }

export type AlarmInputType = AlarmInput['type']

/** What the transition changes besides the status. Absent = unchanged. */
export interface AlarmEffects {
  /** What to write into the alarm's log. */
  readonly action: AlarmAction
  readonly note: string | null
  readonly disposition?: Disposition
  /** New handler; null = nobody. */
  readonly handler_id?: string | null
  /** Which of the alarm's times becomes the time of this transition. */
  readonly stamp?: 'claimed_at' | 'acked_at' | 'resolved_at' | 'closed_at'
  /** Times that no longer hold (back to NEW). */
  readonly clear?: readonly ('claimed_at' | 'acked_at')[]
}

export type AlarmRefusal = Extract<
  ErrorCode,
  | 'ALARM_ALREADY_CLAIMED'
  | 'ALARM_STALE_VERSION'
  | 'ALARM_INVALID_STATE'
  | 'NOTE_REQUIRED'
  | 'NOTE_TOO_SHORT'
  | 'FORBIDDEN'
>

export type AlarmOutcome =
  | { readonly ok: true; readonly next: AlarmState; readonly effects: AlarmEffects }
  | { readonly ok: false; readonly refused: AlarmRefusal; readonly allowed: readonly AlarmAction[] }

/** Statuses an event may join and an operator still has work with (spec 02 "Bundling"). */
export const joinableStatuses: readonly AlarmStatus[] = ['NEW', 'IN_PROGRESS', 'ACK']
/** Every status but the final one. */
export const openStatuses: readonly AlarmStatus[] = alarmStatuses.filter((status) => status !== 'CLOSED')

const WRITERS: ReadonlySet<Role> = new Set<Role>(['MASTER', 'ADMIN', 'OPERATOR'])
const SUPERVISORS: ReadonlySet<Role> = new Set<Role>(['MASTER', 'ADMIN'])

/** Role alone: may claim, acknowledge … close at all (spec 06 `alarm:write`). */
export function mayWriteAlarms(role: Role): boolean {
  return WRITERS.has(role)
}

/** May take an alarm out of a colleague's hands. */
export function isSupervisor(role: Role): boolean {
  return SUPERVISORS.has(role)
}

/** Dispositions that say "nothing really happened": the only ones that close an alarm nobody has acknowledged. */
export const falseAlarmDispositions: readonly Disposition[] = ['FALSE', 'USER_ERROR', 'TEST', 'TECHNICAL']

/** Statuses each action may start from, whoever asks. The machine below and the database guard both follow it. */
export const allowedFrom: Readonly<Record<AlarmInputType, readonly AlarmStatus[]>> = {
  claim: ['NEW'],
  release: ['IN_PROGRESS'],
  take_over: ['IN_PROGRESS'],
  ack: ['IN_PROGRESS'],
  resolve: ['ACK'],
  close: ['IN_PROGRESS', 'ACK', 'RESOLVED'],
  note: ['NEW', 'IN_PROGRESS', 'ACK', 'RESOLVED'],
  join: ['NEW', 'IN_PROGRESS', 'ACK'],
  auto_ack: ['NEW'],
  auto_close: ['NEW'],
}

/** Actions that only gain from a newer alarm: joined events since are no conflict. */
const TOLERANT: ReadonlySet<AlarmInputType> = new Set<AlarmInputType>(['claim', 'release', 'take_over', 'note'])

/**
 * Decides one input.
 *
 * @returns the next state (version + 1) and what to write, or the refusal with the actions that are possible now.
 *   `FORBIDDEN` is about the role, `ALARM_ALREADY_CLAIMED` about somebody else having it in hand.
 */
export function transition(alarm: AlarmState, input: AlarmInput): AlarmOutcome {
  switch (input.type) {
    case 'join':
      return onJoin(alarm, input.enabled)
    case 'auto_ack':
      if (alarm.status !== 'NEW' || alarm.priority !== 'INFO') return refuse(alarm, 'ALARM_INVALID_STATE')
      return move(alarm, 'ACK', { action: 'auto_ack', note: null, stamp: 'acked_at' })
    case 'auto_close':
      return onAutoClose(alarm, input.quiet)
    default:
      return byPerson(alarm, input)
  }
}

type PersonInput = Extract<AlarmInput, ByPerson>

function byPerson(alarm: AlarmState, input: PersonInput): AlarmOutcome {
  const { actor } = input
  const no = (code: AlarmRefusal) => refuse(alarm, code, actor)
  if (!mayWriteAlarms(actor.role)) return no('FORBIDDEN')
  // The loser of a race for a claim is told who won, not that a number was old.
  if (input.type === 'claim' && alarm.status === 'IN_PROGRESS') return no('ALARM_ALREADY_CLAIMED')
  if (!seesCurrent(alarm, input)) return no('ALARM_STALE_VERSION')
  if (!allowedFrom[input.type].includes(alarm.status)) return no('ALARM_INVALID_STATE')
  if (alarm.status === 'IN_PROGRESS' && alarm.handler_id !== actor.id && needsOwnHands(input)) {
    return no('ALARM_ALREADY_CLAIMED')
  }
  if (input.type === 'close' && alarm.status === 'IN_PROGRESS' && !falseAlarmDispositions.includes(input.disposition)) {
    return no('ALARM_INVALID_STATE')
  }
  const note = input.note?.trim() ?? ''
  const noteProblem = checkNote(alarm, input, note)
  if (noteProblem) return no(noteProblem)
  return accept(alarm, input, note === '' ? null : note)
}

function accept(alarm: AlarmState, input: PersonInput, note: string | null): AlarmOutcome {
  const { actor } = input
  switch (input.type) {
    case 'claim':
      return move(alarm, 'IN_PROGRESS', { action: 'claim', note, handler_id: actor.id, stamp: 'claimed_at' })
    case 'release':
      return move(alarm, 'NEW', { action: 'release', note, handler_id: null, clear: ['claimed_at'] })
    case 'take_over':
      if (alarm.handler_id === actor.id) return refuse(alarm, 'ALARM_ALREADY_CLAIMED', actor)
      if (!isSupervisor(actor.role) && !input.handler_gone) return refuse(alarm, 'FORBIDDEN', actor)
      return move(alarm, 'IN_PROGRESS', { action: 'take_over', note, handler_id: actor.id, stamp: 'claimed_at' })
    case 'ack':
      return move(alarm, 'ACK', { action: 'ack', note, stamp: 'acked_at' })
    case 'resolve':
      return move(alarm, 'RESOLVED', { action: 'resolve', note, stamp: 'resolved_at' })
    case 'close':
      return move(alarm, 'CLOSED', { action: 'close', note, disposition: input.disposition, stamp: 'closed_at' })
    case 'note':
      return move(alarm, alarm.status, { action: 'note', note })
  }
}

/** Re-trigger (off by default): an event that joins an acknowledged alarm makes it new again. */
function onJoin(alarm: AlarmState, retrigger: boolean): AlarmOutcome {
  if (!allowedFrom.join.includes(alarm.status)) return refuse(alarm, 'ALARM_INVALID_STATE')
  if (alarm.status === 'ACK' && retrigger) {
    return move(alarm, 'NEW', {
      action: 'retrigger',
      note: null,
      handler_id: null,
      clear: ['claimed_at', 'acked_at'],
    })
  }
  const version = alarm.version + 1
  const next = { ...alarm, version, decision_version: version }
  return { ok: true, next, effects: { action: 'join', note: null } }
}

function onAutoClose(alarm: AlarmState, quiet: boolean): AlarmOutcome {
  if (alarm.status !== 'NEW' || !quiet) return refuse(alarm, 'ALARM_INVALID_STATE')
  // A test alarm is a drill whatever its priority; a real CRITICAL one is never closed by a clock.
  if (alarm.priority === 'CRITICAL' && !alarm.test_mode) return refuse(alarm, 'ALARM_INVALID_STATE')
  return move(alarm, 'CLOSED', {
    action: 'auto_close',
    note: null,
    disposition: alarm.test_mode ? 'TEST' : 'OTHER',
    stamp: 'closed_at',
  })
}

function needsOwnHands(input: PersonInput): boolean {
  return input.type === 'release' || input.type === 'ack' || input.type === 'close'
}

function seesCurrent(alarm: AlarmState, input: PersonInput): boolean {
  const oldest = TOLERANT.has(input.type) ? alarm.transition_version : alarm.decision_version
  return input.version >= oldest && input.version <= alarm.version
}

/** Whether this input must carry a note of {@link NOTE_MIN_LENGTH} characters. */
export function noteRequired(alarm: Pick<AlarmState, 'status' | 'requires_note'>, type: AlarmInputType): boolean {
  if (type === 'ack') return true
  if (type === 'close') return alarm.status === 'IN_PROGRESS' || alarm.requires_note
  return false
}

function checkNote(alarm: AlarmState, input: PersonInput, note: string): AlarmRefusal | undefined {
  if (input.type === 'note') return note === '' ? 'NOTE_REQUIRED' : undefined
  if (!noteRequired(alarm, input.type)) return undefined
  if (note === '') return 'NOTE_REQUIRED'
  // Code points, so that a letter outside the basic plane counts once.
  return [...note].length < NOTE_MIN_LENGTH ? 'NOTE_TOO_SHORT' : undefined
}

function move(alarm: AlarmState, status: AlarmStatus, effects: AlarmEffects): AlarmOutcome {
  const version = alarm.version + 1
  const handler_id = effects.handler_id === undefined ? alarm.handler_id : effects.handler_id
  return {
    ok: true,
    next: { ...alarm, status, version, transition_version: version, decision_version: version, handler_id },
    effects,
  }
}

function refuse(alarm: AlarmState, refused: AlarmRefusal, actor?: AlarmActor): AlarmOutcome {
  return { ok: false, refused, allowed: actor ? allowedActions(alarm, actor) : [] }
}

/**
 * What this person could do with the alarm now, in the order the console shows it. `take_over` is listed for
 * operators only where the caller knows that the handler's session has gone.
 */
export function allowedActions(alarm: AlarmState, actor: AlarmActor, handlerGone = false): AlarmAction[] {
  if (!mayWriteAlarms(actor.role)) return []
  const own = alarm.handler_id === actor.id
  switch (alarm.status) {
    case 'NEW':
      return ['claim', 'note']
    case 'IN_PROGRESS':
      if (own) return ['ack', 'close', 'release', 'note']
      return isSupervisor(actor.role) || handlerGone ? ['take_over', 'note'] : ['note']
    case 'ACK':
      return ['resolve', 'close', 'note']
    case 'RESOLVED':
      return ['close', 'note']
    case 'CLOSED':
      return []
  }
}
