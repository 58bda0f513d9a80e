import { Eye, EyeOff, Fingerprint } from 'lucide-react'
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { signIn } from '../data/me.ts'
import {
  answerQuestion,
  passkeysPossible,
  secondFactorOf,
  setupNeeded,
  type SignInFailure,
  signInWithPasskey,
} from '../data/sign-in.ts'
import { useTexts } from '../texts/texts.tsx'
import { Button, IconButton } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { FirstStart } from './first-start.tsx'
import { Languages } from './languages.tsx'
import { Mark } from './mark.tsx'

/** Stands in the place of the screen that was open; that screen comes back after signing in. */
export function Login({ why }: { readonly why: 'none' | 'ended' | 'left' }): ReactNode {
  const { t } = useTexts()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [shown, setShown] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<SignInFailure | null>(null)
  const [firstStart, setFirstStart] = useState(false)
  const passwordField = useRef<HTMLInputElement>(null)
  const run = async (way: () => Promise<{ ok: true } | { ok: false; failure: SignInFailure }>): Promise<boolean> => {
    setBusy(true)
    setFailure(null)
    const result = await way()
    setBusy(false)
    if (!result.ok) setFailure(result.failure)
    return result.ok
  }
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (busy) return
    const passed = await run(async () => {
      const result = await signIn(email.trim(), password)
      const question = result.ok ? null : secondFactorOf(result.failure)
      return question === null ? result : answerQuestion(question)
    })
    if (passed) return
    setPassword('')
    passwordField.current?.focus()
  }
  useEffect(() => {
    let gone = false
    if (why === 'none') void setupNeeded().then((needed) => !gone && setFirstStart(needed === true))
    return () => {
      gone = true
    }
  }, [why])
  useEffect(() => {
    document.title = 'STAM'
  }, [])
  if (firstStart) return <FirstStart onDone={() => setFirstStart(false)} />
  return (
    <main className="flex h-full flex-col items-center justify-center overflow-y-auto p-6">
      <div className="w-full max-w-[380px]">
        <Mark />
        {why === 'ended' && (
          <p role="status" data-testid="session-ended" className="mb-4 rounded border border-line bg-surface p-3">
            {t('login.ended')}
          </p>
        )}
        <form
          noValidate
          onSubmit={(event) => void submit(event)}
          className="flex flex-col gap-4 rounded border border-line bg-surface p-6"
          data-testid="login"
        >
          <h1 className="text-xl font-semibold">{t('login.title')}</h1>
          <Field
            label={t('login.email')}
            testId="login-email"
            type="email"
            autoComplete="username"
            autoFocus
            value={email}
            onChange={setEmail}
          />
          <div className="relative">
            <Field
              label={t('login.password')}
              testId="login-password"
              type={shown ? 'text' : 'password'}
              autoComplete="current-password"
              value={password}
              onChange={setPassword}
              inputRef={passwordField}
            />
            <IconButton
              label={t(shown ? 'login.hide' : 'login.show')}
              onPress={() => setShown(!shown)}
              className="absolute right-0.5 bottom-0.5 max-md:bottom-0"
            >
              {shown ? <EyeOff size={18} aria-hidden="true" /> : <Eye size={18} aria-hidden="true" />}
            </IconButton>
          </div>
          {failure !== null && <LoginProblem failure={failure} />}
          <Button
            tone="primary"
            size="lg"
            type="submit"
            testId="login-submit"
            isDisabled={busy || email.trim() === '' || password === ''}
          >
            {t(busy ? 'login.busy' : 'login.submit')}
          </Button>
          {passkeysPossible() && (
            <Button size="lg" testId="login-passkey" isDisabled={busy} onPress={() => void run(signInWithPasskey)}>
              <Fingerprint size={20} aria-hidden="true" />
              {t('login.passkey')}
            </Button>
          )}
        </form>
        <Languages />
      </div>
    </main>
  )
}

/** Neutral: it never says whether the address exists. */
function LoginProblem({ failure }: { readonly failure: SignInFailure }): ReactNode {
  const { t } = useTexts()
  const words =
    failure.kind === 'no_passkey'
      ? t('login.no_passkey')
      : failure.kind === 'unreachable'
        ? t('login.unreachable')
        : failure.kind === 'refused' && failure.status === 429
          ? t('login.too_many', { seconds: Number(failure.details['retry_after'] ?? 60) })
          : failure.kind === 'refused'
            ? t('login.wrong')
            : t('login.broken')
  return (
    <p role="alert" data-testid="login-error" className="rounded border border-critical bg-critical-tint p-3">
      {words}
    </p>
  )
}
