import type { NameRecord, NameTypeName } from '../codec/names.ts'
import type { PanelType } from '../codec/panel-types.ts'
import type { NamesRead, Outcome, ReadNamesOptions } from './types.ts'

export interface NameSource {
  ask(type: NameTypeName, number: number, signal: AbortSignal | undefined): Promise<Outcome<NameRecord>>
  /** Sizes of the panel, for the default list. */
  readonly panel: PanelType | undefined
}

/** What an older module understands instead (reference 4.8). */
const FALLBACK: Partial<Record<NameTypeName, NameTypeName>> = {
  partitionWithDependencies: 'partitionWithObject',
  partitionWithOptions: 'partitionWithObject',
  partitionWithObject: 'partition',
  zoneWithPartition: 'zone',
  outputWithDuration: 'output',
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1)
}

function defaultObjects(panel: PanelType | undefined): NonNullable<ReadNamesOptions['objects']> {
  return [
    { type: 'partitionWithObject', numbers: upTo(panel?.partitions ?? 32) },
    { type: 'zoneWithPartition', numbers: upTo(panel?.zones ?? 128) },
    { type: 'output', numbers: upTo(panel?.outputs ?? 128) },
  ]
}

/** Reads names one by one, falling back to plainer types where the module does not know the asked one. */
export async function readNames(source: NameSource, options: ReadNamesOptions = {}): Promise<NamesRead> {
  const objects = options.objects ?? defaultObjects(source.panel)
  const total = objects.reduce((sum, { numbers }) => sum + numbers.length, 0)
  const names: NameRecord[] = []
  let absent = 0
  let done = 0
  for (const { type, numbers } of objects) {
    const ladder = new TypeLadder(type)
    for (const number of numbers) {
      if (options.signal?.aborted === true) return { kind: 'interrupted', names, absent }
      const found = await ladder.read(source, number, options.signal)
      if (found === 'interrupted') return { kind: 'interrupted', names, absent }
      if (found === 'absent') absent++
      else names.push(found)
      options.onProgress?.(++done, total)
    }
  }
  return { kind: 'read', names, absent }
}

/** Objects in a row without any answer, after which the module is taken not to answer names at all. */
const SILENCE_LIMIT = 3

/** Remembers which rung of the fallbacks answered, so that absent objects cost one question each. */
class TypeLadder {
  #type: NameTypeName
  #proven = false
  #silences = 0

  constructor(type: NameTypeName) {
    this.#type = type
  }

  async read(
    source: NameSource,
    number: number,
    signal: AbortSignal | undefined,
  ): Promise<NameRecord | 'absent' | 'interrupted'> {
    for (let type: NameTypeName | undefined = this.#type; type !== undefined; type = FALLBACK[type]) {
      const outcome = await source.ask(type, number, signal)
      if (outcome.kind !== 'unknown') this.#silences = 0
      else if (++this.#silences >= SILENCE_LIMIT) return 'interrupted'
      if (outcome.kind === 'answered') {
        this.#type = type
        this.#proven = true
        return outcome.value
      }
      if (outcome.kind === 'not_sent' || (outcome.kind === 'unknown' && outcome.reason === 'connection_lost')) {
        return 'interrupted'
      }
      // Refused or silent: an object that does not exist, or a type the module does not know.
      if (this.#proven) break
    }
    return 'absent'
  }
}
