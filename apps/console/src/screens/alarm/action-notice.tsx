import { alarmStatusText } from '@stam/domain'
import { GitCompareArrows, TriangleAlert, X } from 'lucide-react'
import type { ReactNode } from 'react'
import type { AlarmSummary } from '../../data/alarms.ts'
import { serverNow } from '../../data/server-clock.ts'
import { useTexts } from '../../texts/texts.tsx'
import { moment } from '../../texts/time.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { failureWords } from '../../ui/page-state.tsx'
import type { AlarmActions } from './use-alarm-actions.ts'

interface Props {
  readonly alarm: AlarmSummary
  readonly actions: AlarmActions
  readonly onReload: () => void
}

/** Why an action did not happen. The typed note always stays, and says so. */
export function ActionNotice({ alarm, actions, onReload }: Props): ReactNode {
  const texts = useTexts()
  const { t, of, language } = texts
  const { conflict, failure } = actions
  if (conflict === null && failure === null) return null
  const kept = actions.draft.note.trim() !== ''
  if (conflict !== null) {
    const { changedBy, changedAt, current } = conflict
    const status = of(alarmStatusText[(current ?? alarm).status])
    const when = changedAt === null ? '' : moment(Date.parse(changedAt), serverNow(), language)
    return (
      <div
        role="alert"
        data-testid="conflict"
        className="flex flex-wrap items-center gap-3 border-b border-warning bg-warning-tint px-4 py-3"
      >
        <GitCompareArrows size={20} aria-hidden="true" className="shrink-0 text-warning" />
        <p className="min-w-[240px] flex-1">
          <b className="font-semibold">
            {conflict.code === 'ALARM_ALREADY_CLAIMED'
              ? t('conflict.claimed', { name: changedBy ?? t('conflict.somebody') })
              : t('conflict.changed', { name: changedBy ?? t('conflict.somebody'), when })}
          </b>{' '}
          {t('conflict.now', { status })} {kept && t('conflict.note_kept')}
        </p>
        <Button
          testId="conflict-reload"
          onPress={() => {
            onReload()
            actions.dismiss()
          }}
        >
          {t('conflict.reload')}
        </Button>
      </div>
    )
  }
  const words = failure === null ? null : failureWords(failure, texts)
  return (
    <div
      role="alert"
      data-testid="action-failed"
      className="flex items-center gap-3 border-b border-critical bg-critical-tint px-4 py-3"
    >
      <TriangleAlert size={20} aria-hidden="true" className="shrink-0 text-critical" />
      <p className="flex-1">
        <b className="font-semibold">
          {failure?.kind === 'unreachable' ? t('failure.action_unknown.title') : words?.title}
        </b>{' '}
        {failure?.kind === 'unreachable' ? t('failure.action_unknown.body') : words?.body}{' '}
        {kept && t('conflict.note_kept')}
      </p>
      <IconButton label={t('action.dismiss')} onPress={actions.dismiss}>
        <X size={18} aria-hidden="true" />
      </IconButton>
    </div>
  )
}
