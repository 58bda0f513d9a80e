import type { AuditEntry } from '@stam/contracts'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Download, RotateCw, ScrollText } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Allowed } from '../../app/admin-frame.tsx'
import { exportAudit, useAudit } from '../../data/audit.ts'
import { serverNow } from '../../data/server-clock.ts'
import { useTexts } from '../../texts/texts.tsx'
import { dateOf, timeOfDay } from '../../texts/time.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Problem } from '../../ui/notices.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty, Failed, failureWords, Loading, SkeletonRows } from '../../ui/page-state.tsx'
import { Sheet } from '../../ui/sheet.tsx'
import { useLayout } from '../../ui/use-layout.ts'
import { AuditEntryDetail } from './audit-entry.tsx'
import { type AuditFilter, queryOf, withoutGaps } from './audit-filter.ts'
import { AuditFilters } from './audit-filters.tsx'
import { AuditList } from './audit-list.tsx'
import { wordsOfAction } from './audit-words.ts'
import { ChainStatus } from './chain-status.tsx'

export function AuditScreen(): ReactNode {
  return (
    <Allowed needs="audit:read">
      <AuditBrowser />
    </Allowed>
  )
}

/** Who did what: the filters stand in the address, the list on the left, the chosen entry whole on the right. */
function AuditBrowser(): ReactNode {
  const { t } = useTexts()
  const navigate = useNavigate()
  const filter = useSearch({ from: '/admin/audit' })
  // On a phone every row above the list is one entry less: what the record rests on stands beside the filters there.
  const phone = useLayout() === 'phone'
  const narrow = (change: Partial<AuditFilter>): void =>
    void navigate({ to: '/admin/audit', search: withoutGaps({ ...filter, ...change }), replace: true })
  return (
    <Page title={t('audit.title')} lead={phone ? null : <ChainStatus />} aside={<Export filter={filter} />} oneRow>
      <AuditFilters
        filter={filter}
        beside={<ChainStatus />}
        onNarrow={narrow}
        onClear={() => void navigate({ to: '/admin/audit', search: {} })}
      />
      <Entries key={JSON.stringify(filter)} filter={filter} />
    </Page>
  )
}

function Entries({ filter }: { readonly filter: AuditFilter }): ReactNode {
  const { t, of } = useTexts()
  const split = useLayout() === 'split'
  const query = useAudit(JSON.stringify(filter), () => queryOf(filter, serverNow()))
  const [chosen, setChosen] = useState<AuditEntry | null>(null)
  const entries = query.data?.pages.flatMap((page) => page.data) ?? []
  if (query.data === undefined) {
    return query.isError ? (
      <Failed error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <Loading onRetry={() => void query.refetch()}>
        <SkeletonRows rows={12} />
      </Loading>
    )
  }
  if (entries.length === 0) {
    return (
      <Empty
        icon={<ScrollText size={28} strokeWidth={1.5} />}
        title={t('audit.nothing')}
        body={t(filter.entry === undefined ? 'audit.nothing_body' : 'audit.entry_gone')}
      />
    )
  }
  // One entry asked for by its number is opened at once.
  const shown = chosen ?? (split || filter.entry !== undefined ? (entries[0] ?? null) : null)
  const read = timeOfDay(query.dataUpdatedAt)
  return (
    <div className="flex min-h-0 flex-1" data-testid="audit">
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <p className="flex items-center justify-between gap-2 border-b border-line px-4 py-0.5 text-sm text-soft max-md:px-3">
          <span>
            {t(query.hasNextPage ? 'audit.more_than' : 'audit.count', { count: entries.length })}{' '}
            {t('audit.as_of', { time: read })}
          </span>
          <IconButton label={t('banner.refresh')} isDisabled={query.isFetching} onPress={() => void query.refetch()}>
            <RotateCw size={15} aria-hidden="true" />
          </IconButton>
        </p>
        <AuditList
          entries={entries}
          chosen={shown?.id ?? null}
          onChoose={setChosen}
          more={query.hasNextPage ? () => void query.fetchNextPage() : null}
          loading={query.isFetchingNextPage}
          failed={query.isFetchNextPageError}
        />
      </div>
      {split && shown !== null && (
        <aside
          aria-label={t('audit.entry')}
          className="w-[44%] max-w-[820px] shrink-0 overflow-y-auto border-l border-line bg-surface p-5"
        >
          <AuditEntryDetail entry={shown} />
        </aside>
      )}
      {!split && chosen !== null && (
        <Sheet isOpen onClose={() => setChosen(null)} title={of(wordsOfAction(chosen.action))} width="lg">
          <div className="overflow-y-auto p-5 max-md:p-4">
            <AuditEntryDetail entry={chosen} />
          </div>
        </Sheet>
      )}
    </div>
  )
}

/** What is filtered, as a file. Making it is on record as well. */
function Export({ filter }: { readonly filter: AuditFilter }): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const phone = useLayout() === 'phone'
  const [state, setState] = useState<'idle' | 'reading' | { readonly problem: string }>('idle')
  const save = async (): Promise<void> => {
    setState('reading')
    const result = await exportAudit(queryOf(filter, serverNow()))
    if (!result.ok) return setState({ problem: failureWords(result.failure, texts).title })
    const now = serverNow()
    const url = URL.createObjectURL(new Blob([result.csv], { type: 'text/csv;charset=utf-8' }))
    const link = document.createElement('a')
    link.href = url
    link.download = `audit ${dateOf(now, 'pl')} ${timeOfDay(now).replaceAll(':', '.')}.csv`
    link.click()
    setTimeout(() => URL.revokeObjectURL(url), 10_000)
    setState('idle')
  }
  return (
    <>
      {typeof state === 'object' && <Problem>{state.problem}</Problem>}
      <Button
        isDisabled={state === 'reading'}
        onPress={() => void save()}
        testId="audit-export"
        {...(phone ? { 'aria-label': t('audit.export') } : {})}
      >
        <Download size={16} aria-hidden="true" />
        {t(state === 'reading' ? 'audit.exporting' : phone ? 'audit.export_short' : 'audit.export')}
      </Button>
    </>
  )
}
