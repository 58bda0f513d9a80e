import { COMMAND } from '@stam/integra/codec'
import { INTERNAL_SLOT } from './panel-state.ts'
import type { VirtualPanel } from './virtual-panel.ts'

const EXPANDER_SOURCE = 129
const RELEASE_MS = 5_000

/** A door is pushed open. Without a release before it that is an unauthorised opening (code 85). */
export function openDoor(panel: VirtualPanel, expander: number): boolean {
  const number = expander + 1
  if (!panel.state.set(COMMAND.doorsOpen, number, true)) return false
  if (!panel.state.has(INTERNAL_SLOT.doorsReleased, number)) {
    panel.record({ code: 85, source: EXPANDER_SOURCE + expander })
  }
  panel.timer(`door:${expander}`, panel.spec.timing.doorOpenLimitMs, () => {
    panel.state.set(COMMAND.doorsOpenLong, number, true)
    panel.record({ code: 89, source: EXPANDER_SOURCE + expander })
  })
  return true
}

export function closeDoor(panel: VirtualPanel, expander: number): boolean {
  const number = expander + 1
  if (!panel.state.set(COMMAND.doorsOpen, number, false)) return false
  panel.cancelTimer(`door:${expander}`)
  panel.state.set(INTERNAL_SLOT.doorsReleased, number, false)
  if (panel.state.set(COMMAND.doorsOpenLong, number, false)) {
    panel.record({ code: 89, restore: true, source: EXPANDER_SOURCE + expander })
  }
  return true
}

/** Command 0x8A: the lock of an access module lets go for a few seconds (code 73). */
export function releaseDoor(panel: VirtualPanel, expander: number): void {
  const number = expander + 1
  panel.state.set(INTERNAL_SLOT.doorsReleased, number, true)
  panel.record({ code: 73, source: EXPANDER_SOURCE + expander })
  panel.timer(`release:${expander}`, RELEASE_MS, () => {
    panel.state.set(INTERNAL_SLOT.doorsReleased, number, false)
  })
}
