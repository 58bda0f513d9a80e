import type { Language } from '@stam/contracts'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useMe } from '../../data/me.ts'
import { saveOwnAccount } from '../../data/own-account.ts'
import { prefer } from '../../data/preferences.ts'
import { useConnection } from '../../data/system.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { DoneNote, Problem } from '../../ui/notices.tsx'
import { failureWords } from '../../ui/page-state.tsx'
import { Section } from '../../ui/section.tsx'
import { Segments } from '../../ui/segments.tsx'

const shortestName = 2

/** Name and language of the account; the language is taken over by this device as well. */
export function AccountSection(): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const me = useMe()
  const { canAct } = useConnection()
  const [name, setName] = useState(me.name)
  const [language, setLanguage] = useState<Language>(me.language)
  const [outcome, setOutcome] = useState<'saving' | 'saved' | { readonly problem: string } | null>(null)
  const short = name.trim().length < shortestName
  const changed = name.trim() !== me.name || language !== me.language
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (short || !changed || outcome === 'saving') return
    setOutcome('saving')
    const result = await saveOwnAccount({ name: name.trim(), language })
    if (!result.ok) return setOutcome({ problem: failureWords(result.failure, texts).title })
    prefer({ language })
    setOutcome('saved')
  }
  return (
    <Section title={t('profile.account')} testId="profile-account">
      <form noValidate onSubmit={(event) => void save(event)} className="flex max-w-[420px] flex-col gap-4">
        <p>
          <span className="block text-sm text-soft">{t('person.email')}</span>
          <span className="break-words">{me.email}</span>
          <span className="block text-sm text-soft">{t('profile.email_hint')}</span>
        </p>
        <Field
          label={t('person.name')}
          value={name}
          onChange={(next) => {
            setName(next)
            setOutcome(null)
          }}
          maxLength={120}
          autoComplete="name"
          testId="profile-name"
          hint={t('profile.name_hint')}
          error={short ? t('person.name_rule') : undefined}
        />
        <Segments<Language>
          label={t('menu.language')}
          hideLabel={false}
          value={language}
          testId="profile-language"
          onChange={(next) => {
            setLanguage(next)
            setOutcome(null)
          }}
          options={[
            { value: 'pl', label: 'Polski' },
            { value: 'en', label: 'English' },
          ]}
        />
        {outcome !== null && typeof outcome === 'object' && <Problem>{outcome.problem}</Problem>}
        <div className="flex flex-wrap items-center gap-3">
          <Button
            tone="primary"
            type="submit"
            testId="profile-save"
            isDisabled={!canAct || !changed || short || outcome === 'saving'}
          >
            {t('person.save')}
          </Button>
          {outcome === 'saved' && <DoneNote testId="profile-saved">{t('person.saved')}</DoneNote>}
        </div>
      </form>
    </Section>
  )
}
