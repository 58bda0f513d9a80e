/** What every implementation of live state keeps. Sources: spec 04 "Live state", spec 03 "Who owns which panel". */
import { afterEach, describe, expect, it } from 'vitest'
import { isLiveUnavailable, type Live, type LiveTimes, type PanelChange } from '../src/index.ts'
import { livePanel, panelId, streamMessage, streamMessages, unknownPanel } from './panels.ts'
import { until } from './until.ts'

export interface LiveHarness {
  /** A further instance on the same server. */
  open(times?: Partial<LiveTimes>): Promise<Live>
  takeAway(): Promise<void>
  bringBack(): Promise<void>
  /** Empties everything for the next test. */
  reset(): Promise<void>
}

interface Context {
  open(times?: Partial<LiveTimes>): Promise<Live>
  harness(): LiveHarness
}

export function liveContract(name: string, harness: () => LiveHarness): void {
  describe(`${name}, as every live state`, () => {
    const opened: Live[] = []
    const open = async (times?: Partial<LiveTimes>) => {
      const live = await harness().open(times)
      opened.push(live)
      return live
    }
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((live) => live.close()))
      await harness().reset()
    })
    const context = { open, harness }
    panelContract(context)
    expiryContract(context)
    leaseContract(context)
    ticketContract(context)
    replayContract(context)
    smallContract(context)
    outageContract(context)
  })
}

function panelContract({ open }: Context): void {
  it('gives back what was told of a panel, and UNKNOWN for one nobody told of', async () => {
    const live = await open()
    const panel = livePanel(1, 3, 7)
    expect(await live.panels.apply(panel)).toBe('applied')
    expect(await live.panels.snapshot([panelId(2), panelId(1)])).toEqual([unknownPanel(2), panel])
  })

  it('keeps "nothing" and "unknown" apart', async () => {
    const live = await open()
    const blind = livePanel(1, 1, 1, {
      bits: null,
      troubles: null,
      identity: null,
      service_mode: null,
      clock_drift_ms: null,
    })
    const calm = livePanel(2, 1, 1, { troubles: [] })
    for (const panel of [blind, calm]) await live.panels.apply(panel)
    expect(await live.panels.snapshot([panelId(1), panelId(2)])).toEqual([blind, calm])
  })

  it('never lets an older version overwrite a newer one', async () => {
    const live = await open()
    const newest = livePanel(1, 2, 5)
    expect(await live.panels.apply(newest)).toBe('applied')
    for (const [epoch, version] of [
      [2, 4],
      [1, 6],
      [1, 999],
    ] as const) {
      expect(await live.panels.apply(livePanel(1, epoch, version, { connection: 'BUSY' }))).toBe('stale')
    }
    expect(await live.panels.snapshot([panelId(1)])).toEqual([newest])
    const next = livePanel(1, 3, 1, { connection: 'RECONNECTING' })
    expect(await live.panels.apply(next)).toBe('applied')
    expect(await live.panels.snapshot([panelId(1)])).toEqual([next])
  })

  it('ends at the newest version whatever the order of many writers', async () => {
    const [one, other] = [await open(), await open()]
    const versions = Array.from({ length: 200 }, (_, index) => index + 1).sort(
      (a, b) => ((a * 7919) % 211) - ((b * 7919) % 211),
    )
    await Promise.all(versions.map((version) => (version % 2 ? one : other).panels.apply(livePanel(1, 1, version))))
    const [panel] = await one.panels.snapshot([panelId(1)])
    expect(panel?.version).toBe(200)
  })

  it('tells every instance of a change once, and of nothing when nothing changed', async () => {
    const [one, other] = [await open(), await open()]
    const heard: [PanelChange[], PanelChange[]] = [[], []]
    one.panels.onChange((change) => heard[0].push(change))
    const stop = other.panels.onChange((change) => heard[1].push(change))
    const panel = livePanel(1, 1, 1)
    // The subscription is there when something said afterwards arrives.
    let version = 0
    await until(async () => {
      await one.panels.apply(livePanel(9, 1, ++version))
      expect(heard[0].some(({ kind }) => kind === 'panel')).toBe(true)
      expect(heard[1].some(({ kind }) => kind === 'panel')).toBe(true)
    })
    await one.panels.apply(panel)
    await one.panels.apply(panel) // the same again
    await one.panels.apply(livePanel(1, 0, 9)) // stale
    const last = livePanel(1, 1, 2)
    await other.panels.apply(last)
    for (const changes of heard) {
      await until(() => expect(changes.at(-1)).toEqual({ kind: 'panel', panel: last }))
      const ofPanel = changes.filter((change) => change.kind === 'panel' && change.panel.panel_id === panelId(1))
      expect(ofPanel).toEqual([
        { kind: 'panel', panel },
        { kind: 'panel', panel: last },
      ])
    }
    stop()
    const count = heard[1].length
    await one.panels.apply(livePanel(1, 1, 3))
    await until(() => expect(heard[0].at(-1)).toMatchObject({ panel: { version: 3 } }))
    expect(heard[1]).toHaveLength(count)
  })
}

