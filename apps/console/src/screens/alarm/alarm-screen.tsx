import { useNavigate, useParams } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { type AlarmDetail, type AlarmSummary, reportPresented, useAlarm, useAlarmDetail } from '../../data/alarms.ts'
import { useShortcut } from '../../keyboard/keyboard.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Failed, Loading, SkeletonBlocks } from '../../ui/page-state.tsx'
import { ActionBar } from './action-bar.tsx'
import { AlarmBand } from './alarm-band.tsx'
import { PanelNowSection } from './panel-now-section.tsx'
import { DoNowSection, HistorySection } from './site-sections.tsx'
import { TimelineSection } from './timeline-section.tsx'

/** Everything needed to act on one alarm, on one screen. */
export function AlarmScreen(): ReactNode {
  const { alarmId } = useParams({ from: '/alarms/$alarmId' })
  return <OneAlarm key={alarmId} alarmId={alarmId} />
}

function OneAlarm({ alarmId }: { readonly alarmId: string }): ReactNode {
  const row = useAlarm(alarmId)
  const query = useAlarmDetail(alarmId)
  const navigate = useNavigate()
  useShortcut('back', () => void navigate({ to: '/alarms' }))
  // The stream is usually ahead of the detail; the newer version is shown.
  const alarm = newest(row, query.data?.alarm)
  const allowed = query.data?.alarm.version === alarm?.version ? query.data?.allowed_actions : undefined
  useEffect(() => {
    if (alarm?.status === 'NEW') reportPresented([alarm.id])
  }, [alarm?.status, alarm?.id])
  if (alarm === undefined) {
    return query.isError ? (
      <Failed error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <Loading onRetry={() => void query.refetch()}>
        <SkeletonBlocks blocks={4} />
      </Loading>
    )
  }
  return (
    <article
      aria-label={alarm.site.name}
      className="flex min-h-0 flex-1 flex-col"
      data-testid="alarm"
      data-alarm-id={alarmId}
      data-status={alarm.status}
    >
      <AlarmBand alarm={alarm} address={query.data === undefined ? null : addressOf(query.data)} />
      <div className="min-h-0 flex-1 overflow-y-auto p-4 max-md:p-3" tabIndex={-1}>
        {query.data !== undefined ? (
          <AlarmBody detail={{ ...query.data, alarm }} />
        ) : query.isError ? (
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Loading onRetry={() => void query.refetch()}>
            <SkeletonBlocks blocks={4} />
          </Loading>
        )}
      </div>
      <ActionBar alarm={alarm} allowed={allowed} onReload={() => void query.refetch()} />
    </article>
  )
}

function AlarmBody({ detail }: { readonly detail: AlarmDetail }): ReactNode {
  const { t } = useTexts()
  const zones = detail.events.flatMap((event) => (event.zone_no === null ? [] : [event.zone_no]))
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2 max-md:gap-3">
      <div className="flex min-w-0 flex-col gap-4 max-md:contents">
        <TimelineSection detail={detail} className="max-md:order-1" />
        <PanelNowSection panelId={detail.alarm.panel_id} zoneNumbers={zones} className="max-md:order-3" />
      </div>
      <div className="flex min-w-0 flex-col gap-4 max-md:contents">
        <DoNowSection detail={detail} className="max-md:order-2" />
        <HistorySection alarms={detail.recent_alarms} title={t('alarm.history')} className="max-md:order-4" />
      </div>
    </div>
  )
}

const newest = (a: AlarmSummary | undefined, b: AlarmSummary | undefined): AlarmSummary | undefined =>
  a === undefined ? b : b === undefined || a.version >= b.version ? a : b

const addressOf = ({ site }: AlarmDetail): string =>
  [site.address_line, `${site.postal_code} ${site.city}`.trim()].filter(Boolean).join(', ')
