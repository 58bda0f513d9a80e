/** Bytes of spaced hex with the reference's shorthand `00*3` for three zeros; for tests only. */
export function hex(text: string): Uint8Array {
  const expanded = text.replace(/([0-9A-F]{2})\*(\d+)/g, (_, byte: string, times: string) => byte.repeat(Number(times)))
  return Uint8Array.from(expanded.replace(/\s+/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

export function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('')
}
