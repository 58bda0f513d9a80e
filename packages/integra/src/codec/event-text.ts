import { type CodePage, decodeText, encodeText } from './code-page.ts'

/** Answer to 0x8F (reference 5.2). */
export interface EventTextAnswer {
  readonly restore: boolean
  readonly code: number
  readonly longKind: number
  readonly shortKind: number
  readonly text: string
}

export const SHORT_TEXT_BYTES = 16
export const LONG_TEXT_BYTES = 46
const HEAD_BYTES = 5

export type EventTextLength = 'long' | 'short'

function textBytes(length: EventTextLength): number {
  return length === 'long' ? LONG_TEXT_BYTES : SHORT_TEXT_BYTES
}

/** Two bytes: .15 long, then R and code as in a record. */
export function encodeEventTextRequest(code: number, restore: boolean, length: EventTextLength): Uint8Array {
  const word = (length === 'long' ? 0x8000 : 0) | (restore ? 0x0400 : 0) | (code & 0x03ff)
  return Uint8Array.of(word >> 8, word & 0xff)
}

export function decodeEventTextRequest(
  payload: Uint8Array,
): { code: number; restore: boolean; length: EventTextLength } | undefined {
  if (payload.length !== 2) return undefined
  const word = ((payload[0] as number) << 8) | (payload[1] as number)
  return { code: word & 0x03ff, restore: (word & 0x0400) !== 0, length: word & 0x8000 ? 'long' : 'short' }
}

export function decodeEventText(payload: Uint8Array, codePage?: CodePage): EventTextAnswer | undefined {
  const request = decodeEventTextRequest(payload.subarray(0, 2))
  if (request === undefined || payload.length !== HEAD_BYTES + textBytes(request.length)) return undefined
  return {
    restore: request.restore,
    code: request.code,
    longKind: payload[2] as number,
    shortKind: ((payload[3] as number) << 8) | (payload[4] as number),
    text: decodeText(payload.subarray(HEAD_BYTES), codePage),
  }
}

export function encodeEventText(answer: EventTextAnswer, length: EventTextLength, codePage?: CodePage): Uint8Array {
  const payload = new Uint8Array(HEAD_BYTES + textBytes(length))
  payload.set(encodeEventTextRequest(answer.code, answer.restore, length))
  payload[2] = answer.longKind
  payload[3] = (answer.shortKind >> 8) & 0xff
  payload[4] = answer.shortKind & 0xff
  payload.set(encodeText(answer.text, textBytes(length), codePage), HEAD_BYTES)
  return payload
}

const SHORT_KINDS: Readonly<Record<number, number>> = {
  0: 0x0000,
  1: 0x0003,
  2: 0x0005,
  3: 0x000c,
  4: 0x0002,
  5: 0x0001,
  6: 0x0014,
  7: 0x0004,
  8: 0x0081,
  9: 0x0100,
  10: 0x1000,
  11: 0x0401,
  12: 0x0020,
  13: 0x0020,
  14: 0x0104,
  15: 0x0041,
  30: 0x2010,
  31: 0x0000,
  32: 0x4000,
}
const SHORT_KIND_EXCEPTIONS: Readonly<Record<number, number>> = {
  75: 0x8000,
  350: 0x8000,
  351: 0x8000,
  303: 0x0200,
  411: 0x0800,
  1022: 0x0800,
  97: 0x0002,
  98: 0x0002,
  145: 0x0002,
  574: 0x0002,
  84: 0x0081,
}

/** The short-kind word a panel sends for a code (observed on one panel, reference 5.2). */
export function shortKindOf(code: number, longKind: number): number {
  return SHORT_KIND_EXCEPTIONS[code] ?? SHORT_KINDS[longKind] ?? 0
}
