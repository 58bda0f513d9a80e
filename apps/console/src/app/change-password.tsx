import { type FormEvent, type ReactNode, useState } from 'react'
import { changePassword, signOut } from '../data/me.ts'
import { useTexts } from '../texts/texts.tsx'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { failureWords } from '../ui/page-state.tsx'
import { Mark } from './mark.tsx'

const shortest = 8

/** A password somebody else knows must be changed before anything else is shown. */
export function ChangePassword(): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [again, setAgain] = useState('')
  const [tried, setTried] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const short = [...next].length < shortest
  const different = next !== again
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (short || different) return
    const result = await changePassword(current, next)
    if (result.ok) return
    const { failure } = result
    if (failure.kind === 'refused' && failure.code === 'PASSWORD_TOO_WEAK') setProblem(t('password.weak'))
    else if (failure.kind === 'refused') setProblem(t('password.wrong'))
    else setProblem(failureWords(failure, texts).title)
  }
  return (
    <main className="flex h-full flex-col items-center justify-center overflow-y-auto p-6">
      <div className="w-full max-w-[380px]">
        <Mark />
        <form
          noValidate
          onSubmit={(event) => void submit(event)}
          className="flex flex-col gap-4 rounded border border-line bg-surface p-6"
          data-testid="change-password"
        >
          <h1 className="text-xl font-semibold">{t('password.title')}</h1>
          <p className="text-soft">{t('password.why')}</p>
          <Field
            label={t('password.current')}
            type="password"
            autoComplete="current-password"
            value={current}
            onChange={setCurrent}
            testId="password-current"
          />
          <Field
            label={t('password.next')}
            type="password"
            autoComplete="new-password"
            value={next}
            onChange={setNext}
            testId="password-next"
            hint={t('password.rule', { count: shortest })}
            error={tried && short ? t('password.rule', { count: shortest }) : undefined}
          />
          <Field
            label={t('password.again')}
            type="password"
            autoComplete="new-password"
            value={again}
            onChange={setAgain}
            testId="password-again"
            error={tried && different ? t('password.different') : undefined}
          />
          {problem !== null && (
            <p role="alert" className="rounded border border-critical bg-critical-tint p-3">
              {problem}
            </p>
          )}
          <Button tone="primary" size="lg" type="submit" testId="password-submit">
            {t('password.submit')}
          </Button>
          <Button tone="quiet" onPress={() => void signOut()}>
            {t('menu.sign_out')}
          </Button>
        </form>
      </div>
    </main>
  )
}
