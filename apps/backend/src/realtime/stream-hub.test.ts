// Spec 04 "Catch-up": no gap, no duplicate, in order, whatever the broker loses, repeats or turns around, whenever a client
// comes, asks again or reads slowly, and however PostgreSQL dawdles. Model-based: random histories, one invariant.
import type { StreamMessage } from '@stam/contracts'
import { silentLog } from '@stam/runtime'
import { type FakeClock, fakeClock } from '@stam/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClientStream, HOLD_MS } from './client-stream.ts'
import { InOrder } from './in-order.ts'
import { ReplayRing } from './replay-ring.ts'
import { frameOf, StreamHub } from './stream-hub.ts'

const SITES = ['a', 'b', 'c'] as const
const RING = 16
const REPLAY_ROWS = 40

type Heard = { kind: 'frame'; seq: number } | { kind: 'overflow'; position: number } | { kind: 'done'; to: number }

class World {
  readonly clock: FakeClock = fakeClock()
  readonly committed: StreamMessage[] = []
  readonly clients: { stream: ClientStream; heard: Heard[]; from: number; sees: (site: string | null) => boolean }[] =
    []
  calm = true
  readable = true
  readDelayMs = 0
  /** Numbers up to here are no longer kept. */
  pruned = 0
  readonly hub: StreamHub

  constructor() {
    this.hub = new StreamHub({
      readStream: async (after, limit) => {
        // The snapshot is taken when the statement runs, the answer comes later.
        const head = this.committed.length
        const messages = this.committed.slice(Math.max(after, this.pruned), after + limit)
        if (this.readDelayMs > 0) await this.clock.sleep(this.readDelayMs)
        if (!this.readable) throw new Error('database away')
        return { head, messages }
      },
      calm: () => this.calm,
      onDelivered: () => {},
      onReset: () => {},
      clock: this.clock,
      log: silentLog,
      ringFrames: RING,
      replayRows: REPLAY_ROWS,
    })
  }

  commit(sites: readonly (number | null)[]): void {
    for (const site of sites) {
      this.committed.push({
        kind: 'stream',
        schema_version: 1,
        sequence_id: this.committed.length + 1,
        type: 'alarm.updated',
        site_id: site === null ? null : (SITES[site] as string),
        data: {},
        timestamp: new Date(this.clock.now()).toISOString(),
        request_id: null,
      })
    }
  }

  connect(scope: readonly number[] | null, back: number, slowMs: number): void {
    const sites = scope?.map((site) => SITES[site] as string)
    const sees = (site: string | null) => site === null || sites === undefined || sites.includes(site)
    const heard: Heard[] = []
    const stream = new ClientStream({
      source: this.hub,
      sink: {
        waiting: 0,
        send: (frames) => {
          for (const bytes of frames) heard.push({ kind: 'frame', seq: JSON.parse(bytes.toString()).sequence_id })
        },
        flushed: () => this.clock.sleep(slowMs),
        tooSlow: () => {},
      },
      reports: {
        replayDone: ({ to }) => heard.push({ kind: 'done', to }),
        replayOverflow: ({ position }) => heard.push({ kind: 'overflow', position }),
      },
      sees,
      clock: this.clock,
      limitBytes: 1_000_000,
    })
    this.hub.attach(stream)
    const from = Math.max(0, this.committed.length - back)
    stream.subscribe()
    void stream.replay(from)
    this.clients.push({ stream, heard, from, sees })
  }

  /** A client that lost its patience asks again from what it has. */
  askAgain(which: number): void {
    const client = this.clients[which % Math.max(1, this.clients.length)]
    if (client) void client.stream.replay(positionOf(client))
  }

  check(): void {
    for (const client of this.clients) {
      let position = client.from
      for (const item of client.heard) {
        // A new base by the protocol's own words: REST gives what lies before it, the stream everything after.
        if (item.kind === 'overflow') position = item.position
        if (item.kind !== 'frame') continue
        const next = this.nextVisible(position, client.sees)
        expect(item.seq, `after ${position}`).toBe(next)
        position = item.seq
      }
      expect(this.nextVisible(position, client.sees), 'left behind').toBeUndefined()
    }
  }

  nextVisible(after: number, sees: (site: string | null) => boolean): number | undefined {
    return this.committed.find((message) => message.sequence_id > after && sees(message.site_id))?.sequence_id
  }
}

function positionOf(client: World['clients'][number]): number {
  let position = client.from
  for (const item of client.heard) {
    position = item.kind === 'frame' ? item.seq : item.kind === 'done' ? Math.max(position, item.to) : item.position
  }
  return position
}

