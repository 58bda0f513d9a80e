import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKeyring, generateFernetKey } from './fernet.ts'
import { Secret } from './secret.ts'

// Made with Python's `cryptography` (Fernet, MultiFernet); the first with the vector of the Fernet specification.
const SPEC_KEY = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4='
const SPEC_TOKEN =
  'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=='
const KEY_1 = 'E35WAy9jGcgMcMQJnSZ3zYeeo6ZkoYBbZvEGGXtHN7o='
const KEY_2 = 'jbg_IQC8c8hmilrHpLWeiNmRGA0dsbtsZdVrGjAmkBs='
const PYTHON_TOKENS = [
  [
    KEY_1,
    'gAAAAABrAjhkWSH_WYOCvDmPqXuByftmLig5Ht74Ktm-muTlQQDva9tGctZmCqL_mEeIYG73AdAwJof6z3cb5FiuhxPRHnfFGrE6Q3uG3lhd7AHiEwI3yHU=',
    'Zażółć gęślą jaźń',
  ],
  [KEY_2, 'gAAAAABrAjhkUOSXk38z1KQ9ZqVecsaI-qvYe4NxxRzalGfHSpF10AMUEV5Y-Q7YDf1IASQBwzgUK-ISWVJONPKenhXEPb2FkQ==', ''],
  // Written under KEY_1 at 1700000000, rotated to KEY_2 by MultiFernet: the time stayed.
  [
    KEY_2,
    'gAAAAABlU_EAs7fZqKpXqNV8HnFQJio1v18C-tNiJZJKBXDh_ukBdy_yp1BxuPjgU03Y6_JhRd9cWvxHaZ7g2qSeiPm5pbtyfg==',
    'INTEGRAKEY12',
  ],
] as const

const ring = (...keys: string[]) => createKeyring(keys.map((key) => new Secret(key)))

describe('Fernet tokens', () => {
  it('writes the token of the specification, byte for byte', () => {
    const fixed = createKeyring(new Secret(SPEC_KEY), {
      nowSeconds: () => 499162800,
      randomIv: () => Uint8Array.from({ length: 16 }, (_, i) => i),
    })
    expect(fixed.encrypt('hello')).toBe(SPEC_TOKEN)
    expect(fixed.decrypt(SPEC_TOKEN).toString()).toBe('hello')
  })

  it('opens tokens made by Python', () => {
    for (const [key, token, text] of PYTHON_TOKENS) expect(ring(key).decrypt(token).toString('utf8')).toBe(text)
  })

  it('encrypts with the first key, opens with any, and rotates keeping the time', () => {
    const old = ring(KEY_1).encrypt('key')
    const both = ring(KEY_2, KEY_1)
    expect(both.decrypt(old).toString()).toBe('key')
    expect(both.isCurrent(old)).toBe(false)
    const rotated = both.rotate(old)
    expect(both.isCurrent(rotated)).toBe(true)
    expect(ring(KEY_2).decrypt(rotated).toString()).toBe('key')
    const time = (token: string) => Buffer.from(token, 'base64url').readBigUInt64BE(1)
    expect(time(rotated)).toBe(time(old))
    expect(() => ring(KEY_1).decrypt(rotated)).toThrow(expect.objectContaining({ code: 'TOKEN_INVALID' }))
  })

  it('refuses every token with one changed character, and never shows the token', () => {
    const keys = ring(KEY_1)
    const token = keys.encrypt('INTEGRAKEY12')
    for (let at = 0; at < token.length; at++) {
      for (const char of ['A', 'B', '=', '_']) {
        if (token[at] === char) continue
        const changed = token.slice(0, at) + char + token.slice(at + 1)
        let error: unknown
        try {
          keys.decrypt(changed)
        } catch (thrown) {
          error = thrown
        }
        expect(error).toMatchObject({ code: 'TOKEN_INVALID' })
        expect(String(error)).not.toContain(changed.slice(10, 30))
      }
    }
  })

  it('gives back what it was given, and answers garbage with the typed error', () => {
    const keys = ring(generateFernetKey())
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => keys.decrypt(keys.encrypt(bytes)).equals(bytes)),
    )
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(() => keys.decrypt(text)).toThrow(expect.objectContaining({ code: 'TOKEN_INVALID' }))
      }),
    )
  })

  it('names the position of a bad key and not the key', () => {
    expect(() => ring(KEY_1, 'c2hvcnQ=')).toThrow(/key 2/)
    expect(() => ring(KEY_1, 'c2hvcnQ=')).not.toThrow(/c2hvcnQ/)
    expect(() => createKeyring(new Secret(' , '))).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }))
    expect(createKeyring(new Secret(`${KEY_1},${KEY_2}`)).size).toBe(2)
  })
})
