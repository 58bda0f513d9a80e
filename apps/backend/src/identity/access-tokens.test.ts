// Spec 06 "Authentication", ADR 0023: of everything that looks like an access token, one is believed. jose is the second judge.
import { systemClock } from '@stam/runtime'
import fc from 'fast-check'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '@stam/runtime'
import { type AccessTokens, createAccessTokens } from './access-tokens.ts'
import { fixedSigningKeys, generateSigningKey } from './signing-keys.ts'

const NOW_S = 1_800_000_000
const clock = { ...systemClock, now: () => NOW_S * 1000 }
const pem = generateSigningKey()
const publicPem = createPublicKey(pem).export({ type: 'spki', format: 'pem' })
const subject = { sub: '01a20000-0000-7000-8000-000000000001', sid: '01a20000-0000-7000-8000-000000000002' }
const claims = { ...subject, role: 'OPERATOR', name: 'Zażółć Gęś', iat: NOW_S, exp: NOW_S + 900 }
const payload = { ...claims, iss: 'stam-replacer-api', aud: 'stam-replacer-clients' }
let tokens: AccessTokens
let header: { alg: string; typ: string; kid: string }
beforeAll(async () => {
  const keys = await fixedSigningKeys(new Secret(pem))
  tokens = createAccessTokens(keys, clock)
  header = { alg: 'RS256', typ: 'at+jwt', kid: keys.signing().kid }
})

const part = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const rsa = (text: string, key = pem, hash = 'RSA-SHA256') => sign(hash, Buffer.from(text), key).toString('base64url')
const made = (head: object | string, body: object | string, mark = rsa) => {
  const text = `${part(head)}.${part(body)}`
  return `${text}.${mark(text)}`
}
const parts = () => made(header, payload).split('.') as [string, string, string]
/** The same bytes in another spelling: spare bits of the last character set. */
const respelt = (text: string) => {
  const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const other = text.slice(0, -1) + characters[characters.indexOf(text.at(-1) as string) + 1]
  expect(Buffer.from(other, 'base64url')).toEqual(Buffer.from(text, 'base64url'))
  return other
}
/** A body whose length leaves spare bits, so that it has other spellings. */
const spare = () => {
  for (let pad = ''; ; pad += 'x') if (part({ ...payload, pad }).length % 4 !== 0) return { ...payload, pad }
}
const without = (field: string) => Object.fromEntries(Object.entries(payload).filter(([name]) => name !== field))