function expiryContract({ open }: Context): void {
  const times = { panelDataMs: 400, connectionMs: 1_200, panelMetaMs: 60_000 }

  it('turns what expires into UNKNOWN and keeps its age', async () => {
    const live = await open(times)
    const panel = livePanel(1, 4, 2)
    await live.panels.apply(panel)
    await until(async () => {
      const [now] = await live.panels.snapshot([panelId(1)])
      expect(now).toEqual({ ...panel, bits: null, troubles: null })
    })
    await until(async () => {
      const [now] = await live.panels.snapshot([panelId(1)])
      expect(now).toEqual({ ...panel, bits: null, troubles: null, connection: 'UNKNOWN' })
    })
    expect(await live.panels.apply(livePanel(1, 4, 1))).toBe('stale')
  })

  it('counts the age of bits from the last contact, not from the telling', async () => {
    const live = await open()
    const old = new Date(Date.now() - 6 * 60_000).toISOString()
    const panel = livePanel(1, 1, 1, { connection: 'RECONNECTING', last_contact_at: old })
    await live.panels.apply(panel)
    expect(await live.panels.snapshot([panelId(1)])).toEqual([{ ...panel, bits: null, troubles: null }])
  })

  it('keeps polled panels fresh, and names those that have to be told anew', async () => {
    const live = await open(times)
    const [fresh, blind, older] = [
      livePanel(1, 1, 5),
      livePanel(2, 1, 1, { bits: null, troubles: null }),
      livePanel(3, 2, 1),
    ]
    for (const panel of [fresh, blind, older]) await live.panels.apply(panel)
    const touch = () => {
      const last_contact_at = new Date().toISOString()
      return live.panels.touch([
        { panel_id: panelId(1), epoch: 1, version: 5, last_contact_at },
        { panel_id: panelId(2), epoch: 1, version: 1, last_contact_at },
        { panel_id: panelId(3), epoch: 1, version: 9, last_contact_at }, // somebody else owns it now
        { panel_id: panelId(4), epoch: 1, version: 1, last_contact_at }, // never told
      ])
    }
    const end = Date.now() + times.panelDataMs * 3
    while (Date.now() < end) {
      expect(await touch()).toEqual([panelId(4)])
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const [now] = await live.panels.snapshot([panelId(1)])
    expect(now?.bits).toEqual(fresh.bits)
    expect(Date.parse(now?.last_contact_at ?? '')).toBeGreaterThan(Date.parse(fresh.last_contact_at ?? ''))
    await until(async () => expect((await live.panels.snapshot([panelId(1)]))[0]?.bits).toBeNull())
    expect(await touch()).toEqual([panelId(1), panelId(4)])
    expect(await live.panels.touch([{ ...fresh, version: 6 }])).toEqual([panelId(1)])
  })
}

function leaseContract({ open }: Context): void {
  it('gives a lease to exactly one of many who want it at once', async () => {
    const instances = await Promise.all([open(), open(), open()])
    for (let panel = 0; panel < 30; panel++) {
      const wishes = Array.from({ length: 12 }, (_, index) =>
        (instances[index % 3] as Live).leases.acquire(panelId(panel), `worker-${index}`, 30_000),
      )
      expect((await Promise.all(wishes)).filter(Boolean)).toHaveLength(1)
    }
    expect(await (instances[0] as Live).leases.list()).toHaveLength(30)
  })

  it('renews and releases only what is the worker’s own', async () => {
    const live = await open()
    const ids = [1, 2, 3].map(panelId) as [string, string, string]
    expect(await live.leases.acquire(ids[0], 'a', 30_000)).toBe(true)
    expect(await live.leases.acquire(ids[1], 'b', 30_000)).toBe(true)
    expect(await live.leases.acquire(ids[0], 'b', 30_000)).toBe(false)
    expect(await live.leases.acquire(ids[0], 'a', 30_000)).toBe(true)
    expect(await live.leases.renew(ids, 'a', 60_000)).toEqual([ids[0]])
    await live.leases.release(ids, 'b')
    const [left, ...others] = await live.leases.list()
    expect(others).toEqual([])
    expect(left).toMatchObject({ panel_id: ids[0], worker_id: 'a' })
    expect(left?.ttl_ms).toBeGreaterThan(30_000)
    expect(left?.ttl_ms).toBeLessThanOrEqual(60_000)
    expect(await live.leases.acquire(ids[1], 'a', 30_000)).toBe(true)
  })

  it('frees a lease that is not renewed', async () => {
    const live = await open()
    expect(await live.leases.acquire(panelId(1), 'a', 250)).toBe(true)
    expect(await live.leases.acquire(panelId(1), 'b', 250)).toBe(false)
    await until(async () => expect(await live.leases.acquire(panelId(1), 'b', 30_000)).toBe(true))
    expect(await live.leases.renew([panelId(1)], 'a', 30_000)).toEqual([])
  })
}

function ticketContract({ open }: Context): void {
  it('gives a ticket’s data once, to one of many who ask at once', async () => {
    const [one, other] = [await open(), await open()]
    expect(await one.tickets.put('hash', { user_id: 'u1', session: 7 }, 10_000)).toBe(true)
    expect(await one.tickets.put('hash', { user_id: 'u2' }, 10_000)).toBe(false)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? one : other).tickets.take('hash')),
    )
    expect(answers.filter((answer) => answer !== null)).toEqual([{ user_id: 'u1', session: 7 }])
    expect(await one.tickets.take('never')).toBeNull()
  })

  it('forgets a ticket nobody took in time', async () => {
    const live = await open()
    await live.tickets.put('late', { user_id: 'u1' }, 100)
    await until(async () => expect(await live.tickets.put('late', { user_id: 'u2' }, 10_000)).toBe(true))
    expect(await live.tickets.take('late')).toEqual({ user_id: 'u2' })
  })
}

