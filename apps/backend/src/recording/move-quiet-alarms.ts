/** What the clock does with alarms nobody has taken (spec 02 "Life of an alarm"): the actor is the system, every step audited and told. */
import { type AlarmInput, allowedFrom, autoAckDue, autoCloseDue, transition } from '@stam/domain'
import type { AlarmSummary } from '@stam/contracts'
import { uuidv7 } from '@stam/runtime'
import {
  type AlarmChange,
  changeAlarm,
  ifNobodyElse,
  lockQuietAlarms,
  lockUntakenInfoAlarms,
  type QuietAlarm,
  type Store,
  tellAlarmChanges,
  type Transaction,
} from '@stam/store'
import { stateOf } from '../alarms/allowed-for.ts'

const AT_ONCE = 100

interface ClockTask {
  /** Name of the lock that lets one backend at a time do it. */
  readonly name: string
  readonly lock: typeof lockQuietAlarms
  readonly input: (alarm: QuietAlarm, now: number) => Extract<AlarmInput, { type: 'auto_ack' | 'auto_close' }> | null
}

const closing: ClockTask = {
  name: 'close-quiet-alarms',
  lock: lockQuietAlarms,
  input: ({ summary, lastActive, settings }, now) => ({
    type: 'auto_close',
    quiet: autoCloseDue({ ...summary, last_active: Date.parse(lastActive) }, settings, now),
  }),
}

const acknowledging: ClockTask = {
  name: 'acknowledge-info-alarms',
  lock: lockUntakenInfoAlarms,
  input: ({ summary, lastActive, settings }, now) =>
    autoAckDue({ ...summary, last_active: Date.parse(lastActive) }, settings, now) ? { type: 'auto_ack' } : null,
}

/**
 * Closes what has been quiet for the site's time: WARNING, INFO, and anything of a site on test; never a real CRITICAL. One backend at a time
 * does it. Returns how many it closed.
 */
export function closeQuietAlarms(store: Store, now: number, serviceInstance: string): Promise<number> {
  return moveAll(closing, store, now, serviceInstance)
}

/** Acknowledges INFO alarms nobody took, where the site wants it. One backend at a time does it. Returns how many it acknowledged. */
export function acknowledgeInfoAlarms(store: Store, now: number, serviceInstance: string): Promise<number> {
  return moveAll(acknowledging, store, now, serviceInstance)
}

async function moveAll(task: ClockTask, store: Store, now: number, serviceInstance: string): Promise<number> {
  let moved = 0
  for (;;) {
    const some = (await ifNobodyElse(store, task.name, (tx) => moveSome(task, tx, now, serviceInstance))) ?? 0
    moved += some
    if (some < AT_ONCE) return moved
  }
}

/** Everything in one transaction: after a crash either the step, its audit record and its message are there, or none of them. */
async function moveSome(task: ClockTask, tx: Transaction, now: number, serviceInstance: string): Promise<number> {
  const act = { actor: { kind: 'system', name: 'clock' }, ip: null, requestId: null, serviceInstance } as const
  const changes: { change: AlarmChange; alarm: AlarmSummary }[] = []
  for (const alarm of await task.lock(tx, new Date(now).toISOString(), AT_ONCE)) {
    const { summary } = alarm
    const input = task.input(alarm, now)
    if (input === null) continue
    const outcome = transition(stateOf(summary, alarm), input)
    if (!outcome.ok) continue
    const { next, effects } = outcome
    const change: AlarmChange = {
      alarmId: summary.id,
      siteId: summary.site.id,
      version: summary.version,
      fromStatus: summary.status,
      toStatus: next.status,
      allowedFrom: allowedFrom[input.type],
      action: effects.action,
      note: effects.note,
      disposition: effects.disposition,
      stamp: effects.stamp,
      transitionId: uuidv7(),
      act,
    }
    const changed = await changeAlarm(tx, change)
    if (changed) changes.push({ change, alarm: changed })
  }
  await tellAlarmChanges(tx, changes)
  return changes.length
}
