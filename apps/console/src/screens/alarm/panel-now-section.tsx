import { zoneState, zoneStateText } from '@stam/domain'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { usePanel } from '../../data/panels.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Section } from '../../ui/section.tsx'
import { objectsSpokenOf } from '../panels/objects-spoken-of.ts'
import { ConnectionMark, LiveAge, PartitionChip, useTrust, zoneTone } from '../panels/panel-parts.tsx'
import { Flag } from '../../ui/labels.tsx'

/** The panel as it is now: partitions, everything that is not normal, and how old that is. */
export function PanelNowSection({
  panelId,
  zoneNumbers,
  className = '',
}: {
  readonly panelId: string | null
  readonly zoneNumbers: readonly number[]
  readonly className?: string
}): ReactNode {
  const { t } = useTexts()
  if (panelId === null) {
    return (
      <Section className={className} title={t('alarm.panel_now')}>
        <p className="text-soft">{t('alarm.no_panel')}</p>
      </Section>
    )
  }
  return <PanelNow panelId={panelId} zoneNumbers={zoneNumbers} className={className} />
}

function PanelNow({
  panelId,
  zoneNumbers,
  className = '',
}: {
  readonly panelId: string
  readonly zoneNumbers: readonly number[]
  readonly className?: string
}): ReactNode {
  const { t, of } = useTexts()
  const query = usePanel(panelId)
  const detail = query.data
  const trust = useTrust(detail?.live ?? null)
  if (detail === undefined) {
    return (
      <Section className={className} title={t('alarm.panel_now')}>
        <p className="text-soft" role="status">
          {query.isError ? t('panel.unknown') : t('state.loading')}
        </p>
      </Section>
    )
  }
  const { live } = detail
  const { partitions, zones } = objectsSpokenOf(detail)
  const { bits } = live
  const shown =
    bits === null
      ? []
      : zones
          .filter((zone) => zoneState(bits, zone.number) !== 'NORMAL' || zoneNumbers.includes(zone.number))
          .slice(0, 24)
  return (
    <Section className={className} title={t('alarm.panel_now')} testId="panel-now" aside={<LiveAge live={live} />}>
      <p className="mb-3 flex flex-wrap items-center gap-3">
        <Link
          to="/panels/$panelId"
          params={{ panelId }}
          className="inline-flex items-center font-semibold text-action hover:underline max-md:min-h-11"
        >
          {detail.panel.name}
        </Link>
        <ConnectionMark live={live} />
      </p>
      {bits === null ? (
        <p className="text-soft">{t('panel.no_state')}</p>
      ) : (
        <div className={trust === 'fresh' ? '' : 'stale'}>
          <ul className="flex flex-wrap gap-2" aria-label={t('panel.partitions')}>
            {partitions.map((partition) => (
              <li key={partition.number}>
                <PartitionChip partition={partition} bits={bits} />
              </li>
            ))}
          </ul>
          <ul className="mt-3 grid gap-x-6 gap-y-1 xl:grid-cols-2" aria-label={t('panel.zones')}>
            {shown.map((zone) => {
              const state = zoneState(bits, zone.number)
              return (
                <li key={zone.number} className="flex items-center justify-between gap-3">
                  <span className="min-w-0 truncate">
                    <span className="text-soft">{zone.number}.</span>{' '}
                    {zone.name === '' ? t('panel.zone_number', { number: zone.number }) : zone.name}
                  </span>
                  <Flag tone={zoneTone(state)}>{of(zoneStateText[state])}</Flag>
                </li>
              )
            })}
          </ul>
          {shown.length === 0 && <p className="mt-3 text-soft">{t('panel.all_normal')}</p>}
          {live.troubles !== null && live.troubles.length > 0 && (
            <ul className="mt-3 flex flex-wrap gap-2" aria-label={t('panel.troubles')}>
              {live.troubles.map((trouble) => (
                <li key={trouble.key}>
                  <Flag tone="warning">
                    {of(trouble.text)}
                    {trouble.object !== null && ` · ${trouble.object}`}
                  </Flag>
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </Section>
  )
}
