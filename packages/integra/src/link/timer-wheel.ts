import type { LinkClock } from './types.ts'

const TICK_MS = 20
const SLOTS = 512

interface Entry {
  task: (() => void) | undefined
  rounds: number
}

/**
 * One timer for all links of a process: thousands of links waking every second cost one interval and a few array
 * writes instead of thousands of timers. Fires up to one tick late, never early; runs only while something waits.
 */
export class TimerWheel {
  readonly #slots: Entry[][] = Array.from({ length: SLOTS }, () => [])
  #waiting = 0
  #tick = 0
  #startedAt = 0
  #timer: ReturnType<typeof setInterval> | undefined

  /** Entries not yet run or cancelled. */
  get waiting(): number {
    return this.#waiting
  }

  schedule(delayMs: number, task: () => void): () => void {
    this.#start()
    const elapsed = performance.now() - this.#startedAt
    const due = Math.max(this.#tick + 1, Math.ceil((elapsed + Math.max(0, delayMs)) / TICK_MS))
    const ticks = due - this.#tick
    const entry: Entry = { task, rounds: Math.trunc((ticks - 1) / SLOTS) }
    ;(this.#slots[due % SLOTS] as Entry[]).push(entry)
    this.#waiting++
    return () => {
      if (entry.task === undefined) return
      entry.task = undefined
      this.#waiting--
    }
  }

  #start(): void {
    if (this.#timer !== undefined) return
    this.#startedAt = performance.now()
    this.#tick = 0
    this.#timer = setInterval(() => this.#turn(), TICK_MS)
  }

  #turn(): void {
    const target = Math.trunc((performance.now() - this.#startedAt) / TICK_MS)
    while (this.#tick < target) {
      this.#tick++
      const index = this.#tick % SLOTS
      const due = this.#slots[index] as Entry[]
      if (due.length > 0) this.#run(due, index)
    }
    if (this.#waiting > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
    for (const slot of this.#slots) slot.length = 0
  }

  #run(due: Entry[], index: number): void {
    // Tasks schedule new entries, so the slot is replaced before they run.
    this.#slots[index] = []
    for (const entry of due) {
      if (entry.task === undefined) continue
      if (entry.rounds > 0) {
        entry.rounds--
        ;(this.#slots[index] as Entry[]).push(entry)
        continue
      }
      const { task } = entry
      entry.task = undefined
      this.#waiting--
      task()
    }
  }
}

const wheel = new TimerWheel()

/** The clock links use unless they are given another. Deadlines run on monotonic time: the wall clock may be set. */
export const SYSTEM_CLOCK: LinkClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule: (delayMs, task) => wheel.schedule(delayMs, task),
}
