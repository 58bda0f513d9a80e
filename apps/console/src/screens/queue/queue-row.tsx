import { alarmHeadline, priorityText } from '@stam/domain'
import { type CSSProperties, memo, type ReactNode } from 'react'
import { act, type AlarmSummary, useUnderWay } from '../../data/alarms.ts'
import { useConnection } from '../../data/system.ts'
import { useTexts } from '../../texts/texts.tsx'
import { KeyHint } from '../../ui/button.tsx'
import { Handler } from '../../ui/handler.tsx'
import { Flag, ModeMark, StatusChip } from '../../ui/labels.tsx'
import { PriorityShape } from '../../ui/priority-shape.tsx'
import { Age } from '../../ui/ticking.tsx'

interface Props {
  readonly alarm: AlarmSummary
  readonly index: number
  readonly open: boolean
  readonly me: string
  readonly mayAct: boolean
  readonly layout: 'normal' | 'compact' | 'phone'
  readonly style: CSSProperties
  readonly onOpen: (id: string) => void
  readonly onRefused: (id: string) => void
}

const bar: Record<AlarmSummary['priority'], string> = {
  CRITICAL: 'bg-critical',
  WARNING: 'bg-warning',
  INFO: 'bg-info',
}

/** One alarm. Redrawn only when the alarm itself, the choice or the layout changes; its age ticks without React. */
export const QueueRow = memo(function QueueRow(props: Props): ReactNode {
  const { alarm, index, open, me, layout, style, onOpen } = props
  const { t, of, language } = useTexts()
  const fresh = alarm.status === 'NEW'
  const mine = alarm.handler?.id === me
  const quiet = alarm.service_mode || alarm.test_mode
  const others = alarm.handler !== null && !mine
  const closed = alarm.status === 'CLOSED'
  const edge = quiet ? 'hatched-bar' : mine && !fresh ? 'bg-action' : bar[alarm.priority]
  const what = alarmHeadline(alarm, language)
  const label = `${of(priorityText[alarm.priority])}. ${alarm.site.name}. ${what}`
  return (
    // biome-ignore lint: the grid's container handles the keyboard (aria-activedescendant).
    <div
      role="row"
      id={`row-${alarm.id}`}
      aria-rowindex={index + 1}
      aria-selected={open}
      data-testid="alarm-row"
      data-alarm-id={alarm.id}
      data-status={alarm.status}
      data-priority={alarm.priority}
      style={style}
      onClick={() => onOpen(alarm.id)}
      className={`group absolute inset-x-0 top-0 flex cursor-default items-center gap-3 border-b border-line pr-3 pl-4 ${open ? 'bg-raised' : 'hover:bg-hover'} ${quiet ? 'hatched' : ''}`}
    >
      <span
        aria-hidden="true"
        className={`absolute inset-y-0 left-0 w-1 ${edge} ${fresh && !quiet ? 'pulse-bar' : ''}`}
      />
      <span
        role="gridcell"
        aria-label={label}
        className={`flex min-w-0 flex-1 items-center gap-3 ${others || closed ? 'opacity-70' : ''}`}
      >
        <PriorityShape
          priority={alarm.priority}
          muted={quiet}
          size={layout === 'compact' ? 18 : 22}
          className={fresh && !quiet ? 'pulse' : ''}
        />
        <RowWords alarm={alarm} what={what} layout={layout} fresh={fresh} />
      </span>
      {layout === 'phone' ? (
        <span role="gridcell" className="flex shrink-0 flex-col items-end gap-1.5">
          <span className={`flex items-center gap-2 text-sm ${fresh ? 'font-semibold' : 'text-soft'}`}>
            <Count alarm={alarm} />
            <Age since={alarm.first_seen} />
          </span>
          <RowHolder {...props} />
        </span>
      ) : (
        <>
          <span role="gridcell" className="w-9 shrink-0 text-right text-sm text-soft">
            <Count alarm={alarm} />
          </span>
          <span role="gridcell" className={`w-14 shrink-0 text-right ${fresh ? 'font-semibold' : 'text-soft'}`}>
            <Age since={alarm.first_seen} />
          </span>
          <span role="gridcell" className="flex w-[104px] shrink-0 justify-start max-xl:hidden">
            <StatusChip status={alarm.status} />
          </span>
          <span
            role="gridcell"
            aria-label={alarm.handler === null ? t('queue.nobody') : undefined}
            className="flex w-[136px] shrink-0 justify-start"
          >
            <RowHolder {...props} />
          </span>
        </>
      )}
    </div>
  )
})

function RowWords({
  alarm,
  what,
  layout,
  fresh,
}: {
  readonly alarm: AlarmSummary
  readonly what: string
  readonly layout: Props['layout']
  readonly fresh: boolean
}): ReactNode {
  const { t } = useTexts()
  const marks = (
    <>
      <ModeMark service={alarm.service_mode} test={alarm.test_mode} words={false} />
      {alarm.late && <Flag tone="plain">{t('alarm.late')}</Flag>}
    </>
  )
  if (layout === 'compact') {
    return (
      <span className="flex min-w-0 items-baseline gap-2">
        <b className={`truncate ${fresh ? 'font-semibold' : 'font-medium'}`}>{alarm.site.name}</b>
        <span className={`truncate text-sm ${fresh ? '' : 'text-soft'}`}>{what}</span>
        {marks}
      </span>
    )
  }
  return (
    <span className="flex min-w-0 flex-col">
      <span className="flex min-w-0 items-center gap-2">
        <b className={`truncate text-lg ${fresh ? 'font-semibold' : 'font-medium'}`}>{alarm.site.name}</b>
        {marks}
      </span>
      <span className={`truncate text-sm ${fresh ? 'text-text' : 'text-soft'}`}>{what}</span>
    </span>
  )
}

function Count({ alarm }: { readonly alarm: AlarmSummary }): ReactNode {
  const { t } = useTexts()
  const count = alarm.event_count + alarm.repeat_count
  if (count < 2) return null
  return <span aria-label={t('alarm.count', { count })}>×{count}</span>
}

/** Who has it; while nobody has, the way to take it. */
function RowHolder({ alarm, me, mayAct, layout, onOpen, onRefused }: Props): ReactNode {
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
  if (alarm.status !== 'NEW' || !mayAct) return null
  const claim = async (): Promise<void> => {
    const result = await act(alarm, { type: 'claim' })
    if (!result.ok) onRefused(alarm.id)
    else if (layout !== 'phone') onOpen(alarm.id)
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
      <KeyHint stroke="C" />
    </button>
  )
}
