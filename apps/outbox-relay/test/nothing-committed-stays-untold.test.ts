/** Spec 04 "Outbox"; design flow 1 step 4 "if it dies right here"; CH-06, CH-08 in small. */
import { numberOutbox, pruneOutbox, readStream } from '@stam/store'
import { eventually } from '@stam/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openWorld, refusing, type World } from './relay-fixture.ts'

/** The relays here poll every 10 s. */
const SOONER_THAN_POLL_MS = 8_000

describe('the relay', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  const outbox = async () =>
    (await world.owner.query('SELECT stream_seq::int, status, retry_count, last_error FROM outbox ORDER BY id')).rows
  const numbers = () => world.published.map(({ sequence_id }) => sequence_id)

  it('publishes what was committed, with its number, its trace and the time of the commit, and marks it', async () => {
    const relay = await world.relay()
    await world.write(3)
    await eventually(() => world.published.length === 3)
    expect(world.published[1]).toMatchObject({
      kind: 'stream',
      sequence_id: 2,
      type: 'alarm.updated',
      data: { version: 1 },
      request_id: 'trace-9',
    })
    expect((await readStream(world.store, 0, 10)).messages).toEqual(world.published)
    await eventually(async () => (await outbox()).every(({ status }) => status === 'PUBLISHED'))
    await relay.close()
  })

  it('is woken by the commit, not by its poll', async () => {
    const relay = await world.relay({ pollIntervalMs: 10_000 })
    // The first look happens at the start; whatever comes later must be notified.
    await eventually(() => world.metrics.text().then((text) => text.includes('outbox_relay_last_poll_timestamp{')))
    await world.write()
    await eventually(() => world.published.length === 1, { deadlineMs: SOONER_THAN_POLL_MS })
    await relay.close()
  })

  it('follows the commits alone while others stand by; the next one follows them when it is gone, all when nobody knows', async () => {
    const onlyWhenWoken = { pollIntervalMs: 10_000 }
    const first = await world.relay({ ...onlyWhenWoken, instanceId: 'relay-1' })
    const second = await world.relay({ ...onlyWhenWoken, instanceId: 'relay-2' })
    await eventually(() => world.following === 1)
    await world.write()
    await eventually(() => world.published.length === 1, { deadlineMs: SOONER_THAN_POLL_MS })
    world.liveStore.stop()
    await eventually(() => world.following === 2)
    world.liveStore.start()
    await eventually(() => world.following === 1)
    await first.close()
    await eventually(() => world.following === 1)
    await world.write()
    await eventually(() => world.published.length === 2, { deadlineMs: SOONER_THAN_POLL_MS })
    await second.close()
  })

  it('numbers on while the broker is away, publishes everything once it is back', async () => {
    const relay = await world.relay()
    await world.write()
    await eventually(() => numbers().length === 1)
    world.broker.stop()
    for (let n = 0; n < 5; n++) await world.write(2)
    await eventually(async () => (await readStream(world.store, 0, 100)).head === 11)
    expect(numbers()).toEqual([1])
    world.broker.start()
    await eventually(() => new Set(numbers()).size === 11)
    await eventually(async () => (await outbox()).every(({ status }) => status === 'PUBLISHED'))
    await relay.close()
  })

  it('takes over what another relay numbered and never published, after its lease', async () => {
    await world.write(4)
    // What a relay does before it is killed.
    expect(await numberOutbox(world.store, 10, 1_000)).toHaveLength(4)
    const started = performance.now()
    const relay = await world.relay()
    await eventually(() => new Set(numbers()).size === 4)
    expect(performance.now() - started).toBeGreaterThan(900)
    expect(numbers().toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4])
    await relay.close()
  })

  it('keeps trying a refused message without holding up the others, and raises its voice after five failures', async () => {
    const relay = await world.relay(
      {},
      refusing(world.bus, ({ sequence_id }) => sequence_id === 2),
    )
    await world.write(3)
    await eventually(() => numbers().includes(3))
    // Time passes: make each next attempt due at once.
    await eventually(
      async () => {
        await world.owner.query(`UPDATE outbox SET next_attempt_at = now() WHERE status = 'PENDING'`)
        return (await outbox())[1]?.retry_count >= 5
      },
      { deadlineMs: 15_000, everyMs: 100 },
    )
    await eventually(() => world.logged.some(({ event }) => event === 'outbox_messages_failing'))
    expect((await outbox())[1]).toMatchObject({ status: 'PENDING', last_error: 'BUS_REJECTED: refused by the test' })
    expect(await world.metrics.text()).toMatch(/outbox_failing_count\{[^}]*\} 1/)
    expect(numbers().toSorted((a, b) => a - b)).toEqual([1, 3])
    // The screens have it all the same: whoever reads the stream sees no gap.
    expect((await readStream(world.store, 0, 10)).messages.map(({ sequence_id }) => sequence_id)).toEqual([1, 2, 3])
    await relay.close()
  })

  it('publishes each row once in the normal case, with two relays side by side', async () => {
    const relays = [await world.relay({ batchSize: 3 }), await world.relay({ batchSize: 3 })]
    for (let n = 0; n < 30; n++) await world.write(2)
    await eventually(async () => (await outbox()).every(({ status }) => status === 'PUBLISHED'))
    expect(numbers().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, n) => n + 1))
    await Promise.all(relays.map((relay) => relay.close()))
  })

  it('removes what is old and published, never what is not', async () => {
    const relay = await world.relay(
      {},
      refusing(world.bus, ({ sequence_id }) => sequence_id === 3),
    )
    await world.write(5)
    await eventually(async () => (await outbox()).filter(({ status }) => status === 'PUBLISHED').length === 4)
    await relay.close()
    await world.write(2)
    await world.owner.query(
      `UPDATE outbox SET created_at = now() - interval '8 days' WHERE stream_seq IS DISTINCT FROM 5`,
    )
    expect(await pruneOutbox(world.store, 7 * 24 * 3_600_000, 2)).toBe(3)
    expect(await outbox()).toMatchObject([
      { stream_seq: 3, status: 'PENDING' },
      { stream_seq: 5, status: 'PUBLISHED' },
      { stream_seq: null, status: 'PENDING' },
      { stream_seq: null, status: 'PENDING' },
    ])
    // A client from before must be told that its past is gone.
    expect(await readStream(world.store, 1, 10)).toMatchObject({ complete: false })
    expect(await readStream(world.store, 5, 10)).toMatchObject({ complete: true, messages: [] })
    await expect(world.owner.query(`DELETE FROM outbox WHERE stream_seq = 3`)).rejects.toThrow('is not published')
    await expect(world.owner.query(`UPDATE outbox SET stream_seq = 99 WHERE stream_seq = 5`)).rejects.toThrow(
      'already has its number',
    )
  })
})
