import { Link } from '@tanstack/react-router'
import { Activity, BellRing, Building2, Cpu, Joystick, type LucideIcon, UsersRound } from 'lucide-react'
import type { ReactNode } from 'react'
import { useBoard } from '../data/alarms.ts'
import { may, type Permission, useMe } from '../data/me.ts'
import { useSystemStatus } from '../data/system.ts'
import { type MessageKey, useTexts } from '../texts/texts.tsx'

interface Place {
  readonly to: '/alarms' | '/sites' | '/panels' | '/simulation' | '/system' | '/admin'
  readonly label: MessageKey
  readonly Icon: LucideIcon
  readonly needs?: readonly Permission[]
}

const places: readonly Place[] = [
  { to: '/alarms', label: 'rail.alarms', Icon: BellRing },
  { to: '/sites', label: 'rail.sites', Icon: Building2 },
  { to: '/panels', label: 'rail.panels', Icon: Cpu },
  { to: '/simulation', label: 'rail.simulator', Icon: Joystick },
  { to: '/system', label: 'rail.system', Icon: Activity },
  { to: '/admin', label: 'rail.admin', Icon: UsersRound, needs: ['user:read', 'audit:read'] },
]

/** Where one can go: a rail on the left, a bar below on a phone. */
export function Rail(): ReactNode {
  const { t } = useTexts()
  const me = useMe()
  const demo = useSystemStatus()?.demo ?? false
  const { counts } = useBoard()
  return (
    <nav
      aria-label={t('rail.label')}
      className="order-first flex w-16 shrink-0 flex-col border-r border-line bg-surface max-md:order-last max-md:h-14 max-md:w-full max-md:flex-row max-md:border-t max-md:border-r-0"
    >
      {places
        .filter(({ to }) => demo || to !== '/simulation')
        .filter(({ needs }) => needs === undefined || needs.some((permission) => may(me, permission)))
        .map(({ to, label, Icon }) => (
          <Link
            key={to}
            to={to}
            data-testid={`go${to.replace('/', '-')}`}
            activeProps={{ 'aria-current': 'page' }}
            className="relative flex h-16 flex-col items-center justify-center gap-1 text-soft hover:bg-hover hover:text-text aria-[current=page]:bg-raised aria-[current=page]:text-text max-md:h-full max-md:flex-1 aria-[current=page]:before:absolute aria-[current=page]:before:inset-y-0 aria-[current=page]:before:left-0 aria-[current=page]:before:w-[3px] aria-[current=page]:before:bg-text max-md:aria-[current=page]:before:inset-x-0 max-md:aria-[current=page]:before:top-0 max-md:aria-[current=page]:before:bottom-auto max-md:aria-[current=page]:before:h-[3px] max-md:aria-[current=page]:before:w-auto"
          >
            <Icon size={20} aria-hidden="true" strokeWidth={1.75} />
            <span className="text-xs">{t(label)}</span>
            {to === '/alarms' && counts.new > 0 && (
              <span
                aria-hidden="true"
                className="absolute top-1.5 left-1/2 ml-1 min-w-4 rounded-full bg-text px-1 text-center text-[0.6875rem] leading-4 font-semibold text-ground"
              >
                {counts.new > 99 ? '99+' : counts.new}
              </span>
            )}
          </Link>
        ))}
    </nav>
  )
}
