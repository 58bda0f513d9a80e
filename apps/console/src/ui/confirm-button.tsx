import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTexts } from '../texts/texts.tsx'
import { Button, type Tone } from './button.tsx'

interface Props {
  readonly label: ReactNode
  /** What will happen, as a question. */
  readonly question: string
  /** The verb on the second button. */
  readonly confirm: string
  readonly onConfirm: () => void
  readonly tone?: Tone
  readonly isDisabled?: boolean
  readonly testId?: string
}

/** An act that cannot be taken back: the first press asks in the same place, the second does it. Esc gives up. */
export function ConfirmButton({
  label,
  question,
  confirm,
  onConfirm,
  tone = 'secondary',
  isDisabled = false,
  testId,
}: Props): ReactNode {
  const { t } = useTexts()
  const [asking, setAsking] = useState(false)
  const wasAsking = useRef(false)
  const opener = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    // Giving up leads back to where the hand was.
    if (wasAsking.current && !asking) opener.current?.focus()
    wasAsking.current = asking
  }, [asking])
  if (!asking) {
    return (
      <Button
        ref={opener}
        size="sm"
        tone={tone}
        isDisabled={isDisabled}
        onPress={() => setAsking(true)}
        {...(testId === undefined ? {} : { testId })}
      >
        {label}
      </Button>
    )
  }
  const giveUp = (event: { readonly key: string }): void => {
    if (event.key === 'Escape') setAsking(false)
  }
  return (
    <span role="group" aria-label={question} className="inline-flex flex-wrap items-center gap-2">
      <span className="text-sm">{question}</span>
      <Button
        size="sm"
        tone="danger"
        autoFocus
        onKeyDown={giveUp}
        isDisabled={isDisabled}
        onPress={() => {
          setAsking(false)
          onConfirm()
        }}
        {...(testId === undefined ? {} : { testId: `${testId}-confirm` })}
      >
        {confirm}
      </Button>
      <Button size="sm" tone="quiet" onKeyDown={giveUp} onPress={() => setAsking(false)}>
        {t('action.cancel')}
      </Button>
    </span>
  )
}
