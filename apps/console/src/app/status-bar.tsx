import { priorities, type Priority } from '@stam/contracts'
import { Link, useNavigate } from '@tanstack/react-router'
import { BellRing, Volume2, VolumeOff } from 'lucide-react'
import type { ReactNode } from 'react'
import { useBoard } from '../data/alarms.ts'
import { chooseQueue } from '../data/queue-filter.ts'
import { useConnection, useRealtimeFigure } from '../data/system.ts'
import { useShortcut } from '../keyboard/keyboard.ts'
import { remainingMute } from '../sound/sound-decision.ts'
import { toggleMute, useSound } from '../sound/alarm-sound.ts'
import { useTexts } from '../texts/texts.tsx'
import { countdown, timeOfDay, zoneAbbreviation } from '../texts/time.ts'
import { PriorityShape } from '../ui/priority-shape.tsx'
import { Ticking, useNow } from '../ui/ticking.tsx'
import { UserMenu } from './user-menu.tsx'

/** The one line that is on every screen: is it live, what is open, is there sound, what time is it, who am I. */
export function StatusBar(): ReactNode {
  const { t } = useTexts()
  return (
    <header
      data-testid="status-bar"
      aria-label={t('bar.label')}
      className="flex h-11 shrink-0 items-center gap-1 border-b border-line bg-surface pr-2 pl-4 max-md:h-12 max-md:pr-1 max-md:pl-3"
    >
      <RealtimeMark />
      <span className="mx-3 h-5 w-px bg-line max-md:mx-1" aria-hidden="true" />
      <Counts />
      <span className="flex-1" />
      <SoundButton />
      <span className="mx-2 font-medium whitespace-nowrap max-md:hidden" data-testid="clock">
        <Ticking say={timeOfDay} deps="clock" />{' '}
        <Ticking say={zoneAbbreviation} deps="zone" className="text-sm text-soft" />
      </span>
      <UserMenu />
    </header>
  )
}

/** Grey while all is well; the banners carry the rest. */
function RealtimeMark(): ReactNode {
  const { t, language } = useTexts()
  const phase = useRealtimeFigure('phase')
  const roundTripMs = useRealtimeFigure('roundTripMs')
  const { canAct } = useConnection()
  const live = phase === 'live'
  const look = live ? 'bg-soft' : canAct ? 'bg-warning' : 'bg-critical'
  const seconds = roundTripMs === null ? null : tenths(Math.max(1, Math.round(roundTripMs / 100)), language)
  const words = live ? t('bar.live') : t(phase === 'syncing' ? 'bar.syncing' : canAct ? 'bar.polling' : 'bar.offline')
  return (
    <span
      data-testid="realtime"
      data-phase={phase}
      className="flex items-center gap-2 text-sm whitespace-nowrap text-soft"
    >
      <span aria-hidden="true" className={`size-2.5 ${live ? 'rounded-full' : 'rotate-45'} ${look}`} />
      <span className="max-md:sr-only">
        {words}
        {live && seconds !== null && <span> {seconds} s</span>}
      </span>
    </span>
  )
}

/** Tenths of a second as a decimal: `0,1` · `0.1`. */
function tenths(value: number, language: 'pl' | 'en'): string {
  return `${Math.floor(value / 10)}${language === 'pl' ? ',' : '.'}${value % 10}`
}

function Counts(): ReactNode {
  const { t } = useTexts()
  const navigate = useNavigate()
  const { counts, loadedAt } = useBoard()
  const show = (priority: Priority): void => {
    chooseQueue({ priorities: [priority], view: 'open', whose: 'all' })
    void navigate({ to: '/alarms' })
  }
  return (
    <div className="flex items-center gap-1">
      {priorities.map((priority) => (
        <button
          key={priority}
          type="button"
          data-testid={`count-${priority}`}
          onClick={() => show(priority)}
          className="flex h-9 items-center gap-2 rounded px-2 hover:bg-hover max-md:h-11"
        >
          <PriorityShape priority={priority} size={16} muted={counts[priority] === 0} />
          <span className={counts[priority] === 0 ? 'text-soft' : 'text-lg font-semibold'}>
            {loadedAt === null ? '–' : counts[priority]}
          </span>
          <span className="text-sm text-soft max-xl:sr-only">{t(`bar.${priority}`, { count: counts[priority] })}</span>
        </button>
      ))}
      {counts.new > 0 && (
        <Link
          to="/alarms"
          className="ml-1 flex h-9 items-center rounded px-2 text-sm whitespace-nowrap hover:bg-hover max-md:hidden"
          data-testid="count-new"
        >
          {t('bar.new', { count: counts.new })}
        </Link>
      )}
    </div>
  )
}

/** Mute is visible wherever one is, with what is left of it. */
function SoundButton(): ReactNode {
  const { t } = useTexts()
  const { mutedUntil, ringing, audio } = useSound()
  const now = useNow()
  const left = remainingMute(mutedUntil, now)
  const muted = left > 0
  useShortcut('mute', toggleMute)
  const Icon = muted || audio === 'blocked' ? VolumeOff : ringing ? BellRing : Volume2
  return (
    <button
      type="button"
      data-testid="mute"
      data-ringing={ringing}
      aria-pressed={muted}
      aria-label={muted ? t('sound.unmute', { left: countdown(left) }) : t('sound.mute')}
      onClick={toggleMute}
      className={`flex h-9 items-center gap-2 rounded px-2 max-md:h-11 ${muted ? 'bg-warning-area font-semibold text-on-warning' : 'text-soft hover:bg-hover hover:text-text'}`}
    >
      <Icon size={18} aria-hidden="true" />
      {muted && <span data-testid="mute-left">{countdown(left)}</span>}
    </button>
  )
}
