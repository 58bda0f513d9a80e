import type { CSSProperties, ReactNode } from 'react'
import { act, type AlarmSummary, useUnderWay } from '../../data/alarms.ts'
import { useConnection } from '../../data/system.ts'
import { useTexts } from '../../texts/texts.tsx'
import { KeyHint } from '../../ui/button.tsx'
import { Handler } from '../../ui/handler.tsx'

export type RowLayout = 'normal' | 'compact' | 'phone'

export interface RowProps {
  readonly alarm: AlarmSummary
  readonly index: number
  readonly open: boolean
  readonly me: string
  readonly mayAct: boolean
  readonly layout: RowLayout
  /** Beside the list there is room for the alarm. */
  readonly opensOnClaim: boolean
  readonly style: CSSProperties
  readonly onOpen: (id: string) => void
  readonly onRefused: (id: string) => void
}

/** Who has it; while nobody has, the way to take it. */
export function RowHolder({ alarm, open, me, mayAct, opensOnClaim, onOpen, onRefused }: RowProps): ReactNode {
  const { t } = useTexts()
  const under = useUnderWay(alarm.id)
  const { canAct } = useConnection()
  if (under === 'claim') {
    return (
      <span data-testid="claiming" className="inline-flex h-8 items-center gap-2 text-sm text-soft">
        <span className="pulse size-2 rounded-full bg-action" aria-hidden="true" />
        {t('alarm.claiming')}
      </span>
    )
  }
  if (alarm.handler !== null) return <Handler handler={alarm.handler} me={me} className="text-sm" />
  if (alarm.status !== 'NEW' || !mayAct) return <span className="sr-only">{t('queue.nobody')}</span>
  const claim = async (): Promise<void> => {
    const result = await act(alarm, { type: 'claim' })
    if (!result.ok) onRefused(alarm.id)
    else if (opensOnClaim) onOpen(alarm.id)
  }
  return (
    <button
      type="button"
      tabIndex={-1}
      data-testid="row-claim"
      disabled={!canAct}
      onClick={(event) => {
        event.stopPropagation()
        void claim()
      }}
      className="inline-flex h-8 items-center gap-2 rounded border border-line bg-raised px-3 text-sm font-medium hover:border-action hover:text-action disabled:opacity-60 max-md:h-11"
    >
      {t('alarm.claim')}
      {open && <KeyHint stroke="C" />}
    </button>
  )
}
