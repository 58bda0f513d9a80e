import type { AuditEntry } from '@stam/contracts'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react'
import { serverNow } from '../../data/server-clock.ts'
import { useTexts } from '../../texts/texts.tsx'
import { dateOf, localDay, timeOfDay } from '../../texts/time.ts'
import { Button } from '../../ui/button.tsx'
import { useLayout } from '../../ui/use-layout.ts'
import { fieldWords, valueText } from './audit-value.ts'
import { diffOf } from './audit-diff.ts'
import { wordsOfAction, wordsOfEntity, wordsOfSystemActor } from './audit-words.ts'

interface Props {
  readonly entries: readonly AuditEntry[]
  readonly chosen: number | null
  readonly onChoose: (entry: AuditEntry) => void
  /** Reads the next page; null = this is all there is. */
  readonly more: (() => void) | null
  readonly loading: boolean
  readonly failed: boolean
}

/** Only the rows in sight exist; the next page is read before its end is reached. Arrows move, Home and End jump. */
export function AuditList({ entries, chosen, onChoose, more, loading, failed }: Props): ReactNode {
  const { t } = useTexts()
  const phone = useLayout() === 'phone'
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: entries.length + (more === null ? 0 : 1),
    getScrollElement: () => scroller.current,
    estimateSize: () => (phone ? 72 : 48),
    overscan: 12,
  })
  const items = rows.getVirtualItems()
  const lastSeen = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (more !== null && !loading && !failed && lastSeen >= entries.length - 10) more()
  }, [more, loading, failed, lastSeen, entries.length])
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = entries.findIndex(({ id }) => id === chosen)
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / (phone ? 72 : 48)) - 1)
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: entries.length - 1,
    }
    const to = moves[event.key]
    if (to === undefined || phone) return
    event.preventDefault()
    const index = Math.max(0, Math.min(entries.length - 1, to))
    const entry = entries[index]
    if (entry === undefined) return
    onChoose(entry)
    rows.scrollToIndex(index)
  }
  return (
    <div
      ref={scroller}
      // A grid, not a listbox: a listbox stands over the screen as far as the shortcuts are concerned.
      role="grid"
      aria-rowcount={more === null ? entries.length : -1}
      aria-label={t('audit.title')}
      aria-activedescendant={chosen === null ? undefined : `audit-${chosen}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
      data-testid="audit-list"
      className="min-h-0 flex-1 overflow-y-auto focus-visible:outline-offset-[-2px]"
    >
      <div role="rowgroup" style={{ height: rows.getTotalSize() }} className="relative">
        {items.map(({ index, start, size }) => {
          const entry = entries[index]
          const place = { height: size, transform: `translateY(${start}px)` }
          if (entry === undefined) {
            return (
              <div key="more" style={place} className="absolute inset-x-0 flex items-center justify-center text-soft">
                {failed ? (
                  <Button size="sm" onPress={() => more?.()}>
                    {t('audit.more_failed')}
                  </Button>
                ) : (
                  t('state.loading')
                )}
              </div>
            )
          }
          return (
            <Row
              key={entry.id}
              entry={entry}
              position={index}
              newDay={index > 0 && !sameDay(entry, entries[index - 1])}
              chosen={entry.id === chosen}
              place={place}
              onChoose={() => onChoose(entry)}
            />
          )
        })}
      </div>
    </div>
  )
}

const sameDay = (one: AuditEntry, other: AuditEntry | undefined): boolean =>
  other !== undefined && localDay(Date.parse(one.at)) === localDay(Date.parse(other.at))

interface RowProps {
  readonly entry: AuditEntry
  readonly position: number
  readonly newDay: boolean
  readonly chosen: boolean
  readonly place: { readonly height: number; readonly transform: string }
  readonly onChoose: () => void
}

function Row({ entry, position, newDay, chosen, place, onChoose }: RowProps): ReactNode {
  const { of, language } = useTexts()
  const at = Date.parse(entry.at)
  const today = localDay(at) === localDay(serverNow())
  return (
    <div
      id={`audit-${entry.id}`}
      role="row"
      aria-rowindex={position + 1}
      aria-selected={chosen}
      tabIndex={-1}
      data-testid="audit-row"
      data-action={entry.action}
      onClick={onChoose}
      onKeyDown={(event) => event.key === 'Enter' && onChoose()}
      style={place}
      className={`absolute inset-x-0 top-0 grid cursor-pointer grid-cols-[150px_minmax(0,1.2fr)_minmax(0,1fr)_minmax(0,1fr)] items-center gap-x-4 border-b px-4 max-md:grid-cols-[minmax(0,1fr)_auto] max-md:content-center max-md:gap-x-3 max-md:px-3 ${newDay ? 'border-t-2' : ''} border-line ${chosen ? 'chosen' : 'bg-surface hover:bg-hover'}`}
    >
      <span role="gridcell" className="whitespace-nowrap text-soft max-md:order-2 max-md:text-right max-md:text-sm">
        <time dateTime={entry.at}>
          {!today && <span className="text-sm">{dateOf(at, language)} </span>}
          {timeOfDay(at)}
        </time>
      </span>
      <span role="gridcell" className="truncate font-medium max-md:order-1">
        {of(wordsOfAction(entry.action))}
      </span>
      <span role="gridcell" className="truncate max-md:order-3 max-md:text-sm max-md:text-soft">
        {entry.actor.kind === 'system' ? of(wordsOfSystemActor(entry.actor.name)) : entry.actor.name}
      </span>
      <span role="gridcell" className="truncate text-sm text-soft max-md:order-4 max-md:max-w-40 max-md:text-right">
        {gist(entry, language) || of(wordsOfEntity(entry.entity_type))}
      </span>
    </div>
  )
}

/** The reason, or the first thing that changed: enough to know which entry to open. */
function gist(entry: AuditEntry, language: 'pl' | 'en'): string {
  if (entry.reason !== null) return entry.reason
  const line = diffOf(entry.before, entry.after).find(({ kind, path }) => kind !== 'same' && path !== 'version')
  if (line === undefined) return ''
  const say = (value: unknown): string => valueText(line.path, value, serverNow(), language)
  const value = line.kind === 'changed' ? `${say(line.before)} → ${say(line.after)}` : say(line.after ?? line.before)
  return `${fieldWords(line.path, language)}: ${value}`
}
