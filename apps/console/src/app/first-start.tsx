import { type FormEvent, type ReactNode, useState } from 'react'
import type { Failure } from '../data/http.ts'
import { usePreference } from '../data/preferences.ts'
import { setUp } from '../data/sign-in.ts'
import { type Texts, useTexts } from '../texts/texts.tsx'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { failureWords } from '../ui/page-state.tsx'
import { Languages } from './languages.tsx'
import { Mark } from './mark.tsx'

const shortestPassword = 8

const empty = { code: '', name: '', email: '', password: '', again: '' }
type Fields = typeof empty

function problemsOf({ code, name, email, password, again }: Fields, { t }: Texts): Partial<Fields> {
  return {
    ...(code.trim() === '' ? { code: t('setup.code_rule') } : {}),
    ...(name.trim().length < 2 ? { name: t('setup.name_rule') } : {}),
    ...(/^\S+@\S+\.\S+$/.test(email.trim()) ? {} : { email: t('setup.email_rule') }),
    ...([...password].length < shortestPassword ? { password: t('password.rule', { count: shortestPassword }) } : {}),
    ...(again === password ? {} : { again: t('password.different') }),
  }
}

/** There is nobody yet: whoever can read where the station was started makes the first administrator. */
export function FirstStart({ onDone }: { readonly onDone: () => void }): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const language = usePreference('language')
  const [fields, setFields] = useState(empty)
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const problems = tried ? problemsOf(fields, texts) : {}
  const field = (name: keyof Fields) => ({
    testId: `setup-${name}`,
    value: fields[name],
    error: problems[name],
    onChange: (value: string) => setFields({ ...fields, [name]: value }),
  })
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (busy || Object.keys(problemsOf(fields, texts)).length > 0) return
    setBusy(true)
    setFailure(null)
    const { code, name, email, password } = fields
    const result = await setUp({ code, name: name.trim(), email: email.trim(), password, language })
    setBusy(false)
    if (result.ok) return
    if (result.failure.kind === 'refused' && result.failure.code === 'SETUP_DONE') return onDone()
    setFailure(result.failure)
  }
  return (
    <main className="flex h-full flex-col items-center overflow-y-auto p-6">
      <div className="my-auto w-full max-w-[420px]">
        <Mark />
        <form
          noValidate
          onSubmit={(event) => void submit(event)}
          className="flex flex-col gap-4 rounded border border-line bg-surface p-6"
          data-testid="first-start"
        >
          <h1 className="text-xl font-semibold">{t('setup.title')}</h1>
          <p className="text-soft">{t('setup.why')}</p>
          <Field
            {...field('code')}
            label={t('setup.code')}
            hint={t('setup.code_hint')}
            autoFocus
            autoComplete="one-time-code"
            spellCheck="false"
          />
          <Field {...field('name')} label={t('setup.name')} autoComplete="name" />
          <Field {...field('email')} label={t('login.email')} type="email" autoComplete="username" />
          <Field
            {...field('password')}
            label={t('login.password')}
            hint={t('setup.password_hint', { count: shortestPassword })}
            type="password"
            autoComplete="new-password"
          />
          <Field {...field('again')} label={t('setup.again')} type="password" autoComplete="new-password" />
          {failure !== null && (
            <p role="alert" data-testid="setup-problem" className="rounded border border-critical bg-critical-tint p-3">
              {wordsOf(failure, texts)}
            </p>
          )}
          <Button tone="primary" size="lg" type="submit" testId="setup-submit" isDisabled={busy}>
            {t('setup.submit')}
          </Button>
        </form>
        <Languages />
      </div>
    </main>
  )
}

function wordsOf(failure: Failure, texts: Texts): string {
  const { t } = texts
  if (failure.kind === 'refused' && failure.code === 'SETUP_CODE_WRONG') return t('setup.code_wrong')
  if (failure.kind === 'refused' && failure.code === 'PASSWORD_TOO_WEAK') return t('password.weak')
  const { title, body } = failureWords(failure, texts)
  return `${title}. ${body}`
}
