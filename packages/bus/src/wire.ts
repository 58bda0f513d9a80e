import { BusMessage } from '@stam/contracts'
import { BusError } from './errors.ts'

/**
 * Checks a message against its schema and serialises what the schema names; unknown fields stay here, so nothing leaks by
 * accident. Throws `BUS_REJECTED`.
 */
export function encodeMessage(message: BusMessage): { readonly message: BusMessage; readonly body: Buffer } {
  const result = BusMessage.safeParse(message)
  if (!result.success) {
    throw new BusError('BUS_REJECTED', `a message breaks its schema: ${problems(result.error)}`, {
      cause: result.error,
    })
  }
  return { message: result.data, body: Buffer.from(JSON.stringify(result.data)) }
}

/** The message in a body, or in words why there is none. */
export function decodeMessage(body: Buffer): { readonly message: BusMessage } | { readonly problem: string } {
  const parsed = parseJson(body)
  if (parsed === undefined) return { problem: 'not JSON' }
  const result = BusMessage.safeParse(parsed)
  return result.success ? { message: result.data } : { problem: `breaks its schema: ${problems(result.error)}` }
}

/** Undefined when it is not JSON. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

/** Paths and rules only: a value could be a secret or a person's. */
function problems(error: { readonly issues: readonly { path: PropertyKey[]; code?: string | undefined }[] }): string {
  const shown = error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || '(message)'}: ${issue.code}`)
  const more = error.issues.length - shown.length
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '')
}
