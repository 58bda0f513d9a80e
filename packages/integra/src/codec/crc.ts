/**
 * The 16-bit check value of the integration protocol (reference section 2.2).
 *
 * There is no polynomial behind it, so no table and no library can produce it: rotate left by one, invert, add the
 * own high byte and the data byte. Computed over command and payload before stuffing.
 *
 * @param body command byte followed by payload, without start, check value and end
 * @returns 0..65535, transmitted high byte first
 */
export function crc16(body: Uint8Array): number {
  return crc16Range(body, body.length)
}

/** Like {@link crc16} over the first `length` bytes only; spares the decoder a view per frame. */
export function crc16Range(bytes: Uint8Array, length: number): number {
  let crc = 0x147a
  for (let i = 0; i < length; i++) {
    crc = ~((crc << 1) | (crc >> 15)) & 0xffff
    crc = (crc + (crc >> 8) + (bytes[i] as number)) & 0xffff
  }
  return crc
}