const site = fc.option(fc.integer({ min: 0, max: SITES.length - 1 }))
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      sites: fc.array(site, { minLength: 1, maxLength: 12 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('broker' as const),
      // Which of the newest messages arrive, in which order and how often: chosen by position from the end.
      picks: fc.array(fc.integer({ min: 0, max: 14 }), { maxLength: 20 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('notify' as const), known: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 400 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('connect' as const),
      scope: fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 2 }), { maxLength: 3 })),
      back: fc.integer({ min: 0, max: 60 }),
      slowMs: fc.integer({ min: 0, max: 30 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('again' as const), which: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('weather' as const),
      calm: fc.boolean(),
      readable: fc.boolean(),
      delay: fc.integer({ min: 0, max: 60 }),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function apply(world: World, action: Step): Promise<void> {
  switch (action.do) {
    case 'commit':
      return world.commit(action.sites)
    case 'broker': {
      const messages = action.picks.flatMap((pick) => world.committed[world.committed.length - 1 - pick] ?? [])
      return world.hub.accept(messages)
    }
    case 'notify':
      return world.hub.hint(action.known ? world.committed.length : undefined)
    case 'wait':
      return world.clock.advance(action.ms)
    case 'connect':
      return world.connect(action.scope, action.back, action.slowMs)
    case 'again':
      return world.askAgain(action.which)
    case 'weather':
      world.calm = action.calm
      world.readable = action.readable
      world.readDelayMs = action.delay
  }
}

describe('the stream to the clients', () => {
  it('has no gap, no duplicate and one order in ten thousand random steps and more', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const world = new World()
        world.commit([0, 1, 2])
        await world.hub.start(async (head) => world.committed.slice(0, head))
        for (const action of steps) await apply(world, action)
        world.readable = true
        world.readDelayMs = 0
        await world.clock.advance(5_000)
        world.check()
        for (const { stream, heard } of world.clients) {
          expect(
            heard.some((item) => item.kind !== 'frame'),
            'a replay ends with done or overflow',
          ).toBe(true)
          expect(stream.mode).toBe('live')
          stream.close()
        }
        await world.hub.close()
        expect(world.clock.pending).toBe(0)
      }),
      { numRuns: 1_500, timeout: 5_000 },
    )
  }, 120_000)

  it('keeps a new subscriber a moment, so that its replay request comes before anything live', async () => {
    const world = new World()
    world.commit([0, 0, 0])
    await world.hub.start(async (head) => world.committed.slice(0, head))
    world.connect(null, 0, 0)
    const client = world.clients[0] as World['clients'][number]
    client.stream.unsubscribe()
    client.heard.length = 0
    client.stream.subscribe()
    world.commit([1])
    world.hub.accept(world.committed.slice(3))
    expect(client.heard).toEqual([])
    void client.stream.replay(1)
    await world.clock.advance(1)
    expect(client.heard.filter((item) => item.kind === 'frame').map((item) => item.seq)).toEqual([2, 3, 4])
    client.stream.unsubscribe()
    client.stream.subscribe()
    world.commit([1])
    world.hub.accept(world.committed.slice(4))
    await world.clock.advance(HOLD_MS + 1)
    expect(client.heard.at(-1)).toEqual({ kind: 'frame', seq: 5 })
    await world.hub.close()
  })

  it('sends nothing again to a client that asks for what it was sent', async () => {
    const world = new World()
    await world.hub.start(async () => [])
    world.connect(null, 0, 0)
    await world.clock.advance(1)
    world.commit([0, 0])
    world.hub.accept(world.committed)
    const client = world.clients[0] as World['clients'][number]
    const before = client.heard.length
    await client.stream.replay(0)
    expect(client.heard.slice(before)).toEqual([{ kind: 'done', to: 2 }])
    await world.hub.close()
  })

  it('fills a hole from the database long before the next look at it', async () => {
    const world = new World()
    await world.hub.start(async () => [])
    world.connect(null, 0, 0)
    await world.clock.advance(1)
    world.commit([0, 0, 0])
    world.hub.accept(world.committed.slice(1))
    const client = world.clients[0] as World['clients'][number]
    expect(client.heard.filter((item) => item.kind === 'frame')).toEqual([])
    await world.clock.advance(25)
    expect(client.heard.filter((item) => item.kind === 'frame').map((item) => item.seq)).toEqual([1, 2, 3])
    await world.hub.close()
  })

  it('reads a committed change within 25 ms when the broker says nothing, at once when it is away', async () => {
    for (const [calm, patience] of [
      [true, 25],
      [false, 1],
    ] as const) {
      const world = new World()
      world.calm = calm
      await world.hub.start(async () => [])
      world.commit([0])
      world.hub.hint(1)
      await world.clock.advance(patience)
      expect(world.hub.last).toBe(1)
      await world.hub.close()
    }
  })

  it('does not read while the broker brings everything', async () => {
    const world = new World()
    let reads = 0
    await world.hub.start(async () => [])
    const read = world.hub.read.bind(world.hub)
    world.hub.read = () => {
      reads++
      return read()
    }
    for (let number = 0; number < 50; number++) {
      world.commit([0])
      world.hub.hint(number + 1)
      world.hub.accept(world.committed.slice(-1))
      await world.clock.advance(10)
    }
    // Half a second of the steady poll, and nothing besides.
    expect(reads).toBeLessThanOrEqual(2)
    await world.hub.close()
  })

  it('says overflow at once to a client that was away too long, and keeps it live', async () => {
    const world = new World()
    world.commit(Array.from({ length: 100 }, () => 0))
    await world.hub.start(async (head) => world.committed.slice(0, head))
    world.connect(null, REPLAY_ROWS + 1, 0)
    await world.clock.advance(1)
    const client = world.clients[0] as World['clients'][number]
    expect(client.heard).toEqual([{ kind: 'overflow', position: 100 }])
    expect(client.stream.mode).toBe('live')
    world.connect(null, REPLAY_ROWS, 0)
    await world.clock.advance(50)
    expect(world.clients[1]?.heard.filter((item) => item.kind === 'frame')).toHaveLength(REPLAY_ROWS)
    await world.hub.close()
  })

  it('says overflow to a client whose next message is older than two hours', async () => {
    const world = new World()
    world.commit([0, 0])
    await world.hub.start(async (head) => world.committed.slice(0, head))
    await world.clock.advance(2 * 60 * 60 * 1000 + 1)
    world.connect(null, 2, 0)
    await world.clock.advance(1)
    expect(world.clients[0]?.heard).toEqual([{ kind: 'overflow', position: 2 }])
    await world.hub.close()
  })

  it('says overflow when the numbers went back, and goes on from there', async () => {
    const world = new World()
    world.commit(Array.from({ length: 10 }, () => 0))
    await world.hub.start(async (head) => world.committed.slice(0, head))
    world.connect(null, 2, 0)
    await world.clock.advance(1)
    world.committed.length = 4
    await world.hub.read()
    const client = world.clients[0] as World['clients'][number]
    expect(client.heard.at(-1)).toEqual({ kind: 'overflow', position: 4 })
    world.commit([0])
    await world.hub.read()
    expect(client.heard.at(-1)).toEqual({ kind: 'frame', seq: 5 })
    await world.hub.close()
  })
})

