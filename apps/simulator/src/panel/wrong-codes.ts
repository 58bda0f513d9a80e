import type { VirtualPanel } from './virtual-panel.ts'

const ATTEMPTS = 3

export function isLocked(panel: VirtualPanel): boolean {
  return panel.time.monotonicMs() < panel.lockedUntilMs
}

/**
 * A code nobody has. The third in a row is reported (code 461, and 64 for the device) and locks every code out for
 * the lockout time.
 * @param source keypad or module that got it
 */
export function enterWrongCode(panel: VirtualPanel, partition: number, source: number): void {
  panel.wrongCodes++
  if (panel.wrongCodes < ATTEMPTS) return
  panel.wrongCodes = 0
  panel.lockedUntilMs = panel.time.monotonicMs() + panel.spec.timing.lockoutMs
  panel.record({ code: 461, partition, source })
  if (panel.spec.timing.lockoutMs > 0) panel.record({ code: 64, source })
}
