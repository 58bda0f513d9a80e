import type { PanelDetail } from '@stam/contracts'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Pencil } from 'lucide-react'
import type { ReactNode } from 'react'
import { may, useMe } from '../../data/me.ts'
import { usePanel } from '../../data/panels.ts'
import { useSite } from '../../data/sites.ts'
import { useConnection } from '../../data/system.ts'
import { useShortcut } from '../../keyboard/keyboard.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Flag } from '../../ui/labels.tsx'
import { Page } from '../../ui/page.tsx'
import { Failed, Loading, SkeletonBlocks } from '../../ui/page-state.tsx'
import { Facts, Section } from '../../ui/section.tsx'
import { Moment } from '../../ui/ticking.tsx'
import { PanelHistorySection } from './panel-history-section.tsx'
import { objectsSpokenOf } from './objects-spoken-of.ts'
import { ReleaseButton, ReleaseNotice } from './panel-release.tsx'
import { ConnectionMark, LiveAge, PartitionChip, useTrust } from './panel-parts.tsx'
import { ZonesSection } from './zones-section.tsx'

/** One panel, live: partitions, zones, outputs, troubles, each with the age of what is shown. */
export function PanelScreen(): ReactNode {
  const { panelId } = useParams({ from: '/panels/$panelId' })
  const { t } = useTexts()
  const query = usePanel(panelId)
  const navigate = useNavigate()
  useShortcut('back', () => void navigate({ to: '/panels' }))
  if (query.data === undefined) {
    return (
      <Page title={t('panel.title')} back="/panels">
        {query.isError ? (
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Loading onRetry={() => void query.refetch()}>
            <SkeletonBlocks blocks={4} />
          </Loading>
        )}
      </Page>
    )
  }
  return <LivePanel detail={query.data} />
}

function LivePanel({ detail: told }: { readonly detail: PanelDetail }): ReactNode {
  const { t, of } = useTexts()
  const detail = { ...told, ...objectsSpokenOf(told) }
  const { panel, partitions, outputs, live } = detail
  const trust = useTrust(live)
  const me = useMe()
  const navigate = useNavigate()
  const { canAct } = useConnection()
  const site = useSite(panel.site_id).data?.site
  const { bits, troubles } = live
  const dim = trust === 'fresh' ? '' : 'stale'
  return (
    <Page
      title={site === undefined ? panel.name : `${site.name} · ${panel.name}`}
      back="/panels"
      aside={
        <span className="flex flex-wrap items-center gap-4">
          <ConnectionMark live={live} />
          <LiveAge live={live} />
          {may(me, 'panel:release') && <ReleaseButton detail={detail} />}
          {may(me, 'site:write') && (
            <Button
              testId="panel-edit"
              isDisabled={!canAct}
              onPress={() => void navigate({ to: '/panels/$panelId/edit', params: { panelId: panel.id } })}
            >
              <Pencil size={16} aria-hidden="true" />
              {t('site.edit')}
            </Button>
          )}
        </span>
      }
    >
      {detail.release !== null && <ReleaseNotice panel={panel} release={detail.release} />}
      <div
        className="grid items-start gap-4 p-4 xl:grid-cols-[1fr_380px] max-md:p-3"
        data-testid="panel-live"
        data-trust={trust}
      >
        <div className="flex min-w-0 flex-col gap-4">
          <Section title={t('panel.partitions')} testId="partitions">
            {bits === null ? (
              <p className="text-soft">{t('panel.no_state')}</p>
            ) : partitions.length === 0 && panel.names_read_at === null ? (
              <p className="text-soft">{t('panel.names_not_read')}</p>
            ) : (
              <ul className={`flex flex-wrap gap-2 ${dim}`}>
                {partitions.map((partition) => (
                  <li key={partition.number}>
                    <PartitionChip partition={partition} bits={bits} />
                  </li>
                ))}
              </ul>
            )}
          </Section>
          <ZonesSection detail={detail} dim={dim} />
          <PanelHistorySection detail={detail} />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Section title={t('panel.troubles')} testId="troubles">
            {troubles === null ? (
              <p className="text-soft">{t('panel.no_state')}</p>
            ) : troubles.length === 0 ? (
              <p className={`text-soft ${dim}`}>{t('panel.no_troubles')}</p>
            ) : (
              <ul className={`flex flex-col items-start gap-2 ${dim}`}>
                {troubles.map((trouble) => (
                  <li key={trouble.key}>
                    <Flag tone="warning">
                      {of(trouble.text)}
                      {trouble.object !== null && ` · ${trouble.object}`}
                    </Flag>
                  </li>
                ))}
              </ul>
            )}
          </Section>
          <Section title={t('panel.outputs')} testId="outputs" flush>
            {outputs.length === 0 ? (
              <p className="p-4 text-soft">
                {t(panel.names_read_at === null ? 'panel.names_not_read' : 'panel.no_outputs')}
              </p>
            ) : (
              <Outputs detail={detail} dim={dim} />
            )}
          </Section>
          <Identity detail={detail} />
        </div>
      </div>
    </Page>
  )
}

function Outputs({ detail, dim }: { readonly detail: PanelDetail; readonly dim: string }): ReactNode {
  const { t } = useTexts()
  const { bits } = detail.live
  return (
    <ul className={bits === null ? '' : dim}>
      {detail.outputs.map((output) => {
        const on = bits?.outputs_on.includes(output.number) ?? false
        return (
          <li
            key={output.number}
            data-testid="output"
            data-on={on}
            className="flex min-h-9 items-center justify-between gap-3 border-b border-line px-4 last:border-b-0"
          >
            <span className="min-w-0 truncate">
              <span className="mr-2 inline-block w-7 text-right text-soft">{output.number}</span>
              {output.name}
            </span>
            <span className={`text-sm ${on ? 'font-semibold' : 'text-soft'}`}>
              {bits === null ? t('panel.state_unknown') : t(on ? 'panel.output_on' : 'panel.output_off')}
            </span>
          </li>
        )
      })}
    </ul>
  )
}

function Identity({ detail }: { readonly detail: PanelDetail }): ReactNode {
  const { t } = useTexts()
  const { panel, live } = detail
  const none = <span className="text-soft">{t('panel.not_known')}</span>
  return (
    <Section title={t('panel.identity')}>
      <Facts
        rows={[
          [t('panel.model'), live.identity?.model ?? panel.model ?? none],
          [t('panel.firmware'), live.identity?.firmware ?? panel.firmware ?? none],
          [t('panel.module'), live.identity?.module_version ?? none],
          [t('panel.address'), `${panel.host}:${panel.port}`],
          [
            t('panel.encryption'),
            t((live.identity?.encrypted ?? panel.has_integration_key) ? 'panel.encrypted' : 'panel.plain'),
          ],
          [
            t('panel.connected_since'),
            live.connection_since === null ? none : <Moment key="since" at={live.connection_since} />,
          ],
          [
            t('panel.clock'),
            live.clock_drift_ms === null ? none : t('panel.drift', { seconds: Math.round(live.clock_drift_ms / 1000) }),
          ],
          [
            t('panel.names_read'),
            panel.names_read_at === null ? none : <Moment key="names" at={panel.names_read_at} />,
          ],
          [
            t('panel.site'),
            <Link
              key="site"
              to="/sites/$siteId"
              params={{ siteId: panel.site_id }}
              className="text-action hover:underline"
            >
              {t('panel.open_site')}
            </Link>,
          ],
        ]}
      />
    </Section>
  )
}
