import { Outlet, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { useBoard } from '../data/alarms.ts'
import { useShortcut } from '../keyboard/keyboard.ts'
import { startSound } from '../sound/alarm-sound.ts'
import { useTexts } from '../texts/texts.tsx'
import { Announcer } from './announcer.tsx'
import { Banners } from './banners.tsx'
import { CommandPalette } from './command-palette.tsx'
import { CriticalStrip } from './critical-strip.tsx'
import { KeysHelp } from './keys-help.tsx'
import { showHelp, showPalette } from './overlays.ts'
import { Rail } from './rail.tsx'
import { StatusBar } from './status-bar.tsx'

/** What is around every screen. */
export function Frame(): ReactNode {
  const { t } = useTexts()
  useEffect(startSound, [])
  useGoTo()
  useTitle()
  return (
    <div className="flex h-full flex-col">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded focus:bg-raised focus:px-4 focus:py-2"
      >
        {t('app.skip')}
      </a>
      <StatusBar />
      <Banners />
      <CriticalStrip />
      <div className="flex min-h-0 flex-1 max-md:flex-col">
        <Rail />
        <main id="main" tabIndex={-1} className="flex min-h-0 min-w-0 flex-1 flex-col outline-none">
          <Outlet />
        </main>
      </div>
      <Announcer />
      <KeysHelp />
      <CommandPalette />
    </div>
  )
}

function useGoTo(): void {
  const navigate = useNavigate()
  useShortcut('goAlarms', () => void navigate({ to: '/alarms' }))
  useShortcut('goSites', () => void navigate({ to: '/sites' }))
  useShortcut('goPanels', () => void navigate({ to: '/panels' }))
  useShortcut('goSystem', () => void navigate({ to: '/system' }))
  useShortcut('help', () => showHelp(true))
  useShortcut('palette', () => showPalette(true))
}

/** The tab tells what waits, for windows behind others. */
function useTitle(): void {
  const { t } = useTexts()
  const { counts } = useBoard()
  useEffect(() => {
    document.title = counts.new === 0 ? 'STAM' : t('app.title_new', { count: counts.new })
  }, [counts.new, t])
}
