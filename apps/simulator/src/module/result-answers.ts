import { COMMAND, encodeFrame } from '@stam/integra/codec'
import type { Answer, RequestContext } from './module-request.ts'

/** Result codes of 0xEF (reference 4.6). */
export const RESULT = {
  done: 0x00,
  codeNotRecognised: 0x01,
  noAccess: 0x02,
  userMissing: 0x03,
  userExists: 0x04,
  wrongOrUsedCode: 0x05,
  telephoneCodeUsed: 0x06,
  codeUnchanged: 0x07,
  otherError: 0x08,
  mayForce: 0x11,
  cannotArm: 0x12,
  accepted: 0xff,
} as const
export type Result = (typeof RESULT)[keyof typeof RESULT]

const frames = new Map<number, Uint8Array>()

export function resultFrame(code: number): Uint8Array {
  let frame = frames.get(code)
  if (frame === undefined) {
    frame = encodeFrame(COMMAND.result, Uint8Array.of(code))
    frames.set(code, frame)
  }
  return frame
}

export function result(code: Result): Answer {
  return { frame: resultFrame(code) }
}

/** The success code this firmware uses, FF or 00, and what the panel then does. */
export function accepted(context: RequestContext, effect: () => void): Answer {
  const code = context.panel.spec.module.acceptedResult === 'FF' ? RESULT.accepted : RESULT.done
  return { frame: resultFrame(code), effect }
}
