import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FACTS, ModelWorld } from './model-panel.ts'
import { eventId } from '../src/story/story-draft.ts'

type Op = (world: ModelWorld) => void
const name = (text: string, op: Op): Op & { toString(): string } => Object.assign(op, { toString: () => text })

const zone = fc.integer({ min: 1, max: 3 })
const panelActs: fc.Arbitrary<Op>[] = [
  zone.map((z) => name(`fire ${z}`, (world) => world.panel.fire(z, world.now))),
  zone.map((z) => name(`record ${z} without a bit`, (world) => world.panel.fire(z, world.now, false))),
  zone.map((z) =>
    name(`normal ${z}`, (world) => world.panel.write({ code: 130, restore: true, partition: 1, source: z }, world.now)),
  ),
  fc.constant(name('bits end', (world) => world.panel.alarm.clear())),
  fc.constant(name('disarm', (world) => world.panel.write({ code: 401, partition: 1, source: 7 }, world.now))),
]
const workerActs: fc.Arbitrary<Op>[] = [
  fc.constant(name('poll', (world) => world.pollBits())),
  fc.constant(name('read memory', (world) => world.readMemory())),
  fc.integer({ min: 1, max: 3 }).map((n) => name(`confirm ${n}`, (world) => world.confirm(n))),
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.nat(3))
    .map(([n, q]) => name(`record ${n} of queue ${q}`, (world) => world.record(n, q))),
  fc.constant(name('snapshot', (world) => world.snapshot())),
  fc.constant(name('drop', (world) => world.drop())),
  fc.constant(name('connect', (world) => world.connect())),
  fc.constant(name('crash', (world) => world.crash())),
]
const time = fc.constantFrom(0, 300, 2000, 6000, 70_000).map((ms) => name(`+${ms} ms`, (world) => world.pass(ms)))
/** Sequences single acts rarely form: a burst that is half published when its owner dies. */
const burst = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.boolean(), fc.nat(4), fc.nat(4))
  .map(([zones, polled, confirmed, recorded]) =>
    name(
      `burst of ${zones}, poll ${polled}, read, confirm ${confirmed}, record ${recorded}, crash, connect`,
      (world) => {
        for (let z = 1; z <= zones; z++) world.panel.fire(z, world.now)
        if (polled) world.pollBits()
        world.readMemory()
        world.confirm(confirmed)
        world.record(recorded, 0)
        world.crash()
        world.connect()
      },
    ),
  )
const anyOp = fc.oneof(...panelActs, ...workerActs, time, burst, burst)

function expectEverySignalOnce(world: ModelWorld): void {
  const expected = new Map<string, string>()
  for (const [key, count] of world.panel.written) {
    for (let ordinal = 1; ordinal <= count; ordinal++) {
      expected.set(eventId(FACTS.panelId, key, ordinal), `${key} #${ordinal}`)
    }
  }
  const recorded = [...world.store.events.values()].filter((event) => event.source !== 'WORKER')
  const names = recorded.map(
    (event) => expected.get(event.event_id) ?? `unexpected ${event.signal?.key} #${event.signal?.ordinal}`,
  )
  expect(names.sort()).toEqual([...expected.values()].sort())
}

describe('one story out of two sources', () => {
  it('whatever interleaves: every real signal gets exactly one event id, none lost, none doubled', () => {
    fc.assert(
      fc.property(fc.array(anyOp, { maxLength: 60 }), (ops) => {
        const world = new ModelWorld()
        world.connect()
        world.readMemory()
        for (const op of ops) op(world)
        world.finish()
        expectEverySignalOnce(world)
        expect([...world.store.events.values()].some((event) => event.signal?.key === 'memory:gap')).toBe(false)
      }),
      { numRuns: 5000, seed: 20_261_121 },
    )
  })
})
