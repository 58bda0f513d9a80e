import type { ReactNode } from 'react'
import { prefer, usePreference } from '../data/preferences.ts'
import { useTexts } from '../texts/texts.tsx'

/** Language and look, for those who are not signed in yet. */
export function Languages(): ReactNode {
  const { t } = useTexts()
  const language = usePreference('language')
  const theme = usePreference('theme')
  const link = 'min-h-11 px-2 text-sm text-soft hover:text-text hover:underline'
  return (
    <p className="mt-3 flex justify-between">
      <button
        type="button"
        className={link}
        data-testid="login-language"
        lang={language === 'pl' ? 'en' : 'pl'}
        onClick={() => prefer({ language: language === 'pl' ? 'en' : 'pl' })}
      >
        {language === 'pl' ? 'English' : 'Polski'}
      </button>
      <button type="button" className={link} onClick={() => prefer({ theme: theme === 'dark' ? 'light' : 'dark' })}>
        {t(theme === 'dark' ? 'menu.light' : 'menu.dark')}
      </button>
    </p>
  )
}
