import type { WorkerPanel } from '@stam/store'

/** Whether a link opened for one would be right for the other; names and priorities do not matter to it. */
export function connectsAlike(a: WorkerPanel, b: WorkerPanel): boolean {
  return (
    a.host === b.host &&
    a.port === b.port &&
    a.time_zone === b.time_zone &&
    a.integration_key_encrypted === b.integration_key_encrypted
  )
}
