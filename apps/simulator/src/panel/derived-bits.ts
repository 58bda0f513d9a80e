import { COMMAND } from '@stam/integra/codec'
import { outputIsOn } from './output-functions.ts'
import { STATUS_SLOTS } from './trouble-status.ts'
import type { VirtualPanel } from './virtual-panel.ts'

/** Bits that follow from others: partitions with violated zones, the suppressed arming view, outputs, the status. */
export function settleDerivedBits(panel: VirtualPanel): void {
  const { state, layout } = panel
  if (state.isTouched(COMMAND.zonesViolated)) {
    const violated = new Set<number>()
    for (const number of state.numbers(COMMAND.zonesViolated)) {
      const zone = layout.zone(number)
      if (zone !== undefined) violated.add(zone.partition)
    }
    for (const { number } of layout.partitions) state.set(COMMAND.partitionsViolated, number, violated.has(number))
  }
  // From panel firmware 1.12 on both report real arming (reference 4.1, note 1).
  if (state.isTouched(COMMAND.partitionsArmed)) {
    state.replace(COMMAND.partitionsArmedSuppressed, state.bytes(COMMAND.partitionsArmed))
  }
  for (const output of layout.outputs) {
    const on = outputIsOn(output, panel)
    if (on !== undefined) state.set(COMMAND.outputsOn, output.number, on)
  }
  if (STATUS_SLOTS.some((slot) => state.isTouched(slot))) state.touch(COMMAND.clock)
}
