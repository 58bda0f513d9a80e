import { roleText } from '@stam/domain'
import { type ReactNode, useState } from 'react'
import { PasswordForm } from '../../app/password-form.tsx'
import { useMe } from '../../data/me.ts'
import { useTexts } from '../../texts/texts.tsx'
import { DoneNote } from '../../ui/notices.tsx'
import { Page } from '../../ui/page.tsx'
import { Section } from '../../ui/section.tsx'
import { AccountSection } from './account-section.tsx'
import { DevicesSection } from './devices-section.tsx'
import { PreferencesSection } from './preferences-section.tsx'
import { SecuritySection } from './security-section.tsx'

/** The own account: what one is called, how one signs in, where one is signed in, how this device looks and sounds. */
export function ProfileScreen(): ReactNode {
  const { t, of } = useTexts()
  const me = useMe()
  return (
    <Page title={t('profile.title')} lead={<span className="text-soft">{of(roleText[me.role])}</span>}>
      <div className="grid items-start gap-4 p-4 lg:grid-cols-2 max-md:gap-3 max-md:p-3" data-testid="profile">
        <div className="flex min-w-0 flex-col gap-4">
          <AccountSection />
          <PasswordSection />
          <SecuritySection />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <DevicesSection />
          <PreferencesSection />
        </div>
      </div>
    </Page>
  )
}

function PasswordSection(): ReactNode {
  const { t } = useTexts()
  const [changed, setChanged] = useState(false)
  return (
    <Section title={t('profile.password')} testId="profile-password">
      <div className="flex max-w-[420px] flex-col gap-3">
        <PasswordForm onChanged={() => setChanged(true)} />
        {changed && <DoneNote testId="password-changed">{t('profile.password_changed')}</DoneNote>}
      </div>
    </Section>
  )
}
