import type { Panel } from '@stam/contracts'
import { secretKindText } from '@stam/domain'
import { Eye, EyeOff, KeyRound, Pencil, Plus } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { may, useMe } from '../../data/me.ts'
import { serverNow } from '../../data/server-clock.ts'
import { revealSecret, type SecretRecord, useSecrets } from '../../data/secrets.ts'
import { useConnection } from '../../data/system.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { failureWords } from '../../ui/page-state.tsx'
import { Section } from '../../ui/section.tsx'
import { Sheet } from '../../ui/sheet.tsx'
import { everySecond } from '../../ui/ticker.ts'
import { Ticking } from '../../ui/ticking.tsx'
import { SecretSheet } from './secret-sheet.tsx'
import { instantsNow, msLeft, showSecret, type ShownSecret } from './shown-secret.ts'

const shortestReason = 5

/** What is kept secret of a site. A value is seen for a reason and a minute, and is nowhere before or after. */
export function SecretsSection({
  siteId,
  panels,
}: {
  readonly siteId: string
  readonly panels: readonly Panel[]
}): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const me = useMe()
  const { canAct } = useConnection()
  const query = useSecrets(siteId)
  const [editing, setEditing] = useState<SecretRecord | 'new' | null>(null)
  const [asking, setAsking] = useState<SecretRecord | null>(null)
  const [shown, setShown] = useState<ReadonlyMap<string, ShownSecret>>(new Map())
  const mayEdit = may(me, 'site:write')
  const hide = (id: string): void => setShown((now) => new Map([...now].filter(([other]) => other !== id)))
  const secrets = query.data ?? []
  return (
    <Section
      title={t('secret.title', { count: secrets.length })}
      testId="secrets"
      flush
      aside={
        mayEdit && (
          <Button size="sm" isDisabled={!canAct} onPress={() => setEditing('new')} testId="secret-add">
            <Plus size={16} aria-hidden="true" />
            {t('secret.add')}
          </Button>
        )
      }
    >
      {query.isError && (
        <p role="alert" className="p-4 text-soft">
          {t('secret.not_read')}{' '}
          <Button size="sm" onPress={() => void query.refetch()}>
            {t('action.retry')}
          </Button>
        </p>
      )}
      {query.data?.length === 0 && <p className="p-4 text-soft">{t('secret.none')}</p>}
      <ul>
        {secrets.map((secret) => (
          <SecretRow
            key={secret.id}
            secret={secret}
            shown={shown.get(secret.id)}
            canAct={canAct}
            onShow={() => setAsking(secret)}
            onHide={() => hide(secret.id)}
            onEdit={mayEdit && secret.kind !== 'PANEL_INTEGRATION_KEY' ? () => setEditing(secret) : undefined}
          />
        ))}
      </ul>
      {asking !== null && (
        <ReasonSheet
          secret={asking}
          onClose={() => setAsking(null)}
          onShown={(value) => {
            setShown((now) => new Map(now).set(asking.id, value))
            setAsking(null)
          }}
        />
      )}
      {editing !== null && (
        <SecretSheet
          siteId={siteId}
          panels={panels}
          secret={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
          onSaved={(id) => {
            // What is shown may no longer be what is kept.
            hide(id)
            setEditing(null)
          }}
        />
      )}
    </Section>
  )
}

function SecretRow({
  secret,
  shown,
  canAct,
  onShow,
  onHide,
  onEdit,
}: {
  readonly secret: SecretRecord
  readonly shown: ShownSecret | undefined
  readonly canAct: boolean
  readonly onShow: () => void
  readonly onHide: () => void
  readonly onEdit: (() => void) | undefined
}): ReactNode {
  const { t, of } = useTexts()
  const isKey = secret.kind === 'PANEL_INTEGRATION_KEY'
  return (
    <li
      className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-2 last:border-b-0"
      data-testid="secret"
    >
      <KeyRound size={16} aria-hidden="true" className="text-faint" />
      <div className="min-w-0 flex-1 basis-48">
        <p className="font-medium break-words">{isKey ? secret.panel_name : secret.label}</p>
        <p className="text-sm text-soft">
          {of(secretKindText[secret.kind])}
          {!isKey && secret.panel_name !== null && ` — ${secret.panel_name}`}
        </p>
      </div>
      {shown !== undefined && <ShownValue shown={shown} onHide={onHide} />}
      <div className="flex gap-2 max-md:w-full">
        {shown === undefined && (
          <Button size="sm" isDisabled={!canAct} onPress={onShow} testId="secret-show">
            <Eye size={16} aria-hidden="true" />
            {t('secret.show')}
          </Button>
        )}
        {onEdit !== undefined && (
          <Button size="sm" isDisabled={!canAct} onPress={onEdit} testId="secret-edit">
            <Pencil size={16} aria-hidden="true" />
            {t('secret.edit')}
          </Button>
        )}
      </div>
    </li>
  )
}

