/**
 * What time does by itself and every backend may do: modes end at their `until`, spent keys and tickets go, the audit
 * record is sealed. Each step
 * locks what it takes, so two backends never do it twice.
 */
import { type Clock, currentTrace, type Log } from '@stam/runtime'
import { announceSite, appendAudit, endDueModes, removeExpired, sealAudit, type Store } from '@stam/store'

export interface Housekeeping {
  close(): Promise<void>
}

const MODES_MS = 5_000
const CLEAN_EVERY = 60

export function startHousekeeping({ store, clock, log }: { store: Store; clock: Clock; log: Log }): Housekeeping {
  let closed = false
  let rounds = 0
  let cancel = () => {}
  let running = Promise.resolve()

  async function round(): Promise<void> {
    try {
      await endModes(store)
      await sealCommitted(store, log)
      if (rounds++ % CLEAN_EVERY === 0) await store.inTransaction((tx) => removeExpired(tx))
    } catch (error) {
      log.warn('housekeeping_failed', { error })
    }
    later()
  }
  function later(): void {
    if (closed) return
    cancel = clock.setTimer(MODES_MS, () => {
      running = round()
    })
  }
  later()
  return {
    async close() {
      closed = true
      cancel()
      await running
    },
  }
}

/** The end of the chain goes to the log: kept elsewhere, it contradicts whoever rewrites the whole chain. */
async function sealCommitted(store: Store, log: Log): Promise<void> {
  const result = await sealAudit(store)
  if (result?.head && result.sealed > 0) log.info('audit_sealed', { entries: result.sealed, ...result.head })
}

/** Ends service and test modes whose time has come, with audit and announcement. */
export async function endModes(store: Store): Promise<number> {
  return store.inTransaction(async (tx) => {
    const ended = await endDueModes(tx)
    await appendAudit(
      tx,
      ended.map(({ siteId, mode, reason }) => ({
        actor: { kind: 'system', name: 'clock' },
        action: `${mode.toUpperCase()}_MODE_OFF`,
        entityType: 'site',
        entityId: siteId,
        siteId,
        before: { active: true, reason },
        after: { active: false },
        reason: 'time is up',
      })),
    )
    for (const siteId of new Set(ended.map((end) => end.siteId))) {
      await announceSite(tx, siteId, currentTrace()?.request_id ?? null)
    }
    return ended.length
  })
}
