/** Values that have broken programs before: for any place where text, a number or a structure is expected. */
import type { Random } from './random.ts'

/** Put wherever a secret is expected; nothing that leaves the backend may contain it. */
export const SECRET_CANARY = 'Knrk7Tajne'
/** In the names of everything a TECHNICIAN or FIELD_WORKER of another site may not see. */
export const SITE_CANARY = 'KANAREK'

const TEXTS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800',
  '\u202egnp.exe',
  '\ufeff',
  'Zażółć gęślą jaźń',
  '𝕳𝖊𝖑𝖑𝖔 👩‍👩‍👧‍👦',
  'e\u0301'.repeat(60),
  'Z\u0335\u0321\u0322'.repeat(40),
  'ﷺ'.repeat(120),
  "' OR 1=1 --",
  "'; DROP TABLE alarms; --",
  '$1',
  '%',
  '%_%',
  '\\',
  '\\x00',
  '{{7*7}}',
  '${7*7}',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '=1+1',
  '@SUM(A1)',
  '../../../../etc/passwd',
  '..%2f..%2f',
  'file:///etc/passwd',
  'http://169.254.169.254/latest/meta-data',
  '\r\nSet-Cookie: x=1',
  '\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  'null',
  'undefined',
  'NaN',
  'true',
  '[object Object]',
  '__proto__',
  'constructor',
  'toString',
  '0x10',
  '1e400',
  '-0',
  '2026-02-30T25:61:61Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '1970-01-01T00:00:00.000Z',
  '+275760-09-13T00:00:00.001Z',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '(a+)+$',
  `${'a'.repeat(60)}!`,
]

const NUMBERS: readonly number[] = [
  0, -0, -1, 1, 0.1, 0.000_000_1, 127, 128, 255, 256, 32_767, 32_768, 65_535, 65_536, 2_147_483_647, 2_147_483_648,
  -2_147_483_649, 4_294_967_296, 9_007_199_254_740_991, 9_007_199_254_740_994, 9_223_372_036_854_776_000, 1e21, 1e308,
  -1e308, 5e-324,
]

/** Numbers no JSON serialiser writes, as raw text. */
export const RAW_NUMBERS: readonly string[] = ['1e999', '-1e999', '9'.repeat(400), '0.1e-400', '1E5', '-0.0']

export const hostileText = (random: Random): string => {
  if (random.chance(0.15)) return random.pick(['x', 'ż', '\u0000', '𝕳', '"', '\\']).repeat(1 << random.below(13))
  return random.pick(TEXTS)
}

export const hostileNumber = (random: Random): number => random.pick(NUMBERS)

/** Anything, at most `depth` deep. */
export function hostileValue(random: Random, depth = 3): unknown {
  switch (random.below(depth > 0 ? 9 : 6)) {
    case 0:
      return null
    case 1:
      return random.chance(0.5)
    case 2:
      return hostileNumber(random)
    case 3:
    case 4:
    case 5:
      return hostileText(random)
    case 6:
      return Array.from({ length: random.below(5) }, () => hostileValue(random, depth - 1))
    case 7:
      return Array.from({ length: random.pick([0, 60, 300]) }, () => hostileText(random).slice(0, 40))
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(5) }, () => [
          hostileText(random).slice(0, 60),
          hostileValue(random, depth - 1),
        ]),
      )
  }
}

/** A body that is no good JSON, or JSON nobody should build. */
export function hostileBody(random: Random): Buffer {
  const opening = random.pick(['[', '{"a":', '[[{"a":'])
  switch (random.below(13)) {
    case 0:
      return random.bytes(random.below(600))
    case 1:
      return Buffer.from(opening.repeat(1 + random.below(5_000)))
    case 2:
      return Buffer.from(`${'['.repeat(2_000)}${']'.repeat(2_000)}`)
    case 3:
      return Buffer.from(`{"__proto__":{"admin":true},"version":${random.pick(RAW_NUMBERS)}}`)
    case 4:
      return Buffer.from('{"constructor":{"prototype":{"admin":true}},"version":1}')
    case 5:
      return Buffer.concat([
        Buffer.from('{"name":"'),
        Buffer.from([0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80]),
        Buffer.from('"}'),
      ])
    case 6:
      return Buffer.from('{"version":1,"version":2,"version":"3"}')
    case 7:
      return Buffer.from(`{"name":"${'x'.repeat(random.pick([1_000, 70_000, 262_130, 262_145, 300_000]))}"}`)
    case 8:
      return Buffer.from(
        random.pick(['', ' ', 'null', 'true', '0', '""', '[]', '{}', '\ufeff{}', '{"a":1}{"b":2}', "{'a':1}"]),
      )
    case 9:
      return Buffer.from(`{${Array.from({ length: 2_000 }, (_, n) => `"k${n}":${n}`).join(',')}}`)
    case 10:
      return Buffer.from(`{"note":"\\u0000\\ud800\\u202e","version":${random.pick(RAW_NUMBERS)}}`)
    case 11:
      return Buffer.from(`{"version":1,"note":"unfinished`)
    default:
      return Buffer.from(JSON.stringify(hostileValue(random)) ?? '')
  }
}
