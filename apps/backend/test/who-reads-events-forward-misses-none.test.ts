/** House rule 16: never page a live table by what is drawn before the commit. GET /api/events?order=oldest stands on this. */
import { listEvents, recordEvents, recordInTransaction } from '@stam/store'
import { eventually } from '@stam/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addSite, openWorld, rules, signalEvent, type TestSite, type World } from './recording-fixture.ts'

describe('reading forward', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(12)
  })
  afterAll(() => world.close())

  const page = (after: Parameters<typeof listEvents>[2]['after']) =>
    listEvents(world.store, { scope: { kind: 'all' } }, { order: 'oldest', after, limit: 7 })

  it('sees every event once while recorders of every length are at work', async () => {
    const sites: TestSite[] = []
    for (let n = 0; n < 6; n++) sites.push(await addSite(world))
    const seen: string[] = []
    let after: Parameters<typeof listEvents>[2]['after'] = null
    let writing = true
    const reading = (async () => {
      for (let quiet = 0; quiet < 3; ) {
        const allWritten = !writing
        const { events } = await page(after)
        const last = events.at(-1)
        if (last) after = { receivedAt: last.recorded_at, eventId: last.event_id }
        seen.push(...events.map(({ event_id }) => event_id))
        if (allWritten && events.length === 0) quiet++
      }
    })()
    const written = sites.map(async ({ panelId }, site) => {
      for (let n = 0; n < 30; n++) {
        const event = signalEvent(panelId, n, 'ALARM', `alarm:zone:${n + 1}`)
        // Some commit at once, some much later than they were recorded.
        if ((n + site) % 3 > 0) await recordEvents(world.store, rules, [event])
        else {
          await world.store.inTransaction(async (tx) => {
            await recordInTransaction(tx, rules, [event])
            await tx.query('SELECT pg_sleep($1)', [0.01 * (1 + ((n * 7 + site) % 6))])
          })
        }
      }
    })
    await Promise.all(written)
    writing = false
    await reading
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBe(6 * 30)
  })

  it('waits behind a recorder that is not done, and goes on when it is', async () => {
    const { panelId } = await addSite(world)
    const other = await addSite(world)
    const before = (await world.rows<{ n: number }>('SELECT count(*)::int AS n FROM events'))[0]?.n ?? 0
    let finish = () => {}
    const held = new Promise<void>((resolve) => {
      finish = resolve
    })
    let recorded = false
    const slow = world.store.inTransaction(async (tx) => {
      await recordInTransaction(tx, rules, [signalEvent(panelId, 0, 'ALARM', 'alarm:zone:1')])
      recorded = true
      await held
    })
    await eventually(() => recorded)
    await recordEvents(world.store, rules, [signalEvent(other.panelId, 0, 'ALARM', 'alarm:zone:1')])
    const all = () => listEvents(world.store, { scope: { kind: 'all' } }, { order: 'oldest', after: null, limit: 500 })
    expect((await all()).events).toHaveLength(before)
    finish()
    await slow
    await eventually(async () => (await all()).events.length === before + 2)
  })
})
