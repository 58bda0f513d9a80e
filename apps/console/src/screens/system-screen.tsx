import { Link } from '@tanstack/react-router'
import { Check, CircleX, LoaderCircle, Minus } from 'lucide-react'
import type { ReactNode } from 'react'
import { usePanels } from '../data/panels.ts'
import {
  type ComponentStatus,
  refreshSystemStatus,
  type SystemStatus,
  useRealtime,
  useSystemStatus,
} from '../data/system.ts'
import { may, useMe } from '../data/me.ts'
import { type MessageKey, useTexts } from '../texts/texts.tsx'
import { Flag } from '../ui/labels.tsx'
import { Page } from '../ui/page.tsx'
import { Loading, SkeletonBlocks } from '../ui/page-state.tsx'
import { Facts, Section } from '../ui/section.tsx'
import { Moment, Ticking } from '../ui/ticking.tsx'
import { duration } from '../texts/time.ts'
import { ConnectionMark, LiveAge } from './panels/panel-parts.tsx'

const componentWords: Record<ComponentStatus['name'], MessageKey> = {
  postgresql: 'system.postgresql',
  redis: 'system.redis',
  rabbitmq: 'system.rabbitmq',
  'outbox-relay': 'system.outbox_relay',
  'satel-worker': 'system.satel_worker',
  realtime: 'system.realtime',
}

const featureWords = [
  ['realtime', 'system.feature.realtime'],
  ['arm_disarm', 'system.feature.arm_disarm'],
  ['sms', 'system.feature.sms'],
  ['push', 'system.feature.push'],
  ['ha', 'system.feature.ha'],
] as const satisfies readonly (readonly [keyof SystemStatus['features'], MessageKey])[]

/** Which part is up, since when, and how far the stream has come. */
export function SystemScreen(): ReactNode {
  const { t } = useTexts()
  const status = useSystemStatus()
  const stream = useRealtime()
  return (
    <Page title={t('system.title')} lead={status === null ? undefined : <Mode mode={status.mode} />}>
      {status === null ? (
        <Loading onRetry={() => void refreshSystemStatus()}>
          <SkeletonBlocks blocks={4} />
        </Loading>
      ) : (
        <div className="grid items-start gap-4 p-4 lg:grid-cols-2 max-md:p-3" data-testid="system">
          <Section title={t('system.components')} flush>
            <ul>
              {status.components.map((component) => (
                <Component key={component.name} component={component} />
              ))}
            </ul>
          </Section>
          <div className="flex min-w-0 flex-col gap-4">
            <Section title={t('system.stream')}>
              <Facts
                rows={[
                  [
                    t('system.server_position'),
                    <span key="s" data-testid="stream-position">
                      {status.stream_position}
                    </span>,
                  ],
                  [t('system.own_position'), stream.position ?? '—'],
                  [t('system.outbox'), status.outbox_pending],
                  [t('system.dead_letters'), <DeadLetterCount key="dead" count={status.dead_letters} />],
                  [t('system.round_trip'), stream.roundTripMs === null ? '—' : `${stream.roundTripMs} ms`],
                  [t('system.instance'), status.instance_id],
                  [t('system.profile'), t(status.profile === 'embedded' ? 'system.embedded' : 'system.distributed')],
                  [t('system.version'), status.version],
                ]}
              />
            </Section>
            <Section title={t('system.panels')}>
              <Facts
                rows={[
                  [t('system.panels_total'), status.panels.total],
                  [t('system.panels_connected'), status.panels.connected],
                  [
                    t('system.panels_silent'),
                    <b key="x" className="font-semibold">
                      {status.panels.without_contact}
                    </b>,
                  ],
                  [t('system.panels_orphan'), status.panels.without_worker],
                ]}
              />
            </Section>
            <Section title={t('system.features')} testId="features">
              <Facts
                rows={featureWords.map(([feature, word]) => [
                  t(word),
                  <span key={feature} data-testid={`feature-${feature}`} data-on={status.features[feature]}>
                    {t(status.features[feature] ? 'system.feature_on' : 'system.feature_off')}
                  </span>,
                ])}
              />
            </Section>
            <SilentPanels />
          </div>
        </div>
      )}
    </Page>
  )
}

