/** Keeps the list still while rows come and go, and remembers which new ones have not been on the screen yet. */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { type AlarmSummary, onBoardChange } from '../../data/alarms.ts'
import { anchoredScroll, waitingAbove } from './anchored-scroll.ts'

/** A pointer that has rested this long is not about to click. */
const restMs = 10_000

interface SteadyList {
  /** Ids of new alarms above the window. */
  readonly above: readonly string[]
  /** Room below the last row that keeps a short list scrollable while it is anchored. */
  readonly spare: number
  readonly onPointerMove: (event: { readonly target: EventTarget }) => void
  readonly onPointerLeave: () => void
  readonly jumpToTop: () => void
}

export function useSteadyList(
  scroller: RefObject<HTMLDivElement | null>,
  alarms: readonly AlarmSummary[],
  rowHeight: number,
  openId: string | undefined,
): SteadyList {
  const before = useRef<readonly AlarmSummary[]>([])
  const pointer = usePointedRow()
  const unseen = useUnseen()
  const [above, setAbove] = useState<readonly string[]>([])
  const [spare, setSpare] = useState(0)

  const look = useCallback(() => {
    const element = scroller.current
    if (element === null || document.hidden) return
    const next = waitingAbove(alarms, unseen.current, element.scrollTop, rowHeight, element.clientHeight)
    setAbove((old) => (old.length === next.length && old.every((id, index) => id === next[index]) ? old : next))
  }, [alarms, rowHeight, scroller, unseen])

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    const { scrollTop, clientHeight: viewport } = element
    const target = anchoredScroll({
      before: before.current,
      after: alarms,
      scrollTop,
      rowHeight,
      viewport,
      held: [openId, pointer.row()],
    })
    before.current = alarms
    if (target !== null && target !== scrollTop) {
      // The room is needed before the list can stand there.
      const needed = Math.max(0, target + viewport - alarms.length * rowHeight)
      setSpare(needed)
      const room = element.firstElementChild
      if (needed > 0 && room instanceof HTMLElement) room.style.height = `${alarms.length * rowHeight + needed}px`
      element.scrollTop = target
    }
    look()
  }, [alarms, rowHeight, openId, look, scroller, pointer])

  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    const onScroll = (): void => {
      look()
      // Room that is no longer looked at is given back.
      if (spare > 0 && element.scrollTop + element.clientHeight <= alarms.length * rowHeight) setSpare(0)
    }
    element.addEventListener('scroll', onScroll, { passive: true })
    document.addEventListener('visibilitychange', look)
    return () => {
      element.removeEventListener('scroll', onScroll)
      document.removeEventListener('visibilitychange', look)
    }
  }, [look, spare, alarms, rowHeight, scroller])

  return {
    above,
    spare,
    onPointerMove: pointer.move,
    onPointerLeave: pointer.leave,
    jumpToTop: () => {
      unseen.current.clear()
      scroller.current?.scrollTo({ top: 0 })
      look()
    },
  }
}

/** The row under a pointer that has moved lately. */
function usePointedRow() {
  const last = useRef<{ id: string | undefined; at: number }>({ id: undefined, at: 0 })
  return useMemo(
    () => ({
      row: () => (Date.now() - last.current.at < restMs ? last.current.id : undefined),
      move: ({ target }: { readonly target: EventTarget }) => {
        const row = target instanceof Element ? target.closest<HTMLElement>('[data-alarm-id]') : null
        last.current = { id: row?.dataset['alarmId'], at: Date.now() }
      },
      leave: () => {
        last.current = { id: undefined, at: 0 }
      },
    }),
    [],
  )
}

const mostUnseen = 5_000

/** Alarms that have arrived and have not stood in the window yet. */
function useUnseen(): RefObject<Set<string>> {
  const unseen = useRef(new Set<string>())
  useEffect(
    () =>
      onBoardChange(({ arrived }) => {
        if (unseen.current.size > mostUnseen) unseen.current.clear()
        for (const alarm of arrived) if (alarm.status === 'NEW') unseen.current.add(alarm.id)
      }),
    [],
  )
  return unseen
}
