/**
 * JSON bodies: depth is bounded before parsing, since a parser recurses and a validator after it; keys that would
 * reach an object's prototype are refused; an empty body is no body (logout, refresh).
 */
import type { FastifyInstance } from 'fastify'
import { Problem } from './problem.ts'

const DEEPEST = 24
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Deepest nesting of `[` and `{` outside strings; linear, without recursion. Malformed text is the parser's to refuse. */
export function jsonDepth(text: string): number {
  let depth = 0
  let deepest = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) {
      at++
      while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
    } else if (char === 0x5b || char === 0x7b) {
      deepest = Math.max(deepest, ++depth)
    } else if (char === 0x5d || char === 0x7d) {
      depth--
    }
  }
  return deepest
}

export function acceptJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, finish) => {
    if (body.trim() === '') return finish(null, undefined)
    if (jsonDepth(body) > DEEPEST) {
      return finish(
        new Problem('INVALID_REQUEST', {
          issues: [{ path: 'body', code: 'too_deep', message: `nested deeper than ${DEEPEST}` }],
        }),
      )
    }
    return parse(request, body, finish)
  })
}
