import { copyBytes } from './copy-bytes.ts'
import { type Cipheriv, createCipheriv, createDecipheriv, type Decipheriv, randomBytes } from 'node:crypto'

const BLOCK = 16
/** Shortest and longest plaintext of a PDU (reference 3.2). */
export const MIN_PDU_BYTES = 16
export const MAX_PDU_BYTES = 255
const HEADER = 6

/**
 * The 24 bytes of AES-192 from an integration key: padded with spaces to 12, cut after 12, written twice
 * (reference 3.1).
 */
export function normaliseIntegrationKey(key: string): Uint8Array {
  const bytes = new Uint8Array(24).fill(0x20)
  for (let i = 0; i < 12 && i < key.length; i++) {
    bytes[i] = key.charCodeAt(i) & 0xff
    bytes[i + 12] = bytes[i] as number
  }
  return bytes
}

/**
 * The cipher of the encrypted mode (reference 3.3): CBC with the encrypted zero block as first vector, and a tail of
 * less than a block xored with the encrypted vector. State restarts with every PDU, so one object serves a
 * connection in both directions.
 */
export class PduCipher {
  readonly #encryptor: Cipheriv
  readonly #decryptor: Decipheriv
  readonly #firstVector: Uint8Array

  /** @param key the integration key as configured, up to 12 ASCII characters */
  constructor(key: string) {
    const bytes = normaliseIntegrationKey(key)
    this.#encryptor = createCipheriv('aes-192-ecb', bytes, null).setAutoPadding(false)
    this.#decryptor = createDecipheriv('aes-192-ecb', bytes, null).setAutoPadding(false)
    this.#firstVector = this.#encryptor.update(new Uint8Array(BLOCK))
  }

  /** Ciphertext of the same length. */
  encrypt(plaintext: Uint8Array): Uint8Array {
    const out = new Uint8Array(plaintext.length)
    const full = plaintext.length - (plaintext.length % BLOCK)
    const block = new Uint8Array(BLOCK)
    let vector = this.#firstVector
    for (let at = 0; at < full; at += BLOCK) {
      for (let i = 0; i < BLOCK; i++) block[i] = (plaintext[at + i] as number) ^ (vector[i] as number)
      vector = this.#encryptor.update(block)
      out.set(vector, at)
    }
    this.#applyTail(plaintext, out, full, vector)
    return out
  }

  /** The inverse of {@link encrypt}; never fails, a wrong key yields garbage. */
  decrypt(ciphertext: Uint8Array): Uint8Array {
    const out = new Uint8Array(ciphertext.length)
    const full = ciphertext.length - (ciphertext.length % BLOCK)
    let vector = this.#firstVector
    if (full > 0) {
      const decrypted = this.#decryptor.update(ciphertext.subarray(0, full))
      for (let at = 0; at < full; at += BLOCK) {
        for (let i = 0; i < BLOCK; i++) out[at + i] = (decrypted[at + i] as number) ^ (vector[i] as number)
        vector = ciphertext.subarray(at, at + BLOCK)
      }
    }
    this.#applyTail(ciphertext, out, full, vector)
    return out
  }

  #applyTail(input: Uint8Array, out: Uint8Array, from: number, vector: Uint8Array): void {
    if (from === input.length) return
    const mask = this.#encryptor.update(vector)
    for (let at = from; at < input.length; at++) out[at] = (input[at] as number) ^ (mask[at - from] as number)
  }
}

/** The plaintext of a PDU (reference 3.2). */
export interface Pdu {
  /** Two bytes without meaning. */
  readonly random: number
  /** Starts at 0 per connection, +1 per PDU sent, wraps at FFFF. */
  readonly counter: number
  /** IDS: identifier chosen by the sender. */
  readonly ids: number
  /** IDR: last IDS received from the other side, 0 before anything was received. */
  readonly idr: number
  /** The ordinary, stuffed frame; trailing fill removed. */
  readonly frame: Uint8Array
}

/** Plaintext of a PDU, filled with zeros to 16 bytes. */
export function encodePduPlaintext(pdu: Pdu): Uint8Array {
  const length = Math.max(MIN_PDU_BYTES, HEADER + pdu.frame.length)
  if (length > MAX_PDU_BYTES) throw new RangeError(`a frame of ${pdu.frame.length} bytes does not fit a PDU`)
  const plaintext = new Uint8Array(length)
  plaintext[0] = pdu.random >> 8
  plaintext[1] = pdu.random & 0xff
  plaintext[2] = pdu.counter >> 8
  plaintext[3] = pdu.counter & 0xff
  plaintext[4] = pdu.ids
  plaintext[5] = pdu.idr
  plaintext.set(pdu.frame, HEADER)
  return plaintext
}

