import { roleText } from '@stam/domain'
import { Keyboard, LogOut, Moon, Sun, Volume2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from 'react-aria-components/Button'
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog'
import { Popover } from 'react-aria-components/Popover'
import { signOut, useMe } from '../data/me.ts'
import { prefer, usePreference } from '../data/preferences.ts'
import { playTestTone } from '../sound/alarm-sound.ts'
import { useTexts } from '../texts/texts.tsx'
import { Segments } from '../ui/choice.tsx'
import { Avatar } from '../ui/handler.tsx'
import { showHelp } from './overlays.ts'

const item = 'flex min-h-10 w-full items-center gap-3 rounded-sm px-3 text-left hover:bg-hover max-md:min-h-11'

/** Who is signed in, and how this device should look and sound. */
export function UserMenu(): ReactNode {
  const { t, of } = useTexts()
  const me = useMe()
  return (
    <DialogTrigger>
      <Button
        data-testid="user-menu"
        aria-label={t('menu.label', { name: me.name })}
        className="flex h-9 items-center gap-2 rounded px-2 hover:bg-hover max-md:h-11"
      >
        <Avatar name={me.name} mine size={26} />
        <span className="flex flex-col items-start leading-4 max-lg:hidden">
          <span className="text-sm font-medium whitespace-nowrap">{me.name}</span>
          <span className="text-xs text-soft">{of(roleText[me.role])}</span>
        </span>
      </Button>
      <Popover placement="bottom end" className="fade-in w-80 rounded border border-line bg-raised shadow-raised">
        <Dialog
          aria-label={t('menu.label', { name: me.name })}
          className="flex max-h-[80dvh] flex-col gap-4 overflow-y-auto p-4 outline-none"
        >
          {({ close }) => (
            <>
              <p>
                <b className="block font-semibold">{me.name}</b>
                <span className="text-sm text-soft">
                  {me.email} · {of(roleText[me.role])}
                </span>
              </p>
              <Look />
              <Volume />
              <div className="-mx-1 flex flex-col border-t border-line pt-2">
                <button
                  type="button"
                  className={item}
                  onClick={() => {
                    close()
                    showHelp(true)
                  }}
                >
                  <Keyboard size={18} aria-hidden="true" className="text-soft" />
                  {t('menu.keys')}
                </button>
                <button type="button" className={item} data-testid="sign-out" onClick={() => void signOut()}>
                  <LogOut size={18} aria-hidden="true" className="text-soft" />
                  {t('menu.sign_out')}
                </button>
              </div>
            </>
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}

function Look(): ReactNode {
  const { t } = useTexts()
  const theme = usePreference('theme')
  const language = usePreference('language')
  return (
    <div className="flex flex-col gap-3">
      <Segments
        label={t('menu.language')}
        hideLabel={false}
        testId="language"
        value={language}
        onChange={(next) => prefer({ language: next })}
        options={[
          { value: 'pl', label: 'Polski' },
          { value: 'en', label: 'English' },
        ]}
      />
      <button
        type="button"
        className={`${item} -mx-1`}
        data-testid="theme"
        onClick={() => prefer({ theme: theme === 'dark' ? 'light' : 'dark' })}
      >
        {theme === 'dark' ? (
          <Sun size={18} aria-hidden="true" className="text-soft" />
        ) : (
          <Moon size={18} aria-hidden="true" className="text-soft" />
        )}
        {t(theme === 'dark' ? 'menu.light' : 'menu.dark')}
      </button>
    </div>
  )
}

/** Never quite silent: silence is the mute's business, and the mute ends by itself. */
function Volume(): ReactNode {
  const { t } = useTexts()
  const volume = usePreference('volume')
  return (
    <div className="flex flex-col gap-2">
      <label className="flex flex-col gap-1 text-sm text-soft">
        {t('menu.volume', { percent: Math.round(volume * 100) })}
        <input
          type="range"
          data-testid="volume"
          min={10}
          max={100}
          step={5}
          value={Math.round(volume * 100)}
          onChange={(event) => prefer({ volume: Number(event.target.value) / 100 })}
          className="h-6 accent-action"
        />
      </label>
      <button type="button" className={`${item} -mx-1`} data-testid="test-tone" onClick={playTestTone}>
        <Volume2 size={18} aria-hidden="true" className="text-soft" />
        {t('menu.test_tone')}
      </button>
    </div>
  )
}
