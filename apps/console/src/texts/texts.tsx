/** Every word on the screen comes through here: one catalogue per language, loaded when its language is chosen. */
import type { Language, Text } from '@stam/contracts'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { I18nProvider } from 'react-aria-components/I18nProvider'
import { createIntl, createIntlCache, IntlProvider, useIntl } from 'react-intl'
import { preferences, usePreference } from '../data/preferences.ts'
import type { MessageKey } from './pl.ts'

export type { MessageKey } from './pl.ts'
export type Catalogue = Readonly<Record<MessageKey, string>>
export type Values = Readonly<Record<string, string | number>>

const load: Record<Language, () => Promise<Catalogue>> = {
  pl: () => import('./pl.ts').then((module) => module.pl),
  en: () => import('./en.ts').then((module) => module.en),
}
const localeOf: Record<Language, string> = { pl: 'pl-PL', en: 'en-GB' }
const loaded = new Map<Language, Catalogue>()

/** Loads the catalogue of the preferred language before the first drawing. */
export async function loadTexts(language: Language = preferences.getState().language): Promise<void> {
  loaded.set(language, await load[language]())
}

export function TextsProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const wanted = usePreference('language')
  const [language, setLanguage] = useState<Language>(wanted)
  useEffect(() => {
    let stale = false
    void loadTexts(wanted).then(() => {
      if (stale) return
      setLanguage(wanted)
      document.documentElement.lang = wanted
    })
    return () => {
      stale = true
    }
  }, [wanted])
  const messages = loaded.get(language)
  if (messages === undefined) return null
  return (
    <IntlProvider locale={localeOf[language]} messages={messages} onError={complain}>
      <I18nProvider locale={localeOf[language]}>{children}</I18nProvider>
    </IntlProvider>
  )
}

/** A missing key is a fault of ours, seen in the console of the browser and caught by texts.test.ts before. */
function complain(error: Error): void {
  globalThis.reportError?.(error)
}

export interface Texts {
  readonly language: Language
  t(key: MessageKey, values?: Values): string
  /** A text that exists in both languages as data (headlines, names of troubles). */
  of(text: Text): string
}

export function useTexts(): Texts {
  const intl = useIntl()
  return useMemo(() => {
    const language: Language = intl.locale.startsWith('pl') ? 'pl' : 'en'
    return {
      language,
      t: (key, values) => intl.formatMessage({ id: key }, values as Record<string, string | number>),
      of: (text) => text[language],
    }
  }, [intl])
}

/** Texts outside of React: for tests and for what speaks without being drawn. */
export function textsOf(language: Language, messages: Catalogue): Texts {
  const intl = createIntl({ locale: localeOf[language], messages, onError: complain }, createIntlCache())
  return {
    language,
    t: (key, values) => intl.formatMessage({ id: key }, values as Record<string, string | number>),
    of: (text) => text[language],
  }
}
