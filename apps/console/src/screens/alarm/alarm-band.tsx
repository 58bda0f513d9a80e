import { alarmHeadline, priorityText } from '@stam/domain'
import { Link } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import type { ReactNode } from 'react'
import type { AlarmSummary } from '../../data/alarms.ts'
import { useMe } from '../../data/me.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Avatar } from '../../ui/handler.tsx'
import { Flag, ModeMark, StatusChip } from '../../ui/labels.tsx'
import { PriorityShape } from '../../ui/priority-shape.tsx'
import { Age, Moment } from '../../ui/ticking.tsx'
import { useLayout } from '../../ui/use-layout.ts'

interface Props {
  readonly alarm: AlarmSummary
  readonly address: string | null
}

const filled: Record<AlarmSummary['priority'], string> = {
  CRITICAL: 'bg-critical text-on-critical',
  WARNING: 'bg-warning-area text-on-warning',
  INFO: 'bg-info-tint',
}
const tinted: Record<AlarmSummary['priority'], string> = {
  CRITICAL: 'bg-critical-tint',
  WARNING: 'bg-warning-tint',
  INFO: 'bg-info-tint',
}
const edges: Record<AlarmSummary['priority'], string> = {
  CRITICAL: 'border-l-critical',
  WARNING: 'border-l-warning',
  INFO: 'border-l-info',
}

/** What is wrong, where, who has it. Filled while nobody has it, a tint afterwards, hatched in service and test mode. */
export function AlarmBand({ alarm, address }: Props): ReactNode {
  const { t, of, language } = useTexts()
  // Where the alarm is the whole screen, its name is the screen's heading.
  const layout = useLayout()
  const split = layout === 'split'
  const Heading = split ? 'h2' : 'h1'
  const quiet = alarm.service_mode || alarm.test_mode
  const shouting = alarm.status === 'NEW' && !quiet && alarm.priority !== 'INFO'
  const look = quiet
    ? 'hatched bg-surface'
    : shouting
      ? filled[alarm.priority]
      : alarm.status === 'CLOSED'
        ? 'bg-surface'
        : tinted[alarm.priority]
  const closed = alarm.status === 'CLOSED'
  const edge = quiet ? 'border-l-service' : closed ? 'border-l-line' : edges[alarm.priority]
  return (
    <header
      data-testid="alarm-band"
      className={`flex shrink-0 flex-wrap items-center gap-x-6 gap-y-1 border-b md:flex-nowrap border-l-8 border-b-line px-5 py-3 max-md:gap-x-2 max-md:py-2 max-md:pr-3 max-md:pl-2 ${look} ${edge}`}
    >
      {!split && (
        <Link
          to="/alarms"
          aria-label={t('action.back')}
          className="-ml-2 inline-flex size-11 shrink-0 items-center justify-center self-start rounded"
        >
          <ArrowLeft size={20} aria-hidden="true" />
        </Link>
      )}
      <div className="flex min-w-0 flex-1 items-center gap-4">
        <PriorityShape
          priority={alarm.priority}
          size={36}
          inverse={shouting}
          muted={quiet || closed}
          className="max-md:hidden"
        />
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-x-2 text-sm font-medium">
            <span className="font-semibold uppercase">{of(priorityText[alarm.priority])}</span>
            <span>#{alarm.number}</span>
            {quiet && <ModeMark service={alarm.service_mode} test={alarm.test_mode} />}
            {alarm.late && <Flag tone="plain">{t('alarm.late')}</Flag>}
            {alarm.normal_since !== null && <Flag tone="plain">{t('alarm.normal')}</Flag>}
          </p>
          <Heading className="text-xl font-semibold break-words" data-testid="alarm-site">
            {alarm.site.name}
          </Heading>
          <p className="break-words" data-testid="alarm-headline">
            <b className="font-semibold">{alarmHeadline(alarm, language)}</b>
            {address !== null && <span> · {address}</span>}
          </p>
        </div>
      </div>
      <div className="flex shrink-0 items-center gap-5 max-md:self-start">
        <p className="flex flex-col items-end">
          <Age since={alarm.first_seen} className="text-xl font-semibold" />
          <span className="text-sm">
            <Moment at={alarm.first_seen} />
          </span>
        </p>
        {layout !== 'phone' && <BandHolder alarm={alarm} shouting={shouting} />}
      </div>
      {layout === 'phone' && <BandHolder alarm={alarm} shouting={shouting} />}
    </header>
  )
}

function BandHolder({ alarm, shouting }: { readonly alarm: AlarmSummary; readonly shouting: boolean }): ReactNode {
  const { t } = useTexts()
  const me = useMe()
  const { handler } = alarm
  return (
    <div className="flex min-w-[132px] items-center gap-3 max-md:basis-full max-md:pl-11">
      {handler === null ? (
        <p className="font-semibold">{shouting ? t('alarm.nobody') : <StatusChip status={alarm.status} />}</p>
      ) : (
        <>
          <Avatar name={handler.name} mine={handler.id === me.id} size={32} />
          <span className="flex flex-col max-md:flex-row max-md:gap-3">
            <span className="font-semibold whitespace-nowrap" data-testid="alarm-handler">
              {handler.name}
            </span>
            <span>
              <StatusChip status={alarm.status} />
            </span>
          </span>
        </>
      )}
    </div>
  )
}
