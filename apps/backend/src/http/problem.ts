/**
 * Refusals on their way out: use cases return them as values, HTTP turns them into the envelope of spec 05.
 * `Problem` is that value as an exception, for the places where a hook or handler has to stop.
 */
import { type ErrorBody, type ErrorCode, errorCodes } from '@stam/contracts'
import { errorTexts } from './error-catalogue.ts'

export interface Refusal {
  readonly code: ErrorCode
  readonly details?: Readonly<Record<string, unknown>>
}

export type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: Refusal }

export const done = <Value>(value: Value): Outcome<Value> => ({ ok: true, value })
export const refuse = (code: ErrorCode, details?: Readonly<Record<string, unknown>>): Outcome<never> => ({
  ok: false,
  refusal: details === undefined ? { code } : { code, details },
})

export class Problem extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, details: Readonly<Record<string, unknown>> = {}, options?: { cause?: unknown }) {
    super(errorTexts[code].message, options)
    this.name = 'Problem'
    this.code = code
    this.details = details
  }

  get status(): number {
    return errorCodes[this.code]
  }
}

/** The value of a successful outcome; a refusal becomes the answer of this request. */
export function valueOf<Value>(outcome: Outcome<Value>): Value {
  if (outcome.ok) return outcome.value
  throw new Problem(outcome.refusal.code, outcome.refusal.details)
}

export function errorBody(code: ErrorCode, details: Readonly<Record<string, unknown>> = {}): ErrorBody {
  return { error: { code, message: errorTexts[code].message, details: { ...details } } }
}