describe('a process that slept longer than messages are kept', () => {
  it.each([
    ['some are left', 8, 8],
    ['none is left', 10, 10],
  ])('says overflow and goes on when %s', async (_, pruned, position) => {
    const world = new World()
    world.commit([0, 0])
    await world.hub.start(async (head) => world.committed.slice(0, head))
    world.connect(null, 0, 0)
    await world.clock.advance(1)
    world.commit(Array.from({ length: 8 }, () => 0))
    world.pruned = pruned
    await world.hub.read()
    await world.clock.advance(1)
    const client = world.clients[0] as World['clients'][number]
    expect(client.heard).toContainEqual({ kind: 'overflow', position })
    world.commit([0])
    await world.hub.read()
    await world.clock.advance(1)
    expect(client.heard.at(-1)).toEqual({ kind: 'frame', seq: 11 })
    await world.hub.close()
  })
})

describe('what the broker brings while the database is asked', () => {
  it('is no sign that the numbers went back', async () => {
    const world = new World()
    world.commit([0, 0])
    await world.hub.start(async (head) => world.committed.slice(0, head))
    world.connect(null, 0, 0)
    await world.clock.advance(1)
    world.readDelayMs = 50
    const reading = world.hub.read()
    world.commit([0, 0])
    world.hub.accept(world.committed.slice(2))
    await world.clock.advance(60)
    await reading
    expect(world.hub.last).toBe(4)
    expect(world.clients[0]?.heard.filter(({ kind }) => kind !== 'done')).toEqual([
      { kind: 'frame', seq: 3 },
      { kind: 'frame', seq: 4 },
    ])
    await world.hub.close()
  })
})

describe('in order', () => {
  it('delivers every number once, whatever arrives', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 200 }), (numbers) => {
        const order = new InOrder(0)
        const out = numbers.flatMap((sequence_id) =>
          order.offer([{ sequence_id }]).map((message) => message.sequence_id),
        )
        expect(out).toEqual(Array.from({ length: out.length }, (_, index) => index + 1))
        const missing = Array.from({ length: 31 }, (_, index) => index + 1).find((number) => !numbers.includes(number))
        expect(order.last).toBe((missing as number) - 1)
      }),
    )
  })
})

describe('the replay memory', () => {
  it('holds the newest frames and knows how far back it reaches', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 20 }),
        (batches, capacity) => {
          const ring = new ReplayRing(capacity)
          let seq = 0
          for (const size of batches) ring.append(Array.from({ length: size }, () => frame(++seq)))
          expect(ring.size).toBe(Math.min(seq, capacity))
          for (let after = 0; after <= seq; after++) {
            expect(ring.coversAfter(after)).toBe(seq > 0 && after >= seq - ring.size)
            if (!ring.coversAfter(after)) continue
            expect(ring.after(after, 1_000).map((item) => item.seq)).toEqual(
              Array.from({ length: seq - after }, (_, index) => after + 1 + index),
            )
          }
        },
      ),
    )
  })
})

function frame(sequence_id: number) {
  return frameOf({
    kind: 'stream',
    schema_version: 1,
    sequence_id,
    type: 'alarm.new',
    site_id: null,
    data: {},
    timestamp: '2026-01-01T00:00:00.000Z',
    request_id: null,
  })
}
