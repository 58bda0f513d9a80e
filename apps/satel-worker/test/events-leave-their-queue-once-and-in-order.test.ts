/**
 * The publisher alone, between a broker that answers late, fails or is away and a database that takes its time: every event goes out at least
 * once, each panel's in its order and one at a time, nothing unsent leaves its queue, and a broker that refuses at once starves nobody.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, BusError, type PublishResult } from '@stam/bus'
import type { BusMessage, PanelEvent } from '@stam/contracts'
import { createMetrics, type Log, silentLog, systemClock } from '@stam/runtime'
import type { Store } from '@stam/store'
import { eventually } from '@stam/testkit'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EventPublisher } from '../src/publishing/event-publisher.ts'
import { PanelQueue } from '../src/publishing/panel-queue.ts'
import { Spool } from '../src/publishing/spool.ts'
import { createTelemetry } from '../src/telemetry.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stam-publisher-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const event = (panel: number, seq: number) =>
  ({ event_id: `${panel}-${seq}`, panel_id: `p${panel}`, panel_seq: seq }) as PanelEvent
const turn = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const away = () => new BusError('BUS_UNAVAILABLE', 'not connected to the broker')

interface Stage {
  readonly publisher: EventPublisher
  /** What the broker confirmed, in the order of its confirmations. */
  readonly confirmed: PanelEvent[]
  readonly problems: string[]
  /** Transactions of the degraded door. */
  readonly direct: { count: number }
}

/** @param answer what the broker says to one event, and after how long (0 = without a turn of the event loop) */
async function stage(answer: (event: PanelEvent) => { ok: boolean; afterMs: number }, databaseMs = 2): Promise<Stage> {
  const confirmed: PanelEvent[] = []
  const problems: string[] = []
  const direct = { count: 0 }
  const inFlight = new Map<string, string>()
  const one = async (message: BusMessage): Promise<PublishResult> => {
    const sent = message as PanelEvent
    const other = inFlight.get(sent.panel_id)
    if (other !== undefined) problems.push(`${sent.event_id} was sent while ${other} was under way`)
    inFlight.set(sent.panel_id, sent.event_id)
    const { ok, afterMs } = answer(sent)
    if (afterMs > 0) await turn(afterMs)
    inFlight.delete(sent.panel_id)
    if (!ok) return { ok: false, error: away() }
    confirmed.push(sent)
    return { ok: true }
  }
  const bus = { publishMany: (messages: readonly BusMessage[]) => Promise.all(messages.map(one)) } as unknown as Bus
  // Only that the door is asked and lets through matters here; what it writes is tested against a real database elsewhere.
  const store = {
    query: () => Promise.resolve([]),
    inTransaction: async () => {
      direct.count++
      await turn(databaseMs)
      return []
    },
  } as unknown as Store
  const log: Log = Object.assign(Object.create(silentLog) as Log, {
    error: (name: string) => problems.push(`logged ${name}`),
  })
  const publisher = new EventPublisher({
    bus,
    store,
    spool: new Spool(join(folder, String(Math.random())), 1_000_000),
    log,
    clock: systemClock,
    telemetry: createTelemetry(createMetrics({ service: 'test' }), () => ({
      assigned: 0,
      withoutWorker: 0,
      unknown: 0,
      held: 0,
      spooled: 0,
    })),
  })
  await publisher.start()
  return { publisher, confirmed, problems, direct }
}

it('whatever the timing, each panel says everything once, in order, one event at a time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(4), fc.integer({ min: 1, max: 4 }), fc.boolean()), { minLength: 1, maxLength: 60 }),
      fc.infiniteStream(fc.nat(3)),
      async (pushes, delays) => {
        const { publisher, confirmed, problems } = await stage(() => ({
          ok: true,
          afterMs: delays.next().value as number,
        }))
        const queues = Array.from({ length: 5 }, (_, panel) => publisher.open(`p${panel}`, 1))
        const seqs = [0, 0, 0, 0, 0]
        const more = (panel: number, count: number) =>
          publisher.enqueue(
            queues[panel] as PanelQueue,
            Array.from({ length: count }, () => event(panel, ++(seqs as number[])[panel]!)),
          )
        // A session that has room again says more from inside the confirmation.
        let nested = 10
        for (const [panel, queue] of queues.entries()) queue.onProgress = () => nested-- > 0 && more(panel, 1)
        for (const [panel, count, wait] of pushes) {
          more(panel, count)
          if (wait) await turn(1)
        }
        await eventually(() => publisher.held === 0)
        await publisher.close()
        expect(problems).toEqual([])
        for (const [panel, last] of seqs.entries()) {
          const said = confirmed.filter(({ panel_id }) => panel_id === `p${panel}`).map(({ panel_seq }) => panel_seq)
          expect(said).toEqual(Array.from({ length: last }, (_, n) => n + 1))
        }
      },
    ),
    { numRuns: 40 },
  )
})

it('a broker that refuses at once, with many panels talking, starves neither the database nor anybody else', async () => {
  const { publisher, direct, problems } = await stage(() => ({ ok: false, afterMs: 0 }), 10)
  const queues = Array.from({ length: 600 }, (_, panel) => publisher.open(`p${panel}`, 1))
  for (let seq = 1; seq <= 5; seq++) {
    for (const [panel, queue] of queues.entries()) publisher.enqueue(queue, [event(panel, seq)])
    await turn(1)
  }
  await eventually(() => publisher.held === 0, { deadlineMs: 10_000 })
  expect(direct.count).toBeGreaterThan(0)
  await publisher.close()
  expect(problems).toEqual([])
})

it('an event that was not the one sent stays in its queue', () => {
  const queue = new PanelQueue('p1', 1)
  const [first, second] = [event(1, 1), event(1, 2)]
  queue.push([first, second])
  expect(queue.confirmed(first)).toBe(true)
  // Confirmed twice, as when somebody else has dealt with it meanwhile.
  expect(queue.confirmed(first)).toBe(false)
  expect(queue.peek()).toBe(second)
  expect(queue.done([first, second])).toBe(0)
  expect(queue.length).toBe(1)
})
