import { MailCheck, RotateCcw, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { DEAD_LETTERS_AT_ONCE, type DeadLetter, type DeadLetterAct, useDeadLetters } from '../../data/dead-letters.ts'
import { failureOf } from '../../data/http.ts'
import { may, useMe } from '../../data/me.ts'
import { useConnection, useSystemStatus } from '../../data/system.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty, Failed, failureWords, Loading, SkeletonRows } from '../../ui/page-state.tsx'
import { Moment } from '../../ui/ticking.tsx'
import { ActSheet } from './act-sheet.tsx'
import { LetterSheet } from './letter-sheet.tsx'

/** Messages no consumer could take: looked at, replayed once the fault is gone, or discarded with a reason. */
export function DeadLettersScreen(): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const me = useMe()
  const { canAct } = useConnection()
  const status = useSystemStatus()
  const query = useDeadLetters(status?.dead_letters ?? null)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [looking, setLooking] = useState<string | null>(null)
  const [act, setAct] = useState<{ readonly what: DeadLetterAct; readonly ids: readonly string[] } | null>(null)
  const letters = query.data?.data ?? []
  const selected = letters.filter(({ id }) => chosen.has(id)).map(({ id }) => id)
  const stale = query.data !== undefined && query.isError
  const disabled = !canAct || stale || selected.length === 0
  const choose = (id: string, on: boolean): void => {
    const next = new Set(chosen)
    if (on) next.add(id)
    else next.delete(id)
    setChosen(next)
  }
  if (!may(me, 'system:config')) {
    return (
      <Page title={t('dead.title')} back="/system">
        <Empty title={t('failure.forbidden.title')} body={t('failure.forbidden.body')} />
      </Page>
    )
  }
  return (
    <Page
      title={t('dead.title')}
      back="/system"
      lead={query.data !== undefined && <span className="text-soft">{query.data.total}</span>}
      aside={
        letters.length > 0 && (
          <>
            <Button
              testId="dead-replay"
              isDisabled={disabled}
              onPress={() => setAct({ what: 'replay', ids: selected })}
              className="max-md:flex-1"
            >
              <RotateCcw size={16} aria-hidden="true" />
              {t('dead.replay_selected', { count: selected.length })}
            </Button>
            <Button
              testId="dead-discard"
              isDisabled={disabled}
              onPress={() => setAct({ what: 'discard', ids: selected })}
              className="max-md:flex-1"
            >
              <Trash2 size={16} aria-hidden="true" />
              {t('dead.discard_selected', { count: selected.length })}
            </Button>
          </>
        )
      }
    >
      {query.data === undefined ? (
        query.isError ? (
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Loading onRetry={() => void query.refetch()}>
            <SkeletonRows rows={8} height={64} />
          </Loading>
        )
      ) : letters.length === 0 ? (
        <Empty icon={<MailCheck size={28} strokeWidth={1.5} />} title={t('dead.empty')} body={t('dead.empty_body')} />
      ) : (
        <div className={stale ? 'opacity-70' : ''}>
          {stale && (
            <p role="status" data-testid="dead-stale" className="border-b border-line bg-warning-tint px-4 py-2">
              <b className="font-semibold">{failureWords(failureOf(query.error), texts).title}</b> {t('dead.stale')}
            </p>
          )}
          <div className="flex min-h-11 items-center gap-2 border-b border-line px-2 text-sm text-soft">
            <Checkbox
              label={t('dead.select_all')}
              testId="dead-select-all"
              isSelected={selected.length === Math.min(letters.length, DEAD_LETTERS_AT_ONCE)}
              isIndeterminate={selected.length > 0 && selected.length < Math.min(letters.length, DEAD_LETTERS_AT_ONCE)}
              onChange={(on) =>
                setChosen(new Set(on ? letters.slice(0, DEAD_LETTERS_AT_ONCE).map(({ id }) => id) : []))
              }
            />
            <span>
              {query.data.total > letters.length
                ? t('dead.showing_oldest', { count: letters.length, total: query.data.total })
                : t('dead.lead')}
            </span>
          </div>
          <ul data-testid="dead-list" aria-busy={query.isFetching}>
            {letters.map((letter) => (
              <Row
                key={letter.id}
                letter={letter}
                isSelected={chosen.has(letter.id)}
                isDisabled={!chosen.has(letter.id) && selected.length >= DEAD_LETTERS_AT_ONCE}
                onSelect={(on) => choose(letter.id, on)}
                onOpen={() => setLooking(letter.id)}
              />
            ))}
          </ul>
        </div>
      )}
      {looking !== null && (
        <LetterSheet
          id={looking}
          canAct={canAct && !stale}
          onClose={() => setLooking(null)}
          onAct={(what) => {
            setLooking(null)
            setAct({ what, ids: [looking] })
          }}
        />
      )}
      {act !== null && (
        <ActSheet
          act={act.what}
          ids={act.ids}
          onClose={() => {
            setAct(null)
            setChosen(new Set())
          }}
        />
      )}
    </Page>
  )
}

interface RowProps {
  readonly letter: DeadLetter
  readonly isSelected: boolean
  readonly isDisabled: boolean
  readonly onSelect: (selected: boolean) => void
  readonly onOpen: () => void
}

function Row({ letter, isSelected, isDisabled, onSelect, onOpen }: RowProps): ReactNode {
  const { t } = useTexts()
  return (
    <li
      data-testid="dead-row"
      className={`flex items-center gap-2 border-b border-line px-2 ${isSelected ? 'bg-action-tint' : 'bg-surface'}`}
    >
      <Checkbox
        label={t('dead.select', { what: letter.reason })}
        isSelected={isSelected}
        isDisabled={isDisabled}
        onChange={onSelect}
      />
      <button
        type="button"
        onClick={onOpen}
        className="grid min-h-16 min-w-0 flex-1 grid-cols-[minmax(0,1fr)_minmax(0,280px)_150px] items-center gap-x-4 py-2 pr-2 text-left hover:bg-hover max-lg:grid-cols-1 max-lg:gap-y-1"
      >
        <span className="min-w-0">
          <b className="line-clamp-2 font-medium break-words">{letter.reason}</b>
          <span className="block truncate text-sm text-soft">
            {letter.kind ?? t('dead.unknown_kind')}
            {letter.sender !== null && ` · ${letter.sender}`}
          </span>
        </span>
        <span className="min-w-0 text-sm text-soft">
          <span className="block truncate">{letter.queue ?? t('dead.no_queue')}</span>
          <span className="block truncate">{letter.topic}</span>
        </span>
        <span className="text-sm text-soft lg:text-right">
          {letter.died_at === null ? '—' : <Moment at={letter.died_at} />}
        </span>
      </button>
    </li>
  )
}
