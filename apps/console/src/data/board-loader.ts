/**
 * Reads the open alarms by REST into the board: a full sweep at sign-in and whenever the stream asks for one, and a poll
 * every 10 s while the stream is down. Never gives up while running; keeps well below the server's rate limit.
 */
import type { AlarmList } from '@stam/contracts'
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Board, BoardChange } from './alarm-board.ts'
import { type Failure, failureOf } from './http.ts'

export const loaderTiming = {
  pollMs: 10_000,
  /** The first pages come as fast as they can; the rest leave half of the 120 reads a minute to everything else. */
  quickPages: 10,
  pageGapMs: 1_000,
  retryMs: [2_000, 4_000, 8_000, 10_000],
} as const

export interface PageQuery {
  readonly after?: string
  readonly sort: 'newest' | 'priority'
}

export interface LoaderState {
  readonly sweeping: boolean
  /** When a page last arrived; what "data from … ago" counts from while the stream is down. */
  readonly freshAt: number | null
  /** The last attempt's failure; null after a success. */
  readonly failure: Failure | null
  readonly failedSince: number | null
}

export interface LoaderDeps {
  readonly board: Board
  readonly fetchPage: (query: PageQuery, signal: AbortSignal) => Promise<AlarmList>
  readonly onSnapshot: (streamPosition: number) => void
  readonly onChange: (change: BoardChange) => void
  readonly now: () => number
}

const idle: LoaderState = { sweeping: false, freshAt: null, failure: null, failedSince: null }

export class BoardLoader {
  readonly store: StoreApi<LoaderState> = createStore<LoaderState>(() => idle)
  readonly #deps: LoaderDeps
  #running: AbortController | null = null
  #polling: ReturnType<typeof setInterval> | undefined

  constructor(deps: LoaderDeps) {
    this.#deps = deps
  }

  /** Starts a full sweep; one already running is given up for it. */
  reload(afterMs = 0): void {
    this.#running?.abort()
    const mine = new AbortController()
    this.#running = mine
    this.store.setState({ sweeping: true })
    const work = async (): Promise<void> => {
      if (afterMs > 0) await pause(afterMs, mine.signal)
      await this.#sweep(mine.signal)
    }
    work().then(
      () => this.#finish(mine),
      () => {
        if (this.#running === mine) this.reload(1_000)
      },
    )
  }

  setPolling(on: boolean): void {
    if (on === (this.#polling !== undefined)) return
    clearInterval(this.#polling)
    this.#polling = undefined
    if (!on) return
    this.#polling = setInterval(() => this.#poll(), loaderTiming.pollMs)
    if (this.#running === null) this.reload()
  }

  stop(): void {
    clearInterval(this.#polling)
    this.#polling = undefined
    this.#running?.abort()
    this.#running = null
    this.store.setState(idle, true)
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { board, onSnapshot, onChange, now } = this.#deps
    const number = board.beginSweep()
    const take = (page: AlarmList, last: boolean): void => {
      onChange(board.page(number, { alarms: page.data, counts: page.counts, last }, now()))
    }
    // The most urgent hundred first, so that the screen is useful at once; then everything, in an order that cannot change.
    const first = await this.#fetched({ sort: 'priority' }, signal)
    onSnapshot(first.stream_position)
    take(first, first.next === null)
    if (first.next === null) return
    let after: string | null = null
    for (let count = 0; ; count += 1) {
      const slow = count >= loaderTiming.quickPages || this.#polling !== undefined
      if (slow) await pause(loaderTiming.pageGapMs, signal)
      const page: AlarmList = await this.#fetched({ sort: 'newest', ...(after === null ? {} : { after }) }, signal)
      take(page, page.next === null)
      if (page.next === null) return
      after = page.next
    }
  }

  /** One page, asked for until it comes. */
  async #fetched(query: PageQuery, signal: AbortSignal): Promise<AlarmList> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const page = await this.#deps.fetchPage(query, signal)
        signal.throwIfAborted()
        this.store.setState({ freshAt: this.#deps.now(), failure: null, failedSince: null })
        return page
      } catch (error) {
        signal.throwIfAborted()
        const failure = failureOf(error)
        this.store.setState((state) => ({ failure, failedSince: state.failedSince ?? this.#deps.now() }))
        // A broken cursor cannot be continued: the sweep starts again.
        if (failure.kind === 'refused' && failure.code === 'INVALID_CURSOR') throw error
        await pause(retryDelay(failure, attempt), signal)
      }
    }
  }

  #finish(mine: AbortController): void {
    if (this.#running !== mine) return
    this.#running = null
    this.store.setState({ sweeping: false })
  }

  /** Without the stream: a sweep if none is under way, else at least the newest page. */
  #poll(): void {
    const { board, fetchPage, onChange, now } = this.#deps
    if (this.#running === null) return this.reload()
    if (board.loadedAt === null || this.store.getState().failure !== null) return
    const { signal } = this.#running
    fetchPage({ sort: 'newest' }, signal).then(
      (page) => {
        if (signal.aborted) return
        this.store.setState({ freshAt: now() })
        onChange(board.live(page.data, now()))
      },
      () => undefined,
    )
  }
}

function retryDelay(failure: Failure, attempt: number): number {
  const table = loaderTiming.retryMs
  const delay = table[Math.min(attempt, table.length - 1)] ?? 10_000
  if (failure.kind !== 'refused') return delay
  const told = Number(failure.details['retry_after'])
  return Number.isFinite(told) ? Math.max(delay, told * 1000) : delay
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}
