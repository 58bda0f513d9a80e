import type { WorkerPanel } from '@stam/store'

/** Whether a link opened for one would be right for the other; names and priorities do not matter to it. */
export function connectsAlike(a: WorkerPanel, b: WorkerPanel): boolean {
  return (
    a.host === b.host &&
    a.port === b.port &&
    a.time_zone === b.time_zone &&
    // The token changes with every new encryption key, the panel's key does not: no link is closed for a rotation.
    a.integration_key_no === b.integration_key_no
  )
}