/** Wiped when its minute is over, when somebody hides it, and when the page is turned away. */
function ShownValue({ shown, onHide }: { readonly shown: ShownSecret; readonly onHide: () => void }): ReactNode {
  const { t } = useTexts()
  useEffect(() => {
    const timer = setTimeout(onHide, msLeft(shown, instantsNow()))
    // A timer stands still while the workstation sleeps.
    const stop = everySecond(() => {
      if (msLeft(shown, instantsNow()) === 0) onHide()
    })
    const onTurnedAway = (): void => {
      if (document.hidden) onHide()
    }
    document.addEventListener('visibilitychange', onTurnedAway)
    return () => {
      clearTimeout(timer)
      stop()
      document.removeEventListener('visibilitychange', onTurnedAway)
    }
  }, [shown, onHide])
  return (
    <div
      className="flex min-w-0 items-center gap-x-3 gap-y-1 rounded border border-line bg-ground px-3 py-1 max-md:w-full max-md:flex-wrap max-md:justify-between"
      data-testid="secret-value"
    >
      <code className="min-w-0 text-lg break-all select-all max-md:basis-full">{shown.value}</code>
      <span className="text-sm whitespace-nowrap text-soft tabular-nums">
        <Ticking
          say={() => t('secret.left', { count: Math.ceil(msLeft(shown, instantsNow()) / 1000) })}
          deps={String(shown.since.monotonic)}
        />
      </span>
      <Button size="sm" onPress={onHide} testId="secret-hide">
        <EyeOff size={16} aria-hidden="true" />
        {t('secret.hide')}
      </Button>
    </div>
  )
}

function ReasonSheet({
  secret,
  onClose,
  onShown,
}: {
  readonly secret: SecretRecord
  readonly onClose: () => void
  readonly onShown: (shown: ShownSecret) => void
}): ReactNode {
  const texts = useTexts()
  const { t, of } = texts
  const [reason, setReason] = useState('')
  const [tried, setTried] = useState(false)
  const [sending, setSending] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const error = reason.trim().length < shortestReason ? t('mode.reason_rule', { count: shortestReason }) : undefined
  const send = async (): Promise<void> => {
    setTried(true)
    if (error !== undefined || sending) return
    setSending(true)
    const result = await revealSecret(secret, reason.trim())
    setSending(false)
    if (result.ok) {
      const { value, expires_at } = result.value
      return onShown(showSecret(value, Date.parse(expires_at) - serverNow(), instantsNow()))
    }
    const { failure } = result
    setProblem(
      failure.kind === 'refused' && failure.code === 'RATE_LIMIT_EXCEEDED'
        ? t('secret.limit')
        : failureWords(failure, texts).title,
    )
  }
  return (
    <Sheet isOpen onClose={onClose} title={t('secret.show_title')} testId="secret-reason-sheet">
      <form
        className="flex flex-col gap-4 overflow-y-auto p-5"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <p className="text-soft">
          <b className="font-semibold text-text">{secret.label}</b> — {of(secretKindText[secret.kind])}
        </p>
        <p className="text-sm text-soft">{t(secret.class === 'HIGHEST' ? 'secret.rule_highest' : 'secret.rule')}</p>
        <Field
          label={t('mode.reason')}
          testId="secret-reason"
          autoFocus
          value={reason}
          onChange={setReason}
          hint={t('mode.reason_rule', { count: shortestReason })}
          error={tried ? error : undefined}
        />
        {problem !== null && (
          <p role="alert" className="rounded border border-critical bg-critical-tint p-3">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onPress={onClose}>{t('action.cancel')}</Button>
          <Button tone="primary" type="submit" isDisabled={sending} testId="secret-reason-confirm">
            {t('secret.show')}
          </Button>
        </div>
      </form>
    </Sheet>
  )
}
