import { roleText } from '@stam/domain'
import { lazy, type ReactNode, Suspense, useRef, useState } from 'react'
import { useMe } from '../data/me.ts'
import { useTexts } from '../texts/texts.tsx'
import { Avatar } from '../ui/handler.tsx'

// What is in the menu is not needed for the first drawing.
const UserPanel = lazy(() => import('./user-panel.tsx').then((module) => ({ default: module.UserPanel })))

/** Who is signed in; opens how this device should look and sound. */
export function UserMenu(): ReactNode {
  const { t, of } = useTexts()
  const me = useMe()
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  return (
    <>
      <button
        ref={button}
        type="button"
        data-testid="user-menu"
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(true)}
        className="flex h-9 items-center gap-2 rounded px-2 hover:bg-hover max-md:h-11"
      >
        <Avatar name={me.name} mine size={26} />
        <span className="sr-only">{t('menu.button')}</span>
        <span className="flex flex-col items-start leading-4 max-lg:sr-only">
          <span className="text-sm font-medium whitespace-nowrap">{me.name}</span>
          <span className="text-xs text-soft">{of(roleText[me.role])}</span>
        </span>
      </button>
      {open && (
        <Suspense fallback={null}>
          <UserPanel trigger={button} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  )
}
