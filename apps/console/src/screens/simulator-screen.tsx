import { Link } from '@tanstack/react-router'
import { Joystick } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import {
  burst,
  type PanelAction,
  press,
  type PressResult,
  type SimulatedPanelDetail,
  useSimulatedPanel,
  useSimulatedPanels,
} from '../data/simulator.ts'
import { type MessageKey, useTexts } from '../texts/texts.tsx'
import { Button } from '../ui/button.tsx'
import { Choice } from '../ui/choice.tsx'
import { Flag } from '../ui/labels.tsx'
import { Page } from '../ui/page.tsx'
import { Empty, Failed, failureWords, Loading, SkeletonBlocks, SkeletonRows } from '../ui/page-state.tsx'
import { Section } from '../ui/section.tsx'
import { ArrivalLog } from './simulator-arrivals.tsx'

/** Demo and training: press something on a simulated panel, and watch it arrive beside it. */
export function SimulatorScreen(): ReactNode {
  const { t } = useTexts()
  const list = useSimulatedPanels()
  const [chosen, setChosen] = useState<string | null>(null)
  const [problem, setProblem] = useState<PressResult | null>(null)
  const panelId = chosen ?? list.data?.[0]?.id ?? null
  const report = (result: PressResult): void => setProblem(result.ok ? null : result)
  return (
    <Page
      title={t('simulator.title')}
      lead={<span className="text-soft max-md:hidden">{t('simulator.lead')}</span>}
      aside={
        <>
          {([50, 500] as const).map((count) => (
            <Button
              key={count}
              size="sm"
              testId={`burst-${count}`}
              onPress={() => void burst(count, 10_000).then(report)}
            >
              {t('simulator.burst', { count })}
            </Button>
          ))}
        </>
      }
    >
      {problem !== null && <Problem result={problem} />}
      {list.data === undefined ? (
        list.isError ? (
          <Failed error={list.error} onRetry={() => void list.refetch()} />
        ) : (
          <Loading onRetry={() => void list.refetch()}>
            <SkeletonRows rows={8} />
          </Loading>
        )
      ) : list.data.length === 0 ? (
        <Empty
          icon={<Joystick size={28} strokeWidth={1.5} />}
          title={t('simulator.empty')}
          body={t('simulator.empty_body')}
        />
      ) : (
        <div className="grid min-h-0 flex-1 grid-cols-[320px_minmax(0,1fr)_340px] max-xl:grid-cols-[260px_minmax(0,1fr)] max-md:block">
          <div className="hidden p-3 pb-0 max-md:block">
            <Choice
              label={t('simulator.panels')}
              value={panelId}
              onChange={setChosen}
              options={list.data.map((panel) => ({ value: panel.id, label: panel.name }))}
            />
          </div>
          <nav aria-label={t('simulator.panels')} className="overflow-y-auto border-r border-line max-md:hidden">
            {list.data.map((panel) => (
              <button
                key={panel.id}
                type="button"
                data-testid="simulated-panel"
                data-panel-id={panel.id}
                aria-pressed={panel.id === panelId}
                onClick={() => setChosen(panel.id)}
                className={`flex w-full flex-col gap-0.5 border-b border-line px-4 py-2 text-left ${panel.id === panelId ? 'bg-raised' : 'hover:bg-hover'}`}
              >
                <b className="w-full truncate font-medium">{panel.name}</b>
                <span className="flex w-full flex-wrap items-center gap-2 text-sm text-soft">
                  {panel.model}
                  {panel.alarm.length > 0 && <Flag tone="critical">{t('simulator.in_alarm')}</Flag>}
                  {panel.armed.length > 0 && (
                    <Flag tone="plain">{t('simulator.armed', { count: panel.armed.length })}</Flag>
                  )}
                  {!panel.connected && <Flag tone="warning">{t('simulator.not_connected')}</Flag>}
                </span>
              </button>
            ))}
          </nav>
          {panelId !== null && <PanelButtons key={panelId} panelId={panelId} report={report} />}
          <aside
            className="min-h-0 overflow-y-auto border-l border-line max-xl:col-span-2 max-xl:border-t max-xl:border-l-0"
            aria-label={t('simulator.arrivals')}
          >
            <ArrivalLog />
          </aside>
        </div>
      )}
    </Page>
  )
}

function Problem({ result }: { readonly result: PressResult }): ReactNode {
  const texts = useTexts()
  if (result.ok) return null
  const words = failureWords(result.failure, texts)
  const said = result.failure.kind === 'refused' ? result.failure.message : words.body
  return (
    <p role="alert" className="border-b border-critical bg-critical-tint px-4 py-2">
      <b className="font-semibold">{texts.t('simulator.refused')}</b> {said}
    </p>
  )
}

interface ButtonsProps {
  readonly panelId: string
  readonly report: (result: PressResult) => void
}

function PanelButtons({ panelId, report }: ButtonsProps): ReactNode {
  const query = useSimulatedPanel(panelId)
  const send = (action: PanelAction) => (): void => void press(panelId, action).then(report)
  if (query.data === undefined) {
    return query.isError ? (
      <Failed error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <Loading onRetry={() => void query.refetch()}>
        <SkeletonBlocks />
      </Loading>
    )
  }
  const panel = query.data
  return (
    <div className="flex min-w-0 flex-col gap-4 overflow-y-auto p-4 max-md:p-3" data-testid="simulator-buttons">
      <Partitions panel={panel} send={send} />
      <Zones panel={panel} send={send} />
      <Signals panel={panel} send={send} />
    </div>
  )
}

interface PartProps {
  readonly panel: SimulatedPanelDetail
  readonly send: (action: PanelAction) => () => void
}

