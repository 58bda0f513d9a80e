/**
 * The only place that talks HTTP. Answers are validated against the contracts; every failure becomes one of five kinds,
 * so that a screen can always say what happened, what is safe and what to do.
 */
import { ErrorBody } from '@stam/contracts'
import type { z } from 'zod'

export type Failure =
  /** The server understood and said no (4xx with our error body). */
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly code: string
      readonly message: string
      readonly details: Record<string, unknown>
    }
  /** No answer, a time-out, or a proxy without a server behind it. What was asked may or may not have happened. */
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'signed_out' }
  /** The server failed (5xx) and said so. */
  | { readonly kind: 'broken'; readonly status: number; readonly requestId: string | null }
  /** The answer does not match its contract: console and server are of different versions. */
  | { readonly kind: 'unreadable'; readonly path: string }

export class ApiError extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.kind === 'refused' ? `${failure.code}: ${failure.message}` : failure.kind)
    this.name = 'ApiError'
    this.failure = failure
  }
}

export const failureOf = (error: unknown): Failure =>
  error instanceof ApiError ? error.failure : { kind: 'unreadable', path: error instanceof Error ? error.message : '' }

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  /** Goes on when the page is left: for what must not be half done, such as spending a refresh token. */
  readonly keepalive?: boolean
  /** Sent without a bearer token, and a 401 is an answer, not the end of the session. */
  readonly anonymous?: boolean
  /** Makes a repeated mutation harmless; given, the call is tried once more when no answer came. */
  readonly idempotencyKey?: string
}

export interface HttpDeps {
  readonly fetch: typeof fetch
  readonly token: () => string | null
  /** Renews the session; false = signed out. Rejects with `unreachable` when the server could not be asked. */
  readonly renew: () => Promise<boolean>
  /** Told after each call whether the server could be reached at all. */
  readonly onReach: (reached: boolean) => void
  /** Told the code of each refusal. */
  readonly onRefusal?: (code: string) => void
}

export interface Http {
  call<S extends z.ZodType>(path: string, schema: S, call?: Call): Promise<z.output<S>>
  /** For answers without a body worth reading (204). */
  /** The answer as it is, for files. */
  text(path: string, call?: Call): Promise<string>
  send(path: string, call?: Call): Promise<void>
}

const defaultTimeoutMs = 10_000

/** A whole answer, read within its time limit. */
interface Answer {
  readonly status: number
  readonly requestId: string | null
  readonly text: string
}

/** A 503 of our own that names a part which is away comes from a server that is there. */
function isSilence(answer: Answer): boolean {
  if (answer.status === 502 || answer.status === 504) return true
  return answer.status === 503 && (codeOf(answer) ?? 'NOT_READY') === 'NOT_READY'
}

export function createHttp(deps: HttpDeps): Http {
  const once = async (path: string, call: Call): Promise<Answer> => {
    const limit = new AbortController()
    const giveUp = (): void => limit.abort()
    const timer = setTimeout(giveUp, call.timeoutMs ?? defaultTimeoutMs)
    call.signal?.addEventListener('abort', giveUp, { once: true })
    if (call.signal?.aborted === true) giveUp()
    try {
      const token = call.anonymous === true ? null : deps.token()
      const response = await deps.fetch(path + queryText(call.query), requestOf(call, token, limit.signal))
      const answer = {
        status: response.status,
        requestId: response.headers.get('x-request-id'),
        text: await response.text(),
      }
      deps.onReach(!isSilence(answer))
      return answer
    } catch (error) {
      if (call.signal?.aborted === true) throw error
      deps.onReach(false)
      throw new ApiError({ kind: 'unreachable' })
    } finally {
      clearTimeout(timer)
      call.signal?.removeEventListener('abort', giveUp)
    }
  }

  const withSession = async (path: string, call: Call): Promise<Answer> => {
    const answer = await once(path, call)
    // A wrong password is an answer to a question; only a token that is no longer good is worth renewing.
    if (answer.status !== 401 || call.anonymous === true || codeOf(answer) === 'INVALID_CREDENTIALS') return answer
    if (!(await deps.renew())) throw new ApiError({ kind: 'signed_out' })
    const again = await once(path, call)
    if (again.status === 401) throw new ApiError({ kind: 'signed_out' })
    return again
  }

  const answered = async (path: string, call: Call): Promise<Answer> => {
    try {
      return await withSession(path, call)
    } catch (error) {
      const silent = error instanceof ApiError && error.failure.kind === 'unreachable'
      if (!silent || call.idempotencyKey === undefined) throw error
      return withSession(path, call)
    }
  }

  const ok = async (path: string, call: Call): Promise<Answer> => {
    const answer = await answered(path, call)
    if (answer.status >= 200 && answer.status < 300) return answer
    const failure = failureFrom(answer)
    if (failure.kind === 'refused') deps.onRefusal?.(failure.code)
    throw new ApiError(failure)
  }

  return {
    async call(path, schema, call = {}) {
      const answer = await ok(path, call)
      const parsed = schema.safeParse(jsonOf(answer.text))
      if (parsed.success) return parsed.data
      throw new ApiError({ kind: 'unreadable', path: `${path}: ${parsed.error.issues[0]?.path.join('.') ?? ''}` })
    },
    async text(path, call = {}) {
      return (await ok(path, call)).text
    },
    async send(path, call = {}) {
      await ok(path, call)
    },
  }
}

function requestOf(call: Call, token: string | null, signal: AbortSignal): RequestInit {
  // A header no foreign form can send, for what acts on the session cookie.
  const headers: Record<string, string> = { accept: 'application/json', 'x-requested-with': 'stam-console' }
  if (call.body !== undefined) headers['content-type'] = 'application/json'
  if (call.idempotencyKey !== undefined) headers['idempotency-key'] = call.idempotencyKey
  if (token !== null) headers['authorization'] = `Bearer ${token}`
  return {
    method: call.method ?? 'GET',
    headers,
    credentials: 'same-origin',
    cache: 'no-store',
    keepalive: call.keepalive === true,
    signal,
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function codeOf({ text }: Answer): string | undefined {
  const body = ErrorBody.safeParse(jsonOf(text))
  return body.success ? body.data.error.code : undefined
}

function failureFrom(answer: Answer): Failure {
  if (isSilence(answer)) return { kind: 'unreachable' }
  const { status, requestId, text } = answer
  const body = ErrorBody.safeParse(jsonOf(text))
  if (!body.success || (status >= 500 && status !== 503)) return { kind: 'broken', status, requestId }
  return { kind: 'refused', status, ...body.data.error }
}

function queryText(query: Call['query']): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== '') params.set(key, String(value))
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/** A random key for `Idempotency-Key`. `crypto.randomUUID` is missing on plain-HTTP origins, getRandomValues is not. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
