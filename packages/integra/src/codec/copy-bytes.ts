/**
 * A copy of its own. `slice` of a Node Buffer is a view on memory the socket writes over, and callers may well hand
 * Buffers to the decoders.
 */
export function copyBytes(bytes: Uint8Array, start?: number, end?: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end))
}