function Mode({ mode }: { readonly mode: 'normal' | 'degraded' | 'maintenance' }): ReactNode {
  const { t } = useTexts()
  const words = {
    normal: 'system.mode_normal',
    degraded: 'system.mode_degraded',
    maintenance: 'system.mode_maintenance',
  } as const
  return <Flag tone={mode === 'normal' ? 'plain' : 'warning'}>{t(words[mode])}</Flag>
}

function Component({ component }: { readonly component: ComponentStatus }): ReactNode {
  const { t, language } = useTexts()
  const { state } = component
  const looks = {
    up: { Icon: Check, word: 'system.up', look: 'text-soft' },
    down: { Icon: CircleX, word: 'system.down', look: 'text-text font-semibold' },
    connecting: { Icon: LoaderCircle, word: 'system.connecting', look: 'text-text' },
    off: { Icon: Minus, word: 'system.off', look: 'text-soft' },
  } as const
  const { Icon, word, look } = looks[state]
  const since = Date.parse(component.since)
  return (
    <li
      data-testid="component"
      data-name={component.name}
      data-state={state}
      className={`flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-l-4 border-line px-4 py-3 last:border-b-0 ${state === 'down' ? 'border-l-critical bg-critical-tint' : state === 'connecting' ? 'border-l-warning' : 'border-l-transparent'}`}
    >
      <Icon size={18} aria-hidden="true" className={state === 'down' ? 'text-critical' : 'text-soft'} />
      <span className="min-w-40 flex-1">
        <b className="font-medium">{t(componentWords[component.name])}</b>
        {component.error !== null && <span className="block text-sm break-words text-soft">{component.error}</span>}
      </span>
      <span className={look}>{t(word)}</span>
      <span className="w-56 text-right text-sm text-soft max-md:w-auto">
        <Moment at={component.since} /> (
        <Ticking say={(now) => duration(now - since, language)} deps={`${component.since} ${language}`} />)
      </span>
    </li>
  )
}

/** Anything but none is a fault somebody has to decide about; who may decide gets there from here. */
function DeadLetterCount({ count }: { readonly count: number | null }): ReactNode {
  const { t } = useTexts()
  const me = useMe()
  const text = count === null ? t('system.dead_letters_unknown') : count
  return (
    <span className="flex flex-wrap items-center gap-x-4" data-testid="dead-letter-count">
      {count !== null && count > 0 ? <Flag tone="warning">{text}</Flag> : text}
      {may(me, 'system:config') && (
        <Link
          to="/system/dead-letters"
          data-testid="go-dead-letters"
          className="inline-flex items-center text-action underline-offset-4 hover:underline max-md:min-h-11"
        >
          {t('system.dead_letters_show')}
        </Link>
      )}
    </span>
  )
}

function SilentPanels(): ReactNode {
  const { t } = useTexts()
  const query = usePanels('')
  const silent = (query.data?.data ?? []).filter(({ live, panel }) => panel.enabled && live.connection !== 'CONNECTED')
  if (silent.length === 0) return null
  return (
    <Section title={t('system.silent')} testId="silent-panels" flush>
      <ul>
        {silent.map(({ panel, live, site_name }) => (
          <li key={panel.id} className="border-b border-line last:border-b-0">
            <Link
              to="/panels/$panelId"
              params={{ panelId: panel.id }}
              className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-1.5 hover:bg-hover"
            >
              <span className="min-w-40 flex-1 truncate">
                {site_name} <span className="text-soft">· {panel.name}</span>
              </span>
              <ConnectionMark live={live} />
              <LiveAge live={live} />
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}
