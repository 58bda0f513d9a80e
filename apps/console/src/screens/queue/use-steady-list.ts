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
  const after = useMemo(() => new Map(alarms.map((alarm, index) => [alarm.id, index])), [alarms])
  const before = useRef<readonly string[]>([])
  const pointer = useRef<{ id: string | undefined; at: number }>({ id: undefined, at: 0 })
  const unseen = useRef(new Set<string>())
  const [above, setAbove] = useState<readonly string[]>([])
  const [spare, setSpare] = useState(0)

  useEffect(
    () =>
      onBoardChange(({ arrived }) => {
        for (const alarm of arrived) if (alarm.status === 'NEW') unseen.current.add(alarm.id)
      }),
    [],
  )

  const look = useCallback(() => {
    const element = scroller.current
    if (element === null) return
    const { scrollTop, clientHeight } = element
    for (const id of unseen.current) {
      const index = after.get(id)
      const seen =
        index !== undefined &&
        index * rowHeight >= scrollTop - rowHeight / 2 &&
        index * rowHeight < scrollTop + clientHeight
      if (seen && !document.hidden) unseen.current.delete(id)
    }
    const next = waitingAbove(unseen.current, after, scrollTop - 1, rowHeight)
    setAbove((old) => (old.length === next.length && old.every((id, index) => id === next[index]) ? old : next))
  }, [after, rowHeight, scroller])

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    const pointed = Date.now() - pointer.current.at < restMs ? pointer.current.id : undefined
    const { scrollTop, clientHeight: viewport } = element
    const target = anchoredScroll({
      before: before.current,
      after,
      scrollTop,
      rowHeight,
      viewport,
      held: [openId, pointed],
    })
    before.current = [...after.keys()]
    if (target !== null && target !== scrollTop) {
      // The room is needed before the list can stand there.
      const needed = Math.max(0, target + viewport - after.size * rowHeight)
      setSpare(needed)
      const room = element.firstElementChild
      if (needed > 0 && room instanceof HTMLElement) room.style.height = `${after.size * rowHeight + needed}px`
      element.scrollTop = target
    }
    look()
  }, [after, rowHeight, openId, look, scroller])

  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    const onScroll = (): void => {
      look()
      // Room that is no longer looked at is given back.
      if (spare > 0 && element.scrollTop + element.clientHeight <= after.size * rowHeight) setSpare(0)
    }
    element.addEventListener('scroll', onScroll, { passive: true })
    document.addEventListener('visibilitychange', look)
    return () => {
      element.removeEventListener('scroll', onScroll)
      document.removeEventListener('visibilitychange', look)
    }
  }, [look, spare, after, rowHeight, scroller])

  return {
    above,
    spare,
    onPointerMove: ({ target }) => {
      const row = target instanceof Element ? target.closest<HTMLElement>('[data-alarm-id]') : null
      pointer.current = { id: row?.dataset['alarmId'], at: Date.now() }
    },
    onPointerLeave: () => {
      pointer.current = { id: undefined, at: 0 }
    },
    jumpToTop: () => {
      unseen.current.clear()
      scroller.current?.scrollTo({ top: 0 })
      look()
    },
  }
}
