/** What every implementation of the bus keeps. Sources: spec 04 "RabbitMQ topology", docs/messaging.md. */
import type { BusMessage, PanelEvent, StreamMessage } from '@stam/contracts'
import { withDeadline } from '@stam/runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type Bus,
  type BusEvent,
  type Delivery,
  type DeliveryOutcome,
  done,
  hold,
  reject,
  retry,
} from '../src/index.ts'
import { panelEvent, streamMessage } from './events.ts'
import { until } from './until.ts'

export interface BusHarness {
  /** A further instance on the same broker. */
  open(onEvent?: (event: BusEvent) => void): Promise<Bus>
  /** Puts bytes that are no message of ours into a partition of `events.processing`. */
  smuggle(partition: number, body: Buffer): Promise<void>
  takeBrokerAway(): Promise<void>
  bringBrokerBack(): Promise<void>
  /** Empties everything for the next test. */
  reset(): Promise<void>
}

const events = { queue: 'events.processing', batchSize: 50, batchWaitMs: 0 } as const

export function busContract(name: string, harness: () => BusHarness): void {
  describe(`${name}, as every bus`, () => {
    const opened: Bus[] = []
    let happened: BusEvent[] = []
    const open = async () => {
      const bus = await harness().open((event) => happened.push(event))
      opened.push(bus)
      return bus
    }

    beforeEach(() => {
      happened = []
    })

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((bus) => bus.close()))
      await harness().reset()
    })

    const context = { open, harness, happened: () => happened }
    delivery(context)
    failures(context)
    deadLetters(context)
    stream(context)
    outages(context)
  })
}

interface Context {
  open(): Promise<Bus>
  harness(): BusHarness
  happened(): BusEvent[]
}

function delivery({ open }: Context): void {
  it('delivers a message as it was published, and forgets it once done', async () => {
    const bus = await open()
    const seen: Delivery[] = []
    bus.consume({ ...events, handler: collect(seen) })
    await bus.publish(panelEvent(1, 1))
    await until(() => expect(seen).toHaveLength(1))
    expect(seen[0]).toMatchObject({ message: panelEvent(1, 1), redelivered: false, deliveries: 1 })
    await bus.close()

    const later = await open()
    const again: Delivery[] = []
    later.consume({ ...events, handler: collect(again) })
    await later.publish(panelEvent(1, 2))
    await until(() => expect(sequences(again)).toEqual([2]))
  })

  it('keeps messages for a consumer that comes later', async () => {
    const bus = await open()
    const results = await bus.publishMany([panelEvent(1, 1), panelEvent(1, 2)])
    expect(results).toEqual([{ ok: true }, { ok: true }])
    const seen: Delivery[] = []
    bus.consume({ ...events, handler: collect(seen) })
    await until(() => expect(sequences(seen)).toEqual([1, 2]))
  })

  it('keeps the order of each panel, and never works on one panel twice at once', async () => {
    const bus = await open()
    const seen: Delivery[] = []
    const busy = new Set<string>()
    bus.consume({
      ...events,
      batchSize: 7,
      handler: async (batch) => {
        const panels = new Set(batch.map(({ message }) => (message as PanelEvent).panel_id))
        for (const panel of panels) expect(busy.has(panel)).toBe(false)
        for (const panel of panels) busy.add(panel)
        await new Promise((resolve) => setImmediate(resolve))
        for (const panel of panels) busy.delete(panel)
        seen.push(...batch)
        return batch.map(() => done)
      },
    })
    await publishAll(bus, mixed(40, 50))
    await until(() => expect(seen).toHaveLength(40 * 50))
    expectOrderPerPanel(seen, 50)
  })

  it('hands over batches no larger than asked, and waits for them to fill when told', async () => {
    const bus = await open()
    await publishAll(bus, oneSmallPartition(30))
    const sizes: number[] = []
    bus.consume({
      ...events,
      batchSize: 10,
      batchWaitMs: 2_000,
      handler: async (batch) => {
        sizes.push(batch.length)
        return batch.map(() => done)
      },
    })
    await until(() => expect(sizes).toEqual([10, 10, 10]))
  })

  it('lets a second instance take over where the first stops, in order and without repeating what was done', async () => {
    const [first, second, publisher] = [await open(), await open(), await open()]
    const seen: Delivery[] = []
    let handedOver = 0
    const slowly = async (batch: readonly Delivery[]) => {
      handedOver += batch.length
      await new Promise((resolve) => setTimeout(resolve, 2))
      seen.push(...batch)
      return batch.map(() => done)
    }
    const consumer = first.consume({ ...events, batchSize: 5, handler: slowly })
    await until(async () => {
      const depths = await publisher.queueDepths()
      expect(
        depths.filter(({ queue, consumers }) => queue.startsWith('events.processing') && consumers === 1),
      ).toHaveLength(8)
    })
    second.consume({ ...events, batchSize: 5, handler: slowly })
    const publishing = publishAll(publisher, mixed(20, 100))
    await until(() => expect(handedOver).toBeGreaterThan(200))
    await consumer.close()
    const atClose = seen.length
    await publishing
    await until(() => expect(seen.length).toBeGreaterThanOrEqual(2_000))
    expect(atClose).toBeLessThan(2_000)
    expect(seen).toHaveLength(2_000)
    expectOrderPerPanel(seen, 100)
  })

  it('sends no more ahead than the prefetch allows, however slow the handler is', async () => {
    const bus = await open()
    await publishAll(bus, oneSmallPartition(500))
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    let handled = 0
    bus.consume({
      ...events,
      batchSize: 10,
      prefetch: 20,
      handler: async (batch) => {
        await gate
        handled += batch.length
        return batch.map(() => done)
      },
    })
    const waiting = async () => (await bus.queueDepths()).reduce((sum, depth) => sum + depth.messages, 0)
    await until(async () => expect(await waiting()).toBe(480))
    release()
    await until(() => expect(handled).toBe(500))
  })
}

