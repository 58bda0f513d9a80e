/** Acts the server does only for who has just signed in or shows the password: tried without it, and asked for when needed. */
import { type FormEvent, type ReactNode, useState } from 'react'
import type { SignInFailure, SignInResult } from '../../data/sign-in.ts'
import { needsPassword } from '../../data/sign-in.ts'
import { type Texts, useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { failureWords } from '../../ui/page-state.tsx'

type Act = (password: string | null) => Promise<SignInResult>

export interface ConfirmedActs {
  readonly busy: boolean
  /** Runs the act; asks for the password when the server does. */
  run(act: Act, onDone?: () => void): void
  /** The question for the password, or what went wrong; draw it where the act was begun. */
  readonly below: ReactNode
}

export function useConfirmedActs(): ConfirmedActs {
  const texts = useTexts()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const [waiting, setWaiting] = useState<{ readonly act: Act; readonly onDone: () => void } | null>(null)
  const go = async (act: Act, onDone: () => void, password: string | null): Promise<void> => {
    setBusy(true)
    setProblem(null)
    const result = await act(password)
    setBusy(false)
    if (!result.ok && needsPassword(result.failure)) return setWaiting({ act, onDone })
    if (!result.ok) return setProblem(wordsFor(result.failure, texts))
    setWaiting(null)
    onDone()
  }
  return {
    busy,
    run: (act, onDone = () => {}) => {
      setWaiting(null)
      void go(act, onDone, null)
    },
    below: (
      <>
        {waiting !== null && (
          <PasswordQuestion
            busy={busy}
            onAnswer={(password) => void go(waiting.act, waiting.onDone, password)}
            onGiveUp={() => {
              setWaiting(null)
              setProblem(null)
            }}
          />
        )}
        {problem !== null && (
          <p
            role="alert"
            data-testid="security-problem"
            className="rounded border border-critical bg-critical-tint px-3 py-2 break-words"
          >
            {problem}
          </p>
        )}
      </>
    ),
  }
}

interface QuestionProps {
  readonly busy: boolean
  readonly onAnswer: (password: string) => void
  readonly onGiveUp: () => void
}

function PasswordQuestion({ busy, onAnswer, onGiveUp }: QuestionProps): ReactNode {
  const { t } = useTexts()
  const [password, setPassword] = useState('')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (password !== '' && !busy) onAnswer(password)
  }
  return (
    <form
      noValidate
      onSubmit={submit}
      className="flex flex-wrap items-end gap-3 rounded border border-line bg-raised p-3"
      data-testid="password-question"
    >
      <Field
        label={t('security.password')}
        type="password"
        autoComplete="current-password"
        // Asked for by what was just pressed.
        autoFocus
        value={password}
        onChange={setPassword}
        testId="confirm-password"
        className="min-w-52 flex-1"
      />
      <Button tone="primary" type="submit" isDisabled={busy || password === ''} testId="confirm-password-submit">
        {t('security.confirm')}
      </Button>
      <Button tone="quiet" onPress={onGiveUp}>
        {t('action.cancel')}
      </Button>
    </form>
  )
}

function wordsFor(failure: SignInFailure, texts: Texts): string {
  const { t } = texts
  if (failure.kind === 'no_passkey') return t('security.no_passkey')
  if (failure.kind === 'known_passkey') return t('security.known_passkey')
  if (failure.kind === 'refused') {
    if (failure.code === 'INVALID_CREDENTIALS') return t('security.password_wrong')
    if (failure.code === 'PIN_TOO_WEAK') return t('pin.weak')
    if (failure.code === 'PASSKEY_REFUSED') return t('security.refused')
    if (failure.code === 'PASSKEY_MISSING') return t('security.no_passkey_yet')
    if (failure.code === 'PASSKEYS_NEED_A_NAME') return t('security.needs_name')
  }
  const { title, body } = failureWords(failure, texts)
  return `${title}. ${body}`
}