function replayContract({ open }: Context): void {
  it('replays what came after a number, in order, whatever the order and the repeats of appending', async () => {
    const [one, other] = [await open(), await open()]
    await Promise.all([one.replay.append(streamMessages(11, 30)), other.replay.append(streamMessages(1, 20).reverse())])
    expect(await one.replay.since(5, 5_000)).toEqual({ messages: streamMessages(6, 30), complete: true })
    expect(await one.replay.since(0, 5_000)).toEqual({ messages: streamMessages(1, 30), complete: true })
    expect(await other.replay.since(30, 5_000)).toEqual({ messages: [], complete: true })
    expect(await one.replay.since(25, 3)).toEqual({ messages: streamMessages(26, 28), complete: false })
    await other.replay.append([{ ...streamMessage(30), data: { said: 'differently' } }])
    expect(await one.replay.since(29, 5_000)).toEqual({ messages: [streamMessage(30)], complete: true })
  })

  it('admits what it does not know: a gap, numbers before its first, numbers beyond its last, nothing at all', async () => {
    const live = await open()
    expect(await live.replay.since(0, 100)).toEqual({ messages: [], complete: false })
    await live.replay.append([...streamMessages(101, 110), ...streamMessages(112, 120)])
    expect((await live.replay.since(99, 100)).complete).toBe(false)
    expect((await live.replay.since(105, 100)).complete).toBe(false)
    expect((await live.replay.since(111, 100)).complete).toBe(true)
    expect(await live.replay.since(121, 100)).toEqual({ messages: [], complete: false })
    await live.replay.append([streamMessage(111)])
    expect((await live.replay.since(100, 100)).complete).toBe(true)
  })

  it('keeps the newest 5,000', async () => {
    const live = await open()
    for (let from = 1; from <= 6_000; from += 500) await live.replay.append(streamMessages(from, from + 499))
    expect(await live.replay.size()).toBe(5_000)
    expect((await live.replay.since(1_000, 5_000)).complete).toBe(true)
    expect((await live.replay.since(999, 5_000)).complete).toBe(false)
    await live.replay.clear()
    expect(await live.replay.size()).toBe(0)
  })
}

