import { type ReactNode, useState } from 'react'
import { type ActResult, type DeadLetterAct, settleDeadLetters } from '../../data/dead-letters.ts'
import { type MessageKey, useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { failureWords } from '../../ui/page-state.tsx'
import { Sheet } from '../../ui/sheet.tsx'

interface Props {
  readonly act: DeadLetterAct
  readonly ids: readonly string[]
  readonly onClose: () => void
}

const SHORTEST_REASON = 5
const outcomes = {
  done: { replay: 'dead.outcome.replayed', discard: 'dead.outcome.discarded' },
  gone: { replay: 'dead.outcome.gone', discard: 'dead.outcome.gone' },
  refused: { replay: 'dead.outcome.refused', discard: 'dead.outcome.refused' },
  unsettled: { replay: 'dead.outcome.unsettled', discard: 'dead.outcome.unsettled' },
} as const satisfies Record<string, Record<DeadLetterAct, MessageKey>>

/** Both acts take a typed reason; throwing away says what it means first. */
export function ActSheet({ act, ids, onClose }: Props): ReactNode {
  const { t } = useTexts()
  const [reason, setReason] = useState('')
  const [tried, setTried] = useState(false)
  const [sending, setSending] = useState(false)
  const [result, setResult] = useState<ActResult | null>(null)
  const short = reason.trim().length < SHORTEST_REASON
  const send = async (): Promise<void> => {
    setTried(true)
    if (short || sending) return
    setSending(true)
    setResult(await settleDeadLetters(act, ids, reason.trim()))
    setSending(false)
  }
  const title = t(act === 'replay' ? 'dead.replay_title' : 'dead.discard_title', { count: ids.length })
  if (result?.ok === true) {
    return (
      <Sheet isOpen onClose={onClose} title={title} testId="dead-result">
        <ul className="flex flex-col gap-2 p-5" role="status">
          {(Object.keys(outcomes) as (keyof typeof outcomes)[]).map((outcome) => {
            const count = result.results.filter((one) => one.outcome === outcome).length
            return count === 0 ? null : <li key={outcome}>{t(outcomes[outcome][act], { count })}</li>
          })}
        </ul>
        <div className="flex justify-end p-5 pt-0">
          <Button tone="primary" onPress={onClose} testId="dead-finished">
            {t('dead.close')}
          </Button>
        </div>
      </Sheet>
    )
  }
  return (
    <Sheet isOpen onClose={onClose} title={title} testId="dead-act">
      <form
        className="flex flex-col gap-4 overflow-y-auto p-5"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <p>{t(act === 'replay' ? 'dead.replay_means' : 'dead.discard_means')}</p>
        <Field
          label={t('dead.reason')}
          testId="dead-reason"
          multiline={3}
          autoFocus
          value={reason}
          onChange={setReason}
          maxLength={500}
          hint={t('dead.reason_hint')}
          error={tried && short ? t('dead.reason_short') : undefined}
        />
        {result?.ok === false && <Problem result={result} />}
        <div className="flex justify-end gap-2">
          <Button onPress={onClose}>{t('action.cancel')}</Button>
          <Button
            tone={act === 'replay' ? 'primary' : 'danger'}
            type="submit"
            isDisabled={sending}
            testId="dead-confirm"
          >
            {t(act === 'replay' ? 'dead.replay' : 'dead.discard')}
          </Button>
        </div>
      </form>
    </Sheet>
  )
}

function Problem({ result }: { readonly result: Extract<ActResult, { ok: false }> }): ReactNode {
  const texts = useTexts()
  const { title, body } = failureWords(result.failure, texts)
  return (
    <p role="alert" className="rounded border border-critical bg-critical-tint p-3">
      <b className="font-semibold">{title}</b> {body}
    </p>
  )
}
