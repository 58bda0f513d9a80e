/**
 * Fernet tokens with several keys: the first encrypts, all decrypt (MultiFernet semantics, spec 06 "At rest").
 * Format: https://github.com/fernet/spec/blob/master/Spec.md — version 0x80 | time (8) | IV (16) | AES-128-CBC | HMAC-SHA256,
 * base64url with padding. The npm packages have no key rotation and rest on an abandoned cipher library.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { RuntimeError } from './errors.ts'
import type { Secret } from './secret.ts'

const VERSION = 0x80
const HEADER_BYTES = 9
const IV_BYTES = 16
const HMAC_BYTES = 32
const SHORTEST_TOKEN = HEADER_BYTES + IV_BYTES + 16 + HMAC_BYTES

export interface Keyring {
  /** How many keys can decrypt. */
  readonly size: number
  /** A fresh token under the first key. Two calls never give the same token. */
  encrypt(plaintext: string | Uint8Array): string
  /** @throws RuntimeError TOKEN_INVALID when no key opens it; the message never contains the token */
  decrypt(token: string): Buffer
  /** The same plaintext and time under the first key. */
  rotate(token: string): string
  /** Whether the first key opens it, so that a rotation may skip it. */
  isCurrent(token: string): boolean
}

export interface FernetOptions {
  /** Seconds since 1970, stamped into new tokens. */
  readonly nowSeconds?: () => number
  readonly randomIv?: () => Uint8Array
}

interface Key {
  readonly signing: Buffer
  readonly encryption: Buffer
}

interface Opened {
  readonly plaintext: Buffer
  readonly time: bigint
  readonly keyIndex: number
}

/**
 * @param keys base64url of 32 bytes each, comma-separated or one by one; the first is the one that encrypts
 * @throws RuntimeError KEY_INVALID naming the position of the bad key, never the key
 */
export function createKeyring(keys: Secret | readonly Secret[], options: FernetOptions = {}): Keyring {
  const texts = (Array.isArray(keys) ? keys : [keys as Secret]).flatMap((key: Secret) => key.reveal().split(','))
  const ring = texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(parseKey)
  const first = ring[0]
  if (first === undefined) throw new RuntimeError('KEY_INVALID', 'no encryption key is given')
  const nowSeconds = options.nowSeconds ?? (() => Math.floor(Date.now() / 1000))
  const randomIv = options.randomIv ?? (() => randomBytes(IV_BYTES))
  return {
    size: ring.length,
    encrypt: (plaintext) => seal(first, Buffer.from(plaintext as Uint8Array), BigInt(nowSeconds()), randomIv()),
    decrypt: (token) => open(ring, token).plaintext,
    rotate: (token) => {
      const { plaintext, time } = open(ring, token)
      return seal(first, plaintext, time, randomIv())
    },
    isCurrent: (token) => {
      try {
        return open([first], token).keyIndex === 0
      } catch {
        return false
      }
    },
  }
}

/** A new key for {@link createKeyring}, base64url of 32 random bytes. */
export function generateFernetKey(): string {
  return encodeToken(randomBytes(32))
}

function parseKey(text: string, index: number): Key {
  const bytes = Buffer.from(text, 'base64url')
  if (
    bytes.length !== 32 ||
    bytes.toString('base64url') !== text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_')
  ) {
    throw new RuntimeError('KEY_INVALID', `encryption key ${index + 1} is not base64url of 32 bytes`)
  }
  return { signing: bytes.subarray(0, 16), encryption: bytes.subarray(16) }
}

function seal(key: Key, plaintext: Buffer, time: bigint, iv: Uint8Array): string {
  const head = Buffer.alloc(HEADER_BYTES)
  head[0] = VERSION
  head.writeBigUInt64BE(time, 1)
  const cipher = createCipheriv('aes-128-cbc', key.encryption, iv)
  const signed = Buffer.concat([head, iv, cipher.update(plaintext), cipher.final()])
  return encodeToken(Buffer.concat([signed, createHmac('sha256', key.signing).update(signed).digest()]))
}

function open(ring: readonly Key[], token: string): Opened {
  const bytes = Buffer.from(token, 'base64url')
  // A changed last character or padding may decode to the same bytes: only a token equal to its own encoding counts.
  if (bytes.length < SHORTEST_TOKEN || bytes[0] !== VERSION || encodeToken(bytes) !== token) throw invalid()
  const signed = bytes.subarray(0, -HMAC_BYTES)
  const mac = bytes.subarray(-HMAC_BYTES)
  for (const [keyIndex, key] of ring.entries()) {
    if (!timingSafeEqual(createHmac('sha256', key.signing).update(signed).digest(), mac)) continue
    const decipher = createDecipheriv(
      'aes-128-cbc',
      key.encryption,
      signed.subarray(HEADER_BYTES, HEADER_BYTES + IV_BYTES),
    )
    try {
      const plaintext = Buffer.concat([decipher.update(signed.subarray(HEADER_BYTES + IV_BYTES)), decipher.final()])
      return { plaintext, time: signed.readBigUInt64BE(1), keyIndex }
    } catch {
      throw invalid()
    }
  }
  throw invalid()
}

function invalid(): RuntimeError {
  return new RuntimeError('TOKEN_INVALID', 'the encrypted value cannot be opened with the keys at hand')
}

/** base64url with padding, as the Fernet specification wants it. */
function encodeToken(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('base64url')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}
