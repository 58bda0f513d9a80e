/** What the action bar of an alarm offers: one primary step, the rest beside it. Pure; the rules are domain's. */
import type { AlarmAction, AlarmSummary, Disposition } from '@stam/contracts'
import { allowedActions, falseAlarmDispositions, NOTE_MIN_LENGTH, noteRequired } from '@stam/domain'
import type { AlarmCommand } from '../../data/alarms.ts'
import type { Draft, Intent } from '../../data/drafts.ts'
import type { Me } from '../../data/me.ts'

export type Step = 'claim' | 'take_over' | 'ack' | 'resolve' | 'close'

export interface NextSteps {
  /** The step at the bottom right; null when this person has none. */
  readonly primary: Step | null
  readonly secondary: readonly (Step | 'release')[]
  readonly mayNote: boolean
  /** Why there is no primary step. */
  readonly reason: 'closed' | 'others' | 'role' | null
}

/**
 * `told`: what the server allows on this very version, where it has said so. It knows more: a handler whose session has gone
 * can be relieved by anybody.
 */
export function nextSteps(alarm: AlarmSummary, me: Me, told?: readonly AlarmAction[]): NextSteps {
  const state = {
    status: alarm.status,
    priority: alarm.priority,
    version: alarm.version,
    transition_version: alarm.version,
    decision_version: alarm.version,
    handler_id: alarm.handler?.id ?? null,
    requires_note: alarm.requires_note,
    test_mode: alarm.test_mode,
  }
  const allowed = new Set<AlarmAction>(told ?? allowedActions(state, { id: me.id, role: me.role }))
  const order: readonly Step[] = ['claim', 'ack', 'resolve', 'close', 'take_over']
  const steps = order.filter((step) => allowed.has(step))
  // Taking somebody's alarm away is never the obvious next thing.
  const primary = steps.find((step) => step !== 'take_over') ?? null
  const secondary: (Step | 'release')[] = steps.filter((step) => step !== primary)
  if (allowed.has('release')) secondary.push('release')
  const reason =
    primary !== null
      ? null
      : alarm.status === 'CLOSED'
        ? 'closed'
        : alarm.handler !== null && alarm.status === 'IN_PROGRESS'
          ? 'others'
          : 'role'
  return { primary, secondary, mayNote: allowed.has('note'), reason }
}

export interface NoteRule {
  readonly required: boolean
  readonly length: number
  /** Characters still missing; 0 = enough (or none needed). */
  readonly missing: number
}

/** The rule for the note under what is about to be done, told before it hurts. */
export function noteRule(
  alarm: Pick<AlarmSummary, 'status' | 'requires_note'>,
  what: Intent | Step | null,
  note: string,
): NoteRule {
  const length = [...note.trim()].length
  if (what === 'note') return { required: false, length, missing: length > 0 ? 0 : 1 }
  const required = what !== null && noteRequired(alarm, what)
  return { required, length, missing: required ? Math.max(0, NOTE_MIN_LENGTH - length) : 0 }
}

const all: readonly Disposition[] = ['REAL', 'FALSE', 'TEST', 'TECHNICAL', 'USER_ERROR', 'OTHER']

/** Dispositions a close may carry now: unacknowledged, only those that say "nothing really happened". */
export const dispositionsFor = (alarm: Pick<AlarmSummary, 'status'>): readonly Disposition[] =>
  alarm.status === 'IN_PROGRESS' ? all.filter((one) => falseAlarmDispositions.includes(one)) : all

/** A false alarm is what most closes are; nothing is preselected once somebody has acknowledged it as worth acting on. */
export const dispositionOf = (
  alarm: Pick<AlarmSummary, 'status'>,
  draft: Pick<Draft, 'disposition'>,
): Disposition | null => {
  const offered = dispositionsFor(alarm)
  if (draft.disposition !== null && offered.includes(draft.disposition)) return draft.disposition
  return alarm.status === 'IN_PROGRESS' ? 'FALSE' : null
}

export type Checked =
  | { readonly wanting: 'note' | 'disposition' }
  | { readonly wanting: null; readonly command: AlarmCommand }

/** The command for a step, or what it still wants.  */
export function commandFor(alarm: AlarmSummary, step: Step | 'release' | 'note', draft: Draft): Checked {
  switch (step) {
    case 'claim':
    case 'take_over':
    case 'release':
      return { wanting: null, command: { type: step } }
    case 'ack':
    case 'resolve':
    case 'note':
      if (noteRule(alarm, step, draft.note).missing > 0) return { wanting: 'note' }
      return { wanting: null, command: { type: step, note: draft.note.trim() } }
    case 'close': {
      const disposition = dispositionOf(alarm, draft)
      if (disposition === null) return { wanting: 'disposition' }
      if (noteRule(alarm, 'close', draft.note).missing > 0) return { wanting: 'note' }
      return { wanting: null, command: { type: 'close', note: draft.note.trim(), disposition } }
    }
  }
}