/** Never fails; missing bytes count as zero. */
export function decodePduPlaintext(plaintext: Uint8Array): Pdu {
  const b = (i: number) => plaintext[i] ?? 0
  // A frame ends with 0D, so zeros behind it can only be fill.
  let end = plaintext.length
  while (end > HEADER && plaintext[end - 1] === 0) end--
  return {
    random: (b(0) << 8) | b(1),
    counter: (b(2) << 8) | b(3),
    ids: b(4),
    idr: b(5),
    frame: copyBytes(plaintext, HEADER, Math.max(HEADER, end)),
  }
}

/** A complete PDU on the wire: length byte, then ciphertext. */
export function encodePdu(cipher: PduCipher, pdu: Pdu): Uint8Array {
  const ciphertext = cipher.encrypt(encodePduPlaintext(pdu))
  const wire = new Uint8Array(ciphertext.length + 1)
  wire[0] = ciphertext.length
  wire.set(ciphertext, 1)
  return wire
}

export type PduItem =
  | { readonly kind: 'pdu'; readonly pdu: Pdu }
  /** A length below 16: there is no way to find the next PDU, the stream is lost. Ends decoding until `reset`. */
  | { readonly kind: 'desynchronised'; readonly bytes: number }

/** Splits a byte stream into PDUs: incremental, never throws, keeps at most 255 bytes. */
export class PduDecoder {
  readonly #cipher: PduCipher
  #expected = 0
  #length = 0
  #buffer: Uint8Array = new Uint8Array(0)
  #lost = false

  constructor(cipher: PduCipher) {
    this.#cipher = cipher
  }

  get pendingBytes(): number {
    return this.#length
  }

  reset(): void {
    this.#expected = 0
    this.#length = 0
    this.#lost = false
  }

  push(chunk: Uint8Array): PduItem[] {
    const items: PduItem[] = []
    let at = 0
    while (at < chunk.length) {
      if (this.#lost) {
        items.push({ kind: 'desynchronised', bytes: chunk.length - at })
        break
      }
      if (this.#expected === 0) {
        const length = chunk[at++] as number
        if (length < MIN_PDU_BYTES) {
          this.#lost = true
          items.push({ kind: 'desynchronised', bytes: chunk.length - at + 1 })
          break
        }
        this.#expected = length
        this.#length = 0
        if (this.#buffer.length < length) this.#buffer = new Uint8Array(length <= 64 ? 64 : MAX_PDU_BYTES)
        continue
      }
      const take = Math.min(this.#expected - this.#length, chunk.length - at)
      this.#buffer.set(chunk.subarray(at, at + take), this.#length)
      this.#length += take
      at += take
      if (this.#length === this.#expected) {
        const plaintext = this.#cipher.decrypt(this.#buffer.subarray(0, this.#expected))
        items.push({ kind: 'pdu', pdu: decodePduPlaintext(plaintext) })
        this.#expected = 0
        this.#length = 0
      }
    }
    return items
  }
}

/**
 * Header bookkeeping of one side of one connection: counter, own identifier, the other side's identifier.
 *
 * The own identifier stays the same for the whole connection: with push enabled an identifier per message would race
 * with an unsolicited PDU that still echoes the previous one (reference 3.2).
 */
export class PduSession {
  readonly cipher: PduCipher
  readonly ids: number
  #counter = 0
  #idr = 0
  #sent = false
  readonly #random: () => number

  /**
   * @param options.ids own identifier, random unless given
   * @param options.random source of the two random header bytes, 0..65535
   */
  constructor(cipher: PduCipher, options: { ids?: number; random?: () => number } = {}) {
    this.cipher = cipher
    this.ids = options.ids ?? (randomBytes(1)[0] as number)
    this.#random = options.random ?? (() => Math.trunc(Math.random() * 0x10000))
  }

  /** Counter of the next PDU. */
  get counter(): number {
    return this.#counter
  }

  /** Last identifier received, 0 before anything was. */
  get idr(): number {
    return this.#idr
  }

  /** Wire bytes of the next PDU around a frame. */
  seal(frame: Uint8Array): Uint8Array {
    const pdu: Pdu = { random: this.#random(), counter: this.#counter, ids: this.ids, idr: this.#idr, frame }
    this.#counter = (this.#counter + 1) & 0xffff
    this.#sent = true
    return encodePdu(this.cipher, pdu)
  }

  /**
   * Notes the sender's identifier and checks the echo of the own one.
   * @returns false on a wrong echo: wrong key or lost synchronisation
   */
  accept(pdu: Pdu): boolean {
    this.#idr = pdu.ids
    return pdu.idr === (this.#sent ? this.ids : 0)
  }
}
