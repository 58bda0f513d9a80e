import { STATE_TABLE } from '@stam/integra/codec'

/**
 * What a panel keeps beside the state reads of the protocol, in the same kind of bit set so that it survives a
 * restart the same way.
 */
export const INTERNAL_SLOT = {
  /** Zones whose alarm is in the event memory and whose return to normal is not yet. */
  alarmToRestore: 0x40,
  /** The same for zone tampers. */
  tamperToRestore: 0x41,
  /** Partitions whose exit delay will end in arming mode 0..3. */
  exitMode0: 0x42,
  exitMode1: 0x43,
  exitMode2: 0x44,
  exitMode3: 0x45,
  /** Zones that will alarm when the running entry delay ends. */
  entryZones: 0x46,
  /** Partitions whose running exit delay was forced over violated zones. */
  exitForced: 0x47,
  /** Bit 1: service mode. */
  flags: 0x48,
  /** Expander addresses (number = address + 1) whose door lock is released. */
  doorsReleased: 0x49,
} as const

const INTERNAL_BYTES: Readonly<Record<keyof typeof INTERNAL_SLOT, number>> = {
  alarmToRestore: 32,
  tamperToRestore: 32,
  exitMode0: 4,
  exitMode1: 4,
  exitMode2: 4,
  exitMode3: 4,
  entryZones: 32,
  exitForced: 4,
  flags: 1,
  doorsReleased: 8,
}

const SLOTS = 0x4a
const LENGTHS = new Uint8Array(SLOTS)
for (const row of STATE_TABLE) if (row.objects !== 'clock') LENGTHS[row.command] = row.wideBytes
for (const [name, slot] of Object.entries(INTERNAL_SLOT)) {
  LENGTHS[slot] = INTERNAL_BYTES[name as keyof typeof INTERNAL_SLOT]
}
const OFFSETS = new Uint16Array(SLOTS + 1)
for (let slot = 0; slot < SLOTS; slot++) OFFSETS[slot + 1] = (OFFSETS[slot] as number) + (LENGTHS[slot] as number)
const TOTAL_BYTES = OFFSETS[SLOTS] as number

/** Bytes of a slot, 0 for a number that is none. */
export function slotBytes(slot: number): number {
  return LENGTHS[slot] ?? 0
}

/**
 * Every bit a panel has, one slot per state read 0x00..0x31 (reference 4.1) plus {@link INTERNAL_SLOT}. About 1.3 kB
 * per panel in one piece, so thousands of panels stay small. Numbers are 1-based; bit b of byte n of a trouble block
 * is number `n * 8 + b + 1`.
 */
export class PanelState {
  readonly #bytes = new Uint8Array(TOTAL_BYTES)
  readonly #isChanged = new Uint8Array(SLOTS)
  #changed: number[] = []

  has(slot: number, number: number): boolean {
    const index = number - 1
    return (((this.#bytes[(OFFSETS[slot] as number) + (index >> 3)] as number) >> (index & 7)) & 1) === 1
  }

  /** @returns whether the bit was different before */
  set(slot: number, number: number, on: boolean): boolean {
    const index = number - 1
    if (index < 0 || index >= slotBytes(slot) * 8) return false
    const at = (OFFSETS[slot] as number) + (index >> 3)
    const before = this.#bytes[at] as number
    const bit = 1 << (index & 7)
    const after = on ? before | bit : before & ~bit
    if (after === before) return false
    this.#bytes[at] = after
    this.touch(slot)
    return true
  }

  /** A view, not a copy. */
  bytes(slot: number): Uint8Array {
    return this.#bytes.subarray(OFFSETS[slot] as number, OFFSETS[slot + 1] as number)
  }

  /** Takes as many bytes as the slot has. @returns whether anything changed */
  replace(slot: number, bytes: Uint8Array): boolean {
    const own = this.bytes(slot)
    let changed = false
    for (let i = 0; i < own.length; i++) {
      const byte = bytes[i] ?? 0
      if (own[i] === byte) continue
      own[i] = byte
      changed = true
    }
    if (changed) this.touch(slot)
    return changed
  }

  any(slot: number): boolean {
    const end = OFFSETS[slot + 1] as number
    for (let i = OFFSETS[slot] as number; i < end; i++) if (this.#bytes[i] !== 0) return true
    return false
  }

  /** Ascending. */
  numbers(slot: number): number[] {
    const numbers: number[] = []
    const start = OFFSETS[slot] as number
    const end = OFFSETS[slot + 1] as number
    for (let i = start; i < end; i++) {
      let byte = this.#bytes[i] as number
      for (let n = (i - start) * 8 + 1; byte !== 0; n++, byte >>= 1) if (byte & 1) numbers.push(n)
    }
    return numbers
  }

  /** Marks a slot as changed whatever its bits; the clock answer 0x1A has no slot but changes too. */
  touch(slot: number): void {
    if (this.#isChanged[slot] === 1) return
    this.#isChanged[slot] = 1
    this.#changed.push(slot)
  }

  isTouched(slot: number): boolean {
    return this.#isChanged[slot] === 1
  }

  get hasChanged(): boolean {
    return this.#changed.length > 0
  }

  /** Slots changed since the last call, ascending. */
  takeChanged(): number[] {
    const changed = this.#changed
    if (changed.length === 0) return changed
    for (const slot of changed) this.#isChanged[slot] = 0
    this.#changed = []
    return changed.sort((a, b) => a - b)
  }

  /** Slots that hold a bit, for a snapshot. */
  usedSlots(): number[] {
    const used: number[] = []
    for (let slot = 0; slot < SLOTS; slot++) if (slotBytes(slot) > 0 && this.any(slot)) used.push(slot)
    return used
  }
}