function smallContract({ open }: Context): void {
  it('counts for a limit across instances and begins anew after the window', async () => {
    const [one, other] = [await open(), await open()]
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => (index % 2 ? one : other).limits.hit('login:x', 400, 5)),
    )
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(5)
    expect(answers.map(({ remaining }) => remaining).sort()).toEqual([0, 0, 0, 0, 1, 2, 3, 4])
    for (const { resetMs } of answers) {
      expect(resetMs).toBeGreaterThan(0)
      expect(resetMs).toBeLessThanOrEqual(400)
    }
    await until(async () => expect((await one.limits.hit('login:x', 400, 5)).allowed).toBe(true))
    expect((await one.limits.hit('login:y', 400, 1)).allowed).toBe(true)
  })

  it('knows which components live', async () => {
    const live = await open()
    await live.presence.beat('backend', 'b1', 30_000)
    await live.presence.beat('backend', 'b2', 30_000)
    await live.presence.beat('satel-worker', 'w1', 200)
    const names = async () =>
      (await live.presence.alive()).map(({ component, instance }) => `${component} ${instance}`).sort()
    expect(await names()).toEqual(['backend b1', 'backend b2', 'satel-worker w1'])
    await until(async () => expect(await names()).toEqual(['backend b1', 'backend b2']))
    await live.presence.leave('backend', 'b1')
    const [left] = await live.presence.alive()
    expect(left).toMatchObject({ component: 'backend', instance: 'b2' })
    expect(left?.ttl_ms).toBeGreaterThan(20_000)
  })

  it('remembers the last 20 sites of a user, newest first and each once', async () => {
    const live = await open()
    for (let site = 1; site <= 25; site++) await live.recentSites.push('u1', `site-${site}`)
    await live.recentSites.push('u1', 'site-10')
    const sites = await live.recentSites.list('u1')
    expect(sites).toHaveLength(20)
    expect(sites.slice(0, 3)).toEqual(['site-10', 'site-25', 'site-24'])
    expect(new Set(sites).size).toBe(20)
    expect(await live.recentSites.list('u2')).toEqual([])
  })
}

function outageContract({ open, harness }: Context): void {
  it('refuses in bounded time while it is away, says since when, comes back by itself and asks for a snapshot', async () => {
    const live = await open()
    expect(live.status).toMatchObject({ name: 'redis', state: 'up', error: null })
    const panel = livePanel(1, 1, 1)
    await live.panels.apply(panel)
    const changes: PanelChange[] = []
    live.panels.onChange((change) => changes.push(change))
    const states: string[] = []
    live.onStatus(({ state }) => states.push(state))

    await harness().takeAway()
    await until(() => expect(live.status.state).toBe('down'))
    expect(live.status.error).toEqual(expect.any(String))
    const calls = [
      () => live.panels.snapshot([panelId(1)]),
      () => live.panels.apply(livePanel(1, 1, 2)),
      () => live.leases.acquire(panelId(1), 'a', 1_000),
      () => live.tickets.take('t'),
      () => live.replay.since(0, 10),
      () => live.limits.hit('k', 1_000, 1),
      () => live.presence.alive(),
      () => live.recentSites.list('u'),
    ]
    const began = performance.now()
    for (const call of calls) {
      const error = await call().then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(isLiveUnavailable(error)).toBe(true)
    }
    expect(performance.now() - began).toBeLessThan(3_000)

    await harness().bringBack()
    await until(() => expect(live.status.state).toBe('up'))
    await until(() => expect(changes).toContainEqual({ kind: 'resync' }))
    expect(states[0]).toBe('down')
    expect(states.at(-1)).toBe('up')
    await live.panels.apply(livePanel(1, 1, 3))
    expect((await live.panels.snapshot([panelId(1)]))[0]?.version).toBe(3)
    await until(() => expect(changes.at(-1)).toMatchObject({ kind: 'panel', panel: { version: 3 } }))
  }, 40_000)

  it('refuses everything once closed', async () => {
    const live = await open()
    await live.close()
    expect(live.status.state).toBe('off')
    await expect(live.tickets.take('t')).rejects.toMatchObject({ code: 'LIVE_UNAVAILABLE' })
  })
}
