import { BellOff, CircleCheck } from 'lucide-react'
import { type ReactNode, useDeferredValue, useMemo } from 'react'
import { reloadList, useBoard, useBoardAlarms, useClosedAlarms, useListLoading } from '../../data/alarms.ts'
import { useMe } from '../../data/me.ts'
import { isFiltered, resetQueue, useQueueChoice } from '../../data/queue-filter.ts'
import { queueOf } from '../../data/queue-view.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Empty, Failed, Loading, SkeletonRows } from '../../ui/page-state.tsx'
import { ApiError } from '../../data/http.ts'
import { useSettled } from '../../ui/use-settled.ts'
import { QueueFilters } from './queue-filters.tsx'
import { QueueList } from './queue-list.tsx'

/** Filters and the list, in whichever of its states it is. */
export function QueuePane({ openId }: { readonly openId: string | undefined }): ReactNode {
  const { t } = useTexts()
  const choice = useQueueChoice()
  return (
    <section aria-label={t('queue.title')} className="flex min-h-0 flex-1 flex-col">
      <h1 className="sr-only">{t('queue.title')}</h1>
      <QueueFilters />
      {choice.view === 'open' ? <OpenAlarms openId={openId} /> : <ClosedAlarms openId={openId} />}
    </section>
  )
}

function OpenAlarms({ openId }: { readonly openId: string | undefined }): ReactNode {
  const { t } = useTexts()
  const me = useMe()
  const choice = useQueueChoice()
  const board = useBoard()
  const open = useBoardAlarms()
  const loading = useListLoading()
  // Typing in the search must not wait for the list.
  const wanted = useDeferredValue(choice)
  const alarms = useMemo(() => queueOf(open, wanted, me.id), [open, wanted, me.id])
  if (board.loadedAt === null) {
    if (loading.failure !== null && loading.failure.kind !== 'unreachable') {
      return <Failed error={new ApiError(loading.failure)} onRetry={reloadList} />
    }
    return (
      <Loading onRetry={reloadList}>
        <SkeletonRows rows={14} />
      </Loading>
    )
  }
  if (alarms.length === 0) {
    return isFiltered(choice) ? (
      <Empty title={t('queue.nothing_found.title')} body={t('queue.nothing_found.body')}>
        <Button onPress={resetQueue}>{t('queue.show_all')}</Button>
      </Empty>
    ) : (
      <Empty
        icon={<CircleCheck size={32} strokeWidth={1.5} />}
        title={t('queue.empty.title')}
        body={t('queue.empty.body')}
        testId="queue-empty"
      />
    )
  }
  const known = board.counts.CRITICAL + board.counts.WARNING + board.counts.INFO
  return (
    <>
      <QueueList alarms={alarms} openId={openId} />
      {!board.complete && (
        <p className="border-t border-line px-4 py-1.5 text-sm text-soft" data-testid="list-progress">
          {t('queue.reading', { read: board.all().length, all: Math.max(known, board.all().length) })}
        </p>
      )}
    </>
  )
}

function ClosedAlarms({ openId }: { readonly openId: string | undefined }): ReactNode {
  const { t } = useTexts()
  const choice = useQueueChoice()
  const text = useSettled(choice.text)
  const query = useClosedAlarms({ text, priorities: choice.priorities }, true)
  if (query.isPending) {
    return (
      <Loading onRetry={() => void query.refetch()}>
        <SkeletonRows rows={14} />
      </Loading>
    )
  }
  if (query.isError && query.alarms.length === 0)
    return <Failed error={query.error} onRetry={() => void query.refetch()} />
  if (query.alarms.length === 0) {
    return (
      <Empty icon={<BellOff size={28} />} title={t('queue.no_history.title')} body={t('queue.no_history.body')}>
        <Button onPress={resetQueue}>{t('queue.show_open')}</Button>
      </Empty>
    )
  }
  return (
    <QueueList
      alarms={query.alarms}
      openId={openId}
      onEnd={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
    />
  )
}
