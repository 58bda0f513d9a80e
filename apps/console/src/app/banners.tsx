import { CloudOff, LoaderCircle, RotateCw, TriangleAlert, Unplug, VolumeOff, Wrench } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { serverNow } from '../data/server-clock.ts'
import { type Banner, connectNow, useConnection } from '../data/system.ts'
import { useSound, wakeSound } from '../sound/alarm-sound.ts'
import { type MessageKey, useTexts } from '../texts/texts.tsx'
import { countdown, duration, moment, timeOfDay } from '../texts/time.ts'
import { Ticking } from '../ui/ticking.tsx'

/** Everything the operator must know about the connection and the sound, above every screen. */
export function Banners(): ReactNode {
  const { banners } = useConnection()
  return (
    <div data-testid="banners">
      <SoundBanner />
      {banners.map((banner) => (
        <OneBanner key={banner.kind} banner={banner} />
      ))}
    </div>
  )
}

const looks = {
  red: 'bg-critical text-on-critical font-semibold',
  orange: 'bg-warning-area text-on-warning font-medium',
  yellow: 'bg-warning-tint text-text shadow-[inset_6px_0_0_var(--warning)]',
  grey: 'bg-raised text-text',
} as const

interface StripProps {
  readonly look: keyof typeof looks
  readonly icon: ReactNode
  readonly testId: string
  readonly children: ReactNode
  readonly action?: { readonly label: string; readonly run: () => void; readonly testId: string }
  readonly urgent?: boolean
}

function Strip({ look, icon, testId, children, action, urgent = false }: StripProps): ReactNode {
  return (
    <div
      data-testid={testId}
      role={urgent ? 'alert' : 'status'}
      className={`flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1.5 ${looks[look]}`}
    >
      <span aria-hidden="true" className="shrink-0">
        {icon}
      </span>
      <p className="min-w-[200px] flex-1">{children}</p>
      {action !== undefined && (
        <button
          type="button"
          data-testid={action.testId}
          onClick={action.run}
          className="h-8 shrink-0 rounded border border-current px-3 text-sm font-semibold hover:bg-[rgb(255_255_255/0.12)] max-md:h-11"
        >
          {action.label}
        </button>
      )}
    </div>
  )
}

function OneBanner({ banner }: { readonly banner: Banner }): ReactNode {
  const { t, language } = useTexts()
  switch (banner.kind) {
    case 'unreachable':
      return (
        <Strip
          look="red"
          testId="banner-unreachable"
          icon={<CloudOff size={20} />}
          urgent
          action={{ label: t('banner.try_now'), run: connectNow, testId: 'reconnect' }}
        >
          {t('banner.unreachable')}{' '}
          <span className="font-normal">
            {banner.dataFrom !== null &&
              t('banner.data_from', { when: moment(banner.dataFrom, serverNow(), language) })}{' '}
            {t('banner.actions_off')} {banner.advice && t('banner.advice')}
          </span>
        </Strip>
      )
    case 'realtime_lost':
      return (
        <Strip
          look="yellow"
          testId="banner-realtime"
          icon={<Unplug size={18} />}
          action={{ label: t('banner.try_now'), run: connectNow, testId: 'reconnect' }}
        >
          <b className="font-semibold">{t('banner.realtime_lost')}</b> {t('banner.polling')}{' '}
          <RetryWords banner={banner} /> {banner.advice && t('banner.advice')}
        </Strip>
      )
    case 'synchronising':
      return (
        <Strip look="grey" testId="banner-synchronising" icon={<LoaderCircle size={18} />}>
          {t('banner.synchronising')}
        </Strip>
      )
    case 'realtime_off':
      return (
        <Strip look="grey" testId="banner-realtime-off" icon={<Unplug size={18} />}>
          {t('banner.realtime_off')} {t('banner.polling')}
        </Strip>
      )
    case 'degraded':
      return (
        <Strip look="orange" testId="banner-degraded" icon={<TriangleAlert size={18} />}>
          {t('banner.degraded')}{' '}
          {banner.components.map((component) => (
            <span key={component.name} className="mr-2 font-normal">
              {t('banner.component', {
                name: t(componentWord[component.name]),
                since: timeOfDay(Date.parse(component.since)),
              })}
            </span>
          ))}
        </Strip>
      )
    case 'maintenance':
      return (
        <Strip look="grey" testId="banner-maintenance" icon={<Wrench size={18} />}>
          {t('banner.maintenance')}
        </Strip>
      )
    case 'stale':
      return (
        <Strip
          look="yellow"
          testId="banner-stale"
          icon={<RotateCw size={18} />}
          action={{ label: t('banner.refresh'), run: connectNow, testId: 'refresh' }}
        >
          <Ticking
            say={() => t('banner.stale', { age: duration(Date.now() - banner.dataFrom, language) })}
            deps={`${banner.dataFrom} ${language}`}
          />
        </Strip>
      )
  }
}

const componentWord = {
  postgresql: 'system.postgresql',
  redis: 'system.redis',
  rabbitmq: 'system.rabbitmq',
  'outbox-relay': 'system.outbox_relay',
  'satel-worker': 'system.satel_worker',
  realtime: 'system.realtime',
} satisfies Record<Extract<Banner, { kind: 'degraded' }>['components'][number]['name'], MessageKey>

function RetryWords({ banner }: { readonly banner: Extract<Banner, { kind: 'realtime_lost' }> }): ReactNode {
  const { t, language } = useTexts()
  const { attempt, retryAt } = banner
  if (attempt === 0) return null
  if (retryAt === null) return <span data-testid="reconnect-attempt">{t('banner.connecting', { attempt })}</span>
  return (
    <span data-testid="reconnect-attempt">
      <Ticking
        say={() => t('banner.attempt', { attempt, left: countdown(retryAt - Date.now()) })}
        deps={`${attempt} ${retryAt} ${language}`}
      />
    </span>
  )
}

/** A finger rests about 100 ms; a slow one, and a long tap, somewhat more. */
const FINGER_MS = 700

/** True while `on` is, and for `ms` after. */
function useLingering(on: boolean, ms: number): boolean {
  const [over, setOver] = useState(!on)
  if (on && over) setOver(false)
  useEffect(() => {
    if (on) return
    const timer = setTimeout(() => setOver(true), ms)
    return () => clearTimeout(timer)
  }, [on, ms])
  return on || !over
}

/** A refused play() must never go unnoticed. */
function SoundBanner(): ReactNode {
  const { t } = useTexts()
  const { audio, otherSpeaks } = useSound()
  const silent = !otherSpeaks && (audio === 'blocked' || audio === 'missing')
  // The touch that lets the sound start is meant for something on the screen: it must still be there when the finger leaves.
  const shown = useLingering(silent, FINGER_MS)
  if (!shown) return null
  return (
    <Strip
      look="orange"
      testId="banner-sound"
      icon={<VolumeOff size={20} />}
      urgent
      {...(audio !== 'missing' ? { action: { label: t('sound.wake'), run: wakeSound, testId: 'sound-wake' } } : {})}
    >
      {t(audio === 'missing' ? 'sound.missing' : 'sound.blocked')}
    </Strip>
  )
}
