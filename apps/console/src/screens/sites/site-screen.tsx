import type { SiteDetail } from '@stam/contracts'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Megaphone, Pencil, Plus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { may, useMe } from '../../data/me.ts'
import { useSite } from '../../data/sites.ts'
import { useConnection } from '../../data/system.ts'
import { useShortcut } from '../../keyboard/keyboard.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Page } from '../../ui/page.tsx'
import { Failed, Loading, SkeletonBlocks } from '../../ui/page-state.tsx'
import { Facts, Section } from '../../ui/section.tsx'
import { Contacts, HistorySection } from '../alarm/site-sections.tsx'
import { ManualAlarm } from './manual-alarm.tsx'
import { ModesSection } from './modes-section.tsx'
import { SecretsSection } from './secrets-section.tsx'
import { siteTypeText } from './site-words.ts'
import { ActiveCounts } from './sites-screen.tsx'

export function SiteScreen(): ReactNode {
  const { siteId } = useParams({ from: '/sites/$siteId' })
  const { t } = useTexts()
  const navigate = useNavigate()
  const query = useSite(siteId)
  useShortcut('back', () => void navigate({ to: '/sites' }))
  if (query.data === undefined) {
    return (
      <Page title={t('site.title')} back="/sites">
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
  return <OneSite detail={query.data} />
}

function OneSite({ detail }: { readonly detail: SiteDetail }): ReactNode {
  const { t } = useTexts()
  const me = useMe()
  const navigate = useNavigate()
  const { canAct } = useConnection()
  const [reporting, setReporting] = useState(false)
  const { site, contacts, panels, procedures, recent_alarms } = detail
  return (
    <Page
      title={site.name}
      back="/sites"
      lead={<span className="text-soft">{site.code}</span>}
      aside={
        <>
          <ActiveCounts site={site} />
          {may(me, 'alarm:report') && (
            <Button testId="manual-alarm" isDisabled={!canAct} onPress={() => setReporting(true)}>
              <Megaphone size={16} aria-hidden="true" />
              {t('site.report')}
            </Button>
          )}
          {may(me, 'site:write') && (
            <Button
              testId="site-edit"
              isDisabled={!canAct}
              onPress={() => void navigate({ to: '/sites/$siteId/edit', params: { siteId: site.id } })}
            >
              <Pencil size={16} aria-hidden="true" />
              {t('site.edit')}
            </Button>
          )}
        </>
      }
    >
      <div className="grid items-start gap-4 p-4 lg:grid-cols-2 max-md:gap-3 max-md:p-3" data-testid="site">
        <div className="flex min-w-0 flex-col gap-4">
          <ModesSection site={site} />
          <Data detail={detail} />
          <Section
            title={t('site.panels', { count: panels.length })}
            testId="site-panels"
            flush
            aside={
              may(me, 'site:write') && (
                <Button
                  size="sm"
                  testId="panel-add"
                  isDisabled={!canAct}
                  onPress={() => void navigate({ to: '/sites/$siteId/panels/new', params: { siteId: site.id } })}
                >
                  <Plus size={15} aria-hidden="true" />
                  {t('panel.add')}
                </Button>
              )
            }
          >
            {panels.length === 0 ? (
              <p className="p-4 text-soft">{t('site.no_panels')}</p>
            ) : (
              <ul>
                {panels.map((panel) => (
                  <li key={panel.id} className="border-b border-line last:border-b-0">
                    <Link
                      to="/panels/$panelId"
                      params={{ panelId: panel.id }}
                      className="flex min-h-11 flex-wrap items-center gap-x-4 px-4 py-1.5 hover:bg-hover"
                    >
                      <b className="font-medium">{panel.name}</b>
                      <span className="text-soft">{panel.model ?? t('panel.not_known')}</span>
                      <span className="ml-auto text-sm text-soft">
                        {panel.host}:{panel.port}
                      </span>
                    </Link>
                  </li>
                ))}
              </ul>
            )}
          </Section>
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Section title={t('site.contacts')} flush>
            <Contacts contacts={contacts} />
          </Section>
          <Section title={t('site.procedures')}>
            {procedures.length === 0 ? (
              <p className="text-soft">{t('site.no_procedures')}</p>
            ) : (
              procedures.map((procedure) => (
                <div key={procedure.id} className="mb-4 last:mb-0">
                  <h3 className="mb-1 font-semibold">{procedure.title}</h3>
                  <p className="break-words whitespace-pre-line">{procedure.body}</p>
                </div>
              ))
            )}
          </Section>
          {may(me, 'secret:reveal') && <SecretsSection siteId={site.id} panels={panels} />}
          <HistorySection alarms={recent_alarms} title={t('site.history')} />
        </div>
      </div>
      {reporting && <ManualAlarm siteId={site.id} siteName={site.name} onClose={() => setReporting(false)} />}
    </Page>
  )
}

function Data({ detail: { site } }: { readonly detail: SiteDetail }): ReactNode {
  const { t, of } = useTexts()
  const { settings } = site
  const minutes = (seconds: number): string => t('site.minutes', { count: Math.round(seconds / 60) })
  return (
    <Section title={t('site.data')} testId="site-data">
      <Facts
        rows={[
          [
            t('site.address'),
            [site.address_line, `${site.postal_code} ${site.city}`.trim()].filter(Boolean).join(', ') || '—',
          ],
          [t('site.type'), of(siteTypeText[site.type])],
          [t('site.time_zone'), site.time_zone],
          [t('site.bundle_window'), minutes(settings.bundle_window_s)],
          [t('site.duplicate_window'), t('site.seconds', { count: settings.duplicate_window_s })],
          [
            t('site.auto_close'),
            t('site.auto_close_value', {
              warning: Math.round(settings.warning_auto_close_s / 3600),
              info: Math.round(settings.info_auto_close_s / 3600),
            }),
          ],
          [
            t('site.notes'),
            site.notes === '' ? (
              '—'
            ) : (
              <span key="notes" className="whitespace-pre-line">
                {site.notes}
              </span>
            ),
          ],
        ]}
      />
    </Section>
  )
}
