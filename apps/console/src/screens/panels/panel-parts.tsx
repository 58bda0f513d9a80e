/** The small parts panel views are made of: connection, age, partition, zone. */
import type { PanelBits, PanelLive, PartitionState } from '@stam/contracts'
import { panelConnectionText, partitionState, partitionStateText, type ZoneState } from '@stam/domain'
import { CircleHelp, Lock, LockOpen, PlugZap, Siren, Timer, Unplug } from 'lucide-react'
import type { ReactNode } from 'react'
import { useConnection } from '../../data/system.ts'
import { useTexts } from '../../texts/texts.tsx'
import { duration } from '../../texts/time.ts'
import { Ticking, useNow } from '../../ui/ticking.tsx'
import { ageOf, type Trust, trustOf } from './trust.ts'

export function useTrust(live: PanelLive | null): Trust {
  const { liveState } = useConnection()
  const now = useNow()
  return trustOf(live, liveState, now)
}

/** "data from 2 s ago", ticking. */
export function LiveAge({ live }: { readonly live: PanelLive }): ReactNode {
  const { t, language } = useTexts()
  const trust = useTrust(live)
  const say = (now: number): string => {
    const age = ageOf(live, now)
    if (age === null) return t('panel.never')
    if (age < 5_000) return t(trust === 'fresh' ? 'panel.live_now' : 'panel.unconfirmed')
    return t(trust === 'fresh' ? 'panel.live_contact' : 'panel.no_data_for', { age: duration(age, language) })
  }
  return (
    <span
      data-testid="live-age"
      data-trust={trust}
      className={`text-sm ${trust === 'fresh' ? 'text-soft' : 'font-semibold text-text'}`}
    >
      <Ticking say={say} deps={`${live.last_contact_at} ${live.updated_at} ${trust} ${language}`} />
    </span>
  )
}

/** Connected is quiet; anything else has a picture and a word. */
export function ConnectionMark({
  live,
}: {
  readonly live: Pick<PanelLive, 'connection' | 'connection_detail'>
}): ReactNode {
  const { of } = useTexts()
  const good = live.connection === 'CONNECTED'
  const Icon = good ? PlugZap : live.connection === 'UNKNOWN' ? CircleHelp : Unplug
  const look = good
    ? 'border-line text-soft'
    : live.connection === 'DISCONNECTED' || live.connection === 'RECONNECTING'
      ? 'border-warning bg-warning-tint text-text'
      : 'border-line text-text'
  return (
    <span
      data-testid="panel-connection"
      data-connection={live.connection}
      className={`inline-flex items-center gap-1.5 rounded-sm border px-1.5 text-xs leading-5 whitespace-nowrap ${look}`}
    >
      <Icon size={13} aria-hidden="true" />
      {of(panelConnectionText[live.connection])}
      {live.connection_detail !== null && <span className="text-soft">· {of(live.connection_detail)}</span>}
    </span>
  )
}

const partitionLook: Record<PartitionState, { readonly Icon: typeof Lock; readonly look: string }> = {
  DISARMED: { Icon: LockOpen, look: 'border-line text-soft' },
  ARMED_FULL: { Icon: Lock, look: 'border-soft text-text' },
  ARMED_STAY: { Icon: Lock, look: 'border-soft text-text' },
  ARMED_AWAY: { Icon: Lock, look: 'border-soft text-text' },
  ARMED_MODE_1: { Icon: Lock, look: 'border-soft text-text' },
  EXIT_DELAY: { Icon: Timer, look: 'border-soft text-text' },
  ENTRY_DELAY: { Icon: Timer, look: 'border-warning bg-warning-tint text-text' },
  ALARM: { Icon: Siren, look: 'border-critical bg-critical-tint text-text font-semibold' },
  FIRE_ALARM: { Icon: Siren, look: 'border-critical bg-critical-tint text-text font-semibold' },
  UNKNOWN: { Icon: CircleHelp, look: 'border-line text-soft' },
}

export function PartitionChip({
  partition,
  bits,
}: {
  readonly partition: { readonly number: number; readonly name: string }
  readonly bits: PanelBits
}): ReactNode {
  const { t, of } = useTexts()
  const state = partitionState(bits, partition.number)
  const { Icon, look } = partitionLook[state]
  return (
    <span
      data-testid="partition"
      data-number={partition.number}
      data-state={state}
      className={`inline-flex min-h-9 items-center gap-2 rounded border px-3 ${look}`}
    >
      <Icon size={16} aria-hidden="true" className="shrink-0" />
      <span>
        <span className="font-semibold">
          {partition.name === '' ? t('panel.partition_number', { number: partition.number }) : partition.name}
        </span>{' '}
        <span className="text-sm">{of(partitionStateText[state])}</span>
      </span>
    </span>
  )
}

const tones: Record<ZoneState, 'critical' | 'warning' | 'plain'> = {
  ALARM: 'critical',
  TAMPER_ALARM: 'critical',
  TAMPERED: 'warning',
  MASKED: 'warning',
  ISOLATED: 'plain',
  BYPASSED: 'plain',
  VIOLATED: 'plain',
  ALARM_MEMORY: 'plain',
  NORMAL: 'plain',
}
export const zoneTone = (state: ZoneState): 'critical' | 'warning' | 'plain' => tones[state]
