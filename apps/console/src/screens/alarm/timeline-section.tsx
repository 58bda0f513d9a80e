import { alarmActionText, dispositionText, eventSourceText, eventTypeText } from '@stam/domain'
import { Link } from '@tanstack/react-router'
import { User } from 'lucide-react'
import type { ReactNode } from 'react'
import type { AlarmDetail } from '../../data/alarms.ts'
import { may, useMe } from '../../data/me.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Flag } from '../../ui/labels.tsx'
import { PriorityShape } from '../../ui/priority-shape.tsx'
import { Section } from '../../ui/section.tsx'
import { Moment } from '../../ui/ticking.tsx'
import { type TimelineEntry, timelineOf } from './timeline.ts'

/** What happened, and what was done about it. */
export function TimelineSection({
  detail,
  className = '',
}: {
  readonly detail: AlarmDetail
  readonly className?: string
}): ReactNode {
  const { t } = useTexts()
  const me = useMe()
  const entries = timelineOf(detail)
  const { event_count: events, repeat_count: repeats } = detail.alarm
  return (
    <Section
      title={t('alarm.timeline')}
      testId="timeline"
      className={className}
      flush
      aside={
        <span className="flex flex-wrap gap-x-4 text-sm text-soft">
          {t('alarm.events', { events, repeats })}
          {may(me, 'audit:read') && (
            <Link
              to="/admin/audit"
              search={{ entity_type: 'alarm', entity_id: detail.alarm.id, range: 'all' }}
              data-testid="alarm-audit"
              className="text-action hover:underline"
            >
              {t('alarm.audit')}
            </Link>
          )}
        </span>
      }
    >
      <ol
        className="max-h-[420px] overflow-y-auto"
        tabIndex={entries.length > 8 ? 0 : undefined}
        aria-label={t('alarm.timeline')}
      >
        {entries.map((entry) => (
          <li
            key={entry.id}
            data-testid="timeline-entry"
            data-action={entry.kind === 'transition' ? entry.transition.action : entry.event.event_type}
            className="grid grid-cols-[20px_auto_1fr] items-start gap-x-3 border-b border-line px-4 py-2 last:border-b-0"
          >
            <Entry entry={entry} />
          </li>
        ))}
        {detail.events_truncated && (
          <li className="px-4 py-2 text-sm text-soft">
            {t('alarm.events_truncated', { count: detail.events.length })}
          </li>
        )}
      </ol>
    </Section>
  )
}

function Entry({ entry }: { readonly entry: TimelineEntry }): ReactNode {
  const { t, of } = useTexts()
  const time = <Moment at={entry.at} className="pt-px text-sm text-soft" />
  if (entry.kind === 'transition') {
    const { transition } = entry
    return (
      <>
        <User size={16} aria-hidden="true" className="mt-1 text-soft" />
        {time}
        <span className="min-w-0">
          <b className="font-semibold">{of(alarmActionText[transition.action])}</b>
          <span className="text-soft">
            {' '}
            — {transition.actor.kind === 'user' ? transition.actor.name : t('alarm.by_system')}
          </span>
          {transition.disposition !== null && <span> · {of(dispositionText[transition.disposition])}</span>}
          {transition.note !== null && (
            <span className="mt-1 block border-l-2 border-line pl-2 break-words whitespace-pre-wrap">
              {transition.note}
            </span>
          )}
        </span>
      </>
    )
  }
  const { event } = entry
  const normal = event.restore || event.priority === 'INFO'
  return (
    <>
      <PriorityShape
        priority={normal ? 'INFO' : event.priority}
        size={14}
        muted={event.test_mode}
        className="mt-1 ml-px"
      />
      {time}
      <span className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
        <span className="min-w-0 break-words">
          <b className="font-medium">{of(event.description)}</b>
          {event.object_name !== null && <span> · {event.object_name}</span>}
          {event.zone_no !== null && (
            <span className="text-soft"> ({t('panel.zone_number', { number: event.zone_no })})</span>
          )}
        </span>
        {event.repeat_count > 0 && <Flag tone="plain">{t('alarm.repeats', { count: event.repeat_count })}</Flag>}
        {event.repeat_of !== null && <Flag tone="plain">{t('alarm.repeat')}</Flag>}
        {event.late && <Flag tone="plain">{t('alarm.late')}</Flag>}
        <span className="sr-only">
          {of(eventTypeText[event.event_type])}, {of(eventSourceText[event.source])}
        </span>
      </span>
    </>
  )
}
