import { Outlet, useNavigate } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense, useEffect } from 'react'
import { useBoard } from '../data/alarms.ts'
import { lockConsole } from '../data/console-lock.ts'
import { may, useMe } from '../data/me.ts'
import { useShortcut } from '../keyboard/keyboard.ts'
import { useTexts } from '../texts/texts.tsx'
import { isWall } from '../ui/use-layout.ts'
import { Boundary } from '../ui/boundary.tsx'
import { Announcer } from './announcer.tsx'
import { Banners } from './banners.tsx'
import { CriticalStrip } from './critical-strip.tsx'
import { showHelp, showPalette, useOverlays } from './overlays.ts'
import { Rail } from './rail.tsx'
import { StatusBar } from './status-bar.tsx'

const CommandPalette = lazy(() =>
  import('./command-palette.tsx').then((module) => ({ default: module.CommandPalette })),
)
const KeysHelp = lazy(() => import('./keys-help.tsx').then((module) => ({ default: module.KeysHelp })))

/** What is around every screen. */
export function Frame(): ReactNode {
  const { t } = useTexts()
  useGoTo()
  return (
    <div className="flex h-full flex-col">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded focus:bg-raised focus:px-4 focus:py-2"
      >
        {t('app.skip')}
      </a>
      <Part>
        <StatusBar />
        <WindowTitle />
      </Part>
      <Part>
        <Banners />
      </Part>
      <Part>
        <CriticalStrip />
      </Part>
      <div className="flex min-h-0 flex-1 max-md:flex-col">
        {!isWall && <Rail />}
        <main id="main" tabIndex={-1} className="flex min-h-0 min-w-0 flex-1 flex-col outline-none">
          <Outlet />
        </main>
      </div>
      <Part>
        <Announcer />
      </Part>
      <Part>
        <Overlays />
      </Part>
    </div>
  )
}

/** One part's fault must not take the alarm screen with it. */
function Part({ children }: { readonly children: ReactNode }): ReactNode {
  const { t } = useTexts()
  return (
    <Boundary
      fallback={(reset) => (
        <button
          type="button"
          data-testid="part-failed"
          className="min-h-11 border-b border-line bg-critical-tint px-4 text-left"
          onClick={() => {
            showHelp(false)
            reset()
          }}
        >
          {t('app.part_failed')}
        </button>
      )}
    >
      {children}
    </Boundary>
  )
}

/** Fetched when first asked for. */
function Overlays(): ReactNode {
  const { help, palette } = useOverlays()
  return (
    <Suspense fallback={null}>
      {help && <KeysHelp />}
      {palette && <CommandPalette />}
    </Suspense>
  )
}

function useGoTo(): void {
  const navigate = useNavigate()
  useShortcut('goAlarms', () => void navigate({ to: '/alarms' }))
  useShortcut('goSites', () => void navigate({ to: '/sites' }))
  useShortcut('goPanels', () => void navigate({ to: '/panels' }))
  useShortcut('goSystem', () => void navigate({ to: '/system' }))
  const me = useMe()
  useShortcut('goPeople', () => void navigate({ to: '/admin/people' }), may(me, 'user:read'))
  useShortcut('goAudit', () => void navigate({ to: '/admin/audit' }), may(me, 'audit:read'))
  useShortcut('goProfile', () => void navigate({ to: '/profile' }))
  useShortcut('lock', () => lockConsole() || void navigate({ to: '/profile' }))
  useShortcut('help', () => showHelp(true))
  useShortcut('palette', () => showPalette(true))
}

/** The tab tells what waits, for windows behind others. */
function WindowTitle(): ReactNode {
  const { t } = useTexts()
  const { counts } = useBoard()
  useEffect(() => {
    document.title = counts.new === 0 ? 'STAM' : t('app.title_new', { count: counts.new })
  }, [counts.new, t])
  return null
}
