/**
 * Bit masks of the protocol are little-endian: object 1 is bit 0 of byte 0 (reference, notation). Object numbers are
 * 1-based everywhere in this package; addresses and command numbers are 0-based and have helpers of their own.
 */

/** The numbers (1-based, ascending) whose bit is set. */
export function bitsToNumbers(bits: Uint8Array): number[] {
  const numbers: number[] = []
  for (let i = 0; i < bits.length; i++) {
    let byte = bits[i] as number
    for (let n = i * 8 + 1; byte !== 0; n++, byte >>= 1) if (byte & 1) numbers.push(n)
  }
  return numbers
}

/**
 * A mask of `byteLength` bytes with the bits of the given 1-based numbers set.
 * @throws RangeError for a number that does not fit the mask: cutting it off silently would lose a zone
 */
export function numbersToBits(numbers: Iterable<number>, byteLength: number): Uint8Array {
  const bits = new Uint8Array(byteLength)
  for (const number of numbers) setBit(bits, number, true)
  return bits
}

/** Whether object `number` (1-based) is set; false beyond the mask. */
export function hasBit(bits: Uint8Array, number: number): boolean {
  const index = number - 1
  return (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1
}

/** @throws RangeError when the mask has no such bit */
export function setBit(bits: Uint8Array, number: number, on: boolean): void {
  const index = number - 1
  if (!Number.isInteger(number) || index < 0 || index >= bits.length * 8) {
    throw new RangeError(`number ${number} does not fit a mask of ${bits.length} bytes`)
  }
  const byte = bits[index >> 3] as number
  const bit = 1 << (index & 7)
  bits[index >> 3] = on ? byte | bit : byte & ~bit
}

export function isAllZero(bits: Uint8Array): boolean {
  for (const byte of bits) if (byte !== 0) return false
  return true
}

/** Command numbers (0-based) of a new-data list: command c is bit `c & 7` of byte `c >> 3` (reference 4.5). */
export function maskToCommands(mask: Uint8Array): number[] {
  return bitsToNumbers(mask).map((number) => number - 1)
}

/** The inverse of {@link maskToCommands}. */
export function commandsToMask(commands: Iterable<number>, byteLength: number): Uint8Array {
  const mask = new Uint8Array(byteLength)
  for (const command of commands) setBit(mask, command + 1, true)
  return mask
}
