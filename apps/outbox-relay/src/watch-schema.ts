import type { Clock } from '@stam/runtime'
import { isStoreError, type Store } from '@stam/store'

const EVERY_MS = 60_000

/** Calls `stop` once a newer version has changed the schema beyond us (house rule 13); the returned function ends the watch. */
export function watchSchema(store: Store, clock: Clock, stop: (reason: string, exitCode: number) => void): () => void {
  let cancel = () => {}
  const later = () => {
    cancel = clock.setTimer(EVERY_MS, () => void look())
  }
  async function look(): Promise<void> {
    try {
      await store.checkSchema()
    } catch (error) {
      // An outage is no reason: the database may simply be away.
      if (isStoreError(error, 'SCHEMA_TOO_NEW')) return stop('the database schema is newer than this version', 3)
    }
    later()
  }
  later()
  return () => cancel()
}