const refused: Record<string, () => string> = {
  'of no algorithm': () => made({ ...header, alg: 'none' }, payload),
  'of no algorithm, unsigned': () => made({ ...header, alg: 'none' }, payload, () => ''),
  unsigned: () => made(header, payload, () => ''),
  'of an algorithm written otherwise': () => made({ ...header, alg: 'rs256' }, payload),
  'with a shared secret, which is our public key': () =>
    made({ ...header, alg: 'HS256' }, payload, (text) =>
      createHmac('sha256', publicPem).update(text).digest('base64url'),
    ),
  'RS256 in name, with a shared secret': () =>
    made(header, payload, (text) => createHmac('sha256', publicPem).update(text).digest('base64url')),
  RS384: () => made({ ...header, alg: 'RS384' }, payload, (text) => rsa(text, pem, 'RSA-SHA384')),
  'RS256 in name, SHA-384 in truth': () => made(header, payload, (text) => rsa(text, pem, 'RSA-SHA384')),
  'PS256 in name and padding': () =>
    made({ ...header, alg: 'PS256' }, payload, (text) =>
      sign('RSA-SHA256', Buffer.from(text), { key: createPrivateKey(pem), padding: 6 }).toString('base64url'),
    ),
  'of another key under our name': () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    return made(header, payload, (text) => sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url'))
  },
  'of an unknown key': () => made({ ...header, kid: 'x'.repeat(43) }, payload),
  'of an unnamed key': () => made({ alg: header.alg, typ: header.typ }, payload),
  'of a key named by a number': () => made({ ...header, kid: 1 }, payload),
  'of another type': () => made({ ...header, typ: 'JWT' }, payload),
  'of no type': () => made({ alg: header.alg, kid: header.kid }, payload),
  'with a key of its own': () =>
    made({ ...header, jwk: createPublicKey(pem).export({ format: 'jwk' }) as object }, payload),
  'with an extension': () => made({ ...header, crit: ['b64'], b64: false }, payload),
  'with a header that is no object': () => made('"RS256"', payload),
  'with a header that is no JSON': () => made('{', payload),
  'with a body that is no JSON': () => made(header, 'x'),
  'with a list as body': () => made(header, '[]'),
  'without subject': () => made(header, without('sub')),
  'without session': () => made(header, without('sid')),
  'without role': () => made(header, without('role')),
  'of a role nobody has': () => made(header, { ...payload, role: 'ROOT' }),
  'without end': () => made(header, without('exp')),
  'with an end in words': () => made(header, { ...payload, exp: String(payload.exp) }),
  'that ends now': () => made(header, { ...payload, exp: NOW_S }),
  'that ended': () => made(header, { ...payload, exp: NOW_S - 1 }),
  'that begins later': () => made(header, { ...payload, nbf: NOW_S + 1 }),
  'of no issuer': () => made(header, without('iss')),
  'of another issuer': () => made(header, { ...payload, iss: 'stam-replacer' }),
  'for nobody': () => made(header, without('aud')),
  'for others': () => made(header, { ...payload, aud: 'stam-replacer-services' }),
  'for us among others': () => made(header, { ...payload, aud: ['stam-replacer-clients', 'others'] }),
  'with another body': () =>
    parts()
      .with(1, part({ ...payload, role: 'MASTER' }))
      .join('.'),
  'with another header': () =>
    parts()
      .with(0, part({ ...header, a: 1 }))
      .join('.'),
  'with a bit of the signature changed': () => {
    const [head, body, mark] = parts()
    const bytes = Buffer.from(mark, 'base64url')
    bytes[100] = (bytes[100] ?? 0) ^ 1
    return `${head}.${body}.${bytes.toString('base64url')}`
  },
  'with a signature cut short': () => parts().join('.').slice(0, -4),
  'with a signature and a zero before': () => {
    const [head, body, mark] = parts()
    return `${head}.${body}.${Buffer.concat([Buffer.of(0), Buffer.from(mark, 'base64url')]).toString('base64url')}`
  },
  'with a signature of zeros': () => parts().with(2, Buffer.alloc(256).toString('base64url')).join('.'),
  'with the signature spelt otherwise': () => {
    const [head, body, mark] = parts()
    return `${head}.${body}.${respelt(mark)}`
  },
  'with a body spelt otherwise, signed so': () => {
    const text = `${part(header)}.${respelt(part(spare()))}`
    return `${text}.${rsa(text)}`
  },
  'with padding': () => `${parts().join('.')}==`,
  'in the alphabet of plain base64': () => parts().join('.').replaceAll('-', '+').replaceAll('_', '/'),
  'with a space before': () => ` ${parts().join('.')}`,
  'with a line after': () => `${parts().join('.')}\n`,
  'with a part more': () => `${parts().join('.')}.AAAA`,
  'with a dot more': () => `${parts().join('.')}.`,
  'with a dot before': () => `.${parts().join('.')}`,
  'of two parts': () => parts().slice(0, 2).join('.'),
  'of two dots': () => '..',
  'of nothing': () => '',
  'as long as a book, signed': () => made(header, { ...payload, name: 'x'.repeat(4_096) }),
}

