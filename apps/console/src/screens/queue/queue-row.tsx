import { alarmHeadline, dispositionText, priorityText } from '@stam/domain'
import { memo, type ReactNode } from 'react'
import type { AlarmSummary } from '../../data/alarms.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Flag, ModeMark, StatusChip } from '../../ui/labels.tsx'
import { PriorityShape } from '../../ui/priority-shape.tsx'
import { Age } from '../../ui/ticking.tsx'
import { RowHolder, type RowLayout, type RowProps } from './row-holder.tsx'

type Props = RowProps

const bar: Record<AlarmSummary['priority'], string> = {
  CRITICAL: 'bg-critical',
  WARNING: 'bg-warning',
  INFO: 'bg-info',
}

/** One alarm. Redrawn only when the alarm itself, the choice or the layout changes; its age ticks without React. */
export const QueueRow = memo(function QueueRow(props: Props): ReactNode {
  const { alarm, index, open, me, layout, style, onOpen } = props
  const { of, language } = useTexts()
  const fresh = alarm.status === 'NEW'
  const mine = alarm.handler?.id === me
  const quiet = alarm.service_mode || alarm.test_mode
  const others = alarm.handler !== null && !mine
  const closed = alarm.status === 'CLOSED'
  const edge = quiet ? 'hatched-bar' : closed ? 'bg-line' : mine && !fresh ? 'bg-action' : bar[alarm.priority]
  const words = (
    <>
      <PriorityShape
        priority={alarm.priority}
        muted={quiet || closed}
        size={layout === 'compact' ? 18 : 22}
        className={fresh && !quiet ? 'pulse' : others ? 'opacity-70' : ''}
      />
      <span className="sr-only">{of(priorityText[alarm.priority])}</span>
      <RowWords
        alarm={alarm}
        what={alarmHeadline(alarm, language)}
        layout={layout}
        look={lookOf(fresh, others || closed)}
      />
    </>
  )
  return (
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
      className={`absolute inset-x-0 top-0 flex cursor-default items-center gap-3 border-b border-line pr-3 pl-4 ${open ? 'chosen' : 'bg-surface hover:bg-hover'} ${quiet ? 'hatched' : ''}`}
    >
      <span
        aria-hidden="true"
        className={`absolute inset-y-0 left-0 w-1 ${edge} ${fresh && !quiet ? 'pulse-bar' : ''}`}
      />
      <span role="gridcell" className="flex min-w-0 flex-1 items-center gap-3">
        {words}
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
        <DeskCells {...props} />
      )}
    </div>
  )
})

/** Bold while nobody has it; without emphasis once it is somebody else's business. */
const lookOf = (fresh: boolean, away: boolean): { readonly name: string; readonly what: string } =>
  fresh
    ? { name: 'font-semibold', what: 'text-text' }
    : { name: away ? 'font-normal text-soft' : 'font-medium', what: 'text-soft' }

function DeskCells(props: Props): ReactNode {
  const { alarm } = props
  const { of } = useTexts()
  const closed = alarm.status === 'CLOSED' && alarm.disposition !== null
  return (
    <>
      <span role="gridcell" className="w-9 shrink-0 text-right text-sm text-soft">
        <Count alarm={alarm} />
      </span>
      <span
        role="gridcell"
        className={`w-[68px] shrink-0 text-right whitespace-nowrap ${alarm.status === 'NEW' ? 'font-semibold' : 'text-soft'}`}
      >
        <Age since={alarm.first_seen} />
      </span>
      <span role="gridcell" className="flex w-[104px] shrink-0 justify-start max-xl:hidden">
        {closed && alarm.disposition !== null ? (
          <span className="text-sm text-soft">{of(dispositionText[alarm.disposition])}</span>
        ) : (
          <StatusChip status={alarm.status} />
        )}
      </span>
      <span role="gridcell" className="flex w-[148px] shrink-0 justify-start">
        <RowHolder {...props} />
      </span>
    </>
  )
}

interface WordsProps {
  readonly alarm: AlarmSummary
  readonly what: string
  readonly layout: RowLayout
  readonly look: ReturnType<typeof lookOf>
}

function RowWords({ alarm, what, layout, look }: WordsProps): ReactNode {
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
        <b className={`truncate ${look.name}`}>{alarm.site.name}</b>
        <span className={`truncate text-sm ${look.what}`}>{what}</span>
        {marks}
      </span>
    )
  }
  return (
    <span className="flex min-w-0 flex-col">
      <span className="flex min-w-0 items-center gap-2">
        <b className={`truncate text-lg ${look.name}`}>{alarm.site.name}</b>
        {marks}
      </span>
      <span className={`truncate text-sm ${look.what}`}>{what}</span>
    </span>
  )
}

function Count({ alarm }: { readonly alarm: AlarmSummary }): ReactNode {
  const { t } = useTexts()
  const count = alarm.event_count + alarm.repeat_count
  if (count < 2) return null
  return <span aria-label={t('alarm.count', { count })}>×{count}</span>
}