function failures({ open, happened }: Context): void {
  it('delivers a failing message four times before anything that came after it, then makes it a dead letter', async () => {
    const bus = await open()
    const seen: Delivery[] = []
    bus.consume({
      ...events,
      handler: collect(seen, ({ message }) => (sequenceOf(message) === 2 ? retry('no such zone') : done)),
    })
    await publishAll(
      bus,
      [1, 2, 3, 4].map((sequence) => panelEvent(1, sequence)),
    )
    await until(() => expect(new Set(sequences(seen))).toEqual(new Set([1, 2, 3, 4])))
    await until(async () => expect((await bus.deadLetters.list()).total).toBe(1))
    const ofTwo = seen.filter(({ message }) => sequenceOf(message) === 2)
    expect(ofTwo.map(({ deliveries }) => deliveries)).toEqual([1, 2, 3, 4])
    expect(ofTwo.map(({ redelivered }) => redelivered)).toEqual([false, true, true, true])
    const { letters } = await bus.deadLetters.list()
    expect(letters[0]).toMatchObject({ reason: 'failed 4 times: no such zone', messageId: panelEvent(1, 2).event_id })
    expect(happened()).toContainEqual(
      expect.objectContaining({ kind: 'dead-letter', message_id: panelEvent(1, 2).event_id }),
    )
  })

  it('retries what failed in the order it came, and only then goes on', async () => {
    const bus = await open()
    await publishAll(
      bus,
      [1, 2, 3, 4, 5, 6].map((sequence) => panelEvent(1, sequence)),
    )
    const batches: number[][] = []
    bus.consume({
      ...events,
      batchSize: 3,
      batchWaitMs: 2_000,
      handler: async (batch) => {
        batches.push(batch.map(({ message }) => sequenceOf(message)))
        return batch.map((delivery) =>
          delivery.deliveries === 1 && sequenceOf(delivery.message) > 1 ? retry('busy') : done,
        )
      },
    })
    await until(() => expect(batches.flat()).toHaveLength(11))
    expect(batches).toEqual([
      [1, 2, 3],
      [2, 3],
      [4, 5, 6],
      [4, 5, 6],
    ])
  })

  it('takes a batch apart that throws twice, so that only the message to blame is buried', async () => {
    const bus = await open()
    await publishAll(
      bus,
      [1, 2, 3, 4, 5].map((sequence) => panelEvent(1, sequence)),
    )
    const batches: number[][] = []
    bus.consume({
      ...events,
      batchSize: 5,
      batchWaitMs: 2_000,
      handler: async (batch) => {
        batches.push(batch.map(({ message }) => sequenceOf(message)))
        if (batch.some(({ message }) => sequenceOf(message) === 3)) throw new Error('constraint violated')
        return batch.map(() => done)
      },
    })
    await until(async () => expect((await bus.deadLetters.list()).total).toBe(1))
    await until(() => expect(batches.at(-1)).toEqual([5]))
    expect(batches).toEqual([[1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [1], [2], [3], [3], [4], [5]])
    const { letters } = await bus.deadLetters.list()
    expect(letters.map(({ messageId }) => messageId)).toEqual([panelEvent(1, 3).event_id])
    expect(letters[0]?.reason).toBe('failed 4 times: constraint violated')
  })

  it('holds everything, in order and without a dead letter, while what is behind the handler is away', async () => {
    const bus = await open()
    const seen: Delivery[] = []
    let attempts = 0
    bus.consume({
      ...events,
      batchSize: 4,
      handler: async (batch) => {
        attempts++
        if (attempts < 6) throw new Error('the database is away')
        if (attempts < 9) return batch.map(() => hold('the database is still away'))
        seen.push(...batch)
        return batch.map(() => done)
      },
      isOutage: (error) => (error as Error).message.includes('away'),
    })
    await publishAll(
      bus,
      Array.from({ length: 20 }, (_, index) => panelEvent(1, index + 1)),
    )
    await until(() => expect(seen).toHaveLength(20))
    expectOrderPerPanel(seen, 20)
    expect((await bus.deadLetters.list()).total).toBe(0)
    expect(happened()).toContainEqual(expect.objectContaining({ kind: 'held' }))
  })

  it('ends a consumer at once that is closed while it is still opening', async () => {
    const bus = await open()
    // The first one waits for its connection; it must not be the only moment tried.
    for (let turns = 0; turns < 40; turns++) {
      const consumer = bus.consume({ ...events, handler: async (batch) => batch.map(() => done) })
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
      await withDeadline(`closing after ${turns} turns`, 2_000, () => consumer.close())
    }
  })

  it('finishes and settles the batch in hand when it is closed', async () => {
    const bus = await open()
    let started = false
    const settled: number[] = []
    bus.consume({
      ...events,
      handler: async (batch) => {
        started = true
        await new Promise((resolve) => setTimeout(resolve, 50))
        settled.push(...batch.map(({ message }) => sequenceOf(message)))
        return batch.map(() => done)
      },
    })
    await bus.publish(panelEvent(1, 1))
    await until(() => expect(started).toBe(true))
    await bus.close()
    expect(settled).toEqual([1])
    const later = await open()
    const depths = await later.queueDepths()
    expect(depths.reduce((sum, depth) => sum + depth.messages, 0)).toBe(0)
  })

  it('refuses to publish what breaks its schema, and publishes the rest', async () => {
    const bus = await open()
    const broken = { ...panelEvent(1, 2), zone_no: 999 }
    await expect(bus.publish(broken)).rejects.toMatchObject({
      code: 'BUS_REJECTED',
      message: expect.stringContaining('zone_no'),
    })
    const results = await bus.publishMany([panelEvent(1, 1), broken, panelEvent(1, 3)])
    expect(results.map(({ ok }) => ok)).toEqual([true, false, true])
    const seen: Delivery[] = []
    bus.consume({ ...events, handler: collect(seen) })
    await until(() => expect(sequences(seen)).toEqual([1, 3]))
  })
}

function deadLetters({ open, harness, happened }: Context): void {
  it('buries what is no message of ours with the reason, and goes on', async () => {
    const bus = await open()
    await harness().smuggle(0, Buffer.from('{"kind":"panel-event","zone_no":5}'))
    await harness().smuggle(0, Buffer.from('\xff\x00 not json', 'latin1'))
    const seen: Delivery[] = []
    bus.consume({ ...events, handler: collect(seen) })
    await publishAll(bus, mixed(20, 1))
    await until(() => expect(seen).toHaveLength(20))
    await until(async () => expect((await bus.deadLetters.list()).total).toBe(2))
    const { letters } = await bus.deadLetters.list()
    expect(letters[0]).toMatchObject({ queue: 'events.processing.0', body: { kind: 'panel-event', zone_no: 5 } })
    expect(letters[0]?.reason).toMatch(/^breaks its schema: schema_version: /)
    expect(letters[1]).toMatchObject({ queue: 'events.processing.0', reason: 'not JSON' })
  })

  it('lists dead letters without changing anything, replays one, discards another', async () => {
    const bus = await open()
    let mending = false
    const seen: Delivery[] = []
    bus.consume({ ...events, handler: collect(seen, () => (mending ? done : reject('unknown panel'))) })
    await publishAll(
      bus,
      [1, 2, 3].map((sequence) => panelEvent(1, sequence)),
    )
    await until(async () => expect((await bus.deadLetters.list()).total).toBe(3))
    const before = await bus.deadLetters.list()
    expect(before.letters).toMatchObject(
      [1, 2, 3].map((sequence) => ({
        queue: expect.stringMatching(/^events\.processing\.\d$/),
        reason: 'unknown panel',
        kind: 'panel-event',
        messageId: panelEvent(1, sequence).event_id,
        requestId: panelEvent(1, sequence).request_id,
        topic: expect.stringMatching(/^satel\.\w+\./),
        size: Buffer.byteLength(JSON.stringify(panelEvent(1, sequence))),
        diedAt: expect.stringMatching(/^2\d{3}-/),
        body: panelEvent(1, sequence),
      })),
    )
    expect(await bus.deadLetters.list()).toEqual(before)
    expect((await bus.deadLetters.list(2)).letters).toEqual(before.letters.slice(0, 2))

    mending = true
    const [first, second, third] = before.letters.map(({ id }) => id) as [string, string, string]
    expect(await bus.deadLetters.replay([second])).toEqual(['done'])
    await until(() => expect(sequenceOf(seen.at(-1)?.message as BusMessage)).toBe(2))
    expect(await bus.deadLetters.replay([second])).toEqual(['gone'])
    expect(await bus.deadLetters.discard([second, first], 'test panel')).toEqual(['gone', 'done'])
    expect(await bus.deadLetters.discard([first], 'test panel')).toEqual(['gone'])
    expect((await bus.deadLetters.list()).letters.map(({ id }) => id)).toEqual([third])
    expect(happened()).toContainEqual({ kind: 'dead-letter-discarded', id: first, reason: 'test panel' })
    expect(seen.map(({ message }) => sequenceOf(message))).toEqual([1, 2, 3, 2])
  })

  it('replays many at once in the order they died, whatever the order asked, and leaves the others', async () => {
    const bus = await open()
    let mending = false
    const seen: Delivery[] = []
    bus.consume({ ...events, handler: collect(seen, () => (mending ? done : reject('unknown panel'))) })
    await publishAll(
      bus,
      [1, 2, 3, 4, 5].map((sequence) => panelEvent(1, sequence)),
    )
    await until(async () => expect((await bus.deadLetters.list()).total).toBe(5))
    const ids = (await bus.deadLetters.list()).letters.map(({ id }) => id) as [string, string, string, string, string]
    mending = true
    seen.length = 0
    const outcomes = await bus.deadLetters.replay([ids[3], 'never-was-there', ids[0], ids[4]])
    expect(outcomes).toEqual(['done', 'gone', 'done', 'done'])
    await until(() => expect(seen.map(({ message }) => sequenceOf(message))).toEqual([1, 4, 5]))
    expect((await bus.deadLetters.list()).letters.map(({ id }) => id)).toEqual([ids[1], ids[2]])
  })

  it('shows two readers at once the whole list each', async () => {
    const [one, other] = [await open(), await open()]
    one.consume({ ...events, handler: collect([], () => reject('no')) })
    await publishAll(one, mixed(10, 3))
    await until(async () => expect((await one.deadLetters.list()).total).toBe(30))
    const lists = await Promise.all([one, other, one, other].map((bus) => bus.deadLetters.list()))
    expect(lists.map(({ letters }) => letters.length)).toEqual([30, 30, 30, 30])
    // A quorum queue counts again what a reader gave back a moment after the reader has gone.
    await until(async () => {
      const [, counted] = await Promise.all([one.deadLetters.list(), other.deadLetters.count(), one.deadLetters.list()])
      expect(counted).toBe(30)
    })
  })
}

function stream({ open }: Context): void {
  it('tells the numbered stream to every instance, in order, and to nobody without complaint', async () => {
    const [one, other, relay] = [await open(), await open(), await open()]
    await relay.publish(streamMessage(1))
    const heard: [StreamMessage[], StreamMessage[]] = [[], []]
    const first = one.onStream((messages) => void heard[0].push(...messages))
    other.onStream((messages) => void heard[1].push(...messages))
    // A subscription is there when something published afterwards arrives.
    let number = 1
    await until(async () => {
      await relay.publish(streamMessage(++number))
      expect(heard[0].length).toBeGreaterThan(0)
      expect(heard[1].length).toBeGreaterThan(0)
    })
    const from = number + 1
    const told = await relay.publishStream(Array.from({ length: 1_000 }, (_, index) => streamMessage(from + index)))
    expect(told).toEqual(Array.from({ length: 1_000 }, () => ({ ok: true })))
    for (const messages of heard) {
      await until(() => expect(messages.at(-1)?.sequence_id).toBe(from + 999))
      const numbers = messages.map((message) => message.sequence_id)
      expect(numbers.slice(-1_000)).toEqual(Array.from({ length: 1_000 }, (_, index) => from + index))
      expect(messages.at(-1)).toEqual(streamMessage(from + 999))
    }
    await first.close()
    const before = heard[0].length
    await relay.publish(streamMessage(from + 1_000))
    await until(() => expect(heard[1].at(-1)?.sequence_id).toBe(from + 1_000))
    expect(heard[0]).toHaveLength(before)
  })

  it('refuses of many numbered messages only those that break their schema', async () => {
    const [reader, relay] = [await open(), await open()]
    const heard: number[] = []
    reader.onStream((messages) => void heard.push(...messages.map(({ sequence_id }) => sequence_id)))
    await until(async () => {
      await relay.publish(streamMessage(1))
      expect(heard.length).toBeGreaterThan(0)
    })
    const results = await relay.publishStream([
      streamMessage(2),
      { ...streamMessage(3), type: 'x'.repeat(61) },
      streamMessage(4),
    ])
    expect(results.map(({ ok }) => ok)).toEqual([true, false, true])
    expect(results[1]).toMatchObject({ error: { code: 'BUS_REJECTED' } })
    await until(() => expect(heard.at(-1)).toBe(4))
    expect(heard.filter((number) => number > 1)).toEqual([2, 4])
  })
}

function outages({ open, harness, happened }: Context): void {
  it('says since when the broker is away, refuses at once, and goes on by itself with everything confirmed before', async () => {
    const bus = await open()
    expect(bus.status).toMatchObject({ state: 'up', error: null })
    await publishAll(bus, mixed(5, 10))
    const statuses: string[] = []
    bus.onStatus(({ state }) => statuses.push(state))
    await harness().takeBrokerAway()
    await until(() => expect(bus.status.state).toBe('down'))
    expect(bus.status.error).toEqual(expect.any(String))
    expect(Math.abs(Date.now() - Date.parse(bus.status.since))).toBeLessThan(15_000)
    await expect(bus.publish(panelEvent(9, 1))).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
    const [result] = await bus.publishMany([panelEvent(9, 1)])
    expect(result).toMatchObject({ ok: false, error: { code: 'BUS_UNAVAILABLE' } })
    await expect(bus.queueDepths()).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })

    const seen: Delivery[] = []
    bus.consume({ ...events, handler: collect(seen) })
    await harness().bringBrokerBack()
    await bus.ready(20_000)
    await publishAll(bus, [panelEvent(9, 1)])
    await until(() => expect(seen).toHaveLength(51))
    expectOrderPerPanel(
      seen.filter(({ message }) => (message as PanelEvent).panel_id !== panelEvent(9, 1).panel_id),
      10,
    )
    expect(statuses[0]).toBe('down')
    expect(statuses.at(-1)).toBe('up')
    expect(happened().map(({ kind }) => kind)).toEqual(expect.arrayContaining(['down', 'up', 'publish-failed']))
  }, 60_000)

  it('refuses everything once closed', async () => {
    const bus = await open()
    await bus.close()
    await expect(bus.publish(panelEvent(1, 1))).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
    expect(bus.status.state).toBe('off')
  })
}

