/**
 * Whether an access token is genuine: RFC 7519 with the choices of spec 06 and nothing else (RS256, our issuer, audience and type). By node:crypto
 * on the event loop and not by jose (docs/adr/0023), which stays the judge in the tests: what is taken here, jose takes.
 */
import { AccessClaims } from '@stam/contracts'
import { type KeyObject, verify } from 'node:crypto'
import { z } from 'zod'

export const ISSUER = 'stam-replacer-api'
export const AUDIENCE = 'stam-replacer-clients'
export const TYPE = 'at+jwt'
export const ALGORITHM = 'RS256'
/** Ours have about 700 characters. Longer ones are not looked at. */
const MOST_CHARACTERS = 4_096
const THREE_PARTS = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** Nothing optional: a header may point at keys (`jwk`, `jku`, `x5u`) and change the meaning of the rest (`crit`, `b64`). Ours does not. */
const Header = z.strictObject({ alg: z.literal(ALGORITHM), typ: z.literal(TYPE), kid: z.string().min(1).max(128) })
const Payload = AccessClaims.extend({
  iss: z.literal(ISSUER),
  aud: z.literal(AUDIENCE),
  nbf: z.int().optional(),
})

export interface Verified {
  readonly claims: AccessClaims
  readonly kid: string
}

/** Null for whatever is not genuine, of a key that is not known, not valid yet or not any more. @throws only what `keyOf` throws */
export async function verifyAccessToken(
  token: string,
  keyOf: (kid: string) => Promise<KeyObject | undefined>,
  nowMs: number,
): Promise<Verified | null> {
  if (token.length > MOST_CHARACTERS || !THREE_PARTS.test(token)) return null
  const [head = '', body = '', mark = ''] = token.split('.')
  const header = Header.safeParse(json(head))
  const signature = bytes(mark)
  if (!header.success || !signature) return null
  const { kid } = header.data
  const key = await keyOf(kid)
  if (!key || !verify('RSA-SHA256', Buffer.from(`${head}.${body}`), key, signature)) return null
  const payload = Payload.safeParse(json(body))
  if (!payload.success) return null
  const { iss: _iss, aud: _aud, nbf, ...claims } = payload.data
  const now = Math.floor(nowMs / 1000)
  if (claims.exp <= now || (nbf !== undefined && nbf > now)) return null
  return { claims, kid }
}

/** Base64url has several spellings of the same bytes (spare bits of the last character); only the one an encoder writes is taken. */
function bytes(part: string): Buffer | null {
  const decoded = Buffer.from(part, 'base64url')
  return decoded.toString('base64url') === part ? decoded : null
}

function json(part: string): unknown {
  try {
    return JSON.parse(bytes(part)?.toString('utf8') ?? '')
  } catch {
    return undefined
  }
}
