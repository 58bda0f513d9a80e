import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { queries } from '../data/centre.ts'
import { useLocked } from '../data/console-lock.ts'
import { tryAgain, useSession } from '../data/me.ts'
import { usePreference } from '../data/preferences.ts'
import { TextsProvider, useTexts } from '../texts/texts.tsx'
import { countdown } from '../texts/time.ts'
import { Boundary } from '../ui/boundary.tsx'
import { Button } from '../ui/button.tsx'
import { Ticking } from '../ui/ticking.tsx'
import { ChangePassword } from './change-password.tsx'
import { LockScreen } from './lock-screen.tsx'
import { Login } from './login.tsx'
import { Mark } from './mark.tsx'
import { router } from './router.tsx'
import { ScreenFailed } from './screen-failed.tsx'

export function Root(): ReactNode {
  const theme = usePreference('theme')
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme
  }, [theme])
  return (
    <TextsProvider>
      <QueryClientProvider client={queries}>
        <Boundary fallback={(reset) => <ScreenFailed reset={reset} />}>
          <Gate />
        </Boundary>
      </QueryClientProvider>
    </TextsProvider>
  )
}

/** The address stays what it is; only what stands in it changes, so that signing in leads back to the same place. */
function Gate(): ReactNode {
  const session = useSession()
  switch (session.phase) {
    case 'starting':
      return <Starting />
    case 'unreachable':
      return <NoServer attempt={session.attempt} retryAt={session.retryAt} />
    case 'signed_out':
      return <Login why={session.why} />
    case 'signed_in':
      if (session.user.must_change_password) return <ChangePassword />
      return <Unlocked />
  }
}

/** A locked console holds nothing of the screens: what is not there cannot be seen, read out or pressed. */
function Unlocked(): ReactNode {
  const locked = useLocked()
  return locked ? <LockScreen /> : <RouterProvider router={router} />
}

function Starting(): ReactNode {
  const { t } = useTexts()
  return (
    <main className="flex h-full flex-col items-center justify-center" role="status" aria-label={t('app.starting')}>
      <Mark />
    </main>
  )
}

function NoServer({ attempt, retryAt }: { readonly attempt: number; readonly retryAt: number }): ReactNode {
  const { t } = useTexts()
  return (
    <main className="flex h-full flex-col items-center justify-center p-6 text-center" data-testid="no-server">
      <Mark />
      <h1 className="text-xl font-semibold">{t('banner.unreachable')}</h1>
      <p className="mt-2 max-w-[52ch] text-soft">{t('app.no_server')}</p>
      <p className="mt-4 text-soft">
        <Ticking
          say={() => t('banner.attempt', { attempt, left: countdown(retryAt - Date.now()) })}
          deps={`${attempt} ${retryAt}`}
        />
      </p>
      <Button className="mt-4" onPress={tryAgain} testId="retry">
        {t('banner.try_now')}
      </Button>
    </main>
  )
}
