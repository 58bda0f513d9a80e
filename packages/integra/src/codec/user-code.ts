/** Whether text can be a user code or a prefix: digits only. */
export function isCodeDigits(text: string): boolean {
  return /^[0-9]+$/.test(text)
}

/**
 * The code field of control commands: prefix digits directly followed by code digits, one digit per half byte, high
 * half first, every unused half F (reference 4.6).
 *
 * @param size 8 bytes for control commands; E0..EA also take 4
 * @throws RangeError when it is empty, not digits, or too long; the message never contains the code
 */
export function encodeUserCode(code: string, prefix = '', size: 4 | 8 = 8): Uint8Array {
  const digits = prefix + code
  if (!isCodeDigits(digits) || digits.length > size * 2) {
    throw new RangeError(`a user code needs 1 to ${size * 2} digits, prefix included`)
  }
  const field = new Uint8Array(size).fill(0xff)
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(i) - 0x30
    const byte = field[i >> 1] as number
    field[i >> 1] = i % 2 === 0 ? (digit << 4) | (byte & 0x0f) : (byte & 0xf0) | digit
  }
  return field
}

/** Digits of a code field of any size, or undefined when it is not one (a digit after padding, a half above 9). */
export function decodeUserCode(field: Uint8Array): string | undefined {
  let digits = ''
  let ended = false
  for (const byte of field) {
    for (const half of [byte >> 4, byte & 0x0f]) {
      if (half === 0x0f) ended = true
      else if (ended || half > 9) return undefined
      else digits += half
    }
  }
  return digits === '' ? undefined : digits
}
