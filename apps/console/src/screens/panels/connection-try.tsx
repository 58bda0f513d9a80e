/** "Does the module answer?": tried by a worker with what stands in the form, before anything is saved. */
import { panelConnectionText } from '@stam/domain'
import { CircleCheck, CircleHelp, PlugZap } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { type Control, useWatch } from 'react-hook-form'
import { type ConnectionTry, tryConnection, type TryResult } from '../../data/panels.ts'
import { useConnection } from '../../data/system.ts'
import { type MessageKey, useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { failureWords } from '../../ui/page-state.tsx'
import { Section } from '../../ui/section.tsx'
import { type PanelForm, tryRequest } from './panel-form.ts'

type Shown = { readonly of: string; readonly result: TryResult }

export function ConnectionTrySection({
  control,
  panelId,
}: {
  readonly control: Control<PanelForm>
  readonly panelId: string | null
}): ReactNode {
  const { t } = useTexts()
  const { canAct } = useConnection()
  const [host, port, key_choice, key] = useWatch({ control, name: ['host', 'port', 'key_choice', 'key'] })
  const request = tryRequest({ host, port, key_choice, key }, panelId)
  // An answer is about what was asked; when the form says something else, it is gone.
  const asked = JSON.stringify(request)
  const [shown, setShown] = useState<Shown | null>(null)
  const [trying, setTrying] = useState<string | null>(null)
  const stop = useRef<AbortController | null>(null)
  useEffect(() => {
    return () => stop.current?.abort()
  }, [asked])

  const run = async (): Promise<void> => {
    if (request === null) return
    const own = new AbortController()
    stop.current = own
    setTrying(asked)
    const result = await tryConnection(request, own.signal)
    setTrying((now) => (now === asked ? null : now))
    if (!own.signal.aborted) setShown({ of: asked, result })
  }
  const isTrying = trying === asked
  return (
    <Section title={t('try.title')} testId="connection-try">
      <div className="flex flex-col items-start gap-3">
        <Button
          testId="connection-try-run"
          isDisabled={!canAct || request === null || isTrying}
          onPress={() => void run()}
        >
          <PlugZap size={16} aria-hidden="true" />
          {t(isTrying ? 'try.trying' : 'try.run')}
        </Button>
        <div role="status" className="w-full">
          {!isTrying && shown?.of === asked ? (
            <Result result={shown.result} />
          ) : (
            <p className="text-sm text-soft">
              {t(request === null ? 'try.incomplete' : isTrying ? 'try.patience' : 'try.hint')}
            </p>
          )}
        </div>
      </div>
    </Section>
  )
}

const words: Record<ConnectionTry['outcome'], { readonly title: MessageKey; readonly todo: MessageKey }> = {
  reachable: { title: 'try.reachable', todo: 'try.reachable_todo' },
  in_use: { title: 'try.in_use', todo: 'try.in_use_todo' },
  unknown_host: { title: 'try.unknown_host', todo: 'try.unknown_host_todo' },
  refused: { title: 'try.refused', todo: 'try.refused_todo' },
  no_answer: { title: 'try.no_answer', todo: 'try.no_answer_todo' },
  busy: { title: 'try.busy', todo: 'try.busy_todo' },
  silent: { title: 'try.silent', todo: 'try.silent_todo' },
  mode_mismatch: { title: 'try.mode_mismatch', todo: 'try.mode_mismatch_todo' },
  wrong_key: { title: 'try.wrong_key', todo: 'try.wrong_key_todo' },
  not_integra: { title: 'try.not_integra', todo: 'try.not_integra_todo' },
  closed: { title: 'try.closed', todo: 'try.silent_todo' },
  timeout: { title: 'try.timeout', todo: 'try.silent_todo' },
  no_worker: { title: 'try.no_worker', todo: 'try.no_worker_todo' },
}

function Result({ result }: { readonly result: TryResult }): ReactNode {
  const texts = useTexts()
  const { t, of } = texts
  if (!result.ok) {
    const { title, body } = failureWords(result.failure, texts)
    return <Words outcome="failed" good={false} title={title} lines={[body]} />
  }
  const { outcome, identity, took_ms, panel } = result.answer
  const { title, todo } = words[outcome]
  const facts =
    identity === null
      ? []
      : [
          [
            identity.model,
            identity.firmware,
            ...(identity.module_version === null ? [] : [`${t('panel.module')} ${identity.module_version}`]),
            t(identity.encrypted ? 'panel.encrypted' : 'panel.plain'),
            ...(took_ms === null ? [] : [t('try.took', { ms: took_ms })]),
          ].join(' · '),
        ]
  const served =
    panel === null
      ? []
      : [
          [panel.name, of(panelConnectionText[panel.live.connection]), panel.live.identity?.model ?? '']
            .filter(Boolean)
            .join(' · '),
        ]
  return (
    <Words
      outcome={outcome}
      good={outcome === 'reachable' || outcome === 'in_use'}
      title={t(title)}
      lines={[...facts, ...served, t(todo)]}
    />
  )
}

function Words({
  outcome,
  good,
  title,
  lines,
}: {
  readonly outcome: string
  readonly good: boolean
  readonly title: string
  readonly lines: readonly string[]
}): ReactNode {
  const Icon = good ? CircleCheck : CircleHelp
  const box = useRef<HTMLDivElement>(null)
  // On a phone it would arrive under the footer.
  useEffect(() => {
    // Nothing returned: newer browsers answer with a promise, which would be taken for what cleans up.
    box.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  return (
    <div
      ref={box}
      data-testid="connection-try-result"
      data-outcome={outcome}
      className={`flex scroll-mb-28 gap-3 rounded border px-3 py-2 ${good ? 'border-line' : 'border-warning bg-warning-tint'}`}
    >
      <Icon size={18} aria-hidden="true" className="mt-0.5 shrink-0" />
      <div className="min-w-0">
        <p className="font-semibold">{title}</p>
        {lines.map((line) => (
          <p key={line} className="text-sm break-words">
            {line}
          </p>
        ))}
      </div>
    </div>
  )
}
