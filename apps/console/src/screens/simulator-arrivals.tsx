import { alarmHeadline, priorityText } from '@stam/domain'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'
import { type AlarmSummary, onBoardChange } from '../data/alarms.ts'
import { serverNow } from '../data/server-clock.ts'
import { useTexts } from '../texts/texts.tsx'
import { StatusChip } from '../ui/labels.tsx'
import { PriorityShape } from '../ui/priority-shape.tsx'
import { Moment } from '../ui/ticking.tsx'

interface Arrival {
  readonly key: string
  readonly alarm: AlarmSummary
  /** From the centre's "last seen" to this screen. */
  readonly delayMs: number
}

const kept = 60

/** What has reached this screen since it was opened, newest first, and how long it took. */
export function ArrivalLog(): ReactNode {
  const { t, of, language } = useTexts()
  const [arrivals, setArrivals] = useState<readonly Arrival[]>([])
  useEffect(
    () =>
      onBoardChange(({ changed }) => {
        if (changed.length === 0) return
        const now = serverNow()
        const fresh = changed.map((alarm) => ({
          key: `${alarm.id} ${alarm.version}`,
          alarm,
          delayMs: Math.max(0, now - Date.parse(alarm.updated_at)),
        }))
        setArrivals((old) => [...fresh.reverse(), ...old].slice(0, kept))
      }),
    [],
  )
  return (
    <section aria-label={t('simulator.arrivals')}>
      <h2 className="sticky top-0 border-b border-line bg-ground px-4 py-3 text-sm font-semibold text-soft">
        {t('simulator.arrivals')}
      </h2>
      {arrivals.length === 0 && <p className="p-4 text-soft">{t('simulator.no_arrivals')}</p>}
      <ol data-testid="arrivals">
        {arrivals.map(({ key, alarm, delayMs }) => (
          <li key={key} className="fade-in border-b border-line">
            <Link
              to="/alarms/$alarmId"
              params={{ alarmId: alarm.id }}
              className="flex items-start gap-3 px-4 py-2 hover:bg-hover"
            >
              <PriorityShape
                priority={alarm.priority}
                size={16}
                muted={alarm.service_mode || alarm.test_mode}
                className="mt-1"
              />
              <span className="min-w-0 flex-1">
                <span className="sr-only">{of(priorityText[alarm.priority])}</span>
                <b className="block truncate font-medium">{alarm.site.name}</b>
                <span className="block truncate text-sm text-soft">{alarmHeadline(alarm, language)}</span>
                <span className="mt-1 flex items-center gap-2 text-sm text-soft">
                  <Moment at={alarm.updated_at} />
                  {t('simulator.took', { ms: delayMs })}
                  {alarm.event_count + alarm.repeat_count > 1 && <span>×{alarm.event_count + alarm.repeat_count}</span>}
                </span>
              </span>
              <StatusChip status={alarm.status} />
            </Link>
          </li>
        ))}
      </ol>
    </section>
  )
}
