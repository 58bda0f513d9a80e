import { COMMAND, encodeEventAnswer, encodeFrame } from '@stam/integra/codec'
import type { EmittedSignal } from '../panel/virtual-panel.ts'

/**
 * A new record sent unasked, as seen with ETHM-1 Plus 2.13 (reference 5.1). Its last three bytes are no echo of a
 * request; captured ones named an earlier record.
 */
export function encodeUnsolicitedEvent(signal: EmittedSignal): Uint8Array {
  const earlier = signal.panel.memory.tokenOf(Math.max(0, signal.ordinal - 1))
  return encodeFrame(COMMAND.readEvent, encodeEventAnswer(signal.record, signal.token, earlier))
}