describe('an access token', () => {
  it('is believed as it was issued, also while it is remembered', async () => {
    const issued = await tokens.issue({ ...subject, role: 'OPERATOR', name: 'Zażółć Gęś' })
    expect(await tokens.verify(issued)).toEqual(claims)
    expect(await tokens.verify(issued)).toEqual(claims)
    expect(issued.length).toBeLessThan(800)
  })

  it('is believed as these tests make it, so that each of them has one fault', async () => {
    expect(await tokens.verify(made(header, payload))).toEqual(claims)
    expect(await tokens.verify(made(header, spare()))).toEqual(claims)
    expect(await tokens.verify(made(header, { ...payload, nbf: NOW_S }))).toEqual(claims)
  })

  it.each(Object.keys(refused))('%s is refused', async (fault) => {
    const token = (refused[fault] as () => string)()
    expect(await tokens.verify(token)).toBeNull()
    expect(await tokens.verify(token), 'and refused again').toBeNull()
  })

  it('that ends while it is remembered is not believed any more', async () => {
    let now = NOW_S * 1000
    const other = createAccessTokens(await fixedSigningKeys(new Secret(pem)), { ...systemClock, now: () => now })
    const token = made(header, payload)
    expect(await other.verify(token)).toEqual(claims)
    now = (payload.exp - 1) * 1000 + 999
    expect(await other.verify(token)).toEqual(claims)
    now = payload.exp * 1000
    expect(await other.verify(token)).toBeNull()
  })

  it('of a key that is withdrawn while it is remembered is not believed any more', async () => {
    const keys = await fixedSigningKeys(new Secret(pem))
    let withdrawn = false
    const other = createAccessTokens(
      {
        ...keys,
        isKnown: (kid) => !withdrawn && keys.isKnown(kid),
        verifying: async (kid) => (withdrawn ? undefined : keys.verifying(kid)),
      },
      clock,
    )
    const token = made(header, payload)
    expect(await other.verify(token)).toEqual(claims)
    withdrawn = true
    expect(await other.verify(token)).toBeNull()
  })

  it('needs a key of RSA with 2048 bits', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const short = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    await expect(fixedSigningKeys(new Secret(short))).rejects.toThrow('RSA-2048')
  })
})

describe('jose', () => {
  const options = {
    algorithms: ['RS256'],
    issuer: payload.iss,
    audience: payload.aud,
    typ: 'at+jwt',
    currentDate: new Date(NOW_S * 1000),
  }
  /** Headers and bodies that are nearly right, so that many are. */
  const oneOf = <T extends object>(good: () => T) =>
    fc
      .record({
        drop: fc.option(fc.nat({ max: 8 }), { freq: 2 }),
        put: fc.option(
          fc.tuple(
            fc.constantFrom('alg', 'typ', 'kid', 'crit', 'b64', 'aud', 'iss', 'exp', 'nbf', 'iat', 'role', 'x'),
            fc.jsonValue(),
          ),
          { freq: 2 },
        ),
      })
      .map(({ drop, put }) => {
        const entries = Object.entries(good()).filter((_, index) => index !== drop)
        return Object.fromEntries(put ? [...entries, put] : entries)
      })
  const letter = fc.option(fc.tuple(fc.nat({ max: 900 }), fc.constantFrom(...'AZaz09-_.= +/\n')), { freq: 2 })

  it('takes whatever we take', async () => {
    const keySet = createLocalJWKSet({ keys: [...tokens.keySet()] })
    let taken = 0
    await fc.assert(
      fc.asyncProperty(
        oneOf(() => header),
        oneOf(() => payload),
        letter,
        async (head, body, change) => {
          const good = made(head, body)
          const token = change ? good.slice(0, change[0]) + change[1] + good.slice(change[0] + 1) : good
          const ours = await tokens.verify(token)
          if (ours === null) return
          taken++
          expect((await jwtVerify(token, keySet, options)).payload).toMatchObject(ours)
        },
      ),
      { numRuns: 1_500 },
    )
    expect(taken).toBeGreaterThan(50)
  })
})
