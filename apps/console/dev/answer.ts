/** What the development centre answers with. */
import { type ErrorCode, errorCodes, type Me } from '@stam/contracts'

export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly signIn?: Me
  readonly signOut?: true
}

export const ok = (body: unknown): Answer => ({ status: 200, body })
export const problem = (code: ErrorCode, details: Record<string, unknown> = {}): Answer => ({
  status: errorCodes[code],
  body: { error: { code, message: code, details } },
})
