import { alarmHeadline } from '@stam/domain'
import { useNavigate } from '@tanstack/react-router'
import {
  Activity,
  BellRing,
  Building2,
  Cpu,
  Keyboard,
  Languages,
  Lock,
  LogOut,
  type LucideIcon,
  ScrollText,
  Search,
  ShieldCheck,
  SunMoon,
  UserRound,
  UsersRound,
  VolumeOff,
} from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useEffect, useState } from 'react'
import { useBoard } from '../data/alarms.ts'
import { lockConsole } from '../data/console-lock.ts'
import { may, signOut, useMe } from '../data/me.ts'
import { prefer, preferences } from '../data/preferences.ts'
import { searchable } from '../data/queue-view.ts'
import { searchSites, type Site } from '../data/sites.ts'
import { toggleMute } from '../sound/alarm-sound.ts'
import { useTexts } from '../texts/texts.tsx'
import { PriorityShape } from '../ui/priority-shape.tsx'
import { Sheet } from '../ui/sheet.tsx'
import { showHelp, showPalette } from './overlays.ts'

interface Command {
  readonly id: string
  readonly label: string
  readonly aside?: string
  readonly icon: ReactNode
  readonly run: () => void
}

/** Ctrl+K: everything by its name — places, settings, open alarms, sites. */
export function CommandPalette(): ReactNode {
  const { t } = useTexts()
  return (
    <Sheet title={t('palette.title')} isOpen onClose={() => showPalette(false)} bare testId="palette">
      <PaletteBody />
    </Sheet>
  )
}

