import { alarmButtonText, dispositionText } from '@stam/domain'
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import type { AlarmAction, AlarmSummary } from '../../data/alarms.ts'
import type { Intent } from '../../data/drafts.ts'
import { useMe } from '../../data/me.ts'
import { useConnection } from '../../data/system.ts'
import { useShortcut } from '../../keyboard/keyboard.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Segments } from '../../ui/segments.tsx'
import { useLayout } from '../../ui/use-layout.ts'
import { ActionNotice } from './action-notice.tsx'
import { ClosedBar } from './closed-bar.tsx'
import { dispositionOf, dispositionsFor, nextSteps, noteRule, type Step } from './next-step.ts'
import { NoteField } from './note-field.tsx'
import { type AlarmActions, useAlarmActions } from './use-alarm-actions.ts'

interface Props {
  readonly alarm: AlarmSummary
  /** What the server allows on this version, where it has said so. */
  readonly allowed?: readonly AlarmAction[] | undefined
  readonly onReload: () => void
}

/** Note field and steps at the bottom of the alarm; the next step is always in the same place. */
export function ActionBar({ alarm, allowed, onReload }: Props): ReactNode {
  const me = useMe()
  const { canAct } = useConnection()
  const actions = useAlarmActions(alarm)
  const steps = nextSteps(alarm, me, allowed)
  const note = useRef<HTMLTextAreaElement>(null)
  const dispositions = useRef<HTMLDivElement>(null)
  const busy = actions.underWay !== undefined
  const intent = effectiveIntent(actions.draft.intent, steps)
  const closing = intent === 'close'
  const phone = useLayout() === 'phone'
  const [noteOpened, setNoteOpened] = useState(false)
  // On a phone the note takes its room only when it is wanted.
  const noteShown =
    steps.mayNote && (!phone || noteOpened || closing || steps.primary === 'ack' || actions.draft.note !== '')

  const press = async (step: Step | 'release' | 'note'): Promise<void> => {
    if (busy || !canAct) return
    const done = await actions.run(step)
    if (done && step !== 'claim') note.current?.blur()
  }
  // A step that lacks something takes the operator there.
  useEffect(() => {
    if (actions.wanting === 'note') note.current?.focus()
    if (actions.wanting === 'disposition') dispositions.current?.querySelector('input')?.focus()
  }, [actions.wanting, intent])

  const offers = (step: Step): boolean => steps.primary === step || steps.secondary.includes(step)
  useShortcut('claim', () => void press('claim'), offers('claim') && canAct)
  useShortcut('ack', () => void press('ack'), offers('ack') && canAct)
  useShortcut('resolve', () => void press('resolve'), offers('resolve') && canAct)
  const beginClose = (): void => {
    actions.intend('close')
    // The note first where it is needed and the disposition is known; the disposition first where it is not.
    const known = dispositionOf(alarm, actions.draft) !== null
    requestAnimationFrame(() => (known ? note.current?.focus() : dispositions.current?.querySelector('input')?.focus()))
  }
  useShortcut('close', () => (closing ? void press('close') : beginClose()), offers('close') && canAct)
  useShortcut('note', () => note.current?.focus(), steps.mayNote)

  const submit = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.preventDefault()
      event.stopPropagation()
      if (actions.draft.intent !== null) actions.intend(null)
      note.current?.blur()
    }
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    if (intent !== null) void press(intent)
  }

  if (steps.reason === 'closed') return <ClosedBar alarm={alarm} />
  return (
    <footer className="shrink-0 border-t border-line bg-surface" data-testid="action-bar">
      <ActionNotice actions={actions} alarm={alarm} onReload={onReload} />
      <div className="flex flex-col gap-3 p-4 max-md:gap-2 max-md:p-3">
        {closing && (
          <div
            ref={dispositions}
            onKeyDown={(event) => event.key === 'Enter' && (event.preventDefault(), void press('close'))}
          >
            <Dispositions alarm={alarm} actions={actions} />
          </div>
        )}
        {noteShown && (
          <NoteField
            ref={note}
            alarm={alarm}
            actions={actions}
            rule={noteRule(alarm, intent === 'note' ? steps.primary : intent, actions.draft.note)}
            step={intent === 'note' ? steps.primary : intent}
            onKeyDown={submit}
            disabled={!canAct}
            intent={intent}
          />
        )}
        <Steps
          alarm={alarm}
          steps={steps}
          actions={actions}
          intent={intent}
          disabled={!canAct || busy}
          press={press}
          beginClose={beginClose}
          openNote={noteShown ? null : () => setNoteOpened(true)}
        />
      </div>
    </footer>
  )
}

