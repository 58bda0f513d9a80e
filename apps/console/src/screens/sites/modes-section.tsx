import type { Site, SiteMode } from '@stam/contracts'
import { FlaskConical, Wrench } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { may, useMe } from '../../data/me.ts'
import { setSiteMode } from '../../data/sites.ts'
import { serverNow } from '../../data/server-clock.ts'
import { useConnection } from '../../data/system.ts'
import { useTexts } from '../../texts/texts.tsx'
import { dateOf, instantOf, localDay, moment, timeOfDay } from '../../texts/time.ts'
import { Button } from '../../ui/button.tsx'
import { Segments } from '../../ui/segments.tsx'
import { Field } from '../../ui/field.tsx'
import { failureWords } from '../../ui/page-state.tsx'
import { Section } from '../../ui/section.tsx'
import { Sheet } from '../../ui/sheet.tsx'

type Mode = 'service' | 'test'
const shortest = 5

/** Service and test mode: what they do, who put them on, until when, and the way to change them. */
export function ModesSection({ site }: { readonly site: Site }): ReactNode {
  const { t } = useTexts()
  const [changing, setChanging] = useState<Mode | null>(null)
  return (
    <Section title={t('mode.title')} testId="site-modes" flush>
      <ModeRow site={site} mode="service" onChange={() => setChanging('service')} />
      <ModeRow site={site} mode="test" onChange={() => setChanging('test')} />
      {changing !== null && <ModeSheet site={site} mode={changing} onClose={() => setChanging(null)} />}
    </Section>
  )
}

const stateOf = (site: Site, mode: Mode): SiteMode => (mode === 'service' ? site.service_mode : site.test_mode)

function ModeRow({
  site,
  mode,
  onChange,
}: {
  readonly site: Site
  readonly mode: Mode
  readonly onChange: () => void
}): ReactNode {
  const { t, language } = useTexts()
  const me = useMe()
  const { canAct } = useConnection()
  const state = stateOf(site, mode)
  const Icon = mode === 'test' ? FlaskConical : Wrench
  const now = serverNow()
  return (
    <div
      className={`flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-3 last:border-b-0 ${state.active ? 'hatched' : ''}`}
      data-testid={`mode-${mode}`}
      data-active={state.active}
    >
      <Icon size={18} aria-hidden="true" className={state.active ? '' : 'text-faint'} />
      <div className="min-w-0 flex-1 basis-48">
        <p className="font-semibold">
          {t(mode === 'service' ? 'mode.service' : 'mode.test')}{' '}
          <span className="font-normal text-soft">{t(state.active ? 'mode.on' : 'mode.off')}</span>
        </p>
        {state.active ? (
          <p className="text-sm break-words">
            {state.reason}{' '}
            <span className="text-soft">
              — {state.by ?? t('alarm.by_system')}
              {state.since !== null && `, ${moment(Date.parse(state.since), now, language)}`}
            </span>
            <br />
            {state.until === null
              ? t('mode.no_end')
              : t('mode.until', { when: moment(Date.parse(state.until), now, language) })}
          </p>
        ) : (
          <p className="text-sm text-soft">{t(mode === 'service' ? 'mode.service_effect' : 'mode.test_effect')}</p>
        )}
      </div>
      {may(me, 'site:service-mode') && (
        <Button size="sm" isDisabled={!canAct} onPress={onChange} testId={`mode-${mode}-change`}>
          {t(state.active ? 'mode.end' : 'mode.begin')}
        </Button>
      )}
    </div>
  )
}

type Until = '1h' | '4h' | 'at' | 'none'

