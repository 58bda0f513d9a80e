/** Access tokens: JWT RS256, 15 min, `kid` header (spec 06). Which key signs and which verify: signing-keys.ts. */
import type { AccessClaims } from '@stam/contracts'
import type { Clock } from '@stam/runtime'
import { type JWK, SignJWT } from 'jose'
import type { SigningKeys } from './signing-keys.ts'
import { ALGORITHM, AUDIENCE, ISSUER, TYPE, type Verified, verifyAccessToken } from './verify-access-token.ts'

export const ACCESS_TOKEN_LIFE_S = 900
const MOST_CACHED = 2_000

export interface AccessTokens {
  issue(subject: Pick<AccessClaims, 'sub' | 'sid' | 'role' | 'name'>): Promise<string>
  /** The claims of a genuine token that has not expired, else null. */
  verify(token: string): Promise<AccessClaims | null>
  keySet(): readonly JWK[]
}

export function createAccessTokens(keys: SigningKeys, clock: Clock): AccessTokens {
  const cache = createVerifiedCache()
  return {
    keySet: () => keys.keySet(),
    issue(subject) {
      const now = Math.floor(clock.now() / 1000)
      const { kid, key } = keys.signing()
      return new SignJWT({ sid: subject.sid, role: subject.role, name: subject.name })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
        .setSubject(subject.sub)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt(now)
        .setExpirationTime(now + ACCESS_TOKEN_LIFE_S)
        .sign(key)
    },
    async verify(token) {
      const now = clock.now()
      const known = cache.get(token, now)
      if (known && keys.isKnown(known.kid)) return known.claims
      const verified = await verifyAccessToken(token, (kid) => keys.verifying(kid), now)
      if (verified) cache.set(token, verified)
      return verified?.claims ?? null
    },
  }
}

/** A token is checked once and then remembered until it expires: the check costs some 0.05 ms, the look-up a thousandth of a millisecond. */
function createVerifiedCache() {
  const verified = new Map<string, Verified>()
  return {
    get(token: string, nowMs: number): Verified | undefined {
      const known = verified.get(token)
      if (known && known.claims.exp * 1000 > nowMs) return known
      if (known) verified.delete(token)
      return undefined
    },
    set(token: string, known: Verified): void {
      if (verified.size >= MOST_CACHED) {
        const [oldest] = verified.keys()
        if (oldest !== undefined) verified.delete(oldest)
      }
      verified.set(token, known)
    },
  }
}
