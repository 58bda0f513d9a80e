import { describe, expect, test, vi } from 'vitest'
import { ChangeHub } from './change-hub.ts'
import { ChangeQueue, fold } from './change-queue.ts'
import type { PanelChange } from './types.ts'

function state(bits: number, previous: number, name: 'zonesAlarm' | 'zonesViolated' = 'zonesAlarm'): PanelChange {
  return { type: 'state', name, bits: Uint8Array.of(bits), previous: Uint8Array.of(previous), receivedAt: bits }
}

describe('folding', () => {
  test('of a state the first previous and the latest bits survive, and every bit that rose', () => {
    expect(fold([state(0b01, 0), state(0b11, 0b01), state(0b10, 0b11)])).toEqual([
      {
        type: 'state',
        name: 'zonesAlarm',
        bits: Uint8Array.of(0b10),
        previous: Uint8Array.of(0),
        raised: Uint8Array.of(0b11),
        receivedAt: 0b10,
        coalesced: true,
      },
    ])
  })

  test('a folded change folds again without losing what rose', () => {
    const once = fold([state(1, 0), state(0, 1)])
    expect(fold([...once, state(4, 0), state(0, 4)])).toMatchObject([
      { raised: Uint8Array.of(5), bits: Uint8Array.of(0) },
    ])
  })

  test('different states stay apart, statuses keep where they came from, discards add up', () => {
    const closed = { state: 'closed', since: 0 } as const
    const dialling = { state: 'dialling', attempt: 1, since: 0 } as const
    const waiting = { state: 'waiting', reason: 'busy', attempt: 1, retryAt: 0, since: 0 } as const
    const noise = { type: 'discarded', reason: 'noise', bytes: 3, count: 1, receivedAt: 0 } as const
    expect(
      fold([
        state(1, 0),
        { type: 'status', status: waiting, previous: dialling },
        noise,
        state(1, 0, 'zonesViolated'),
        { type: 'status', status: closed, previous: waiting },
        noise,
      ]),
    ).toEqual([
      state(1, 0),
      state(1, 0, 'zonesViolated'),
      { type: 'status', status: closed, previous: dialling },
      { ...noise, bytes: 6, count: 2 },
    ])
  })
})

describe('queue', () => {
  test('a consumer that does not read costs a bounded queue', () => {
    const queue = new ChangeQueue(() => {})
    for (let i = 0; i < 100_000; i++) queue.push(state(i & 0xff, (i - 1) & 0xff))
    expect(queue.length).toBeLessThanOrEqual(257)
  })

  test('what was queued is still delivered after the end', async () => {
    const ended = vi.fn()
    const queue = new ChangeQueue(ended)
    queue.push(state(1, 0))
    queue.end()
    queue.push(state(2, 1))
    const seen: PanelChange[] = []
    for await (const change of queue) seen.push(change)
    expect(seen).toEqual([state(1, 0)])
    expect(ended).toHaveBeenCalledTimes(1)
  })

  test('a waiting consumer gets the change at once, and the end', async () => {
    const queue = new ChangeQueue(() => {})
    const next = queue.next()
    queue.push(state(1, 0))
    expect(await next).toEqual({ value: state(1, 0), done: false })
    const last = queue.next()
    queue.end()
    expect(await last).toMatchObject({ done: true })
  })
})

describe('hub', () => {
  test('leaving an iteration removes its listener', async () => {
    const hub = new ChangeHub()
    const iteration = hub.iterate()
    hub.emit(state(1, 0))
    for await (const change of iteration) {
      expect(change).toEqual(state(1, 0))
      break
    }
    expect(hub.hasListeners).toBe(false)
  })

  test('a listener that throws neither stops the others nor vanishes', async () => {
    const hub = new ChangeHub()
    const seen: PanelChange[] = []
    const surfaced = new Promise<unknown>((resolve) => {
      vi.spyOn(globalThis, 'queueMicrotask').mockImplementationOnce((task) => {
        try {
          task()
        } catch (error) {
          resolve(error)
        }
      })
    })
    hub.add(() => {
      throw new Error('defect of the owner')
    })
    hub.add((change) => seen.push(change))
    hub.emit(state(1, 0))
    expect(seen).toHaveLength(1)
    expect(await surfaced).toEqual(new Error('defect of the owner'))
    vi.restoreAllMocks()
  })
})
