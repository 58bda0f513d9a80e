import { priorities, type Priority } from '@stam/contracts'
import { priorityText } from '@stam/domain'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { raiseManualAlarm } from '../../data/alarms.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Segments } from '../../ui/segments.tsx'
import { Field } from '../../ui/field.tsx'
import { failureWords } from '../../ui/page-state.tsx'
import { Sheet } from '../../ui/sheet.tsx'

interface Props {
  readonly siteId: string
  readonly siteName: string
  readonly onClose: () => void
}

/** An alarm somebody reports by telephone. */
export function ManualAlarm({ siteId, siteName, onClose }: Props): ReactNode {
  const texts = useTexts()
  const { t, of } = texts
  const navigate = useNavigate()
  const [priority, setPriority] = useState<Priority>('CRITICAL')
  const [description, setDescription] = useState('')
  const [tried, setTried] = useState(false)
  const [sending, setSending] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const short = description.trim().length < 3
  const send = async (): Promise<void> => {
    setTried(true)
    if (short || sending) return
    setSending(true)
    const result = await raiseManualAlarm({ site_id: siteId, priority, description: description.trim() })
    setSending(false)
    if (result.ok) return void navigate({ to: '/alarms/$alarmId', params: { alarmId: result.alarm.id } })
    setProblem('failure' in result ? failureWords(result.failure, texts).title : result.conflict.code)
  }
  return (
    <Sheet isOpen onClose={onClose} title={t('manual.title')} testId="manual-sheet">
      <form
        className="flex flex-col gap-4 overflow-y-auto p-5"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <p className="font-semibold">{siteName}</p>
        <Segments
          label={t('manual.priority')}
          hideLabel={false}
          testId="manual-priority"
          value={priority}
          onChange={setPriority}
          options={priorities.map((value) => ({ value, label: of(priorityText[value]) }))}
        />
        <Field
          label={t('manual.description')}
          testId="manual-description"
          multiline={3}
          autoFocus
          value={description}
          onChange={setDescription}
          maxLength={500}
          hint={t('manual.hint')}
          error={tried && short ? t('manual.too_short') : undefined}
        />
        {problem !== null && (
          <p role="alert" className="rounded border border-critical bg-critical-tint p-3">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onPress={onClose}>{t('action.cancel')}</Button>
          <Button tone="primary" type="submit" isDisabled={sending} testId="manual-confirm">
            {t('manual.raise')}
          </Button>
        </div>
      </form>
    </Sheet>
  )
}