function ModeSheet({
  site,
  mode,
  onClose,
}: {
  readonly site: Site
  readonly mode: Mode
  readonly onClose: () => void
}): ReactNode {
  const texts = useTexts()
  const { t, language } = texts
  const active = !stateOf(site, mode).active
  const [reason, setReason] = useState('')
  const [until, setUntil] = useState<Until>('4h')
  const [date, setDate] = useState(() => localDay(serverNow() + 3_600_000))
  const [time, setTime] = useState(() => timeOfDay(serverNow() + 3_600_000).slice(0, 5))
  const [problem, setProblem] = useState<string | null>(null)
  const [tried, setTried] = useState(false)
  const [sending, setSending] = useState(false)
  const end = endOf(until, date, time)
  const reasonError = active && reason.trim().length < shortest ? t('mode.reason_rule', { count: shortest }) : undefined
  const endError =
    active && end !== null && (Number.isNaN(end) || end <= serverNow()) ? t('mode.until_past') : undefined

  const send = async (): Promise<void> => {
    setTried(true)
    if (reasonError !== undefined || endError !== undefined || sending) return
    setSending(true)
    const ends = end === null ? null : new Date(end).toISOString()
    const result = await setSiteMode(
      site.id,
      active
        ? { mode, version: site.version, active, reason: reason.trim(), until: ends }
        : { mode, version: site.version, active, reason: reason.trim() },
    )
    setSending(false)
    if (result.ok) return onClose()
    setProblem(
      'conflict' in result
        ? t('site.conflict', { name: result.conflict.changedBy ?? t('conflict.somebody') })
        : failureWords(result.failure, texts).title,
    )
  }
  return (
    <Sheet
      isOpen
      onClose={onClose}
      title={t(
        active
          ? mode === 'service'
            ? 'mode.begin_service'
            : 'mode.begin_test'
          : mode === 'service'
            ? 'mode.end_service'
            : 'mode.end_test',
      )}
      testId="mode-sheet"
    >
      <form
        className="flex flex-col gap-4 overflow-y-auto p-5"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <p className="text-soft">
          <b className="font-semibold text-text">{site.name}</b> —{' '}
          {t(mode === 'service' ? 'mode.service_effect' : 'mode.test_effect')}
        </p>
        <Field
          label={t(active ? 'mode.reason' : 'mode.reason_end')}
          testId="mode-reason"
          autoFocus
          value={reason}
          onChange={setReason}
          hint={active ? t('mode.reason_rule', { count: shortest }) : undefined}
          error={tried ? reasonError : undefined}
        />
        {active && (
          <Segments<Until>
            label={t('mode.until_label')}
            hideLabel={false}
            testId="mode-until"
            value={until}
            onChange={setUntil}
            options={[
              { value: '1h', label: t('mode.for_hours', { count: 1 }) },
              { value: '4h', label: t('mode.for_hours', { count: 4 }) },
              { value: 'at', label: t('mode.until_at') },
              { value: 'none', label: t('mode.until_none') },
            ]}
          />
        )}
        {active && until === 'at' && (
          <div className="flex flex-wrap gap-3">
            <Field
              label={t('mode.date')}
              value={date}
              onChange={setDate}
              hint={t('mode.date_form')}
              className="flex-1"
              error={tried ? endError : undefined}
            />
            <Field label={t('mode.time')} value={time} onChange={setTime} hint="21:30" className="w-32" />
          </div>
        )}
        {active && end !== null && endError === undefined && (
          <p className="text-sm text-soft">
            {t('mode.ends', { when: `${dateOf(end, language)} ${timeOfDay(end).slice(0, 5)}` })}
          </p>
        )}
        {problem !== null && (
          <p role="alert" className="rounded border border-critical bg-critical-tint p-3">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onPress={onClose}>{t('action.cancel')}</Button>
          <Button tone="primary" type="submit" isDisabled={sending} testId="mode-confirm">
            {t(active ? 'mode.begin' : 'mode.end')}
          </Button>
        </div>
      </form>
    </Sheet>
  )
}

/** End as an instant; null = no end; NaN = not a time. */
function endOf(until: Until, date: string, time: string): number | null {
  if (until === 'none') return null
  if (until === '1h') return serverNow() + 3_600_000
  if (until === '4h') return serverNow() + 4 * 3_600_000
  return instantOf(date.trim(), time.trim()) ?? Number.NaN
}
