import { KeyRound, Plus } from 'lucide-react'
import { type FormEvent, type ReactNode, useState } from 'react'
import {
  addPasskey,
  type PasskeyRecord,
  passkeysPossible,
  removePasskey,
  renamePasskey,
  setSecondFactor,
  type SignInSettings,
} from '../../data/sign-in.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { Segments } from '../../ui/segments.tsx'
import { Moment } from '../../ui/ticking.tsx'
import { useConfirmedActs } from './confirmed-act.tsx'

/** The own passkeys: add, name, remove; and whether one is asked for after the password. */
export function PasskeySettings({ settings }: { readonly settings: SignInSettings }): ReactNode {
  const { t } = useTexts()
  const acts = useConfirmedActs()
  const possible = settings.passkeys_possible && passkeysPossible()
  const usable = settings.passkeys.some((key) => key.suspended_at === null)
  return (
    <div className="flex flex-col gap-3">
      <h3 className="font-semibold">{t('security.passkeys')}</h3>
      <p className="max-w-[60ch] text-sm text-soft">{t('security.passkeys_what')}</p>
      {settings.passkeys.length > 0 && (
        <ul className="flex flex-col rounded border border-line" data-testid="passkeys">
          {settings.passkeys.map((key) => (
            <PasskeyRow key={key.id} passkey={key} />
          ))}
        </ul>
      )}
      {possible ? <AddPasskey /> : <p data-testid="passkeys-impossible">{t('security.needs_name')}</p>}
      {(usable || settings.second_factor) && (
        <Segments
          label={t('security.second_factor')}
          hideLabel={false}
          testId="second-factor"
          isDisabled={acts.busy}
          value={settings.second_factor ? 'on' : 'off'}
          onChange={(next) => acts.run((password) => setSecondFactor(next === 'on', password))}
          options={[
            { value: 'off', label: t('security.second_factor_off') },
            { value: 'on', label: t('security.second_factor_on') },
          ]}
        />
      )}
      {acts.below}
    </div>
  )
}

function AddPasskey(): ReactNode {
  const { t } = useTexts()
  const [name, setName] = useState('')
  const acts = useConfirmedActs()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const given = name.trim()
    if (given !== '' && !acts.busy)
      acts.run(
        (password) => addPasskey(given, password),
        () => setName(''),
      )
  }
  return (
    <>
      <form noValidate onSubmit={submit} className="flex max-w-[480px] flex-wrap items-end gap-3">
        <Field
          label={t('security.passkey_name')}
          placeholder={t('security.passkey_name_example')}
          value={name}
          onChange={setName}
          maxLength={60}
          testId="passkey-name"
          className="min-w-52 flex-1"
        />
        <Button type="submit" testId="passkey-add" isDisabled={acts.busy || name.trim() === ''}>
          <Plus size={16} aria-hidden="true" />
          {t('security.add')}
        </Button>
      </form>
      {acts.below}
    </>
  )
}

function PasskeyRow({ passkey }: { readonly passkey: PasskeyRecord }): ReactNode {
  const { t } = useTexts()
  const acts = useConfirmedActs()
  const [step, setStep] = useState<'idle' | 'naming' | 'removing'>('idle')
  const idle = (): void => setStep('idle')
  return (
    <li data-testid="passkey" className="flex flex-col gap-2 border-b border-line px-3 py-2.5 last:border-b-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <KeyRound size={18} aria-hidden="true" className="shrink-0 text-soft" />
        <div className="min-w-0 flex-1 basis-48">
          <b className="block font-medium break-words">{passkey.name}</b>
          <span className="text-sm text-soft">
            {t('security.added')} <Moment at={passkey.created_at} />
            {passkey.last_used_at !== null && (
              <>
                {' · '}
                {t('security.used')} <Moment at={passkey.last_used_at} />
              </>
            )}
          </span>
          {passkey.suspended_at !== null && (
            <span className="block text-sm" data-testid="passkey-suspended">
              {t('security.suspended')}
            </span>
          )}
        </div>
        {step === 'idle' && (
          <>
            <Button size="sm" tone="quiet" testId="passkey-rename" onPress={() => setStep('naming')}>
              {t('security.rename')}
            </Button>
            <Button size="sm" testId="passkey-remove" onPress={() => setStep('removing')}>
              {t('security.remove')}
            </Button>
          </>
        )}
        {step === 'removing' && (
          <span role="group" aria-label={t('security.remove_question')} className="flex flex-wrap items-center gap-2">
            <span className="text-sm">{t('security.remove_question')}</span>
            <Button
              size="sm"
              tone="danger"
              autoFocus
              isDisabled={acts.busy}
              testId="passkey-remove-confirm"
              onPress={() => acts.run((password) => removePasskey(passkey.id, password), idle)}
            >
              {t('security.remove')}
            </Button>
            <Button size="sm" tone="quiet" onPress={idle}>
              {t('action.cancel')}
            </Button>
          </span>
        )}
      </div>
      {step === 'naming' && (
        <NewName
          name={passkey.name}
          busy={acts.busy}
          onGiveUp={idle}
          onName={(name) => acts.run(() => renamePasskey(passkey.id, name), idle)}
        />
      )}
      {acts.below}
    </li>
  )
}

interface NewNameProps {
  readonly name: string
  readonly busy: boolean
  readonly onName: (name: string) => void
  readonly onGiveUp: () => void
}

function NewName({ name: before, busy, onName, onGiveUp }: NewNameProps): ReactNode {
  const { t } = useTexts()
  const [name, setName] = useState(before)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (name.trim() !== '' && !busy) onName(name.trim())
  }
  return (
    <form noValidate onSubmit={submit} className="flex flex-wrap items-end gap-2">
      <Field
        label={t('security.passkey_name')}
        autoFocus
        value={name}
        onChange={setName}
        maxLength={60}
        testId="passkey-new-name"
        className="min-w-44 flex-1"
      />
      <Button tone="primary" type="submit" testId="passkey-new-name-save" isDisabled={busy || name.trim() === ''}>
        {t('security.save')}
      </Button>
      <Button tone="quiet" onPress={onGiveUp}>
        {t('action.cancel')}
      </Button>
    </form>
  )
}