/** What Enter in the note does: the step the operator has begun, else it adds the note. */
function effectiveIntent(chosen: Intent | null, steps: ReturnType<typeof nextSteps>): Intent | null {
  const offers = (step: Step): boolean => steps.primary === step || steps.secondary.includes(step)
  if (chosen === 'note') return steps.mayNote ? 'note' : null
  if (chosen !== null && offers(chosen)) return chosen
  // The only step left takes a note; anything else wants its own key first, so that Enter never finishes by accident.
  if (steps.primary === 'close') return 'close'
  return steps.mayNote ? 'note' : null
}

function Dispositions({ alarm, actions }: { readonly alarm: AlarmSummary; readonly actions: AlarmActions }): ReactNode {
  const { t, of } = useTexts()
  return (
    <div className="flex flex-col gap-1">
      <Segments
        label={t('alarm.disposition')}
        hideLabel={false}
        testId="disposition"
        value={dispositionOf(alarm, actions.draft)}
        options={dispositionsFor(alarm).map((value) => ({ value, label: of(dispositionText[value]) }))}
        onChange={actions.choose}
      />
      {actions.wanting === 'disposition' && (
        <p role="alert" className="text-sm font-semibold">
          {t('alarm.disposition_wanted')}
        </p>
      )}
    </div>
  )
}

interface StepsProps {
  readonly alarm: AlarmSummary
  readonly steps: ReturnType<typeof nextSteps>
  readonly actions: AlarmActions
  readonly intent: Intent | null
  readonly disabled: boolean
  readonly press: (step: Step | 'release' | 'note') => Promise<void>
  readonly beginClose: () => void
  /** Given while the note field is folded away. */
  readonly openNote: (() => void) | null
}

const testIds: Record<Step | 'release', string> = {
  claim: 'claim',
  ack: 'ack',
  resolve: 'resolve',
  close: 'close',
  take_over: 'take-over',
  release: 'release',
}

function Steps({ alarm, steps, actions, intent, disabled, press, beginClose, openNote }: StepsProps): ReactNode {
  const { t, of } = useTexts()
  const closing = intent === 'close'
  const shown: Step | null = closing ? 'close' : steps.primary
  const others = steps.secondary.filter((step) => step !== shown)
  const keys = {
    claim: 'claim',
    ack: 'ack',
    resolve: 'resolve',
    close: 'close',
    take_over: undefined,
    release: undefined,
  } as const
  const words = (step: Step | 'release'): string => {
    if (actions.underWay === step) return t(step === 'claim' ? 'alarm.claiming' : 'alarm.sending')
    if (step === 'close' && alarm.status === 'IN_PROGRESS' && dispositionOf(alarm, actions.draft) === 'FALSE')
      return t('alarm.close_false')
    return of(alarmButtonText[step])
  }
  return (
    <div className="flex flex-wrap items-center justify-end gap-2">
      {steps.reason !== null && (
        <p className="mr-auto text-sm text-soft">
          {steps.reason === 'others' ? t('alarm.others', { name: alarm.handler?.name ?? '' }) : t('alarm.role')}
        </p>
      )}
      {closing && steps.primary !== 'close' && (
        <Button tone="quiet" onPress={() => actions.intend(null)} keyHint="Escape" testId="close-cancel">
          {t('action.cancel')}
        </Button>
      )}
      {!closing &&
        others.map((step) => (
          <Button
            key={step}
            tone="secondary"
            shortcut={keys[step]}
            isDisabled={disabled}
            testId={testIds[step]}
            onPress={() => (step === 'close' ? beginClose() : void press(step))}
          >
            {words(step)}
          </Button>
        ))}
      {steps.mayNote &&
        !closing &&
        (openNote !== null ||
          actions.draft.note.trim() !== '' ||
          steps.primary === null ||
          steps.primary === 'claim') && (
          <Button
            tone="secondary"
            isDisabled={disabled || (openNote === null && actions.draft.note.trim() === '')}
            testId="add-note"
            onPress={() => (openNote === null ? void press('note') : openNote())}
          >
            {of(alarmButtonText.note)}
          </Button>
        )}
      {shown !== null && (
        <Button
          tone="primary"
          size="lg"
          isDisabled={disabled}
          testId={closing && steps.primary !== 'close' ? 'close-confirm' : testIds[shown]}
          onPress={() => void press(shown)}
          shortcut={closing ? undefined : keys[shown]}
          keyHint={closing ? 'Enter' : undefined}
          className="min-w-44 max-md:w-full"
        >
          {words(shown)}
        </Button>
      )}
    </div>
  )
}
