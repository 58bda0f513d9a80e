import { type ReactNode, useEffect, useRef, useState } from 'react'
import { serverNow } from '../data/server-clock.ts'
import { useTexts } from '../texts/texts.tsx'
import { ageOf, moment } from '../texts/time.ts'
import { everySecond } from './ticker.ts'

/** A text that follows the clock. `say` must not depend on anything but its argument and `deps`. */
export function Ticking({
  say,
  deps,
  className,
}: {
  readonly say: (now: number) => string
  readonly deps: string
  readonly className?: string
}): ReactNode {
  const node = useRef<HTMLSpanElement>(null)
  const latest = useRef(say)
  latest.current = say
  useEffect(
    () =>
      everySecond((now) => {
        const text = latest.current(now)
        const shown = node.current
        if (shown !== null && shown.textContent !== text) shown.textContent = text
      }),
    [deps],
  )
  return (
    <span ref={node} className={className}>
      {say(serverNow())}
    </span>
  )
}

/** Age of an instant: `00:42` … `20:15` … `20.11`. */
export function Age({ since, className }: { readonly since: string; readonly className?: string }): ReactNode {
  const { t, language } = useTexts()
  const from = Date.parse(since)
  const say = (now: number): string => {
    const age = ageOf(from, now, language)
    return age.kind === 'clock' ? t('age.clock', { clock: age.text }) : age.text
  }
  return (
    <time dateTime={since} className={className}>
      <Ticking say={say} deps={`${since} ${language}`} />
    </time>
  )
}

/** A fixed moment: the clock today, with the date otherwise. */
export function Moment({ at, className }: { readonly at: string; readonly className?: string }): ReactNode {
  const { language } = useTexts()
  return (
    <time dateTime={at} className={className}>
      {moment(Date.parse(at), serverNow(), language)}
    </time>
  )
}

/** Server time, re-rendering every `everyMs`; for decisions that depend on age, not for texts that tick. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(serverNow)
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}
