import type { ReactNode } from 'react'
import { useBoard } from '../../data/alarms.ts'
import { useConnection } from '../../data/system.ts'
import { useTexts } from '../../texts/texts.tsx'
import { KeyHint } from '../../ui/button.tsx'

/** The right half while no alarm is open: calm, and says how to begin. It never says "quiet" without knowing it. */
export function NoAlarmOpen(): ReactNode {
  const { t } = useTexts()
  const { counts, loadedAt } = useBoard()
  const { canAct, banners } = useConnection()
  const known = loadedAt !== null && canAct && !banners.some((banner) => banner.kind === 'stale')
  const words = !known
    ? t('queue.unknown')
    : counts.new === 0
      ? t('queue.calm')
      : t('queue.waiting', { count: counts.new })
  return (
    <div
      className="flex flex-1 flex-col items-center justify-center gap-3 p-8 text-center text-soft"
      data-testid="no-alarm-open"
    >
      <p className="text-2xl font-semibold text-text">{words}</p>
      {counts.CRITICAL + counts.WARNING + counts.INFO > 0 && (
        <p className="flex items-center gap-2 max-md:hidden">
          <KeyHint stroke="ArrowDown" /> <KeyHint stroke="J" /> {t('queue.how_to_open')}
        </p>
      )}
    </div>
  )
}