function Partitions({ panel, send }: PartProps): ReactNode {
  const { t } = useTexts()
  return (
    <Section
      title={t('panel.partitions')}
      flush
      aside={
        <span className="flex flex-wrap gap-2 py-1">
          <Button size="sm" testId="arm-all" onPress={send({ action: 'arm', now: true })}>
            {t('simulator.arm_all')}
          </Button>
          <Button size="sm" testId="disarm-all" onPress={send({ action: 'disarm' })}>
            {t('simulator.disarm_all')}
          </Button>
          <Button size="sm" testId="clear-alarm" onPress={send({ action: 'clear_alarm' })}>
            {t('simulator.clear_alarm')}
          </Button>
        </span>
      }
    >
      <ul>
        {panel.partitions.map((partition) => {
          const { number, armed } = partition
          const state = partition.fireAlarm
            ? 'simulator.state_fire'
            : partition.alarm
              ? 'simulator.state_alarm'
              : partition.entryDelay
                ? 'simulator.state_entry'
                : partition.exitDelay
                  ? 'simulator.state_exit'
                  : armed
                    ? 'simulator.state_armed'
                    : 'simulator.state_disarmed'
          return (
            <li
              key={number}
              className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-2 last:border-b-0"
            >
              <span className="min-w-32 flex-1 truncate">
                <span className="text-soft">{number}.</span> {partition.name}
              </span>
              <Flag
                tone={partition.alarm || partition.fireAlarm ? 'critical' : partition.entryDelay ? 'warning' : 'plain'}
              >
                {t(state)}
              </Flag>
              <Button
                size="sm"
                testId={`${armed ? 'disarm' : 'arm'}-${number}`}
                onPress={send(
                  armed ? { action: 'disarm', partition: number } : { action: 'arm', partition: number, now: true },
                )}
              >
                {t(armed ? 'simulator.disarm' : 'simulator.arm')}
              </Button>
            </li>
          )
        })}
      </ul>
    </Section>
  )
}

function Zones({ panel, send }: PartProps): ReactNode {
  const { t, of } = useTexts()
  return (
    <Section title={t('panel.zones')} flush>
      <ul className="grid md:grid-cols-2">
        {panel.zones.slice(0, 64).map((zone) => (
          <li key={zone.number} className="flex min-w-0 items-center gap-2 border-b border-line px-4 py-1.5">
            <span className="min-w-0 flex-1">
              <span className="block truncate">
                <span className="text-soft">{zone.number}.</span> {zone.name}
              </span>
              <span className="block truncate text-xs text-soft">{of(zone.reactionName)}</span>
            </span>
            {zone.alarm && <Flag tone="critical">{t('simulator.state_alarm')}</Flag>}
            <Button
              size="sm"
              testId={`${zone.violated ? 'restore' : 'violate'}-${zone.number}`}
              className={zone.violated ? 'border-action! text-action!' : ''}
              onPress={send({ action: zone.violated ? 'restore' : 'violate', zone: zone.number })}
            >
              {t(zone.violated ? 'simulator.restore' : 'simulator.violate')}
            </Button>
            <Button
              size="sm"
              tone="quiet"
              className="px-2"
              testId={`tamper-${zone.number}`}
              onPress={send({ action: zone.tampered ? 'tamper_restore' : 'tamper', zone: zone.number })}
            >
              {t(zone.tampered ? 'simulator.tamper_restore' : 'simulator.tamper')}
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  )
}

const signals: readonly (readonly [MessageKey, PanelAction])[] = [
  ['simulator.panic', { action: 'panic' }],
  ['simulator.fire', { action: 'fire' }],
  ['simulator.medical', { action: 'medical' }],
  ['simulator.duress', { action: 'duress' }],
  ['simulator.wrong_code', { action: 'wrong_code' }],
  ['simulator.lid', { action: 'tamper' }],
  ['simulator.lid_restore', { action: 'tamper_restore' }],
  ['simulator.ac_loss', { action: 'ac_loss', now: true }],
  ['simulator.ac_restore', { action: 'ac_restore' }],
  ['simulator.test', { action: 'test_transmission' }],
]
const faults: readonly (readonly [MessageKey, PanelAction])[] = [
  ['simulator.fault_none', { action: 'fault', mode: 'none' }],
  ['simulator.fault_close', { action: 'fault', mode: 'close', count: 1 }],
  ['simulator.fault_freeze', { action: 'fault', mode: 'freeze' }],
  ['simulator.fault_refuse', { action: 'fault', mode: 'refuse' }],
  ['simulator.fault_busy', { action: 'fault', mode: 'busy' }],
  ['simulator.fault_garbage', { action: 'fault', mode: 'garbage', count: 20 }],
]

function Signals({ panel, send }: PartProps): ReactNode {
  const { t } = useTexts()
  const grid = (buttons: typeof signals): ReactNode => (
    <div className="grid grid-cols-[repeat(auto-fill,minmax(168px,1fr))] gap-2">
      {buttons.map(([label, action]) => (
        <Button
          key={label}
          testId={`do-${action.action}${typeof action['mode'] === 'string' ? `-${action['mode']}` : ''}`}
          onPress={send(action)}
        >
          {t(label)}
        </Button>
      ))}
    </div>
  )
  return (
    <>
      <Section title={t('simulator.signals')}>{grid(signals)}</Section>
      <Section
        title={t('simulator.link')}
        aside={
          panel.fault === 'none' ? undefined : (
            <Flag tone="warning">{t('simulator.fault_active', { mode: panel.fault })}</Flag>
          )
        }
      >
        {grid(faults)}
        <p className="mt-3 text-sm text-soft">
          {panel.host}:{panel.port} · {panel.model} ·{' '}
          <Link to="/panels" className="text-action underline">
            {t('panels.title')}
          </Link>
        </p>
      </Section>
    </>
  )
}
