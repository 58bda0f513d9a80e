import { hash, randomFillSync } from 'node:crypto'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Name-based UUID (RFC 9562, version 5): the same namespace and name give the same id on every machine, which is what
 * makes a repeated event recognisable. `namespace` is a UUID; a malformed one is a programming error and throws.
 */
export function uuidv5(namespace: string, name: string): string {
  const digest = hash('sha1', Buffer.concat([uuidBytes(namespace), Buffer.from(name, 'utf8')]), 'buffer').subarray(
    0,
    16,
  )
  digest[6] = ((digest[6] as number) & 0x0f) | 0x50
  digest[8] = ((digest[8] as number) & 0x3f) | 0x80
  return format(digest)
}

let lastMs = 0
let sequence = 0

/**
 * Time-ordered UUID (RFC 9562, version 7). Ids made in one process sort in the order they were made, also within a
 * millisecond and when the clock steps back (12-bit counter, method 1 of section 6.2).
 */
export function uuidv7(nowMs: number = Date.now()): string {
  const bytes = Buffer.allocUnsafe(16)
  randomFillSync(bytes, 6, 10)
  if (nowMs > lastMs) {
    lastMs = nowMs
    sequence = bytes.readUInt16BE(6) & 0x7ff // half the counter is left to count up within the millisecond
  } else if (++sequence > 0xfff) {
    lastMs += 1
    sequence = 0
  }
  bytes.writeUIntBE(lastMs, 0, 6)
  bytes.writeUInt16BE(0x7000 | sequence, 6)
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return format(bytes)
}

export function isUuid(text: unknown): text is string {
  return typeof text === 'string' && UUID.test(text)
}

function uuidBytes(uuid: string): Buffer {
  if (!isUuid(uuid)) throw new TypeError('the namespace of a version 5 UUID must be a UUID')
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}

function format(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
