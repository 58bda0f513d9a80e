import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Holding, shareOut } from './share-out.ts'

const panel = (n: number, holder: string | null, more: Partial<Holding> = {}): Holding => ({
  panelId: `p${n}`,
  holder,
  preferred: null,
  isForsaken: false,
  ...more,
})
const both = new Set(['a', 'b'])

describe('sharing panels out', () => {
  it('takes its share of what is free and leaves the rest to the other', () => {
    const free = Array.from({ length: 10 }, (_, n) => panel(n, null))
    expect(shareOut('a', both, free).take).toHaveLength(5)
    expect(shareOut('a', new Set(['a']), free).take).toHaveLength(10)
  })

  it('spreads neighbours over the workers, which seldom reach for the same panel', () => {
    const free = Array.from({ length: 300 }, (_, n) => panel(n, null))
    const [a, b] = ['a', 'b'].map((self) => shareOut(self, both, free).take) as [string[], string[]]
    const neighbours = a.filter((id) => Number(id.slice(1)) < 100).length
    expect(neighbours).toBeGreaterThan(30)
    expect(neighbours).toBeLessThan(70)
    expect(a.slice(0, 50).filter((id) => b.slice(0, 50).includes(id)).length).toBeLessThan(20)
  })

  it('takes what nobody has taken for a round, however loaded it is', () => {
    const panels = [panel(1, 'a'), panel(2, 'a'), panel(3, null, { isForsaken: true })]
    expect(shareOut('a', both, panels).take).toEqual(['p3'])
  })

  it('leaves a preferred panel to its living preferred worker, and takes it when that one is gone or slow', () => {
    const panels = [panel(1, null, { preferred: 'b' })]
    expect(shareOut('a', both, panels).take).toEqual([])
    expect(shareOut('b', both, panels).take).toEqual(['p1'])
    expect(shareOut('a', new Set(['a']), panels).take).toEqual(['p1'])
    expect(shareOut('a', both, [panel(1, null, { preferred: 'b', isForsaken: true })]).take).toEqual(['p1'])
  })

  it('gives a returning preferred worker its panels back a few at a time', () => {
    const panels = Array.from({ length: 12 }, (_, n) => panel(n, 'a', { preferred: 'b' }))
    expect(shareOut('a', both, panels).handOn).toHaveLength(5)
    expect(shareOut('a', new Set(['a']), panels).handOn).toEqual([])
  })

  it('settles: any start ends with every panel held and loads nearly even', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', null), { maxLength: 60 }), (holders) => {
        const workers = new Set(['a', 'b', 'c'])
        const held: (string | null)[] = [...holders]
        for (let round = 0; round < 60; round++) {
          for (const self of workers) {
            const panels = held.map((holder, n) => panel(n, holder, { isForsaken: holder === null && round > 0 }))
            const { take, handOn } = shareOut(self, workers, panels)
            for (const id of take) held[Number(id.slice(1))] = self
            for (const id of handOn) held[Number(id.slice(1))] = null
          }
        }
        expect(held).not.toContain(null)
        const loads = [...workers].map((worker) => held.filter((holder) => holder === worker).length)
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(held.length === 0 ? 0 : 2)
      }),
      { numRuns: 200 },
    )
  })
})