function PaletteBody(): ReactNode {
  const { t } = useTexts()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const commands = useCommands(text)
  const active = Math.min(at, commands.length - 1)
  const run = (command: Command | undefined): void => {
    if (command === undefined) return
    showPalette(false)
    command.run()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      Home: 0,
      End: commands.length - 1,
    }
    const to = moves[event.key]
    if (to !== undefined) {
      event.preventDefault()
      setAt(Math.max(0, Math.min(commands.length - 1, to)))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      run(commands[active])
    }
  }
  useEffect(() => {
    // In braces: newer browsers return a promise from it, which is no way to clean up.
    document.getElementById(`command-${active}`)?.scrollIntoView({ block: 'nearest' })
  }, [active])
  return (
    <>
      <label className="flex h-14 shrink-0 items-center gap-3 border-b border-line px-5">
        <Search size={18} aria-hidden="true" className="text-soft" />
        <span className="sr-only">{t('palette.title')}</span>
        <input
          // The dialog exists to be typed into.
          autoFocus
          role="combobox"
          aria-expanded
          aria-controls="commands"
          aria-activedescendant={commands.length === 0 ? undefined : `command-${active}`}
          aria-autocomplete="list"
          data-testid="palette-input"
          value={text}
          placeholder={t('palette.placeholder')}
          onChange={(event) => {
            setText(event.target.value)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
          className="min-w-0 flex-1 bg-transparent text-lg outline-none placeholder:text-soft"
        />
      </label>
      <div id="commands" role="listbox" aria-label={t('palette.title')} className="min-h-0 flex-1 overflow-y-auto p-2">
        {commands.length === 0 && <p className="px-3 py-6 text-center text-soft">{t('palette.nothing')}</p>}
        {commands.map((command, index) => (
          <div
            key={command.id}
            id={`command-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            onPointerMove={() => setAt(index)}
            onClick={() => run(command)}
            className={`flex min-h-11 cursor-pointer items-center gap-3 rounded-sm px-3 ${index === active ? 'bg-hover' : ''}`}
          >
            <span className="flex w-5 shrink-0 justify-center text-soft">{command.icon}</span>
            <span className="min-w-0 flex-1 truncate">{command.label}</span>
            {command.aside !== undefined && <span className="truncate text-sm text-soft">{command.aside}</span>}
          </div>
        ))}
      </div>
    </>
  )
}

const icon = (Icon: LucideIcon): ReactNode => <Icon size={17} aria-hidden="true" />

function useCommands(text: string): Command[] {
  const { t, language } = useTexts()
  const navigate = useNavigate()
  const board = useBoard()
  const me = useMe()
  const sites = useFoundSites(text)
  const words = searchable(text)
  const { theme, language: tongue } = preferences.getState()
  const fixed: Command[] = [
    {
      id: 'alarms',
      label: t('rail.alarms'),
      aside: 'G A',
      icon: icon(BellRing),
      run: () => void navigate({ to: '/alarms' }),
    },
    {
      id: 'sites',
      label: t('rail.sites'),
      aside: 'G S',
      icon: icon(Building2),
      run: () => void navigate({ to: '/sites' }),
    },
    {
      id: 'panels',
      label: t('rail.panels'),
      aside: 'G P',
      icon: icon(Cpu),
      run: () => void navigate({ to: '/panels' }),
    },
    {
      id: 'system',
      label: t('rail.system'),
      aside: 'G Y',
      icon: icon(Activity),
      run: () => void navigate({ to: '/system' }),
    },
    ...(may(me, 'user:read')
      ? [
          {
            id: 'people',
            label: t('people.title'),
            aside: 'G U',
            icon: icon(UsersRound),
            run: () => void navigate({ to: '/admin/people' }),
          },
          {
            id: 'roles',
            label: t('roles.title'),
            icon: icon(ShieldCheck),
            run: () => void navigate({ to: '/admin/roles' }),
          },
        ]
      : []),
    ...(may(me, 'audit:read')
      ? [
          {
            id: 'audit',
            label: t('audit.title'),
            aside: 'G D',
            icon: icon(ScrollText),
            run: () => void navigate({ to: '/admin/audit' }),
          },
        ]
      : []),
    {
      id: 'profile',
      label: t('profile.title'),
      aside: 'G I',
      icon: icon(UserRound),
      run: () => void navigate({ to: '/profile' }),
    },
    { id: 'mute', label: t('keys.mute'), aside: 'M', icon: icon(VolumeOff), run: toggleMute },
    {
      id: 'theme',
      label: t(theme === 'dark' ? 'menu.light' : 'menu.dark'),
      icon: icon(SunMoon),
      run: () => prefer({ theme: theme === 'dark' ? 'light' : 'dark' }),
    },
    {
      id: 'language',
      label: tongue === 'pl' ? 'English' : 'Polski',
      icon: icon(Languages),
      run: () => prefer({ language: tongue === 'pl' ? 'en' : 'pl' }),
    },
    {
      id: 'lock',
      label: t('keys.lock'),
      aside: 'G L',
      icon: icon(Lock),
      run: () => lockConsole() || void navigate({ to: '/profile' }),
    },
    { id: 'keys', label: t('keys.help'), aside: '?', icon: icon(Keyboard), run: () => showHelp(true) },
    { id: 'leave', label: t('menu.sign_out'), icon: icon(LogOut), run: () => void signOut() },
  ].filter((command) => searchable(command.label).includes(words))
  const alarms = board
    .all()
    .filter(
      (alarm) =>
        alarm.status !== 'CLOSED' &&
        (words === ''
          ? alarm.status === 'NEW'
          : searchable(`${alarm.site.name} ${alarm.headline[language]} #${alarm.number}`).includes(words)),
    )
    .slice(0, 6)
    .map(
      (alarm): Command => ({
        id: alarm.id,
        label: `${alarm.site.name} — ${alarmHeadline(alarm, language)}`,
        aside: `#${alarm.number}`,
        icon: <PriorityShape priority={alarm.priority} size={15} muted={alarm.service_mode} />,
        run: () => void navigate({ to: '/alarms/$alarmId', params: { alarmId: alarm.id } }),
      }),
    )
  const found = sites.map(
    (site): Command => ({
      id: site.id,
      label: site.name,
      aside: site.city,
      icon: icon(Building2),
      run: () => void navigate({ to: '/sites/$siteId', params: { siteId: site.id } }),
    }),
  )
  return words === '' ? [...fixed, ...alarms] : [...alarms, ...found, ...fixed]
}

const shortestSearch = 2

/** Sites by name, asked of the server a moment after the typing stops. */
function useFoundSites(text: string): readonly Site[] {
  const wanted = text.trim()
  const [found, setFound] = useState<{ readonly text: string; readonly sites: readonly Site[] }>({
    text: '',
    sites: [],
  })
  useEffect(() => {
    if (wanted.length < shortestSearch) return
    const stop = new AbortController()
    const timer = setTimeout(() => {
      searchSites(wanted, stop.signal).then(
        (sites) => setFound({ text: wanted, sites }),
        () => undefined,
      )
    }, 200)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [wanted])
  // While the next answer is on its way the last one stays, unless the search was given up.
  return wanted.length < shortestSearch ? [] : found.sites
}
