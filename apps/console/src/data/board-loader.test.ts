import type { AlarmList, AlarmSummary } from '@stam/contracts'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Board } from './alarm-board.ts'
import { BoardLoader, loaderTiming, type PageQuery } from './board-loader.ts'
import { ApiError, type Failure } from './http.ts'
import { sampleAlarm } from '../../test/sample-alarm.ts'

const zero = { CRITICAL: 0, WARNING: 0, INFO: 0, new: 0 }

/** A server with `total` open alarms, in pages of 100. */
function scene(total: number) {
  const server = {
    alarms: Array.from({ length: total }, (_, n) => sampleAlarm(total - n)),
    position: 40,
    failures: [] as Failure[],
  }
  const board = new Board()
  const asked: PageQuery[] = []
  const snapshots: number[] = []
  const arrived: AlarmSummary[] = []
  const loader = new BoardLoader({
    board,
    now: Date.now,
    onSnapshot: (position) => snapshots.push(position),
    onChange: (change) => arrived.push(...change.arrived),
    fetchPage: async (query): Promise<AlarmList> => {
      asked.push(query)
      const failure = server.failures.shift()
      if (failure !== undefined) throw new ApiError(failure)
      const start = query.after === undefined ? 0 : server.alarms.findIndex((alarm) => alarm.id === query.after) + 1
      const data = server.alarms.slice(start, start + 100)
      const more = start + 100 < server.alarms.length
      return {
        data,
        next: more ? (data.at(-1)?.id ?? null) : null,
        limit: 100,
        limit_cut: false,
        stream_position: server.position,
        counts: zero,
      }
    },
  })
  return { server, board, loader, asked, snapshots, arrived }
}

const unreachable: Failure = { kind: 'unreachable' }
const later = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe('a sweep', () => {
  test('of a short list is one request, the most urgent first', async () => {
    const { loader, board, asked, snapshots } = scene(40)
    loader.reload()
    await later(0)
    expect(asked).toEqual([{ sort: 'priority' }])
    expect([board.complete, board.all().length, snapshots]).toEqual([true, 40, [40]])
    loader.stop()
  })

  test('of a long one reads everything in an order that cannot change, quickly first and gently after', async () => {
    const { loader, board, asked, snapshots } = scene(1_500)
    loader.reload()
    await later(0)
    // The first hundred by priority, then ten quick pages.
    expect(asked).toHaveLength(1 + loaderTiming.quickPages)
    expect(asked[1]).toEqual({ sort: 'newest' })
    await later(5 * loaderTiming.pageGapMs)
    expect([board.complete, board.all().length]).toEqual([true, 1_500])
    // The position of the first page: everything later comes by the stream.
    expect(snapshots).toEqual([40])
    loader.stop()
  })

  test('never gives up, and says since when it fails', async () => {
    const { loader, board, server } = scene(5)
    server.failures = [unreachable, unreachable, unreachable]
    loader.reload()
    await later(0)
    expect(loader.store.getState()).toMatchObject({ failure: unreachable, sweeping: true })
    expect(loader.store.getState().failedSince).not.toBeNull()
    await later(60_000)
    expect(board.complete).toBe(true)
    expect(loader.store.getState()).toMatchObject({ failure: null, failedSince: null, sweeping: false })
    loader.stop()
  })

  test('waits as long as a limited server asks', async () => {
    const { loader, board, server } = scene(5)
    server.failures = [
      { kind: 'refused', status: 429, code: 'RATE_LIMIT_EXCEEDED', message: '', details: { retry_after: 30 } },
    ]
    loader.reload()
    await later(29_000)
    expect(board.loadedAt).toBeNull()
    await later(1_500)
    expect(board.complete).toBe(true)
    loader.stop()
  })

  test('starts again when its cursor breaks', async () => {
    const { loader, board, server, asked } = scene(250)
    loader.reload()
    server.failures = []
    const broken: Failure = { kind: 'refused', status: 400, code: 'INVALID_CURSOR', message: '', details: {} }
    // Fails on the third request: the second page of the second pass.
    let calls = 0
    server.failures = new Proxy([], {
      get: (target, key) => (key === 'shift' ? () => (calls++ === 1 ? broken : undefined) : Reflect.get(target, key)),
    })
    await later(5_000)
    expect(board.complete).toBe(true)
    expect(asked.filter((query) => query.sort === 'priority').length).toBeGreaterThan(1)
    loader.stop()
  })

  test('a second reload takes the place of the first', async () => {
    const { loader, board, asked } = scene(5)
    loader.reload(5_000)
    loader.reload()
    await later(10_000)
    expect([asked.length, board.complete]).toEqual([1, true])
    loader.stop()
  })
})

describe('polling', () => {
  test('every ten seconds, and what is new has arrived', async () => {
    const { loader, server, asked, arrived } = scene(3)
    loader.reload()
    await later(0)
    loader.setPolling(true)
    await later(0)
    const before = asked.length
    server.alarms.unshift(sampleAlarm(50))
    await later(loaderTiming.pollMs)
    expect(asked).toHaveLength(before + 1)
    expect(arrived.map((alarm) => alarm.number)).toEqual([1050])
    loader.setPolling(false)
    await later(60_000)
    expect(asked).toHaveLength(before + 1)
    loader.stop()
  })

  test('of a list too long for one round still shows the newest at once', async () => {
    const { loader, server, arrived, board } = scene(3_000)
    loader.reload()
    await later(40_000)
    expect(board.complete).toBe(true)
    loader.setPolling(true)
    await later(2_000)
    server.alarms.unshift(sampleAlarm(9_000))
    await later(loaderTiming.pollMs)
    expect(arrived.map((alarm) => alarm.number)).toEqual([10_000])
    loader.stop()
  })

  test('a closed alarm goes although nobody announced it', async () => {
    const { loader, server, board } = scene(3)
    loader.reload()
    await later(0)
    loader.setPolling(true)
    server.alarms.pop()
    await later(loaderTiming.pollMs)
    expect(board.all()).toHaveLength(2)
    loader.stop()
  })
})
