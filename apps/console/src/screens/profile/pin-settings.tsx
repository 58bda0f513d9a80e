import { Lock } from 'lucide-react'
import { type FormEvent, type ReactNode, useState } from 'react'
import { lockConsole } from '../../data/console-lock.ts'
import { setLockAfter, setPin, type SignInSettings } from '../../data/sign-in.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button, KeyHint } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { Segments } from '../../ui/segments.tsx'
import { useConfirmedActs } from './confirmed-act.tsx'

const never = 'never'
const idleMinutes = [1, 2, 5, 10, 15, 30] as const
const digitsOnly = (text: string): string => text.replace(/\D/g, '')

/** The PIN that opens a locked console, and after how long it locks itself. */
export function PinSettings({ settings }: { readonly settings: SignInSettings }): ReactNode {
  const { t } = useTexts()
  const acts = useConfirmedActs()
  const { pin_set: set, lock_after_minutes: after } = settings
  return (
    <div className="flex flex-col gap-3">
      <h3 className="font-semibold">{t('pin.title')}</h3>
      <p className="max-w-[60ch] text-sm text-soft">{t('pin.what')}</p>
      <NewPin set={set} />
      {set && (
        <>
          <Segments
            label={t('pin.after')}
            hideLabel={false}
            testId="lock-after"
            isDisabled={acts.busy}
            value={after === null ? never : String(after)}
            onChange={(next) => acts.run(() => setLockAfter(next === never ? null : Number(next)))}
            options={[
              { value: never, label: t('pin.never') },
              ...idleMinutes.map((minutes) => ({ value: String(minutes), label: t('pin.minutes', { minutes }) })),
            ]}
          />
          <div className="flex flex-wrap items-center gap-3">
            <Button testId="lock-now" onPress={() => void lockConsole()}>
              <Lock size={16} aria-hidden="true" />
              {t('keys.lock')}
              <KeyHint stroke="G L" />
            </Button>
            <Button
              tone="quiet"
              testId="pin-remove"
              isDisabled={acts.busy}
              onPress={() => acts.run((password) => setPin(null, password))}
            >
              {t('pin.remove')}
            </Button>
          </div>
        </>
      )}
      {acts.below}
    </div>
  )
}

function NewPin({ set }: { readonly set: boolean }): ReactNode {
  const { t } = useTexts()
  const [pin, setPinText] = useState('')
  const [again, setAgain] = useState('')
  const [tried, setTried] = useState(false)
  const [saved, setSaved] = useState(false)
  const acts = useConfirmedActs()
  const short = pin.length < 4
  const different = pin !== again
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setTried(true)
    setSaved(false)
    if (short || different || acts.busy) return
    acts.run(
      (password) => setPin(pin, password),
      () => {
        setPinText('')
        setAgain('')
        setTried(false)
        setSaved(true)
      },
    )
  }
  const look = { type: 'password', inputMode: 'numeric', autoComplete: 'off', maxLength: 8 } as const
  return (
    <>
      <form noValidate onSubmit={submit} className="flex max-w-[480px] flex-wrap items-start gap-3">
        <Field
          {...look}
          label={t(set ? 'pin.new' : 'pin.label')}
          value={pin}
          onChange={(next) => setPinText(digitsOnly(next))}
          testId="pin"
          hint={t('pin.rule')}
          error={tried && short ? t('pin.rule') : undefined}
          className="min-w-36 flex-1"
        />
        <Field
          {...look}
          label={t('pin.again')}
          value={again}
          onChange={(next) => setAgain(digitsOnly(next))}
          testId="pin-again"
          error={tried && !short && different ? t('pin.different') : undefined}
          className="min-w-36 flex-1"
        />
        <Button type="submit" testId="pin-save" isDisabled={acts.busy} className="mt-6">
          {t(set ? 'pin.change' : 'pin.set')}
        </Button>
      </form>
      {saved && (
        <p role="status" className="text-sm text-soft" data-testid="pin-saved">
          {t('pin.saved')}
        </p>
      )}
      {acts.below}
    </>
  )
}
