/** What pressing a step does: check the note rule, send, keep the words on a refusal, clear them on success. */
import { useState } from 'react'
import {
  act,
  type AlarmCommand,
  type AlarmSummary,
  type Conflict,
  dismissRefusal,
  useRefusal,
  useUnderWay,
} from '../../data/alarms.ts'
import { changeDraft, type Draft, draftOf, dropDraft, type Intent, useDraft } from '../../data/drafts.ts'
import type { Failure } from '../../data/http.ts'
import { commandFor, type Step } from './next-step.ts'

export interface AlarmActions {
  readonly draft: Draft
  readonly underWay: AlarmCommand['type'] | undefined
  readonly conflict: Conflict | null
  readonly failure: Failure | null
  /** What was pressed although its note is too short, or its disposition missing. */
  readonly wanting: 'note' | 'disposition' | null
  readonly type: (note: string) => void
  readonly choose: (disposition: Draft['disposition']) => void
  readonly intend: (intent: Intent | null) => void
  readonly run: (step: Step | 'release' | 'note') => Promise<boolean>
  readonly dismiss: () => void
}

export function useAlarmActions(alarm: AlarmSummary): AlarmActions {
  const draft = useDraft(alarm.id)
  const underWay = useUnderWay(alarm.id)
  const refusal = useRefusal(alarm.id)
  const [wanting, setWanting] = useState<AlarmActions['wanting']>(null)

  const run = async (step: Step | 'release' | 'note'): Promise<boolean> => {
    const now = draftOf(alarm.id)
    const command = commandFor(alarm, step, now)
    setWanting(command.wanting)
    if (command.wanting !== null) {
      if (step !== 'claim' && step !== 'take_over' && step !== 'release') changeDraft(alarm.id, { intent: step })
      return false
    }
    const result = await act(alarm, command.command)
    if (result.ok) {
      // Claiming and releasing do not send the note, so they do not take it either.
      if ('note' in command.command) dropDraft(alarm.id)
      return true
    }
    const wordless = 'failure' in result && result.failure.kind === 'refused' && result.failure.code.startsWith('NOTE_')
    if (wordless) {
      dismissRefusal(alarm.id)
      setWanting('note')
    }
    return false
  }

  return {
    draft,
    underWay,
    conflict: refusal !== undefined && 'conflict' in refusal ? refusal.conflict : null,
    failure: refusal !== undefined && 'failure' in refusal ? refusal.failure : null,
    wanting,
    type: (note) => {
      if (wanting === 'note') setWanting(null)
      changeDraft(alarm.id, { note, eventsSeen: draft.eventsSeen ?? alarm.event_count })
    },
    choose: (disposition) => {
      if (wanting === 'disposition') setWanting(null)
      changeDraft(alarm.id, { disposition })
    },
    intend: (intent) => {
      setWanting(null)
      changeDraft(alarm.id, { intent })
    },
    run,
    dismiss: () => dismissRefusal(alarm.id),
  }
}
