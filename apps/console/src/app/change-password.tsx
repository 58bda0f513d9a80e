import type { ReactNode } from 'react'
import { signOut } from '../data/me.ts'
import { useTexts } from '../texts/texts.tsx'
import { Button } from '../ui/button.tsx'
import { Mark } from './mark.tsx'
import { PasswordForm } from './password-form.tsx'

/** A password somebody else knows must be changed before anything else is shown. */
export function ChangePassword(): ReactNode {
  const { t } = useTexts()
  return (
    <main className="flex h-full flex-col items-center justify-center overflow-y-auto p-6">
      <div className="w-full max-w-[380px]">
        <Mark />
        <div className="flex flex-col gap-4 rounded border border-line bg-surface p-6" data-testid="change-password">
          <h1 className="text-xl font-semibold">{t('password.title')}</h1>
          <p className="text-soft">{t('password.why')}</p>
          <PasswordForm size="lg" />
          <Button tone="quiet" onPress={() => void signOut()}>
            {t('menu.sign_out')}
          </Button>
        </div>
      </div>
    </main>
  )
}
