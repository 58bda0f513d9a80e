/**
 * What a plaintext module that already serves somebody sends to a newcomer before it closes (reference 1.2): a length
 * byte, `Busy!` CR LF and eight bytes of uninitialised memory.
 */
const BUSY_START = Uint8Array.of(0x10, 0x42, 0x75, 0x73, 0x79, 0x21)
export const BUSY_BLOCK_BYTES = 16

/** `yes` and `no` are final; `maybe` means that more bytes are needed. Only the six defined bytes are compared. */
export function matchBusyBlock(received: Uint8Array): 'yes' | 'no' | 'maybe' {
  for (let i = 0; i < BUSY_START.length; i++) {
    if (i >= received.length) return 'maybe'
    if (received[i] !== BUSY_START[i]) return 'no'
  }
  return 'yes'
}

/** @param filler up to eight bytes; captured modules sent A5s */
export function encodeBusyBlock(filler: Uint8Array = new Uint8Array(8).fill(0xa5)): Uint8Array {
  const block = new Uint8Array(BUSY_BLOCK_BYTES)
  block.set(BUSY_START)
  block[6] = 0x0d
  block[7] = 0x0a
  block.set(filler.subarray(0, 8), 8)
  return block
}
