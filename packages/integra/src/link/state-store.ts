import { STATE_TABLE, type StateName, type StateRow } from '../codec/state-table.ts'

/** Where a row lives in the one buffer of a link; shared by all links. */
interface Place {
  readonly row: StateRow
  readonly offset: number
  readonly size: number
}

const PLACES: readonly (Place | undefined)[] = (() => {
  const places: (Place | undefined)[] = Array.from({ length: 0x32 })
  let offset = 0
  for (const row of STATE_TABLE) {
    places[row.command] = { row, offset, size: row.wideBytes }
    offset += row.wideBytes
  }
  return places
})()
const TOTAL = PLACES.reduce((sum, place) => sum + (place?.size ?? 0), 0)

/** Last known data of every state read of one panel, in one buffer of about 1.2 KB. */
export class StateStore {
  readonly #bytes = new Uint8Array(TOTAL)
  readonly #known = new Uint8Array(PLACES.length)
  /** Zone and output masks are kept wide and shown as wide as the panel is. */
  #wide = false

  setWide(wide: boolean): void {
    this.#wide = wide
  }

  isKnown(command: number): boolean {
    return this.#known[command] === 1
  }

  /**
   * Takes the data of a state answer or push. Compares in place; allocates only on a change.
   *
   * A narrow answer on a wide panel would silently clear the upper half, so it leaves that half alone.
   * @returns the bits before and after when they differ or were unknown, otherwise undefined
   */
  update(command: number, data: Uint8Array): { bits: Uint8Array; previous: Uint8Array | undefined } | undefined {
    const place = PLACES[command]
    if (place === undefined) return undefined
    const { offset } = place
    const bytes = this.#bytes
    const length = Math.min(data.length, place.size)
    const known = this.#known[command] === 1
    if (known) {
      let same = true
      for (let i = 0; i < length; i++) {
        if (bytes[offset + i] !== data[i]) {
          same = false
          break
        }
      }
      if (same) return undefined
    }
    const previous = known ? this.#read(place) : undefined
    bytes.set(data.length === length ? data : data.subarray(0, length), offset)
    this.#known[command] = 1
    return { bits: this.#read(place), previous }
  }

  read(command: number): Uint8Array | undefined {
    const place = PLACES[command]
    return place === undefined || this.#known[command] !== 1 ? undefined : this.#read(place)
  }

  all(): Partial<Record<StateName, Uint8Array>> {
    const states: Partial<Record<StateName, Uint8Array>> = {}
    for (const place of PLACES) {
      if (place !== undefined && this.#known[place.row.command] === 1) states[place.row.name] = this.#read(place)
    }
    return states
  }

  #read(place: Place): Uint8Array {
    const size = this.#wide ? place.row.wideBytes : place.row.bytes
    return this.#bytes.slice(place.offset, place.offset + size)
  }
}
