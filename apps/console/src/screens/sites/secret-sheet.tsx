import type { Panel } from '@stam/contracts'
import { secretKindText } from '@stam/domain'
import { type ReactNode, useState } from 'react'
import {
  keepSecret,
  removeSecret,
  replaceSecret,
  type SecretKind,
  type SecretRecord,
  type SecretResult,
} from '../../data/secrets.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { Field } from '../../ui/field.tsx'
import { failureWords } from '../../ui/page-state.tsx'
import { Sheet } from '../../ui/sheet.tsx'

type EditableKind = Exclude<SecretKind, 'PANEL_INTEGRATION_KEY'>
const editableKinds: readonly EditableKind[] = [
  'PANEL_USER_CODE',
  'PANEL_SERVICE_CODE',
  'RECORDER_PASSWORD',
  'SITE_ACCESS_CODE',
  'OTHER',
]
const none = 'none'

/** Keeping a secret, replacing its name or value, removing it. The value is written and never read here. */
export function SecretSheet({
  siteId,
  panels,
  secret,
  onClose,
  onSaved,
}: {
  readonly siteId: string
  readonly panels: readonly Panel[]
  /** Null = a new one. */
  readonly secret: SecretRecord | null
  readonly onClose: () => void
  readonly onSaved: (id: string) => void
}): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const [kind, setKind] = useState<EditableKind>('PANEL_USER_CODE')
  const [panel, setPanel] = useState<string>(none)
  const [label, setLabel] = useState(secret?.label ?? '')
  const [value, setValue] = useState('')
  const [tried, setTried] = useState(false)
  const [sending, setSending] = useState(false)
  const [removing, setRemoving] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const labelError = label.trim() === '' ? t('secret.label_needed') : undefined
  const valueError = secret === null && value === '' ? t('secret.value_needed') : undefined

  const settle = async (work: Promise<SecretResult<SecretRecord | void>>): Promise<void> => {
    setSending(true)
    const result = await work
    setSending(false)
    if (result.ok) return onSaved(secret?.id ?? '')
    const { failure } = result
    setProblem(
      failure.kind === 'refused' && failure.code === 'SECRET_STALE_VERSION'
        ? t('secret.conflict')
        : failureWords(failure, texts).title,
    )
  }
  const save = async (): Promise<void> => {
    setTried(true)
    if (labelError !== undefined || valueError !== undefined || sending) return
    await settle(
      secret === null
        ? keepSecret(siteId, { kind, label: label.trim(), value, panel_id: panel === none ? null : panel })
        : replaceSecret(secret, { version: secret.version, label: label.trim(), ...(value === '' ? {} : { value }) }),
    )
  }
  return (
    <Sheet
      isOpen
      onClose={onClose}
      title={t(secret === null ? 'secret.add_title' : 'secret.edit_title')}
      testId="secret-sheet"
    >
      <form
        className="flex flex-col gap-4 overflow-y-auto p-5"
        noValidate
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        {secret === null && (
          <>
            <Choice<EditableKind>
              label={t('secret.kind')}
              testId="secret-kind"
              value={kind}
              onChange={setKind}
              options={editableKinds.map((one) => ({ value: one, label: texts.of(secretKindText[one]) }))}
            />
            {panels.length > 0 && (
              <Choice<string>
                label={t('secret.panel')}
                value={panel}
                onChange={setPanel}
                options={[
                  { value: none, label: t('secret.panel_none') },
                  ...panels.map(({ id, name }) => ({ value: id, label: name })),
                ]}
              />
            )}
          </>
        )}
        <Field
          label={t('secret.label')}
          testId="secret-label"
          autoFocus
          value={label}
          onChange={setLabel}
          maxLength={100}
          hint={t('secret.label_hint')}
          error={tried ? labelError : undefined}
        />
        <Field
          label={t(secret === null ? 'secret.value' : 'secret.value_new')}
          testId="secret-new-value"
          value={value}
          onChange={setValue}
          type="password"
          autoComplete="new-password"
          maxLength={500}
          hint={t(secret === null ? 'secret.value_hint' : 'secret.value_keep')}
          error={tried ? valueError : undefined}
        />
        {problem !== null && (
          <p role="alert" className="rounded border border-critical bg-critical-tint p-3">
            {problem}
          </p>
        )}
        <div className="flex flex-wrap justify-end gap-2">
          {secret !== null && (
            <Button
              isDisabled={sending}
              onPress={() => (removing ? void settle(removeSecret(secret)) : setRemoving(true))}
              testId="secret-remove"
            >
              {t(removing ? 'secret.remove_sure' : 'secret.remove')}
            </Button>
          )}
          <span className="flex-1" />
          <Button onPress={onClose}>{t('action.cancel')}</Button>
          <Button tone="primary" type="submit" isDisabled={sending} testId="secret-save">
            {t('secret.save')}
          </Button>
        </div>
      </form>
    </Sheet>
  )
}
