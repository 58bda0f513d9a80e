/**
 * By what a repeat under an Idempotency-Key is known to be the same request. It is kept for a day, and bodies hold integration keys and PINs, which a
 * plain hash would let whoever reads the table guess at leisure. So it is keyed, with what the table's reader has not: a key derived from
 * a configured one.
 */
import { createHmac, hkdfSync } from 'node:crypto'
import type { Secret } from '@stam/runtime'

const PURPOSE = 'stam: fingerprint of a request under an Idempotency-Key'

export interface SentRequest {
  readonly method: string
  readonly url: string
  readonly body: unknown
}

/** The fingerprint under each configured key, the present one first: a repeat may come after the key was changed. */
export type Fingerprints = (request: SentRequest) => readonly [Buffer, ...Buffer[]]

/** The same for every backend of one configuration. @throws when neither key is configured */
export function requestFingerprints(config: {
  readonly encryptionKey?: Secret | undefined
  readonly jwtPrivateKey?: Secret | undefined
}): Fingerprints {
  const configured = config.encryptionKey?.reveal().split(',') ?? [config.jwtPrivateKey?.reveal() ?? '']
  const [first, ...former] = configured
    .map((key) => key.trim())
    .filter((key) => key !== '')
    .map((key) => Buffer.from(hkdfSync('sha256', key, '', PURPOSE, 32)))
  if (!first) throw new Error('neither ENCRYPTION_KEY nor JWT_PRIVATE_KEY is configured')
  return ({ method, url, body }) => {
    const text = `${method} ${url.split('?', 1)[0]}\n${JSON.stringify(body ?? null)}`
    const under = (key: Buffer) => createHmac('sha256', key).update(text).digest()
    return [under(first), ...former.map(under)]
  }
}
