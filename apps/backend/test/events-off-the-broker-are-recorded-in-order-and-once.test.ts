/** Design flow 1 step 3: "message returns; the id makes the repeat free". RC-02 in small: redelivery, an outage, a poison message. */
import { type BusEvent, createMemoryBus, MemoryBroker } from '@stam/bus'
import { createMetrics, silentLog, systemClock } from '@stam/runtime'
import { openStore } from '@stam/store'
import { eventually, faultProxy } from '@stam/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startRecording } from '../src/recording/index.ts'
import { addSite, contradictions, openWorld, signalEvent, type TestSite, type World } from './recording-fixture.ts'

describe('the consumer', () => {
  let world: World
  let broker: MemoryBroker
  let events: BusEvent[]
  beforeEach(async () => {
    world = await openWorld()
    broker = new MemoryBroker()
    events = []
  })
  afterEach(() => world.close())

  const start = (store = world.store) => {
    const metrics = createMetrics({ service: 'test' })
    const bus = createMemoryBus({
      broker,
      redeliveryDelayMs: { first: 5, longest: 50 },
      onEvent: (event) => events.push(event),
    })
    const recording = startRecording({
      store,
      bus,
      clock: systemClock,
      log: silentLog,
      metrics,
      instanceId: 'backend-1',
    })
    return { bus, recording, metrics, close: () => recording.close().then(() => bus.close()) }
  }
  const stored = async () => (await world.rows<{ n: number }>('SELECT count(*)::int AS n FROM events'))[0]?.n

  it('records each event once with two backends, every message published twice, and one backend leaving in the middle', async () => {
    const sites: TestSite[] = []
    for (let n = 0; n < 12; n++) sites.push(await addSite(world))
    const [first, second] = [start(), start()]
    const signals = Array.from({ length: 40 }, (_, n) =>
      sites.map(({ panelId }) => signalEvent(panelId, n, n % 4 === 3 ? 'RESTORE' : 'ALARM', `alarm:zone:${n + 1}`)),
    ).flat()
    const half = signals.length / 2
    await first.bus.publishMany(signals.slice(0, half))
    const leaving = first.close()
    const publisher = createMemoryBus({ broker })
    await publisher.publishMany(signals.slice(0, half))
    await publisher.publishMany(signals.slice(half))
    await leaving
    await eventually(async () => (await stored()) === signals.length, { deadlineMs: 15_000 })
    await eventually(async () => (await publisher.queueDepths()).every(({ messages }) => messages === 0))
    // In the order of each panel: what was recorded later is later in the panel's own count.
    const disorder = await world.rows(
      `SELECT FROM (SELECT panel_seq, lag(panel_seq) OVER (PARTITION BY panel_id ORDER BY recorded_at, panel_seq) AS before FROM events) e
       WHERE panel_seq < before`,
    )
    expect(disorder).toEqual([])
    expect(await stored()).toBe(signals.length)
    expect(await contradictions(world)).toEqual([])
    expect((await publisher.deadLetters.list()).total).toBe(0)
    expect(await second.metrics.text()).toMatch(/alarms_created_total\{[^}]*\} [1-9]/)
    expect(await second.metrics.text()).toMatch(/alarms_active\{[^}]*status="NEW"[^}]*\} \d/)
    await second.close()
    await publisher.close()
  })

  it.each(['cut', 'frozen'] as const)(
    'holds everything while PostgreSQL is %s, and loses nothing when it is back',
    async (how) => {
      const { panelId } = await addSite(world)
      const url = new URL(world.database.url)
      const proxy = await faultProxy({ target: { port: Number(url.port) } })
      url.port = String(proxy.port)
      const store = await openStore({
        url: url.href,
        poolSize: 4,
        applicationName: 'behind-a-proxy',
        role: 'stam_app',
        statementTimeoutMs: 500,
        acquireTimeoutMs: 500,
      })
      const { bus, close } = start(store)
      await bus.publishMany([signalEvent(panelId, 0, 'ALARM', 'alarm:zone:1')])
      await eventually(async () => (await stored()) === 1)
      await (how === 'cut' ? proxy.refuse() : proxy.freeze())
      if (how === 'cut') await proxy.cut()
      await bus.publishMany([2, 3, 4].map((zone) => signalEvent(panelId, zone, 'ALARM', `alarm:zone:${zone}`)))
      await eventually(() => events.some(({ kind }) => kind === 'held'), { deadlineMs: 10_000 })
      expect(await stored()).toBe(1)
      await proxy.pass()
      await eventually(async () => (await stored()) === 4, { deadlineMs: 15_000 })
      expect(await world.rows('SELECT event_count FROM alarms')).toEqual([{ event_count: 4 }])
      expect((await bus.deadLetters.list()).total).toBe(0)
      await close()
      await store.close()
      await proxy.close()
    },
  )

  it('holds everything while the database refuses it a right, which is no fault of the messages', async () => {
    const { panelId } = await addSite(world)
    const { bus, close } = start()
    await world.rows('REVOKE INSERT ON events FROM stam_app')
    await bus.publishMany([1, 2, 3].map((zone) => signalEvent(panelId, zone, 'ALARM', `alarm:zone:${zone}`)))
    await eventually(() => events.some(({ kind }) => kind === 'held'), { deadlineMs: 10_000 })
    await world.rows('GRANT INSERT ON events TO stam_app')
    await eventually(async () => (await stored()) === 3, { deadlineMs: 15_000 })
    expect((await bus.deadLetters.list()).total).toBe(0)
    await close()
  })

  it('buries a message that can never be recorded with the reason, and none of its neighbours', async () => {
    const { panelId } = await addSite(world)
    const { bus, close } = start()
    const stranger = signalEvent('6d9b9a3e-0b6a-4f5f-9d30-0f9f3a5f2b11', 1, 'ALARM', 'alarm:zone:1')
    await bus.publishMany([
      signalEvent(panelId, 0, 'ALARM', 'alarm:zone:1'),
      stranger,
      signalEvent(panelId, 2, 'ALARM', 'alarm:zone:2'),
    ])
    await eventually(async () => (await stored()) === 2)
    await eventually(async () => (await bus.deadLetters.list()).total === 1)
    const { letters } = await bus.deadLetters.list()
    expect(letters[0]).toMatchObject({ messageId: stranger.event_id, reason: expect.stringContaining('UNKNOWN_SITE') })
    await close()
  })
})
