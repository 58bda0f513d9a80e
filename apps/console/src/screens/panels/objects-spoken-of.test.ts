import { PanelBits } from '@stam/contracts'
import { describe, expect, it } from 'vitest'
import { objectsSpokenOf } from './objects-spoken-of.ts'

const bits = (set: Partial<PanelBits>): PanelBits => ({
  ...(Object.fromEntries(Object.keys(PanelBits.shape).map((key) => [key, []])) as unknown as PanelBits),
  ...set,
})
const zone = (number: number, name: string) => ({ number, name, reaction: 5, partition_no: 1, priority_overrides: {} })
const nothing = { zones: [], partitions: [], outputs: [] }
const numbers = (list: readonly { number: number }[]) => list.map(({ number }) => number)

describe('what a panel view shows', () => {
  it('has a zone in alarm before any name was read', () => {
    const shown = objectsSpokenOf({
      ...nothing,
      live: { bits: bits({ zones_alarm: [4], partitions_alarm: [2], outputs_on: [7] }) },
    })
    expect([numbers(shown.zones), numbers(shown.partitions), numbers(shown.outputs)]).toEqual([[4], [2], [7]])
    expect(shown.zones[0]?.name).toBe('')
  })

  it('knows every kind of bit there is', () => {
    for (const key of Object.keys(PanelBits.shape)) {
      const shown = objectsSpokenOf({ ...nothing, live: { bits: bits({ [key]: [9] }) } })
      expect(
        [...shown.zones, ...shown.partitions, ...shown.outputs].map(({ number }) => number),
        key,
      ).toEqual([9])
    }
  })

  it('keeps names, shows each object once, in the order of numbers', () => {
    const shown = objectsSpokenOf({
      ...nothing,
      zones: [zone(1, 'Drzwi'), zone(5, 'Hol')],
      live: { bits: bits({ zones_violated: [3, 1], zones_alarm: [3] }) },
    })
    expect(shown.zones.map(({ number, name }) => [number, name])).toEqual([
      [1, 'Drzwi'],
      [3, ''],
      [5, 'Hol'],
    ])
  })

  it('adds nothing while the state is unknown', () => {
    expect(objectsSpokenOf({ ...nothing, live: { bits: null } }).zones).toEqual([])
  })
})
