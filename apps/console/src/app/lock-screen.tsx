import { priorities } from '@stam/contracts'
import { Lock } from 'lucide-react'
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useBoard } from '../data/alarms.ts'
import { unlockConsole } from '../data/console-lock.ts'
import { signOut, useMe } from '../data/me.ts'
import { useSound } from '../sound/alarm-sound.ts'
import { rings } from '../sound/sound-decision.ts'
import { useTexts } from '../texts/texts.tsx'
import { timeOfDay } from '../texts/time.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { failureWords } from '../ui/page-state.tsx'
import { PriorityShape } from '../ui/priority-shape.tsx'
import { Age, Ticking } from '../ui/ticking.tsx'
import { Banners } from './banners.tsx'

/**
 * Stands in the place of everything while the console is locked. How many alarms are open, that a critical one waits and for how
 * long is on it; which and where is not. Sound goes on, and cannot be muted from here.
 */
export function LockScreen(): ReactNode {
  const { t } = useTexts()
  const { counts, loadedAt } = useBoard()
  const { ringing } = useSound()
  useEffect(() => {
    document.title = counts.new === 0 ? 'STAM' : t('app.title_new', { count: counts.new })
  }, [counts.new, t])
  return (
    <div className="flex h-full flex-col" data-testid="lock-screen" data-ringing={ringing}>
      <Banners />
      <Waiting />
      <main className="flex min-h-0 flex-1 flex-col items-center overflow-y-auto p-6">
        <p className="mt-[6vh] text-[64px] leading-none font-medium tabular-nums max-md:mt-4 max-md:text-5xl">
          <Ticking say={timeOfDay} deps="clock" />
        </p>
        <ul className="my-8 flex flex-wrap justify-center gap-x-8 gap-y-2 max-md:my-5" aria-label={t('lock.open')}>
          {priorities.map((priority) => (
            <li key={priority} className="flex items-center gap-2" data-testid={`lock-count-${priority}`}>
              <PriorityShape priority={priority} size={22} muted={counts[priority] === 0} />
              <span className={counts[priority] === 0 ? 'text-soft' : 'text-xl font-semibold'}>
                {loadedAt === null ? '–' : counts[priority]}
              </span>
              <span className="text-soft">{t(`bar.${priority}`, { count: counts[priority] })}</span>
            </li>
          ))}
        </ul>
        <PinForm />
      </main>
    </div>
  )
}

/** What a lock must never hide: that something critical waits for a hand, and since when. */
function Waiting(): ReactNode {
  const { t } = useTexts()
  const waiting = useBoard().all().filter(rings)
  const oldest = waiting.at(-1)
  return (
    <div role="alert">
      {oldest !== undefined && (
        <p
          data-testid="lock-critical"
          className="flex min-h-20 flex-wrap items-center justify-center gap-x-4 gap-y-1 bg-critical px-6 py-3 text-xl font-semibold text-on-critical"
        >
          <PriorityShape priority="CRITICAL" inverse size={32} className="pulse" />
          {t('lock.critical', { count: waiting.length })}
          <span className="font-normal">
            {t('lock.oldest')} <Age since={oldest.first_seen} />
          </span>
        </p>
      )}
    </div>
  )
}

function PinForm(): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const me = useMe()
  const [pin, setPin] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const field = useRef<HTMLInputElement>(null)
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (busy || pin.length < 4) return
    setBusy(true)
    const outcome = await unlockConsole(pin)
    if (outcome.ok) return
    const { failure } = outcome
    setBusy(false)
    setPin('')
    field.current?.focus()
    if (failure.kind === 'refused' && failure.code === 'PIN_WRONG')
      setProblem(t('lock.wrong', { count: Number(failure.details['attempts_left']) }))
    else setProblem(failureWords(failure, texts).title)
  }
  return (
    <form
      noValidate
      onSubmit={(event) => void submit(event)}
      className="flex w-full max-w-[320px] flex-col gap-4 rounded border border-line bg-surface p-6"
    >
      <h1 className="flex items-center gap-2 text-lg font-semibold">
        <Lock size={18} aria-hidden="true" className="shrink-0 text-soft" />
        {t('lock.title')}
      </h1>
      <p className="text-soft">{me.name}</p>
      <Field
        label={t('pin.label')}
        testId="unlock-pin"
        type="password"
        inputMode="numeric"
        autoComplete="off"
        // The one thing to do here.
        autoFocus
        maxLength={8}
        value={pin}
        onChange={(next) => setPin(next.replace(/\D/g, ''))}
        inputRef={field}
      />
      {problem !== null && (
        <p role="alert" data-testid="unlock-problem" className="rounded border border-critical bg-critical-tint p-3">
          {problem}
        </p>
      )}
      <Button tone="primary" size="lg" type="submit" testId="unlock" isDisabled={busy || pin.length < 4}>
        {t('lock.unlock')}
      </Button>
      <Button tone="quiet" testId="unlock-sign-out" onPress={() => void signOut()}>
        {t('lock.sign_in_instead')}
      </Button>
    </form>
  )
}