function collect(into: Delivery[], outcome: (delivery: Delivery) => DeliveryOutcome = () => done) {
  return async (batch: readonly Delivery[]) => {
    into.push(...batch)
    return batch.map(outcome)
  }
}

export function sequenceOf(message: BusMessage): number {
  if (message.kind === 'stream-batch') throw new Error('batches are unpacked before anybody sees them')
  return message.kind === 'panel-event' ? message.panel_seq : message.sequence_id
}

function sequences(deliveries: readonly Delivery[]): number[] {
  return deliveries.map(({ message }) => sequenceOf(message))
}

/** Events 1..each of every panel, in turns. */
export function mixed(panels: number, each: number): PanelEvent[] {
  return Array.from({ length: panels * each }, (_, index) => panelEvent(index % panels, Math.floor(index / panels) + 1))
}

/** Events of one panel, hence of one partition. */
function oneSmallPartition(count: number): PanelEvent[] {
  return Array.from({ length: count }, (_, index) => panelEvent(1, index + 1))
}

export async function publishAll(bus: Bus, messages: readonly BusMessage[]): Promise<void> {
  const results = await bus.publishMany(messages)
  expect(results.filter(({ ok }) => !ok)).toEqual([])
}

/** Every panel's numbers are exactly 1..each, in this order. */
function expectOrderPerPanel(deliveries: readonly Delivery[], each: number): void {
  const byPanel = Map.groupBy(deliveries, ({ message }) => (message as PanelEvent).panel_id)
  const expected = Array.from({ length: each }, (_, index) => index + 1)
  for (const ofPanel of byPanel.values()) expect(sequences(ofPanel)).toEqual(expected)
}
