/**
 * The zones, partitions and outputs a panel view has to show: those whose names have been read, and every other one of which the panel says
 * something. Names come seconds to minutes after the state; an object in alarm must not be missing meanwhile. Pure.
 */
import type { PanelBits, PanelDetail } from '@stam/contracts'

type Named = Pick<PanelDetail, 'zones' | 'partitions' | 'outputs'>

/** The same lists, completed by nameless entries (name `''`), in the order of their numbers. */
export function objectsSpokenOf(detail: Named & { readonly live: { readonly bits: PanelBits | null } }): Named {
  const { bits } = detail.live
  if (bits === null) return detail
  const spokenOf = { zones: new Set<number>(), partitions: new Set<number>(), outputs: new Set<number>() }
  for (const [key, numbers] of Object.entries(bits)) {
    const kind = key.slice(0, key.indexOf('_')) as keyof typeof spokenOf
    for (const number of numbers) spokenOf[kind].add(number)
  }
  return {
    zones: completed(detail.zones, spokenOf.zones, (number) => ({
      number,
      name: '',
      reaction: null,
      partition_no: null,
      priority_overrides: {},
    })),
    partitions: completed(detail.partitions, spokenOf.partitions, (number) => ({ number, name: '', object_no: null })),
    outputs: completed(detail.outputs, spokenOf.outputs, (number) => ({ number, name: '', function: null })),
  }
}

function completed<T extends { readonly number: number }>(
  named: readonly T[],
  spokenOf: ReadonlySet<number>,
  nameless: (number: number) => T,
): T[] {
  const known = new Set(named.map(({ number }) => number))
  const others = [...spokenOf].filter((number) => !known.has(number)).map(nameless)
  return others.length === 0 ? [...named] : [...named, ...others].sort((a, b) => a.number - b.number)
}
