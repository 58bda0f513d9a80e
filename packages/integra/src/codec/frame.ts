import { crc16, crc16Range } from './crc.ts'

const FE = 0xfe
const STUFFING = 0xf0
const END = 0x0d

/** Upper limit of what one decoder keeps. The longest body the protocol knows has 67 bytes (reference 2.1). */
export const MAX_BODY_BYTES = 512

/**
 * One complete frame as it goes on the wire: `FE FE | command payload crc | FE 0D`, every FE between the marks sent
 * as FE F0, the check value included (reference 2.1).
 *
 * @throws RangeError for a command outside 0..253 (FE can never be a command) or a payload that no receiver takes
 */
export function encodeFrame(command: number, payload?: Uint8Array): Uint8Array {
  if (!Number.isInteger(command) || command < 0 || command > 0xff || command === FE) {
    throw new RangeError(`command ${command} cannot be framed`)
  }
  const length = payload === undefined ? 0 : payload.length
  if (length + 3 > MAX_BODY_BYTES) throw new RangeError(`payload of ${length} bytes is too long for a frame`)
  const body = new Uint8Array(length + 3)
  body[0] = command
  if (payload !== undefined) body.set(payload, 1)
  const crc = crc16(body.subarray(0, length + 1))
  body[length + 1] = crc >> 8
  body[length + 2] = crc & 0xff

  let stuffed = 0
  for (const byte of body) if (byte === FE) stuffed++
  const wire = new Uint8Array(body.length + stuffed + 4)
  wire[0] = FE
  wire[1] = FE
  let at = 2
  for (const byte of body) {
    wire[at++] = byte
    if (byte === FE) wire[at++] = STUFFING
  }
  wire[at++] = FE
  wire[at] = END
  return wire
}

/** Why bytes were thrown away. `noise` is everything between frames. */
export type DiscardReason = 'bad_crc' | 'too_short' | 'interrupted' | 'illegal_escape' | 'overflow' | 'noise'

export interface DecodedFrame {
  readonly kind: 'frame'
  readonly command: number
  /** A copy of its own; the decoder never touches it again. */
  readonly payload: Uint8Array
}

export interface DiscardedBytes {
  readonly kind: 'discarded'
  readonly reason: DiscardReason
  /** Wire bytes thrown away, start and end marks included. */
  readonly bytes: number
  /** How many pieces were thrown away for this reason since the frame before (or since `push` began). */
  readonly count: number
}

export type DecodedItem = DecodedFrame | DiscardedBytes

const DISCARD_REASONS: readonly DiscardReason[] = [
  'noise',
  'interrupted',
  'illegal_escape',
  'overflow',
  'too_short',
  'bad_crc',
]
const NOISE = 0
const INTERRUPTED = 1
const ILLEGAL_ESCAPE = 2
const OVERFLOW = 3
const TOO_SHORT = 4
const BAD_CRC = 5

// States of the receiver table in reference 2.3.
const IDLE = 0
const SYNC1 = 1
const SYNC2 = 2
const BODY = 3
const ESC = 4

const EMPTY = new Uint8Array(0)

/**
 * Turns a byte stream into frames: pure, incremental, never throws, keeps at most {@link MAX_BODY_BYTES} bytes.
 *
 * What is thrown away comes out as data. Pieces thrown away for the same reason between two frames are reported as
 * one item, so that garbage costs one object per reason, not one per byte.
 */
export class FrameDecoder {
  #state = IDLE
  #body: Uint8Array
  #length = 0
  /** Wire bytes of the frame under construction, for the report when it is thrown away. */
  #wire = 0
  #discardedBytes = [0, 0, 0, 0, 0, 0]
  #discardedCount = [0, 0, 0, 0, 0, 0]
  #anyDiscarded = false

  constructor() {
    // Small at first: a link holds one decoder for ever, and real bodies have at most 67 bytes.
    this.#body = new Uint8Array(72)
  }

  /** Bytes kept of an incomplete frame, for the tests of the bound. */
  get pendingBytes(): number {
    return this.#length
  }

  /** Allocated size of the keep, never above {@link MAX_BODY_BYTES}. */
  get capacity(): number {
    return this.#body.length
  }

  /** Forgets an incomplete frame, as after a reconnect. */
  reset(): void {
    this.#state = IDLE
    this.#length = 0
    this.#wire = 0
  }

