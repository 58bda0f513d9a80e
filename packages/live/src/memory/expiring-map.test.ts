import { describe, expect, it } from 'vitest'
import { ExpiringMap } from './expiring-map.ts'

describe('ExpiringMap', () => {
  it('finds what lives and nothing that has ended', () => {
    let now = 0
    const map = new ExpiringMap<string>(() => now)
    map.set('a', 'one', 100)
    now = 99
    expect([map.get('a'), map.has('a'), map.leftMs('a')]).toEqual(['one', true, 1])
    expect(map.prolong('a', 100)).toBe(true)
    now = 199
    expect([map.get('a'), map.has('a'), map.leftMs('a')]).toEqual([undefined, false, 0])
    expect(map.prolong('a', 100)).toBe(false)
    expect(map.take('a')).toBeUndefined()
    expect(map.entries()).toEqual([])
  })

  it('gives what is taken once', () => {
    const map = new ExpiringMap<string>(() => 0)
    map.set('a', 'one', 100)
    expect([map.take('a'), map.take('a')]).toEqual(['one', undefined])
  })

  it('does not keep what ended: a million tickets nobody took leave no trace', () => {
    let now = 0
    const map = new ExpiringMap<number>(() => now)
    for (let ticket = 0; ticket < 1_000_000; ticket++) {
      now++
      map.set(`${ticket}`, ticket, 100)
    }
    expect(map.entries()).toHaveLength(100)
    expect(map.kept).toBeLessThanOrEqual(1_000)
  })
})
