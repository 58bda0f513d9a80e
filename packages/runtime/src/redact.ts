import { Secret } from './secret.ts'

const MASK = '***'
const DEEPEST = 6
const LONGEST_LIST = 100
const LONGEST_TEXT = 8_192

/** Names whose values are never written: passwords, tokens, user codes, keys, SMS text (spec 06, 10). */
const SECRET_NAME =
  /^(.*_)?(pass(word|wd|phrase)?|secret|token|jwt|ticket|cookie|set_cookie|authorization|credentials?|pin|sms_text|sms_body)s?$|^(.*_)?(api|private|encryption|integration|signing|secret|hmac)_?keys?$|^(.*_)?(user|access|setup|arm|disarm|duress|unlock|verification|one_time|service|prefix)_?codes?$|^(key|codes)$/

/** `code` alone is an error code (`ALARM_STALE_VERSION`, `ECONNRESET`, SQL state) or a user code; digits alone are taken for the latter. */
const ERROR_CODE = /^(?=.*[A-Z])[A-Z0-9_]+$/
const SQL_STATE = /^[0-9A-Z]{5}$/

/** Credentials inside longer texts: URLs with a password, bearer headers, signed tokens, secrets in query strings. */
const INSIDE_TEXT: readonly (readonly [RegExp, string])[] = [
  [/(:\/\/[^/:@\s]*):[^/@\s]*@/g, `$1:${MASK}@`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+/gi, `$1 ${MASK}`],
  [/\beyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*)?/g, MASK],
  [/([?&](?:ticket|token|access_token|code|key|password|secret)=)[^&\s"']+/gi, `$1${MASK}`],
]

/**
 * A copy of a log payload that is safe to write: secret names masked, credentials inside texts masked, errors flattened
 * with their causes, depth and size bounded. The input is left alone.
 */
export function redact(value: unknown): unknown {
  return redactValue(value, 0, new Set())
}

/** What each of the patterns above needs; most texts have none of it. */
const MAY_HOLD_CREDENTIALS = /:\/\/|bearer|basic|eyJ|[?&]/i

export function redactText(text: string): string {
  if (text.length <= LONGEST_TEXT && !MAY_HOLD_CREDENTIALS.test(text)) return text
  let out = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}… (${text.length} characters)` : text
  for (const [pattern, replacement] of INSIDE_TEXT) out = out.replace(pattern, replacement)
  return out
}

function redactValue(value: unknown, depth: number, ancestors: ReadonlySet<object>): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '[function]' : value
  if (value instanceof Secret) return MASK
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (ancestors.has(value) || depth >= DEEPEST) return '[…]'
  const inside = new Set(ancestors).add(value)
  if (value instanceof Error) return redactError(value, depth, inside)
  if (Array.isArray(value)) {
    const shown = value.slice(0, LONGEST_LIST).map((item) => redactValue(item, depth + 1, inside))
    return value.length > LONGEST_LIST ? [...shown, `… (${value.length} items)`] : shown
  }
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value)
  return Object.fromEntries(
    entries.map(([name, item]) => [
      String(name),
      isSecretEntry(String(name), item) ? MASK : redactValue(item, depth + 1, inside),
    ]),
  )
}

function redactError(error: Error, depth: number, ancestors: ReadonlySet<object>): Record<string, unknown> {
  const code = (error as { code?: unknown }).code
  return {
    name: error.name,
    message: redactText(error.message),
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.stack ? { stack: redactText(error.stack) } : {}),
    ...(error.cause !== undefined ? { cause: redactValue(error.cause, depth + 1, ancestors) } : {}),
    ...(error instanceof AggregateError
      ? { errors: error.errors.slice(0, 10).map((inner) => redactValue(inner, depth + 1, ancestors)) }
      : {}),
  }
}

function isSecretEntry(name: string, value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'boolean') return false
  const kind = kindOfName(name)
  if (kind === 'code') return !(typeof value === 'string' && (ERROR_CODE.test(value) || SQL_STATE.test(value)))
  return kind === 'secret'
}

type NameKind = 'secret' | 'code' | 'plain'

/** Every line has the same few names. Bounded: names can come from outside. */
const knownNames = new Map<string, NameKind>()
const KNOWN_NAMES_MAX = 1_000

function kindOfName(rawName: string): NameKind {
  const known = knownNames.get(rawName)
  if (known !== undefined) return known
  const name = rawName
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[-.\s]/g, '_')
    .toLowerCase()
  const kind = name === 'code' ? 'code' : SECRET_NAME.test(name) ? 'secret' : 'plain'
  if (knownNames.size < KNOWN_NAMES_MAX && rawName.length <= 100) knownNames.set(rawName, kind)
  return kind
}
