/** DLOAD release: the link is given to a service engineer for a while, and taken back. */
import type { ConnectionRelease, Panel, PanelDetail } from '@stam/contracts'
import { Unplug } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { may, useMe } from '../../data/me.ts'
import { endRelease, type PanelResult, releaseConnection } from '../../data/panels.ts'
import { serverNow } from '../../data/server-clock.ts'
import { useConnection } from '../../data/system.ts'
import { useTexts } from '../../texts/texts.tsx'
import { timeOfDay } from '../../texts/time.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { failureWords } from '../../ui/page-state.tsx'
import { Segments } from '../../ui/segments.tsx'
import { Sheet } from '../../ui/sheet.tsx'
import { useNow } from '../../ui/ticking.tsx'

const shortest = 5
const durations = ['15', '30', '60', 'other'] as const
type Duration = (typeof durations)[number]

/** Opens the sheet; while the link is released, the same sheet sets another end. */
export function ReleaseButton({ detail }: { readonly detail: PanelDetail }): ReactNode {
  const { t } = useTexts()
  const { canAct } = useConnection()
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button testId="panel-release" isDisabled={!canAct} onPress={() => setOpen(true)}>
        <Unplug size={16} aria-hidden="true" />
        {t(detail.release === null ? 'release.begin' : 'release.extend')}
      </Button>
      {isOpen && <ReleaseSheet panel={detail.panel} release={detail.release} onClose={() => setOpen(false)} />}
    </>
  )
}

/** Until when the panel is not watched, who wanted that and why, and the way to end it. */
export function ReleaseNotice({
  panel,
  release,
}: {
  readonly panel: Panel
  readonly release: ConnectionRelease
}): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const me = useMe()
  const { canAct } = useConnection()
  const now = useNow()
  const [problem, setProblem] = useState<string | null>(null)
  const [sending, setSending] = useState(false)
  const until = Date.parse(release.until)
  if (until <= now) return null
  const end = async (): Promise<void> => {
    setSending(true)
    const result = await endRelease(panel.id)
    setSending(false)
    setProblem(result.ok ? null : problemOf(result, texts))
  }
  return (
    <div
      data-testid="release-notice"
      role="status"
      className="hatched flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-3"
    >
      <Unplug size={18} aria-hidden="true" />
      <div className="min-w-0 flex-1 basis-60">
        <p className="font-semibold">{t('release.until', { when: minuteOf(until) })}</p>
        <p className="text-sm break-words">
          {release.reason} <span className="text-soft">— {release.by ?? t('release.somebody')}</span>
        </p>
        <p className="text-sm text-soft">{t('release.effect')}</p>
        {problem !== null && (
          <p role="alert" className="text-sm font-semibold">
            {problem}
          </p>
        )}
      </div>
      {may(me, 'panel:release') && (
        <Button testId="release-end" isDisabled={!canAct || sending} onPress={() => void end()}>
          {t('release.end')}
        </Button>
      )}
    </div>
  )
}

function ReleaseSheet({
  panel,
  release,
  onClose,
}: {
  readonly panel: Panel
  readonly release: ConnectionRelease | null
  readonly onClose: () => void
}): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const [reason, setReason] = useState(release?.reason ?? '')
  const [duration, setDuration] = useState<Duration>('30')
  const [other, setOther] = useState('45')
  const [problem, setProblem] = useState<string | null>(null)
  const [tried, setTried] = useState(false)
  const [sending, setSending] = useState(false)
  // The end moves on while the reason is being typed.
  useNow()
  const minutes = minutesOf(duration === 'other' ? other : duration)
  const reasonError = reason.trim().length < shortest ? t('mode.reason_rule', { count: shortest }) : undefined

  const send = async (): Promise<void> => {
    setTried(true)
    if (reasonError !== undefined || minutes === null || sending) return
    setSending(true)
    const result = await releaseConnection(panel.id, { reason: reason.trim(), duration_minutes: minutes })
    setSending(false)
    if (result.ok) return onClose()
    setProblem(problemOf(result, texts))
  }
  return (
    <Sheet isOpen onClose={onClose} title={t('release.title')} testId="release-sheet">
      <form
        className="flex flex-col gap-4 overflow-y-auto p-5"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <p className="text-soft">
          <b className="font-semibold text-text">{panel.name}</b> — {t('release.effect')}
        </p>
        <Field
          label={t('mode.reason')}
          testId="release-reason"
          autoFocus
          value={reason}
          onChange={setReason}
          hint={t('mode.reason_rule', { count: shortest })}
          error={tried ? reasonError : undefined}
        />
        <Segments<Duration>
          label={t('mode.until_label')}
          hideLabel={false}
          testId="release-duration"
          value={duration}
          onChange={setDuration}
          options={durations.map((value) => ({
            value,
            label: value === 'other' ? t('release.other') : t('release.minutes', { count: Number(value) }),
          }))}
        />
        {duration === 'other' && (
          <Field
            label={t('release.minutes_label')}
            testId="release-minutes"
            value={other}
            onChange={setOther}
            inputMode="numeric"
            hint={t('release.minutes_rule')}
            error={minutes === null ? t('release.minutes_rule') : undefined}
          />
        )}
        {minutes !== null && (
          <p className="text-sm text-soft">
            {t('release.returns', { when: minuteOf(serverNow() + minutes * 60_000) })}
          </p>
        )}
        {problem !== null && (
          <p role="alert" className="rounded border border-critical bg-critical-tint p-3">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onPress={onClose}>{t('action.cancel')}</Button>
          <Button tone="primary" type="submit" isDisabled={sending} testId="release-confirm">
            {t(release === null ? 'release.confirm' : 'release.extend')}
          </Button>
        </div>
      </form>
    </Sheet>
  )
}

/** HH:MM: nothing here lasts longer than an hour. */
const minuteOf = (at: number): string => timeOfDay(at).slice(0, 5)

/** Null = not a number of minutes a link may be given for. */
function minutesOf(text: string): number | null {
  const minutes = /^\d{1,2}$/.test(text.trim()) ? Number(text) : Number.NaN
  return minutes >= 1 && minutes <= 60 ? minutes : null
}

function problemOf(result: Extract<PanelResult, { ok: false }>, texts: ReturnType<typeof useTexts>): string {
  return 'failure' in result
    ? failureWords(result.failure, texts).title
    : texts.t('site.conflict', { name: result.conflict.changedBy ?? texts.t('conflict.somebody') })
}
