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
  /** The first pages come as fast as they can; the rest leave room for the operator's own requests (60 a minute). */
  quickPages: 10,
  pageGapMs: 2_000,
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

export interface BoardLoader {
  readonly store: StoreApi<LoaderState>
  /** Starts a full sweep; one already running is given up for it. */
  reload(afterMs?: number): void
  setPolling(on: boolean): void
  stop(): void
}

const idle: LoaderState = { sweeping: false, freshAt: null, failure: null, failedSince: null }

export function createBoardLoader(deps: LoaderDeps): BoardLoader {
  const store = createStore<LoaderState>(() => idle)
  let running: AbortController | null = null
  let polling: ReturnType<typeof setInterval> | undefined

  const fetched = async (query: PageQuery, signal: AbortSignal): Promise<AlarmList> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const page = await deps.fetchPage(query, signal)
        store.setState({ freshAt: deps.now(), failure: null, failedSince: null })
        return page
      } catch (error) {
        signal.throwIfAborted()
        const failure = failureOf(error)
        store.setState((state) => ({ failure, failedSince: state.failedSince ?? deps.now() }))
        // A broken cursor cannot be continued: the sweep starts again.
        if (failure.kind === 'refused' && failure.code === 'INVALID_CURSOR') throw error
        await pause(retryDelay(failure, attempt), signal)
      }
    }
  }

  const sweep = async (signal: AbortSignal): Promise<void> => {
    const number = deps.board.beginSweep()
    const take = (page: AlarmList, last: boolean): void => {
      deps.onChange(deps.board.page(number, { alarms: page.data, counts: page.counts, last }, deps.now()))
    }
    // The most urgent hundred first, so that the screen is useful at once; then everything, in an order that cannot change.
    const first = await fetched({ sort: 'priority' }, signal)
    deps.onSnapshot(first.stream_position)
    take(first, first.next === null)
    if (first.next === null) return
    let after: string | null = null
    for (let count = 0; ; count += 1) {
      if (count >= loaderTiming.quickPages || polling !== undefined) await pause(loaderTiming.pageGapMs, signal)
      const page: AlarmList = await fetched({ sort: 'newest', ...(after === null ? {} : { after }) }, signal)
      take(page, page.next === null)
      if (page.next === null) return
      after = page.next
    }
  }

  const reload = (afterMs = 0): void => {
    running?.abort()
    const mine = new AbortController()
    running = mine
    store.setState({ sweeping: true })
    const work = async (): Promise<void> => {
      if (afterMs > 0) await pause(afterMs, mine.signal)
      await sweep(mine.signal)
    }
    work().then(
      () => finish(mine),
      () => {
        if (running === mine) reload(1_000)
      },
    )
  }
  const finish = (mine: AbortController): void => {
    if (running !== mine) return
    running = null
    store.setState({ sweeping: false })
  }

  /** Without the stream: a sweep if none is under way, else at least the newest page. */
  const poll = (): void => {
    if (running === null) return reload()
    if (deps.board.loadedAt === null || store.getState().failure !== null) return
    deps.fetchPage({ sort: 'newest' }, running.signal).then(
      (page) => {
        store.setState({ freshAt: deps.now() })
        deps.onChange(deps.board.live(page.data, deps.now()))
      },
      () => undefined,
    )
  }

  return {
    store,
    reload,
    setPolling(on) {
      if (on === (polling !== undefined)) return
      clearInterval(polling)
      polling = undefined
      if (!on) return
      polling = setInterval(poll, loaderTiming.pollMs)
      if (running === null) reload()
    },
    stop() {
      clearInterval(polling)
      polling = undefined
      running?.abort()
      running = null
      store.setState(idle, true)
    },
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
