import { useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowUp } from 'lucide-react'
import { type ReactNode, useCallback, useEffect, useRef } from 'react'
import { type AlarmSummary, reportPresented, useBoard } from '../../data/alarms.ts'
import { may, useMe } from '../../data/me.ts'
import { usePreference } from '../../data/preferences.ts'
import { useTexts } from '../../texts/texts.tsx'
import { isWall, useLayout } from '../../ui/use-layout.ts'
import { useSteps } from './queue-keys.tsx'
import { QueueRow } from './queue-row.tsx'
import { useSteadyList } from './use-steady-list.ts'

interface Props {
  readonly alarms: readonly AlarmSummary[]
  readonly openId: string | undefined
  /** Called near the end of a list that has more. */
  readonly onEnd?: (() => void) | undefined
}

const heights = { normal: 52, compact: 40, phone: 76 }

let lastOpened: string | undefined

/** A virtual ARIA grid: ten thousand rows, a few dozen in the document. The opened row is the grid's active one. */
export function QueueList({ alarms, openId, onEnd }: Props): ReactNode {
  const { t } = useTexts()
  const me = useMe()
  const navigate = useNavigate()
  const layoutOfScreen = useLayout()
  const phone = layoutOfScreen === 'phone'
  const density = usePreference('density')
  const layout = phone ? 'phone' : density
  const rowHeight = heights[layout] * (isWall ? 1.5 : 1)
  const scroller = useRef<HTMLDivElement>(null)
  const steady = useSteadyList(scroller, alarms, rowHeight, openId)
  const openIndex = openId === undefined ? -1 : alarms.findIndex((alarm) => alarm.id === openId)

  const virtual = useVirtualizer({
    count: alarms.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  })
  useEffect(() => virtual.measure(), [virtual, rowHeight])
  const items = virtual.getVirtualItems()
  const lastShown = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (lastShown >= alarms.length - 10) onEnd?.()
  }, [lastShown, alarms.length, onEnd])
  usePresented(alarms, virtual.range)

  const open = useCallback(
    (id: string) => {
      lastOpened = id
      void navigate({ to: '/alarms/$alarmId', params: { alarmId: id } })
    },
    [navigate],
  )
  useSteps(alarms, openId, () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 600) / rowHeight) - 1))
  // Coming back from an alarm that had taken the list's place: to where one was.
  useEffect(() => {
    const index = openId === undefined ? alarms.findIndex((alarm) => alarm.id === lastOpened) : -1
    if (index >= 0) virtual.scrollToIndex(index, { align: 'center' })
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [])
  // The open row comes into sight when it is chosen, not whenever the rows around it change.
  useEffect(() => {
    if (openId === undefined) return
    const index = alarms.findIndex((alarm) => alarm.id === openId)
    if (index >= 0) virtual.scrollToIndex(index, { align: 'auto' })
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [openId])

  const board = useBoard()
  const critical = steady.above.some((id) => board.get(id)?.priority === 'CRITICAL')
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {steady.above.length > 0 && (
        <button
          type="button"
          data-testid="new-above"
          onClick={steady.jumpToTop}
          className={`fade-in absolute top-2 left-1/2 z-10 flex h-9 -translate-x-1/2 items-center gap-2 rounded-full px-4 text-sm font-semibold shadow-raised max-md:h-11 ${critical ? 'bg-critical text-on-critical' : 'bg-action text-on-action'}`}
        >
          {t('queue.new_above', { count: steady.above.length })}
          <ArrowUp size={16} aria-hidden="true" />
        </button>
      )}
      <div
        ref={scroller}
        role="grid"
        tabIndex={0}
        aria-label={t('queue.title')}
        aria-rowcount={onEnd === undefined ? alarms.length : -1}
        aria-colcount={phone ? 2 : 5}
        aria-activedescendant={openIndex < 0 ? undefined : `row-${openId}`}
        data-testid="alarm-list"
        onPointerMove={steady.onPointerMove}
        onPointerLeave={steady.onPointerLeave}
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain [overflow-anchor:none] focus-visible:outline-offset-[-2px]"
      >
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() + steady.spare }}>
          {items.map((item) => {
            const alarm = alarms[item.index]
            if (alarm === undefined) return null
            return (
              <PlacedRow
                key={alarm.id}
                alarm={alarm}
                index={item.index}
                start={item.start}
                height={rowHeight}
                open={alarm.id === openId}
                me={me.id}
                mayAct={may(me, 'alarm:write')}
                layout={layout}
                opensOnClaim={layoutOfScreen === 'split'}
                onOpen={open}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}

type PlacedProps = Omit<Parameters<typeof QueueRow>[0], 'style' | 'onRefused'> & {
  readonly start: number
  readonly height: number
}

function PlacedRow({ start, height, onOpen, ...rest }: PlacedProps): ReactNode {
  const style = useStable({ height, transform: `translateY(${start}px)` })
  // A refused claim is explained where there is room for words: in the alarm itself.
  return <QueueRow {...rest} style={style} onOpen={onOpen} onRefused={onOpen} />
}

/** The same object as long as its two values are the same, so that a memoised row stays as it is. */
function useStable(style: { height: number; transform: string }): { height: number; transform: string } {
  const kept = useRef(style)
  if (kept.current.height !== style.height || kept.current.transform !== style.transform) kept.current = style
  return kept.current
}

/** Alarms that nobody has yet and that stand in the window now are reported as presented. */
function usePresented(
  alarms: readonly AlarmSummary[],
  range: { readonly startIndex: number; readonly endIndex: number } | null,
): void {
  const start = range?.startIndex ?? 0
  const end = range?.endIndex ?? -1
  useEffect(() => {
    const report = (): void =>
      reportPresented(alarms.slice(start, end + 1).flatMap((alarm) => (alarm.status === 'NEW' ? [alarm.id] : [])))
    report()
    document.addEventListener('visibilitychange', report)
    return () => document.removeEventListener('visibilitychange', report)
  }, [alarms, start, end])
}
