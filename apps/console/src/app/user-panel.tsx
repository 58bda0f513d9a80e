import { roleText } from '@stam/domain'
import { Link, useNavigate } from '@tanstack/react-router'
import { Keyboard, Lock, LogOut, Moon, Sun, UserRound } from 'lucide-react'
import type { ReactNode, RefObject } from 'react'
import { Dialog } from 'react-aria-components/Dialog'
import { Popover } from 'react-aria-components/Popover'
import { lockConsole } from '../data/console-lock.ts'
import { signOut, useMe } from '../data/me.ts'
import { prefer, usePreference } from '../data/preferences.ts'
import { VolumeControl } from '../sound/volume-control.tsx'
import { useTexts } from '../texts/texts.tsx'
import { Segments } from '../ui/segments.tsx'
import { showHelp } from './overlays.ts'

const item = 'flex min-h-10 w-full items-center gap-3 rounded-sm px-3 text-left hover:bg-hover max-md:min-h-11'

interface Props {
  readonly trigger: RefObject<HTMLButtonElement | null>
  readonly onClose: () => void
}

export function UserPanel({ trigger, onClose }: Props): ReactNode {
  const { t, of } = useTexts()
  const me = useMe()
  const navigate = useNavigate()
  return (
    <Popover
      isOpen
      onOpenChange={(open) => !open && onClose()}
      triggerRef={trigger}
      placement="bottom end"
      className="fade-in w-80 rounded border border-line bg-raised shadow-raised"
    >
      <Dialog
        aria-label={t('menu.label', { name: me.name })}
        className="flex max-h-[80dvh] flex-col gap-4 overflow-y-auto p-4 outline-none"
      >
        <p>
          <b className="block font-semibold">{me.name}</b>
          <span className="text-sm text-soft">
            {me.email} · {of(roleText[me.role])}
          </span>
        </p>
        <Look />
        <VolumeControl />
        <div className="-mx-1 flex flex-col border-t border-line pt-2">
          <Link to="/profile" className={item} data-testid="go-profile" onClick={onClose}>
            <UserRound size={18} aria-hidden="true" className="text-soft" />
            {t('profile.title')}
          </Link>
          <button
            type="button"
            className={item}
            onClick={() => {
              onClose()
              showHelp(true)
            }}
          >
            <Keyboard size={18} aria-hidden="true" className="text-soft" />
            {t('menu.keys')}
          </button>
          <button
            type="button"
            className={item}
            data-testid="lock-console"
            onClick={() => {
              onClose()
              if (!lockConsole()) void navigate({ to: '/profile' })
            }}
          >
            <Lock size={18} aria-hidden="true" className="text-soft" />
            {t('keys.lock')}
          </button>
          <button type="button" className={item} data-testid="sign-out" onClick={() => void signOut()}>
            <LogOut size={18} aria-hidden="true" className="text-soft" />
            {t('menu.sign_out')}
          </button>
        </div>
      </Dialog>
    </Popover>
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
