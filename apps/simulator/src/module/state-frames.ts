import { COMMAND, encodeClock, encodeFrame, stateRow, weekdayOf } from '@stam/integra/codec'
import { slotBytes } from '../panel/panel-state.ts'
import { hasTroubleMemory, hasTroubles } from '../panel/trouble-status.ts'
import type { VirtualPanel } from '../panel/virtual-panel.ts'

/** Answers with no bit set are the same bytes for every panel. */
const zeroFrames = new Map<number, Uint8Array>()

function zeroFrame(command: number, bytes: number): Uint8Array {
  const key = command * 64 + bytes - 1
  let frame = zeroFrames.get(key)
  if (frame === undefined) {
    frame = encodeFrame(command, new Uint8Array(bytes))
    zeroFrames.set(key, frame)
  }
  return frame
}

/** Payload of 0x1A (reference 4.2). */
export function clockPayload(panel: VirtualPanel): Uint8Array {
  const time = panel.clock.now()
  return encodeClock({
    time,
    weekday: weekdayOf(time),
    serviceMode: panel.inServiceMode,
    troubles: hasTroubles(panel.state),
    // The modules themselves are in the spec: type 12 is an ACU-100, 21 an INT-RX (reference 6.4).
    acu100Present: panel.spec.expanders.some(({ type }) => type === 12),
    intRxPresent: panel.spec.expanders.some(({ type }) => type === 21),
    troubleMemory: hasTroubleMemory(panel.state),
    gradeOption: panel.spec.gradeOption,
    basicType: panel.layout.type.basicType,
  })
}

/** The ready-made answers of one panel to the state reads; rebuilt only after a change. */
export class StateFrames {
  readonly #panel: VirtualPanel
  /** By command, plus 64 for the wide form. */
  readonly #frames = new Map<number, Uint8Array>()

  constructor(panel: VirtualPanel) {
    this.#panel = panel
  }

  invalidate(changedSlots: readonly number[]): void {
    for (const slot of changedSlots) {
      this.#frames.delete(slot)
      this.#frames.delete(slot + 64)
    }
  }

  /** @param wide 32 data bytes for zones and outputs */
  frame(command: number, wide: boolean): Uint8Array {
    if (command === COMMAND.clock) return encodeFrame(command, clockPayload(this.#panel))
    const row = stateRow(command)
    const bytes = row === undefined ? slotBytes(command) : wide ? row.wideBytes : row.bytes
    if (!this.#panel.state.any(command)) return zeroFrame(command, bytes)
    const key = wide ? command + 64 : command
    let frame = this.#frames.get(key)
    if (frame === undefined) {
      frame = encodeFrame(command, this.#panel.state.bytes(command).subarray(0, bytes))
      this.#frames.set(key, frame)
    }
    return frame
  }
}
