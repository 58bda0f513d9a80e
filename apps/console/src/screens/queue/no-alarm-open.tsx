import { type ReactNode } from 'react'
import { useBoard } from '../../data/alarms.ts'
import { useTexts } from '../../texts/texts.tsx'
import { KeyHint } from '../../ui/button.tsx'

/** The right half while no alarm is open: calm, and says how to begin. */
export function NoAlarmOpen(): ReactNode {
  const { t } = useTexts()
  const { counts } = useBoard()
  return (
    <div
      className="flex flex-1 flex-col items-center justify-center gap-3 p-8 text-center text-soft"
      data-testid="no-alarm-open"
    >
      <p className="text-2xl font-semibold text-text">
        {counts.new === 0 ? t('queue.calm') : t('queue.waiting', { count: counts.new })}
      </p>
      <p className="flex items-center gap-2 max-md:hidden">
        <KeyHint stroke="ArrowDown" /> <KeyHint stroke="J" /> {t('queue.how_to_open')}
      </p>
    </div>
  )
}
