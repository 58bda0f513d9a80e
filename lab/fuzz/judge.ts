/** What an answer must never be or contain, whoever asked for whatever. Pure. */
import { SECRET_CANARY, SITE_CANARY } from './hostile-values.ts'
import type { Answer } from './http-connection.ts'
import type { HttpMessage } from './http-messages.ts'

export interface Fault {
  readonly fault: string
  readonly what: string
  readonly role: string
  /** The beginning of what was sent, printable. */
  readonly sent: string
  readonly got: string
}

/** Signs that something of the inside has got out. */
const INSIDE =
  /\bat [^\n]{1,120}\.[jt]s:\d+|node_modules|\bFST_|\bERR_[A-Z]{3}|\bSELECT .{1,200} FROM\b|relation "|syntax error at or near|violates [a-z-]+ constraint|\bpg_[a-z]/
const PUBLIC =
  /^(POST \/api\/auth\/(login|refresh|logout|passkeys\/login(-question)?)|(GET|POST) \/api\/setup|GET (\/api)?\/\.well-known\/jwks\.json)$/
const REVEAL = 'POST /api/secrets/panel-integration-key/{id}/reveal'

/** Faults of one answer to one message. */
export function judgeAnswer(message: HttpMessage, answer: Answer, secrets: readonly string[]): string[] {
  const { status, headers } = answer
  const body = answer.body.toString('utf8')
  const sent = message.bytes.toString('utf8')
  const faults: string[] = []
  if (status >= 500 && status !== 503) faults.push(`status ${status}`)
  for (const secret of secrets) {
    if (body.includes(secret) && !mayShow(message, secret, status))
      faults.push(`shows a secret (${secret.slice(0, 4)}…)`)
  }
  const outsider = message.actor === null || message.actor.scoped
  if (outsider && body.includes(SITE_CANARY)) faults.push('shows a site that is not theirs')
  if (status >= 400) {
    const inside = INSIDE.exec(body)?.[0]
    if (inside !== undefined && !sent.includes(inside)) faults.push(`shows the inside: ${inside.slice(0, 80)}`)
  }
  if (headers['set-cookie'] !== undefined && !message.what.includes('/api/auth/')) faults.push('sets a cookie')
  if (headers['x-powered-by'] !== undefined || headers['server'] !== undefined) faults.push('names its software')
  if (message.answered) faults.push(...judgeForm(message, status, headers, body))
  return faults
}

/** Only of requests that are HTTP and meant for a route: the envelope, the headers, and who may pass. */
function judgeForm(message: HttpMessage, status: number, headers: Answer['headers'], body: string): string[] {
  const faults: string[] = []
  for (const header of ['x-request-id', 'x-content-type-options', 'content-security-policy']) {
    if (headers[header] === undefined) faults.push(`no ${header}`)
  }
  if (status >= 400 && !isEnvelope(body)) faults.push('no envelope')
  const aimed = message.kind === 'fitting' || message.kind === 'almost' || message.kind === 'hostile body'
  if (aimed && message.actor === null && status < 400 && !PUBLIC.test(message.what)) faults.push('lets nobody in')
  return faults
}

/** A key is shown to those who may see it, for a reason: that is the one answer it belongs in. */
function mayShow(message: HttpMessage, secret: string, status: number): boolean {
  return secret === SECRET_CANARY && message.what === REVEAL && message.actor !== null && status === 200
}

function isEnvelope(body: string): boolean {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown; details?: unknown } }
    return typeof error?.code === 'string' && typeof error.message === 'string' && typeof error.details === 'object'
  } catch {
    return false
  }
}

/** Printable, and no token in it. */
export function printable(bytes: Buffer, most = 1_200): string {
  const text = bytes
    .subarray(0, most * 2)
    .toString('latin1')
    .replaceAll(/Bearer [\w.-]+/g, 'Bearer …')
  return text
    .replaceAll(/[^\x20-\x7e\n]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .slice(0, most)
}
