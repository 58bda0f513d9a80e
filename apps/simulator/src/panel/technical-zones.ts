import { COMMAND } from '@stam/integra/codec'
import type { ZoneSpec } from './panel-spec.ts'
import type { VirtualPanel } from './virtual-panel.ts'

const MASKED_CODE = 380
/** Part 7 keeps the memory of technical zones 129..256 in the same block, 16 bytes later (reference 4.4). */
const PART7_MEMORY_BITS = 16 * 8

/** Sets or clears the trouble bit of a technical zone: part 1 for zones 1..128, part 7 above. */
function markTechnicalZone(panel: VirtualPanel, zone: ZoneSpec, on: boolean): void {
  const { state } = panel
  if (zone.number <= 128) {
    state.set(COMMAND.troubles1, zone.number, on)
    if (on) state.set(COMMAND.troubleMemory1, zone.number, true)
    return
  }
  state.set(COMMAND.troubles7, zone.number - 128, on)
  if (on) state.set(COMMAND.troubles7, PART7_MEMORY_BITS + zone.number - 128, true)
}

/** A zone that watches equipment (reactions 59..63, 97) or reports masking (91): a trouble, not an alarm. */
export function violateTechnicalZone(panel: VirtualPanel, zone: ZoneSpec, code: number): void {
  if (code === MASKED_CODE) {
    panel.state.set(COMMAND.zonesMasked, zone.number, true)
    panel.state.set(COMMAND.zonesMaskedMemory, zone.number, true)
  } else markTechnicalZone(panel, zone, true)
  panel.record({ code, partition: zone.partition, object: zone.number })
}

export function restoreTechnicalZone(panel: VirtualPanel, zone: ZoneSpec, code: number): void {
  if (code === MASKED_CODE) {
    if (!panel.state.set(COMMAND.zonesMasked, zone.number, false)) return
  } else {
    const slot = zone.number <= 128 ? COMMAND.troubles1 : COMMAND.troubles7
    if (!panel.state.has(slot, zone.number <= 128 ? zone.number : zone.number - 128)) return
    markTechnicalZone(panel, zone, false)
  }
  panel.record({ code, restore: true, partition: zone.partition, object: zone.number })
}
