import type { Site } from '@stam/contracts'
import { Link, useNavigate } from '@tanstack/react-router'
import { Building2, ChevronLeft, ChevronRight, Plus, Search } from 'lucide-react'
import { type ReactNode, useRef, useState } from 'react'
import { may, useMe } from '../../data/me.ts'
import { type SiteFilter, useSites } from '../../data/sites.ts'
import { useConnection } from '../../data/system.ts'
import { useShortcut } from '../../keyboard/keyboard.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Segments } from '../../ui/segments.tsx'
import { Field } from '../../ui/field.tsx'
import { ModeMark } from '../../ui/labels.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty, Failed, Loading, SkeletonRows } from '../../ui/page-state.tsx'
import { PriorityShape } from '../../ui/priority-shape.tsx'
import { useSettled } from '../../ui/use-settled.ts'
import { siteTypeText } from './site-words.ts'

/** All sites this person may see: search, modes, what is going on at each. */
export function SitesScreen(): ReactNode {
  const { t } = useTexts()
  const me = useMe()
  const navigate = useNavigate()
  const { canAct } = useConnection()
  const [text, setText] = useState('')
  const [mode, setMode] = useState<SiteFilter['mode']>('all')
  const [page, setPage] = useState(1)
  const search = useRef<HTMLInputElement>(null)
  useShortcut('search', () => search.current?.focus())
  const wanted = useSettled(text)
  const query = useSites({ text: wanted, mode, page })
  const filtered = text !== '' || mode !== 'all'
  return (
    <Page
      title={t('sites.title')}
      lead={query.data !== undefined && <span className="text-soft">{query.data.pagination.total}</span>}
      aside={
        <>
          <Field
            inputRef={search}
            testId="site-search"
            hideLabel
            label={t('sites.search')}
            placeholder={t('sites.search')}
            value={text}
            onChange={(next) => {
              setText(next)
              setPage(1)
            }}
            lead={<Search size={16} />}
            className="w-72 max-md:w-full"
          />
          <Segments
            label={t('sites.mode')}
            value={mode}
            onChange={(next) => {
              setMode(next)
              setPage(1)
            }}
            options={[
              { value: 'all', label: t('sites.mode_all') },
              { value: 'service', label: t('mode.service') },
              { value: 'test', label: t('mode.test') },
            ]}
          />
          {may(me, 'site:write') && (
            <Button
              tone="primary"
              testId="site-create"
              isDisabled={!canAct}
              onPress={() => void navigate({ to: '/sites/new' })}
            >
              <Plus size={16} aria-hidden="true" />
              {t('sites.create')}
            </Button>
          )}
        </>
      }
    >
      {query.data === undefined ? (
        query.isError ? (
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Loading onRetry={() => void query.refetch()}>
            <SkeletonRows rows={12} />
          </Loading>
        )
      ) : query.data.data.length === 0 ? (
        <Empty
          icon={<Building2 size={28} strokeWidth={1.5} />}
          title={t(filtered ? 'sites.nothing_found' : 'sites.empty')}
          body={t(filtered ? 'state.nothing_found_body' : 'sites.empty_body')}
        />
      ) : (
        <>
          <ul data-testid="site-list" aria-busy={query.isFetching}>
            {query.data.data.map((site) => (
              <SiteRow key={site.id} site={site} />
            ))}
          </ul>
          <Pages page={page} pages={query.data.pagination.total_pages} onPage={setPage} />
        </>
      )}
    </Page>
  )
}

function SiteRow({ site }: { readonly site: Site }): ReactNode {
  const { of } = useTexts()
  const quiet = site.service_mode.active || site.test_mode.active
  return (
    <li
      className={`border-b border-line bg-surface ${quiet ? 'hatched' : ''}`}
      data-testid="site-row"
      data-site-id={site.id}
    >
      <Link
        to="/sites/$siteId"
        params={{ siteId: site.id }}
        className="grid min-h-[52px] grid-cols-[64px_minmax(0,1fr)_minmax(0,320px)_150px_210px] items-center gap-x-4 px-4 hover:bg-hover max-lg:grid-cols-[56px_minmax(0,1fr)_auto] max-md:grid-cols-[36px_minmax(0,1fr)] max-md:py-2"
      >
        <span className="text-soft">{site.code}</span>
        <span className="flex min-w-0 items-center gap-3">
          <b className="truncate text-lg font-medium">{site.name}</b>
          <ModeMark service={site.service_mode.active} test={site.test_mode.active} />
        </span>
        <span className="truncate text-soft max-lg:hidden">
          {[site.address_line, site.city].filter(Boolean).join(', ')}
        </span>
        <span className="truncate text-soft max-lg:hidden">{of(siteTypeText[site.type])}</span>
        {/* Below the name on a phone: in a flood three counts would leave nothing of it. */}
        <span className="max-md:col-start-2 max-md:justify-self-start">
          <ActiveCounts site={site} />
        </span>
      </Link>
    </li>
  )
}

/** Open alarms of a site by priority; nothing where nothing is going on. */
export function ActiveCounts({ site }: { readonly site: Site }): ReactNode {
  const { t } = useTexts()
  const { CRITICAL, WARNING, INFO } = site.active_alarms
  const shown = (
    [
      ['CRITICAL', CRITICAL],
      ['WARNING', WARNING],
      ['INFO', INFO],
    ] as const
  ).filter(([, count]) => count > 0)
  const label = t('sites.active', { critical: CRITICAL, warning: WARNING, info: INFO })
  return (
    <span className="flex items-center justify-end gap-4" role="img" aria-label={label}>
      {shown.map(([priority, count]) => (
        <span key={priority} className="inline-flex items-center gap-1.5 font-semibold">
          <PriorityShape priority={priority} size={15} />
          {count}
        </span>
      ))}
    </span>
  )
}

function Pages({
  page,
  pages,
  onPage,
}: {
  readonly page: number
  readonly pages: number
  readonly onPage: (page: number) => void
}): ReactNode {
  const { t } = useTexts()
  if (pages < 2) return null
  return (
    <nav aria-label={t('sites.pages')} className="flex items-center justify-center gap-3 p-3 text-soft">
      <IconButton label={t('sites.previous')} isDisabled={page <= 1} onPress={() => onPage(page - 1)}>
        <ChevronLeft size={18} aria-hidden="true" />
      </IconButton>
      {t('sites.page', { page, pages })}
      <IconButton label={t('sites.next')} isDisabled={page >= pages} onPress={() => onPage(page + 1)}>
        <ChevronRight size={18} aria-hidden="true" />
      </IconButton>
    </nav>
  )
}
