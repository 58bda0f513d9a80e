/** The zones of a panel: state now, and which of them have priorities of their own. */
import type { PanelDetail, Zone } from '@stam/contracts'
import { eventTypeText, priorityText, type ZoneState, zoneState, zoneStateText } from '@stam/domain'
import { type ReactNode, useState } from 'react'
import { Button as AriaButton } from 'react-aria-components/Button'
import { may, useMe } from '../../data/me.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Flag } from '../../ui/labels.tsx'
import { PriorityShape } from '../../ui/priority-shape.tsx'
import { Section } from '../../ui/section.tsx'
import { Segments } from '../../ui/segments.tsx'
import { zoneTone } from './panel-parts.tsx'
import { hasOwn, typesShown } from './zone-overrides.ts'
import { zoneName, ZonePrioritiesSheet } from './zone-priorities.tsx'

type ZoneFilter = 'all' | 'abnormal' | 'own'

export function ZonesSection({ detail, dim }: { readonly detail: PanelDetail; readonly dim: string }): ReactNode {
  const { t } = useTexts()
  const me = useMe()
  const [filter, setFilter] = useState<ZoneFilter>('all')
  const [edited, setEdited] = useState<number | null>(null)
  const { bits } = detail.live
  const stateOf = (number: number): ZoneState => (bits === null ? 'NORMAL' : zoneState(bits, number))
  const own = detail.zones.filter((zone) => hasOwn(zone.priority_overrides))
  const zones =
    filter === 'own' ? own : detail.zones.filter((zone) => filter === 'all' || stateOf(zone.number) !== 'NORMAL')
  const zone = detail.zones.find(({ number }) => number === edited)
  return (
    <Section
      title={t('panel.zones')}
      testId="zones"
      flush
      aside={
        <Segments<ZoneFilter>
          label={t('panel.zones_shown')}
          value={filter}
          onChange={setFilter}
          testId="zones-shown"
          options={[
            { value: 'all', label: t('panel.zones_all', { count: detail.zones.length }) },
            { value: 'abnormal', label: t('panel.zones_abnormal') },
            { value: 'own', label: t('panel.zones_own', { count: own.length }) },
          ]}
        />
      }
    >
      {bits === null && <p className="px-4 pt-3 text-soft">{t('panel.no_state')}</p>}
      {zones.length === 0 && (bits !== null || filter === 'own') && (
        <p className="p-4 text-soft">{t(emptyWords(filter, detail.panel.names_read_at === null))}</p>
      )}
      <ul className={`grid items-stretch gap-x-6 px-4 py-2 md:grid-cols-2 2xl:grid-cols-3 ${bits === null ? '' : dim}`}>
        {zones.map((one) => (
          <ZoneRow
            key={one.number}
            zone={one}
            state={bits === null ? null : stateOf(one.number)}
            onEdit={may(me, 'site:write') ? () => setEdited(one.number) : null}
          />
        ))}
      </ul>
      {zone !== undefined && <ZonePrioritiesSheet panel={detail.panel} zone={zone} onClose={() => setEdited(null)} />}
    </Section>
  )
}

function emptyWords(filter: ZoneFilter, unnamed: boolean) {
  if (filter === 'own') return 'panel.zones_none_own'
  return unnamed ? 'panel.names_not_read' : 'panel.all_normal'
}

function ZoneRow({
  zone,
  state,
  onEdit,
}: {
  readonly zone: Zone
  readonly state: ZoneState | null
  /** Null = to be looked at only. */
  readonly onEdit: (() => void) | null
}): ReactNode {
  const { t, of } = useTexts()
  const content = (
    <>
      <span className="flex items-center justify-between gap-3">
        <span className="min-w-0 truncate">
          <span className="mr-2 inline-block w-7 text-right text-soft">{zone.number}</span>
          {zoneName(zone, t)}
        </span>
        {state === null ? (
          <span className="text-sm text-soft">{t('panel.state_unknown')}</span>
        ) : state === 'NORMAL' ? (
          <span className="text-sm text-soft">{of(zoneStateText.NORMAL)}</span>
        ) : (
          <Flag tone={zoneTone(state)}>{of(zoneStateText[state])}</Flag>
        )}
      </span>
      {hasOwn(zone.priority_overrides) && <OwnPriorities zone={zone} />}
    </>
  )
  const look = 'flex min-h-9 w-full flex-col justify-center gap-0.5 py-1 text-left max-md:min-h-11'
  return (
    <li
      data-testid="zone"
      data-number={zone.number}
      data-state={state ?? 'UNKNOWN'}
      className="min-w-0 border-b border-line"
    >
      {onEdit === null ? (
        <div className={look}>{content}</div>
      ) : (
        <AriaButton
          onPress={onEdit}
          aria-haspopup="dialog"
          data-testid="zone-edit"
          className={`${look} -mx-2 cursor-pointer rounded-sm px-2 outline-offset-[-2px] hover:bg-hover`}
          style={{ width: 'calc(100% + 16px)' }}
        >
          {content}
        </AriaButton>
      )}
    </li>
  )
}

/** `Alarm ▲ Warning`: what this zone's events become instead of the usual. */
function OwnPriorities({ zone }: { readonly zone: Zone }): ReactNode {
  const { of } = useTexts()
  const { priority_overrides: overrides } = zone
  return (
    <span data-testid="zone-own" className="ml-9 flex flex-wrap gap-x-3 text-xs text-soft">
      {typesShown(overrides).map((type) => {
        const priority = overrides[type]
        return (
          priority !== undefined && (
            <span key={type} className="inline-flex items-center gap-1">
              {of(eventTypeText[type])}
              <PriorityShape priority={priority} size={11} inverse />
              {of(priorityText[priority])}
            </span>
          )
        )
      })}
    </span>
  )
}
