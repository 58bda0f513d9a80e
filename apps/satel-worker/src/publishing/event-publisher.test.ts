import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, BusError, type PublishResult } from '@stam/bus'
import type { BusMessage, PanelEvent } from '@stam/contracts'
import { createMetrics, silentLog, systemClock } from '@stam/runtime'
import { type Store, StoreError } from '@stam/store'
import { eventually } from '@stam/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DEFAULT_LIMITS, NO_NAMES } from '../story/panel-facts.ts'
import { startKnowledge } from '../story/knowledge.ts'
import { stepStory } from '../story/panel-story.ts'
import { createTelemetry } from '../telemetry.ts'
import { EventPublisher } from './event-publisher.ts'
import { Spool } from './spool.ts'

const A = '00000000-0000-4000-8000-00000000000a'
const B = '00000000-0000-4000-8000-00000000000b'

/** A broker that confirms when it is told to. */
class SlowBroker {
  /** Events under way, in the order they were given. */
  readonly underWay: { event: PanelEvent; settle: (result: PublishResult) => void }[] = []
  readonly confirmed: string[] = []

  publishMany(messages: readonly BusMessage[]): Promise<PublishResult[]> {
    return Promise.all(
      messages.map(
        (message) =>
          new Promise<PublishResult>((settle) => this.underWay.push({ event: message as PanelEvent, settle })),
      ),
    )
  }

  answer(result: PublishResult = { ok: true }): void {
    for (const { event, settle } of this.underWay.splice(0)) {
      if (result.ok) this.confirmed.push(label(event))
      settle(result)
    }
  }
}

const label = ({ panel_id, epoch, panel_seq }: PanelEvent) => `${panel_id.slice(-1)}${epoch}.${panel_seq}`
const away: PublishResult = { ok: false, error: new BusError('BUS_UNAVAILABLE', 'away') }

/** A few events of one owner of one panel, as the story tells them. */
function events(panelId: string, epoch: number, count: number): PanelEvent[] {
  const at = Date.now()
  const start = startKnowledge({ signals: [], memoryKeys: [], snapshot: null }, epoch, at)
  const bits = new Uint8Array(16).map((_, i) => (i === 0 ? 2 ** count - 1 : 0))
  const facts = { panelId, timeZone: 'UTC', type: undefined, names: NO_NAMES, instanceId: 'test' }
  return [
    ...stepStory(start, { type: 'bits', name: 'zonesAlarm', bits, previous: undefined, at }, facts, DEFAULT_LIMITS)
      .events,
  ]
}

let folder: string
let broker: SlowBroker
let publisher: EventPublisher
let spool: Spool
const noDatabase = new Proxy({} as Store, {
  get: () => () => Promise.reject(new StoreError('DATABASE_UNAVAILABLE', 'away')),
})

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stam-spool-'))
  broker = new SlowBroker()
  spool = new Spool(folder, 1_000_000)
  const figures = () => ({ assigned: 0, withoutWorker: 0, unknown: 0, held: 0, spooled: 0 })
  publisher = new EventPublisher({
    bus: broker as unknown as Bus,
    store: noDatabase,
    spool,
    log: silentLog,
    clock: systemClock,
    telemetry: createTelemetry(createMetrics({ service: 'test' }), figures),
  })
})
afterEach(async () => {
  const closing = publisher.close()
  broker.answer()
  await closing
  await spool.close()
  await rm(folder, { recursive: true, force: true })
})

it('one event of a panel is under way at a time, those of others beside it', async () => {
  await publisher.start()
  publisher.enqueue(publisher.open(A, 1), events(A, 1, 3))
  publisher.enqueue(publisher.open(B, 1), events(B, 1, 2))
  const seen: string[][] = []
  while (publisher.held > 0) {
    await eventually(() => broker.underWay.length > 0)
    seen.push(broker.underWay.map(({ event }) => label(event)).sort())
    broker.answer()
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const round of seen) expect(new Set(round.map((one) => one[0])).size).toBe(round.length)
  expect(broker.confirmed.filter((one) => one.startsWith('a'))).toEqual(['a1.1', 'a1.2', 'a1.3'])
  expect(broker.confirmed.filter((one) => one.startsWith('b'))).toEqual(['b1.1', 'b1.2'])
})

