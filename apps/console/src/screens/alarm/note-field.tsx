import { NOTE_MIN_LENGTH } from '@stam/domain'
import type { KeyboardEvent, ReactNode, Ref } from 'react'
import type { AlarmSummary } from '../../data/alarms.ts'
import type { Intent } from '../../data/drafts.ts'
import { type MessageKey, useTexts } from '../../texts/texts.tsx'
import type { NoteRule, Step } from './next-step.ts'
import type { AlarmActions } from './use-alarm-actions.ts'

interface Props {
  readonly ref: Ref<HTMLTextAreaElement>
  readonly alarm: AlarmSummary
  readonly actions: AlarmActions
  readonly rule: NoteRule
  /** What Enter does. */
  readonly intent: Intent | null
  /** The step the rule is about. */
  readonly step: Intent | Step | null
  readonly disabled: boolean
  readonly onKeyDown: (event: KeyboardEvent) => void
}

const enterDoes: Record<Intent, MessageKey> = {
  ack: 'note.enter_ack',
  resolve: 'note.enter_resolve',
  close: 'note.enter_close',
  note: 'note.enter_note',
}

/** The note with its rule in sight: how many characters are wanted, how many are missing, what Enter does. */
export function NoteField({ ref, alarm, actions, rule, intent, step, disabled, onKeyDown }: Props): ReactNode {
  const { t } = useTexts()
  const { draft, wanting } = actions
  const more = draft.eventsSeen === null || draft.note === '' ? 0 : alarm.event_count - draft.eventsSeen
  const tooShort = rule.required && rule.missing > 0
  const insisted = wanting === 'note' && tooShort
  return (
    <div className="flex flex-col gap-1">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 text-sm">
        <label htmlFor="alarm-note" className="text-soft">
          {rule.required
            ? t(step === 'ack' ? 'note.label_ack' : 'note.label_close', { min: NOTE_MIN_LENGTH })
            : t('note.label')}
        </label>
        {more > 0 && (
          <span role="status" className="font-semibold" data-testid="note-new-events">
            {t('note.new_events', { count: more })}
          </span>
        )}
        <span
          id="alarm-note-rule"
          role={insisted ? 'alert' : undefined}
          data-testid="note-rule"
          className={insisted ? 'font-semibold text-text' : 'text-soft'}
        >
          {tooShort
            ? t('note.missing', { count: rule.missing })
            : rule.required
              ? t('note.enough')
              : t('note.length', { count: rule.length })}
        </span>
      </div>
      <textarea
        ref={ref}
        id="alarm-note"
        data-testid="note"
        rows={2}
        maxLength={4000}
        value={draft.note}
        disabled={disabled}
        aria-describedby="alarm-note-rule"
        aria-invalid={insisted}
        placeholder={t('note.placeholder')}
        onChange={(event) => actions.type(event.target.value)}
        onKeyDown={onKeyDown}
        className={`w-full resize-none rounded border bg-ground px-3 py-2 outline-none placeholder:text-soft focus:border-action disabled:opacity-60 ${insisted ? 'border-critical' : 'border-line hover:border-faint'}`}
      />
      {intent !== null && <p className="text-xs text-soft max-md:hidden">{t(enterDoes[intent])}</p>}
    </div>
  )
}
