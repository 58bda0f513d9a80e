import { ArrowDownWideNarrow, Clock3, FlaskConical, History, Rows3, Rows4, Search } from 'lucide-react'
import { type ReactNode, useRef } from 'react'
import { ToggleButton } from 'react-aria-components/ToggleButton'
import { priorities, type Priority } from '@stam/contracts'
import { type AlarmSummary, useBoard } from '../../data/alarms.ts'
import { useMe } from '../../data/me.ts'
import { prefer, usePreference } from '../../data/preferences.ts'
import { chooseQueue, isFiltered, queueChoice, resetQueue, useQueueChoice } from '../../data/queue-filter.ts'
import type { QueueWhose } from '../../data/queue-view.ts'
import { useShortcut } from '../../keyboard/keyboard.ts'
import { useTexts } from '../../texts/texts.tsx'
import { IconButton, KeyHint } from '../../ui/button.tsx'
import { PriorityShape } from '../../ui/priority-shape.tsx'

const chip =
  'inline-flex h-8 shrink-0 items-center gap-1.5 rounded border border-line px-2.5 text-sm text-soft whitespace-nowrap select-none hover:text-text selected:border-action selected:bg-action-tint selected:text-text max-md:h-11'

/** Search and filter chips; every chip says how many it would show. */
export function QueueFilters(): ReactNode {
  const { t } = useTexts()
  const choice = useQueueChoice()
  const search = useRef<HTMLInputElement>(null)
  const chips = useRef<HTMLDivElement>(null)
  useShortcut('search', () => search.current?.focus())
  useShortcut('filter', () => chips.current?.querySelector('button')?.focus())
  const board = useBoard()
  const toggle = (priority: Priority) => (on: boolean) =>
    chooseQueue({
      priorities: on ? [...choice.priorities, priority] : choice.priorities.filter((one) => one !== priority),
    })
  return (
    <div
      className="flex shrink-0 flex-col gap-2 border-b border-line px-3 py-2"
      role="search"
      aria-label={t('queue.search_label')}
    >
      <div className="flex items-center gap-1">
        <label className="flex h-9 min-w-0 flex-1 items-center gap-2 rounded border border-line bg-ground px-3 focus-within:border-action hover:border-faint max-md:h-11">
          <Search size={16} aria-hidden="true" className="shrink-0 text-soft" />
          <span className="sr-only">{t('queue.search_label')}</span>
          <input
            ref={search}
            type="search"
            data-testid="queue-search"
            value={choice.text}
            placeholder={t('queue.search')}
            onChange={(event) => chooseQueue({ text: event.target.value })}
            onKeyDown={(event) => {
              if (event.key !== 'Escape') return
              event.preventDefault()
              if (queueChoice.getState().text === '') search.current?.blur()
              else chooseQueue({ text: '' })
            }}
            className="min-w-0 flex-1 bg-transparent outline-none placeholder:text-soft [&::-webkit-search-cancel-button]:hidden"
          />
          <KeyHint stroke="/" />
        </label>
        <ViewButtons />
      </div>
      <div ref={chips} className="flex items-center gap-1.5 overflow-x-auto [scrollbar-width:none]">
        {priorities.map((priority) => (
          <ToggleButton
            key={priority}
            data-testid={`filter-${priority}`}
            isSelected={choice.priorities.includes(priority)}
            onChange={toggle(priority)}
            className={chip}
          >
            <PriorityShape
              priority={priority}
              size={14}
              muted={choice.view === 'closed' || board.counts[priority] === 0}
            />
            {t(`queue.filter_${priority}`)}
            {choice.view === 'open' && (
              <b className="font-semibold text-text">{board.loadedAt === null ? '–' : board.counts[priority]}</b>
            )}
          </ToggleButton>
        ))}
        {choice.view === 'open' && <WhoseChips />}
        {isFiltered(choice) && (
          <button
            type="button"
            data-testid="filter-reset"
            onClick={resetQueue}
            className="h-8 shrink-0 rounded px-2 text-sm whitespace-nowrap text-action hover:underline max-md:h-11"
          >
            {t('queue.show_all')}
          </button>
        )}
      </div>
    </div>
  )
}

/** Whose alarms; the server's list of closed ones knows no such filter. */
function WhoseChips(): ReactNode {
  const { t } = useTexts()
  const choice = useQueueChoice()
  const board = useBoard()
  const me = useMe()
  const isMine = (alarm: AlarmSummary): boolean =>
    alarm.handler?.id === me.id && alarm.status !== 'NEW' && alarm.status !== 'CLOSED'
  const mine = board.all().filter(isMine).length
  const whose = (value: QueueWhose) => (on: boolean) => chooseQueue({ whose: on ? value : 'all' })
  return (
    <>
      <span className="mx-0.5 h-5 w-px shrink-0 bg-line" aria-hidden="true" />
      <ToggleButton
        data-testid="filter-new"
        isSelected={choice.whose === 'new'}
        onChange={whose('new')}
        className={chip}
      >
        {t('queue.filter_new')}{' '}
        <b className="font-semibold text-text">{board.loadedAt === null ? '–' : board.counts.new}</b>
      </ToggleButton>
      <ToggleButton
        data-testid="filter-mine"
        isSelected={choice.whose === 'mine'}
        onChange={whose('mine')}
        className={chip}
      >
        {t('queue.filter_mine')} <b className="font-semibold text-text">{mine}</b>
      </ToggleButton>
      <ToggleButton
        data-testid="filter-unfinished"
        isSelected={choice.whose === 'unfinished'}
        onChange={whose('unfinished')}
        className={chip}
      >
        {t('queue.filter_unfinished')}
      </ToggleButton>
      <ToggleButton
        data-testid="filter-test"
        isSelected={choice.test}
        onChange={(test) => chooseQueue({ test })}
        className={chip}
      >
        <FlaskConical size={14} aria-hidden="true" />
        {t('queue.filter_test')}
      </ToggleButton>
    </>
  )
}

function ViewButtons(): ReactNode {
  const { t } = useTexts()
  const choice = useQueueChoice()
  const density = usePreference('density')
  const byPriority = choice.order === 'priority'
  const closed = choice.view === 'closed'
  return (
    <>
      <IconButton
        testId="queue-order"
        label={t(byPriority ? 'queue.order_newest' : 'queue.order_priority')}
        onPress={() => chooseQueue({ order: byPriority ? 'newest' : 'priority' })}
      >
        {byPriority ? <ArrowDownWideNarrow size={18} aria-hidden="true" /> : <Clock3 size={18} aria-hidden="true" />}
      </IconButton>
      <IconButton
        testId="queue-density"
        className="max-md:hidden"
        label={t(density === 'normal' ? 'queue.compact' : 'queue.roomy')}
        onPress={() => prefer({ density: density === 'normal' ? 'compact' : 'normal' })}
      >
        {density === 'normal' ? <Rows4 size={18} aria-hidden="true" /> : <Rows3 size={18} aria-hidden="true" />}
      </IconButton>
      <ToggleButton
        data-testid="queue-closed"
        aria-label={t('queue.closed')}
        isSelected={closed}
        onChange={(on) => chooseQueue({ view: on ? 'closed' : 'open' })}
        className="inline-flex size-9 shrink-0 items-center justify-center rounded text-soft hover:bg-hover hover:text-text selected:bg-action-tint selected:text-action max-md:size-11"
      >
        <History size={18} aria-hidden="true" />
      </ToggleButton>
    </>
  )
}
