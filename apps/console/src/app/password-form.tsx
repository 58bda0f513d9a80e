import { type FormEvent, type ReactNode, useState } from 'react'
import { changePassword } from '../data/me.ts'
import { useTexts } from '../texts/texts.tsx'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { failureWords } from '../ui/page-state.tsx'
import { Problem } from '../ui/notices.tsx'

const shortest = 8

interface Props {
  readonly onChanged?: () => void
  readonly size?: 'md' | 'lg'
}

/** The old password once, the new one twice; the rules are the server's, the length is told before. */
export function PasswordForm({ onChanged, size = 'md' }: Props): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [again, setAgain] = useState('')
  const [tried, setTried] = useState(false)
  const [sending, setSending] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const short = [...next].length < shortest
  const different = next !== again
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (short || different || sending) return
    setSending(true)
    const result = await changePassword(current, next)
    setSending(false)
    if (result.ok) {
      for (const clear of [setCurrent, setNext, setAgain]) clear('')
      setTried(false)
      setProblem(null)
      onChanged?.()
      return
    }
    const { failure } = result
    if (failure.kind === 'refused' && failure.code === 'PASSWORD_TOO_WEAK') setProblem(t('password.weak'))
    else if (failure.kind === 'refused' && failure.status !== 429) setProblem(t('password.wrong'))
    else {
      const { title, body } = failureWords(failure, texts)
      setProblem(`${title}. ${body}`)
    }
  }
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
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
      {problem !== null && <Problem>{problem}</Problem>}
      <Button tone="primary" size={size} type="submit" testId="password-submit" isDisabled={sending}>
        {t('password.submit')}
      </Button>
    </form>
  )
}
