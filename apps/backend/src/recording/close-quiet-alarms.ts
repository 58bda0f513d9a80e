import { allowedFrom, autoCloseDue, transition } from '@stam/domain'
import { uuidv7 } from '@stam/runtime'
import { announceAlarms, changeAlarm, ifNobodyElse, lockQuietAlarms, readAlarmSummaries, type Store } from '@stam/store'

const AT_ONCE = 100

/**
 * Closes what has been quiet for the site's time (spec 02: WARNING, INFO, and anything of a site on test; never a real CRITICAL). One backend at
 * a time does it. Returns how many it closed.
 */
export async function closeQuietAlarms(store: Store, now: number, serviceInstance: string): Promise<number> {
  let closed = 0
  for (;;) {
    const some = await closeSome(store, now, serviceInstance)
    closed += some
    if (some < AT_ONCE) return closed
  }
}

async function closeSome(store: Store, now: number, serviceInstance: string): Promise<number> {
  const act = { actor: { kind: 'system', name: 'clock' }, ip: null, requestId: null, serviceInstance } as const
  const closed = await ifNobodyElse(store, 'close-quiet-alarms', async (tx) => {
    const ids: string[] = []
    for (const { summary, transitionVersion, lastActive, settings } of await lockQuietAlarms(
      tx,
      new Date(now).toISOString(),
      AT_ONCE,
    )) {
      const quiet = autoCloseDue({ ...summary, last_active: Date.parse(lastActive) }, settings, now)
      const outcome = transition(
        { ...summary, transition_version: transitionVersion, handler_id: summary.handler?.id ?? null },
        { type: 'auto_close', quiet },
      )
      if (!outcome.ok) continue
      const { next, effects } = outcome
      const changed = await changeAlarm(tx, {
        alarmId: summary.id,
        siteId: summary.site.id,
        version: summary.version,
        fromStatus: summary.status,
        toStatus: next.status,
        allowedFrom: allowedFrom.auto_close,
        action: effects.action,
        note: effects.note,
        disposition: effects.disposition,
        stamp: effects.stamp,
        transitionId: uuidv7(),
        act,
      })
      if (changed) ids.push(summary.id)
    }
    await announceAlarms(tx, await readAlarmSummaries(tx, ids), { requestId: null })
    return ids.length
  })
  return closed ?? 0
}