  /** Takes any bytes in any split and returns what became certain with them, in order. */
  push(chunk: Uint8Array): DecodedItem[] {
    const items: DecodedItem[] = []
    const end = chunk.length
    let i = 0
    while (i < end) {
      if (this.#state === IDLE) i = this.#skipNoise(chunk, i)
      else if (this.#state === BODY) i = this.#takeBody(chunk, i)
      else {
        this.#step(chunk[i] as number, items)
        i++
      }
    }
    if (this.#anyDiscarded) this.#reportDiscarded(items)
    return items
  }

  /** IDLE: everything up to the next FE is noise. */
  #skipNoise(chunk: Uint8Array, from: number): number {
    const end = chunk.length
    let i = from
    while (i < end && chunk[i] !== FE) i++
    if (i > from) this.#discard(NOISE, i - from)
    if (i === end) return end
    this.#state = SYNC1
    this.#wire = 1
    return i + 1
  }

  /** BODY: everything up to the next FE is stored. */
  #takeBody(chunk: Uint8Array, from: number): number {
    const end = chunk.length
    let body = this.#body
    let length = this.#length
    let i = from
    for (; i < end; i++) {
      const byte = chunk[i] as number
      if (byte === FE) {
        this.#state = ESC
        i++
        break
      }
      if (length === body.length) {
        if (!this.#grow()) {
          this.#wire += i - from
          this.#drop(OVERFLOW, IDLE)
          return i
        }
        body = this.#body
      }
      body[length++] = byte
    }
    this.#length = length
    this.#wire += i - from
    return i
  }

  /** SYNC1, SYNC2 and ESC: the states that last one byte. */
  #step(byte: number, items: DecodedItem[]): void {
    this.#wire++
    if (this.#state === SYNC1) {
      if (byte === FE) this.#state = SYNC2
      else this.#drop(NOISE, IDLE)
      return
    }
    if (this.#state === SYNC2) {
      if (byte !== FE) {
        this.#body[0] = byte
        this.#length = 1
        this.#state = BODY
      }
      return
    }
    if (byte === END) this.#complete(items)
    else if (byte === STUFFING) this.#storeEscaped()
    else {
      // An FE that is neither stuffing nor end counts as a synchronisation: the next byte is a command.
      this.#drop(byte === FE ? INTERRUPTED : ILLEGAL_ESCAPE, SYNC2)
    }
  }

  #storeEscaped(): void {
    if (this.#length === this.#body.length && !this.#grow()) {
      this.#drop(OVERFLOW, IDLE)
      return
    }
    this.#body[this.#length++] = FE
    this.#state = BODY
  }

  #complete(items: DecodedItem[]): void {
    const length = this.#length
    const body = this.#body
    if (length < 3) {
      this.#drop(TOO_SHORT, IDLE)
      return
    }
    const received = ((body[length - 2] as number) << 8) | (body[length - 1] as number)
    if (crc16Range(body, length - 2) !== received) {
      this.#drop(BAD_CRC, IDLE)
      return
    }
    if (this.#anyDiscarded) this.#reportDiscarded(items)
    const payload = length === 3 ? EMPTY : body.slice(1, length - 2)
    items.push({ kind: 'frame', command: body[0] as number, payload })
    this.reset()
  }

  #grow(): boolean {
    if (this.#body.length >= MAX_BODY_BYTES) return false
    const bigger = new Uint8Array(MAX_BODY_BYTES)
    bigger.set(this.#body)
    this.#body = bigger
    return true
  }

  #drop(reason: number, next: number): void {
    this.#discard(reason, this.#wire)
    this.#state = next
    this.#length = 0
    this.#wire = 0
  }

  #discard(reason: number, bytes: number): void {
    this.#discardedBytes[reason] = (this.#discardedBytes[reason] as number) + bytes
    this.#discardedCount[reason] = (this.#discardedCount[reason] as number) + 1
    this.#anyDiscarded = true
  }

  #reportDiscarded(items: DecodedItem[]): void {
    for (let reason = 0; reason < DISCARD_REASONS.length; reason++) {
      const count = this.#discardedCount[reason] as number
      if (count === 0) continue
      const bytes = this.#discardedBytes[reason] as number
      items.push({ kind: 'discarded', reason: DISCARD_REASONS[reason] as DiscardReason, bytes, count })
      this.#discardedBytes[reason] = 0
      this.#discardedCount[reason] = 0
    }
    this.#anyDiscarded = false
  }
}
