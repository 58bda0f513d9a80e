import type { ReactNode } from 'react'
import { useSignInSettings } from '../../data/sign-in.ts'
import { failureOf } from '../../data/http.ts'
import { useTexts } from '../../texts/texts.tsx'
import { failureWords } from '../../ui/page-state.tsx'
import { Section } from '../../ui/section.tsx'
import { PasskeySettings } from './passkey-settings.tsx'
import { PinSettings } from './pin-settings.tsx'

/** How one proves who one is, beyond the password: passkeys, and the PIN that opens a locked console. */
export function SecuritySection(): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const { data: settings, error } = useSignInSettings()
  return (
    <Section title={t('security.title')} testId="security">
      {settings !== undefined ? (
        <div className="flex flex-col gap-6">
          <PasskeySettings settings={settings} />
          <PinSettings settings={settings} />
        </div>
      ) : (
        <p className="text-soft">{error === null ? t('state.loading') : failureWords(failureOf(error), texts).title}</p>
      )}
    </Section>
  )
}
