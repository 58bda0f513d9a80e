import { EVENT_RECORD_BYTES } from '@stam/integra/codec'

const TOKEN_SPACE = 0x1000000

/** One record with the token that names it on the wire. */
export interface MemoryRecord {
  /** Counts every record ever written, 0-based; never on the wire. */
  readonly ordinal: number
  readonly token: number
  /** Eight bytes, a copy. */
  readonly bytes: Uint8Array
}

/**
 * The event memory: a ring of 8-byte records, each named by an opaque 24-bit token (reference 5.1).
 *
 * Tokens run from `tokenStart` in steps of `tokenStride` and wrap. Both are even, so that the two odd values with a
 * meaning of their own, FFFFFF and 00FFFF, can never be a token. Storage grows with use up to the capacity.
 */
export class EventMemory {
  readonly capacity: number
  readonly tokenStart: number
  readonly tokenStride: number
  readonly #period: number
  readonly #unit: number
  readonly #inverse: number
  #bytes = new Uint8Array(0)
  /** Ordinal that sits at the start of the storage. */
  #base = 0
  #oldest = 0
  #next = 0

  constructor(options: { capacity: number; tokenStart: number; tokenStride: number }) {
    const { capacity, tokenStart, tokenStride } = options
    if (tokenStart % 2 !== 0 || tokenStride % 2 !== 0 || tokenStride <= 0) {
      throw new RangeError('token start and stride are even, so that no token is FFFFFF or 00FFFF')
    }
    this.capacity = capacity
    this.tokenStart = tokenStart % TOKEN_SPACE
    this.tokenStride = tokenStride
    // stride = unit * odd; tokens repeat after 2^24 / unit records.
    this.#unit = tokenStride & -tokenStride
    this.#period = TOKEN_SPACE / this.#unit
    if (capacity < 1 || capacity >= this.#period) {
      throw new RangeError(`a stride of ${tokenStride} can name fewer than ${this.#period} records`)
    }
    this.#inverse = inverseModulo(tokenStride / this.#unit, this.#period)
  }

  get count(): number {
    return this.#next - this.#oldest
  }

  /** Equal to {@link nextOrdinal} while empty. */
  get oldestOrdinal(): number {
    return this.#oldest
  }

  get nextOrdinal(): number {
    return this.#next
  }

  tokenOf(ordinal: number): number {
    // Both factors stay below 2^24 here, so the product is exact.
    return (this.tokenStart + (((ordinal % this.#period) * this.tokenStride) % TOKEN_SPACE)) % TOKEN_SPACE
  }

  /** Writes a record, overwriting the oldest when full. @returns its token */
  append(record: Uint8Array): number {
    return this.put(this.#next, record)
  }

  /**
   * Puts back a record of an earlier run. Ordinals must come ascending; a gap means that what lies before it is gone.
   */
  put(ordinal: number, record: Uint8Array): number {
    if (ordinal !== this.#next) {
      this.#base = ordinal
      this.#oldest = ordinal
    }
    this.#reserve(ordinal - this.#base + 1)
    this.#bytes.set(record.subarray(0, EVENT_RECORD_BYTES), this.#offset(ordinal))
    this.#next = ordinal + 1
    if (this.count > this.capacity) this.#oldest = this.#next - this.capacity
    return this.tokenOf(ordinal)
  }

  newest(): MemoryRecord | undefined {
    return this.at(this.#next - 1)
  }

  /** The record written before the one the token names; undefined at the end of the log or for an expired token. */
  before(token: number): MemoryRecord | undefined {
    const ordinal = this.#find(token)
    return ordinal === undefined ? undefined : this.at(ordinal - 1)
  }

  at(ordinal: number): MemoryRecord | undefined {
    if (ordinal < this.#oldest || ordinal >= this.#next) return undefined
    const offset = this.#offset(ordinal)
    const bytes = this.#bytes.slice(offset, offset + EVENT_RECORD_BYTES)
    return { ordinal, token: this.tokenOf(ordinal), bytes }
  }

  /** Whether the token names a record that is still there. */
  holds(token: number): boolean {
    return this.#find(token) !== undefined
  }

  /** Forgets all records; tokens go on counting, a new record never takes the token of an erased one at once. */
  erase(nextOrdinal = this.#next): void {
    this.#base = nextOrdinal
    this.#oldest = nextOrdinal
    this.#next = nextOrdinal
    this.#bytes = new Uint8Array(0)
  }

  /** Forgets the records before an ordinal. */
  dropBefore(ordinal: number): void {
    this.#oldest = Math.min(this.#next, Math.max(this.#oldest, ordinal))
  }

  /** The youngest stored ordinal with this token, by solving start + ordinal * stride = token. */
  #find(token: number): number | undefined {
    const distance = (token - this.tokenStart + TOKEN_SPACE) % TOKEN_SPACE
    if (distance % this.#unit !== 0) return undefined
    const residue = multiplyModulo(distance / this.#unit, this.#inverse, this.#period)
    const newest = this.#next - 1
    const ordinal = newest - ((((newest - residue) % this.#period) + this.#period) % this.#period)
    return ordinal >= this.#oldest && ordinal >= 0 && newest >= 0 ? ordinal : undefined
  }

  #offset(ordinal: number): number {
    return ((ordinal - this.#base) % this.capacity) * EVENT_RECORD_BYTES
  }

  #reserve(records: number): void {
    const wanted = Math.min(records, this.capacity) * EVENT_RECORD_BYTES
    if (this.#bytes.length >= wanted) return
    const size = Math.min(Math.max(wanted, this.#bytes.length * 2, 64), this.capacity * EVENT_RECORD_BYTES)
    const bigger = new Uint8Array(size)
    bigger.set(this.#bytes)
    this.#bytes = bigger
  }
}

/** Product of two numbers below 2^24 modulo a power of two up to 2^24; the plain product may pass 2^48, still exact. */
function multiplyModulo(a: number, b: number, modulus: number): number {
  return (a * b) % modulus
}

/** Inverse of an odd number modulo a power of two, by Newton's doubling of correct bits. */
function inverseModulo(odd: number, modulus: number): number {
  let inverse = odd
  for (let i = 0; i < 5; i++) {
    const error = (2 - multiplyModulo(odd % modulus, inverse % modulus, modulus) + modulus * 2) % modulus
    inverse = multiplyModulo(inverse % modulus, error, modulus)
  }
  return inverse % modulus
}
