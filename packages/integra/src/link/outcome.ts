import { encodeFrame } from '../codec/frame.ts'
import { resultCode } from '../codec/results.ts'
import type { CommandContext, PanelCommand } from '../commands/command.ts'
import type { RawOutcome } from './exchange.ts'
import type { Outcome } from './types.ts'

export type Prepared =
  | { readonly kind: 'prepared'; readonly payload: Uint8Array; readonly frame: Uint8Array }
  | { readonly kind: 'not_sent'; readonly reason: 'unsupported' | 'invalid'; readonly problem: string }

/** Payload and frame of a command, or why this panel or this protocol cannot carry it. Nothing invalid goes out: the
 * module would stay silent, which looks like a dead link. */
export function prepare<Args, Answer>(
  command: PanelCommand<Args, Answer>,
  args: Args,
  context: CommandContext,
): Prepared {
  const problem = command.unsupported?.(args, context)
  if (problem !== undefined) return { kind: 'not_sent', reason: 'unsupported', problem }
  try {
    const payload = command.encode(args, context)
    return { kind: 'prepared', payload, frame: encodeFrame(command.number, payload) }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { kind: 'not_sent', reason: 'invalid', problem: error.message }
  }
}

/** Gives an answer its meaning. */
export function toOutcome<Args, Answer>(
  command: PanelCommand<Args, Answer>,
  raw: RawOutcome,
  context: CommandContext,
): Outcome<Answer> {
  if (raw.kind === 'result') {
    const result = resultCode(raw.code)
    return { kind: result.success ? 'accepted' : 'refused', result }
  }
  if (raw.kind !== 'answered') return raw
  const value = command.decode(raw.payload, context)
  return value === undefined ? { kind: 'unknown', reason: 'undecodable' } : { kind: 'answered', value }
}
