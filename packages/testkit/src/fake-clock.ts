import { setImmediate as turn } from 'node:timers/promises'
import { type Clock, sleepWith } from '@stam/runtime'

export interface FakeClock extends Clock {
  /**
   * Moves time forward and calls every timer that falls due, in order, at its own moment. Between two timers pending
   * promises run, so that code which sleeps again is found sleeping again.
   */
  advance(ms: number): Promise<void>
  /** Sets the wall clock without moving monotonic time or timers, as a host's clock that jumps (drill CH-10). */
  jumpTo(epochMs: number): void
  /** Timers that are set now. */
  readonly pending: number
}

interface Timer {
  readonly dueAt: number
  readonly callback: () => void
}

/** Default start: a Friday noon in winter, so that nothing falls on a change of clocks unless a test wants it. */
const START_MS = Date.UTC(2026, 0, 16, 12)

export function fakeClock(startMs: number = START_MS): FakeClock {
  const timers = new Set<Timer>()
  let elapsedMs = 0
  let wallOffsetMs = startMs

  function setTimer(delayMs: number, callback: () => void): () => void {
    const timer = { dueAt: elapsedMs + Math.max(delayMs, 0), callback }
    timers.add(timer)
    return () => void timers.delete(timer)
  }

  function nextDue(until: number): Timer | undefined {
    let next: Timer | undefined
    for (const timer of timers) {
      if (timer.dueAt <= until && (next === undefined || timer.dueAt < next.dueAt)) next = timer
    }
    return next
  }

  return {
    now: () => wallOffsetMs + elapsedMs,
    monotonic: () => elapsedMs,
    setTimer,
    sleep: (delayMs, signal) => sleepWith(setTimer, delayMs, signal),
    get pending() {
      return timers.size
    },
    jumpTo(epochMs) {
      wallOffsetMs = epochMs - elapsedMs
    },
    async advance(ms) {
      const until = elapsedMs + ms
      await turn()
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        timers.delete(timer)
        elapsedMs = Math.max(elapsedMs, timer.dueAt)
        timer.callback()
        await turn()
      }
      elapsedMs = until
    },
  }
}
