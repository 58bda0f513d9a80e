import { expect, test } from 'vitest'
import { planChaos } from './chaos-plan.ts'

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed)

test('one seed is one plan, another seed another', () => {
  for (const seed of SEEDS) expect(planChaos(seed, 2)).toEqual(planChaos(seed, 2))
  expect(new Set(SEEDS.map((seed) => JSON.stringify(planChaos(seed, 2)))).size).toBe(SEEDS.length)
  // Written down once: whoever changes the drawing changes what every kept seed stands for, and must know.
  expect(planChaos(1, 2).slice(0, 3)).toEqual([
    { at_ms: 1000, for_ms: 5626, kind: 'freeze', target: 'outbox-relay-2' },
    { at_ms: 7123, for_ms: 1290, kind: 'silent', target: 'satel-worker-2:broker' },
    { at_ms: 13394, for_ms: 3060, kind: 'stop', target: 'rabbitmq' },
  ])
})

test('a longer run begins like the shorter one', () => {
  for (const seed of SEEDS) expect(planChaos(seed, 3).slice(0, 10)).toEqual(planChaos(seed, 2).slice(0, 10))
})

test('everything is struck in the time given, and nothing twice at once', () => {
  const kinds = new Set<string>()
  for (const seed of SEEDS) {
    const plan = planChaos(seed, 2)
    expect(plan.length).toBeGreaterThan(15)
    const freeAt = new Map<string, number>()
    let before = 0
    for (const { at_ms, for_ms, kind, target } of plan) {
      expect(at_ms).toBeGreaterThanOrEqual(before)
      expect(at_ms + for_ms).toBeLessThanOrEqual(120_000)
      const thing = target.startsWith('panels') ? 'panels' : target
      expect(at_ms).toBeGreaterThanOrEqual(freeAt.get(thing) ?? 0)
      freeAt.set(thing, at_ms + for_ms)
      before = at_ms
      kinds.add(`${kind} ${target}`)
    }
  }
  // 6 processes × 3, 3 servers × 3, 21 links × 3, the screens.
  expect(kinds.size).toBe(18 + 9 + 63 + 1)
})