it('what is not confirmed is not overtaken by what comes after it', async () => {
  await publisher.start()
  publisher.enqueue(publisher.open(A, 1), events(A, 1, 2))
  await eventually(() => broker.underWay.length === 1)
  broker.answer(away)
  await eventually(() => publisher.isHolding && publisher.spooled === 2)
  await eventually(() => broker.underWay.length === 1)
  expect(broker.underWay.map(({ event }) => label(event))).toEqual(['a1.1'])
  broker.answer()
  await eventually(() => broker.underWay.length === 1)
  broker.answer()
  await eventually(() => publisher.held === 0 && publisher.spooled === 0)
  expect(broker.confirmed).toEqual(['a1.1', 'a1.2'])
})

it('events of an earlier run go before those of this one; a torn last line is no event', async () => {
  const lines = [...events(A, 1, 2), ...events(B, 1, 1)].map((event) => JSON.stringify(event))
  await writeFile(join(folder, 'spool.jsonl'), `${lines.join('\n')}\n${lines[0]?.slice(0, 100)}`)
  await publisher.start()
  const queue = publisher.open(A, 2)
  publisher.enqueue(queue, events(A, 2, 1))
  while (publisher.held > 0) {
    await eventually(() => broker.underWay.length > 0)
    broker.answer()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(broker.confirmed.at(-1)).toBe('a2.1')
  expect([...broker.confirmed].sort()).toEqual(['a1.1', 'a1.2', 'a2.1', 'b1.1'])
})

/** The panel's memory tells of the same occurrence. */
const memoryOf = (first: PanelEvent): PanelEvent => ({
  ...first,
  source: 'MEMORY',
  panel_seq: first.panel_seq + 1,
  partition_no: 2,
  raw_payload: '8c01',
  signal: first.signal && { ...first.signal, seen_by_memory: first.signal.ordinal },
  memory_cursor: { last: { index: 3, record: '0011223344556677' }, recent: [] },
})

it('an event whose record comes before it was sent goes out once, whole; one that was sent is told again', async () => {
  await publisher.start()
  const [a] = events(A, 1, 1) as [PanelEvent]
  const [b] = events(B, 1, 1) as [PanelEvent]
  const [queueA, queueB] = [publisher.open(A, 1), publisher.open(B, 1)]
  // The first after a pause leaves at once, what follows closely waits for company.
  publisher.enqueue(queueA, [a])
  publisher.enqueue(queueB, [b])
  publisher.enqueue(queueA, [memoryOf(a)])
  publisher.enqueue(queueB, [memoryOf(b)])
  const sent: PanelEvent[] = []
  while (publisher.held > 0) {
    await eventually(() => broker.underWay.length > 0)
    sent.push(...broker.underWay.map(({ event }) => event))
    broker.answer()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const of = (panel: string) => sent.filter((event) => event.panel_id === panel)
  expect(of(A)).toEqual([a, memoryOf(a)])
  expect(of(B)).toEqual([{ ...memoryOf(b), panel_seq: b.panel_seq, object_name: b.object_name }])
})

it('a backlog is not held up for company', async () => {
  await publisher.start()
  publisher.enqueue(publisher.open(A, 1), events(A, 1, 1))
  publisher.enqueue(publisher.open(B, 1), events(B, 1, 2))
  expect(broker.underWay.map(({ event }) => label(event))).toEqual(['a1.1', 'b1.1'])
  broker.answer()
  await eventually(() => broker.underWay.length === 1)
  broker.answer()
  await eventually(() => publisher.held === 0)
})
