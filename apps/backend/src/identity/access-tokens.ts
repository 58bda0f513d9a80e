/**
 * Access tokens: JWT RS256, 15 min, `kid` header (spec 06). The first key signs, all verify; retired keys stay in the key
 * set until the last token made with them has expired. The private key exists only here.
 */
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { AccessClaims } from '@stam/contracts'
import type { Clock, Secret } from '@stam/runtime'
import { calculateJwkThumbprint, exportJWK, importPKCS8, importSPKI, type JWK, jwtVerify, SignJWT } from 'jose'

const ISSUER = 'stam-replacer-api'
const AUDIENCE = 'stam-replacer-clients'
const TYPE = 'at+jwt'
export const ACCESS_TOKEN_LIFE_S = 900
const MOST_CACHED = 2_000

export interface AccessTokens {
  issue(subject: Pick<AccessClaims, 'sub' | 'sid' | 'role' | 'name'>): Promise<string>
  /** The claims of a genuine token that has not expired, else null. */
  verify(token: string): Promise<AccessClaims | null>
  readonly keySet: { readonly keys: readonly JWK[] }
}

export interface SigningKeys {
  /** PKCS #8 PEM of the key that signs. */
  readonly privateKey: Secret
  /** SPKI PEMs, concatenated, of keys that only verify any more. */
  readonly retiredPublicKeys?: string | undefined
}

export async function createAccessTokens(keys: SigningKeys, clock: Clock): Promise<AccessTokens> {
  const signing = await importPKCS8(keys.privateKey.reveal(), 'RS256')
  const publicPem = createPublicKey(keys.privateKey.reveal()).export({ type: 'spki', format: 'pem' }).toString()
  const jwks: JWK[] = []
  const verifying = new Map<string, Awaited<ReturnType<typeof importSPKI>>>()
  for (const pem of [publicPem, ...pems(keys.retiredPublicKeys ?? '')]) {
    const key = await importSPKI(pem, 'RS256', { extractable: true })
    const jwk = await exportJWK(key)
    const kid = await calculateJwkThumbprint(jwk)
    jwks.push({ ...jwk, kid, alg: 'RS256', use: 'sig' })
    verifying.set(kid, key)
  }
  const kid = jwks[0]?.kid as string
  const cache = createVerifiedCache()

  return {
    keySet: { keys: jwks },
    issue(subject) {
      const now = Math.floor(clock.now() / 1000)
      return new SignJWT({ sid: subject.sid, role: subject.role, name: subject.name })
        .setProtectedHeader({ alg: 'RS256', typ: TYPE, kid })
        .setSubject(subject.sub)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt(now)
        .setExpirationTime(now + ACCESS_TOKEN_LIFE_S)
        .sign(signing)
    },
    async verify(token) {
      const now = clock.now()
      const known = cache.get(token, now)
      if (known) return known
      try {
        const { payload } = await jwtVerify(
          token,
          (header) => {
            const key = header.kid === undefined ? undefined : verifying.get(header.kid)
            if (!key) throw new Error('unknown key')
            return key
          },
          { algorithms: ['RS256'], issuer: ISSUER, audience: AUDIENCE, typ: TYPE, currentDate: new Date(now) },
        )
        const claims = AccessClaims.parse(payload)
        cache.set(token, claims)
        return claims
      } catch {
        return null
      }
    },
  }
}

/** A token is checked once and then remembered until it expires: the check costs 0.1 ms, the look-up a thousandth. */
function createVerifiedCache() {
  const verified = new Map<string, AccessClaims>()
  return {
    get(token: string, nowMs: number): AccessClaims | undefined {
      const claims = verified.get(token)
      if (claims && claims.exp * 1000 > nowMs) return claims
      if (claims) verified.delete(token)
      return undefined
    },
    set(token: string, claims: AccessClaims): void {
      if (verified.size >= MOST_CACHED) {
        const [oldest] = verified.keys()
        if (oldest !== undefined) verified.delete(oldest)
      }
      verified.set(token, claims)
    },
  }
}

function pems(text: string): string[] {
  return text.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? []
}

/** A new signing key as PKCS #8 PEM, for an installation's first start and for tests. */
export function generateSigningKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}
