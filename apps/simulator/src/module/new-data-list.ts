import { COMMAND, maskToCommands } from '@stam/integra/codec'
import type { ModuleProfile } from './module-profile.ts'

const MASK_BYTES = 7
const MINUTE_MS = 60_000

function setBit(mask: Uint8Array, command: number, on: boolean): void {
  const byte = mask[command >> 3] as number
  const bit = 1 << (command & 7)
  mask[command >> 3] = on ? byte | bit : byte & ~bit
}

function hasBit(mask: Uint8Array, command: number): boolean {
  return (((mask[command >> 3] ?? 0) >> (command & 7)) & 1) === 1
}

/**
 * The new-data list of one connection (reference 4.5). A bit is set when the module got new data for a command and
 * falls when the client reads that command; reading the list changes nothing. Commands that are pushed never appear.
 */
export class NewDataList {
  readonly #bits = new Uint8Array(MASK_BYTES)
  #pushed = new Uint8Array(MASK_BYTES)
  /** Minute of the clock answer the client has; the clock is new data once a minute. */
  #clockMinute = -1
  readonly #lastStateRead: number

  constructor(profile: ModuleProfile, all: boolean) {
    this.#lastStateRead = profile.lastStateRead
    if (all) for (let command = 0; command <= this.#lastStateRead; command++) setBit(this.#bits, command, true)
  }

  /** @returns whether the client wants the new data pushed */
  note(command: number): 'push' | 'flag' {
    if (hasBit(this.#pushed, command)) return 'push'
    setBit(this.#bits, command, true)
    return 'flag'
  }

  noteRead(command: number, localMs: number): void {
    setBit(this.#bits, command, false)
    if (command === COMMAND.clock) this.#clockMinute = Math.floor(localMs / MINUTE_MS)
  }

  /** Called before the list is told, so that no timer per panel is needed for the clock. */
  noteClock(localMs: number): void {
    if (this.#clockMinute >= 0 && Math.floor(localMs / MINUTE_MS) !== this.#clockMinute) this.note(COMMAND.clock)
  }

  bytes(count: number): Uint8Array {
    return this.#bits.subarray(0, count)
  }

  /** Masks of a subscription; zero masks end it. */
  subscribe(onChange: Uint8Array, onUpdate: Uint8Array): { changes: number[]; updates: number[] } {
    const pushed = new Uint8Array(MASK_BYTES)
    pushed.set(onChange)
    this.#pushed = pushed
    const known = (commands: number[]) => commands.filter((command) => command <= this.#lastStateRead)
    const changes = known(maskToCommands(onChange))
    const updates = known(maskToCommands(onUpdate))
    for (const command of changes) setBit(this.#bits, command, false)
    return { changes, updates }
  }
}
