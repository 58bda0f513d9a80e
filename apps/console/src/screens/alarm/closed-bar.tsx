import { dispositionText } from '@stam/domain'
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { type AlarmSummary, useBoard } from '../../data/alarms.ts'
import { useMe } from '../../data/me.ts'
import { queueOf, wholeQueue } from '../../data/queue-view.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Moment } from '../../ui/ticking.tsx'

/** What became of it, in place; the next step is the next alarm nobody has. */
export function ClosedBar({ alarm }: { readonly alarm: AlarmSummary }): ReactNode {
  const { t, of } = useTexts()
  const me = useMe()
  const board = useBoard()
  const navigate = useNavigate()
  const next = queueOf(board.all(), { ...wholeQueue, whose: 'new' }, me.id)[0]
  return (
    <footer
      className="flex min-h-[76px] shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-t border-line bg-surface p-4 text-soft"
      data-testid="alarm-closed"
    >
      <b className="font-semibold text-text">{t('alarm.closed')}</b>
      {alarm.closed_at !== null && <Moment at={alarm.closed_at} />}
      {alarm.disposition !== null && (
        <span data-testid="alarm-disposition">{of(dispositionText[alarm.disposition])}</span>
      )}
      <span className="flex-1" />
      {next !== undefined && (
        <Button
          tone="primary"
          size="lg"
          testId="next-alarm"
          className="min-w-44 max-md:w-full"
          onPress={() => void navigate({ to: '/alarms/$alarmId', params: { alarmId: next.id }, replace: true })}
        >
          {t('alarm.next')}
        </Button>
      )}
    </footer>
  )
}
