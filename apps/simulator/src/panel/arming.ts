import { COMMAND } from '@stam/integra/codec'
import type { PartitionSpec } from './panel-spec.ts'
import { INTERNAL_SLOT } from './panel-state.ts'
import { DURESS_TYPE } from './panel-users.ts'
import type { VirtualPanel } from './virtual-panel.ts'
import { zoneBehaviour } from './zone-behaviour.ts'

export type ArmMode = 0 | 1 | 2 | 3

/** Who arms or disarms: a user number, or a function zone. */
export interface Actor {
  readonly user?: number
  readonly zone?: number
}

const MODE_SLOTS: readonly (number | undefined)[] = [
  undefined,
  COMMAND.partitionsArmedMode1,
  COMMAND.partitionsArmedMode2,
  COMMAND.partitionsArmedMode3,
]
const EXIT_SLOTS: readonly number[] = [
  INTERNAL_SLOT.exitMode0,
  INTERNAL_SLOT.exitMode1,
  INTERNAL_SLOT.exitMode2,
  INTERNAL_SLOT.exitMode3,
]
/** 0F says more than ten seconds are left, 10 less (reference 4.1). */
const SHORT_EXIT_MS = 10_000

export function isArmed(panel: VirtualPanel, partition: number): boolean {
  return panel.state.has(COMMAND.partitionsArmed, partition)
}

export function armedMode(panel: VirtualPanel, partition: number): ArmMode {
  for (const mode of [1, 2, 3] as const) {
    if (panel.state.has(MODE_SLOTS[mode] as number, partition)) return mode
  }
  return 0
}

export function exitRunning(panel: VirtualPanel, partition: number): ArmMode | undefined {
  const mode = EXIT_SLOTS.findIndex((slot) => panel.state.has(slot, partition))
  return mode < 0 ? undefined : (mode as ArmMode)
}

/** Whether zones stand in the way: may_force = result 11, cannot = result 12. */
export function armCheck(
  panel: VirtualPanel,
  partitions: readonly number[],
  mode: ArmMode,
  force: boolean,
): 'ok' | 'may_force' | 'cannot' {
  if (panel.inServiceMode) return 'cannot'
  let violated = false
  for (const number of partitions) {
    const partition = panel.layout.partition(number)
    if (partition === undefined || isArmed(panel, number)) continue
    for (const zone of panel.layout.zonesOf(number)) {
      if (!panel.state.has(COMMAND.zonesViolated, zone.number)) continue
      if (panel.state.has(COMMAND.zonesBypassed, zone.number)) continue
      if (panel.state.has(COMMAND.zonesIsolated, zone.number)) continue
      const behaviour = zoneBehaviour(zone.reaction)
      if (behaviour.trigger === 'never') continue
      if (behaviour.interior && mode >= 2) continue
      if (behaviour.exitRoute && exitDelayMs(panel, partition) > 0) continue
      if (zone.blocksForcedArming) return 'cannot'
      violated = true
    }
  }
  return violated && !force ? 'may_force' : 'ok'
}

export function exitDelayMs(panel: VirtualPanel, partition: PartitionSpec): number {
  return partition.exitDelayMs ?? panel.spec.timing.exitDelayMs
}

export function entryDelayMs(panel: VirtualPanel, partition: number): number {
  return panel.layout.partition(partition)?.entryDelayMs ?? panel.spec.timing.entryDelayMs
}

/** Arms partitions, with their exit delay unless `now`. Partitions already armed or unknown are left alone. */
export function arm(
  panel: VirtualPanel,
  partitions: readonly number[],
  mode: ArmMode,
  actor: Actor,
  options: { now?: boolean; force?: boolean } = {},
): void {
  for (const number of partitions) {
    const partition = panel.layout.partition(number)
    if (partition === undefined || isArmed(panel, number)) continue
    if (exitRunning(panel, number) !== undefined) {
      if (options.now) completeArming(panel, number, actor)
      continue
    }
    panel.state.set(EXIT_SLOTS[mode] as number, number, true)
    panel.state.set(INTERNAL_SLOT.exitForced, number, options.force === true)
    panel.state.set(COMMAND.partitionsFirstCode, number, false)
    const delay = options.now ? 0 : exitDelayMs(panel, partition)
    if (delay === 0) completeArming(panel, number, actor)
    else {
      recordActor(panel, number, actor, { user: 1008, zone: 1007 }, false)
      startExitDelay(panel, number, delay, actor)
    }
  }
}

function startExitDelay(panel: VirtualPanel, partition: number, delay: number, actor: Actor): void {
  const long = delay > SHORT_EXIT_MS
  panel.state.set(COMMAND.partitionsExitDelayLong, partition, long)
  panel.state.set(COMMAND.partitionsExitDelayShort, partition, !long)
  if (long) {
    panel.timer(`exit-short:${partition}`, delay - SHORT_EXIT_MS, () => {
      panel.state.set(COMMAND.partitionsExitDelayLong, partition, false)
      panel.state.set(COMMAND.partitionsExitDelayShort, partition, true)
    })
  }
  panel.timer(`exit:${partition}`, delay, () => completeArming(panel, partition, actor))
}

/** The end of the exit delay, by time or by a zone that ends it. */
export function completeArming(panel: VirtualPanel, partition: number, actor: Actor): void {
  const mode = exitRunning(panel, partition)
  if (mode === undefined) return
  const forced = panel.state.has(INTERNAL_SLOT.exitForced, partition)
  endExitDelay(panel, partition)
  panel.state.set(COMMAND.partitionsArmed, partition, true)
  const modeSlot = MODE_SLOTS[mode]
  if (modeSlot !== undefined) panel.state.set(modeSlot, partition, true)
  if (forced) panel.record({ code: 1001, partition, source: actor.user ?? 0 })
  const codes = mode >= 2 ? { user: 441, zone: 442 } : { user: 401, zone: 409 }
  recordActor(panel, partition, actor, codes, true)
}

function endExitDelay(panel: VirtualPanel, partition: number): void {
  panel.cancelTimer(`exit:${partition}`)
  panel.cancelTimer(`exit-short:${partition}`)
  for (const slot of EXIT_SLOTS) panel.state.set(slot, partition, false)
  panel.state.set(INTERNAL_SLOT.exitForced, partition, false)
  panel.state.set(COMMAND.partitionsExitDelayLong, partition, false)
  panel.state.set(COMMAND.partitionsExitDelayShort, partition, false)
}

/** Stops whatever waits for the end of an entry delay or a warning alarm. */
export function endEntryDelay(panel: VirtualPanel, partition: number): void {
  panel.cancelTimer(`entry:${partition}`)
  panel.cancelTimer(`warning:${partition}`)
  panel.state.set(COMMAND.partitionsEntryDelay, partition, false)
  panel.state.set(COMMAND.partitionsWarningAlarm, partition, false)
  for (const zone of panel.layout.zonesOf(partition)) panel.state.set(INTERNAL_SLOT.entryZones, zone.number, false)
}

/** Disarms; running delays end, bypasses of the partition are lifted (isolations stay). */
export function disarm(panel: VirtualPanel, partitions: readonly number[], actor: Actor): void {
  const { state } = panel
  if (actor.user !== undefined && panel.users.get(actor.user)?.type === DURESS_TYPE) {
    panel.record({ code: 121, partition: partitions[0] ?? 1, source: actor.user })
  }
  for (const number of partitions) {
    if (panel.layout.partition(number) === undefined) continue
    const exiting = exitRunning(panel, number) !== undefined
    if (!isArmed(panel, number) && !exiting) continue
    if (state.has(COMMAND.partitionsWarningAlarm, number)) {
      panel.record({ code: 987, partition: number, source: actor.user ?? 0 })
    }
    endExitDelay(panel, number)
    endEntryDelay(panel, number)
    state.set(COMMAND.partitionsFirstCode, number, false)
    if (exiting) {
      recordActor(panel, number, actor, { user: 1003, zone: 988 }, false)
      continue
    }
    state.set(COMMAND.partitionsArmed, number, false)
    for (const slot of MODE_SLOTS) if (slot !== undefined) state.set(slot, number, false)
    recordActor(panel, number, actor, { user: 401, zone: 409 }, false)
    for (const zone of panel.layout.zonesOf(number)) {
      if (state.set(COMMAND.zonesBypassed, zone.number, false)) {
        panel.record({ code: 570, restore: true, partition: number, object: zone.number })
      }
    }
  }
}

function recordActor(
  panel: VirtualPanel,
  partition: number,
  actor: Actor,
  codes: { user: number; zone: number },
  restore: boolean,
): void {
  if (actor.zone !== undefined) panel.record({ code: codes.zone, restore, partition, object: actor.zone })
  else panel.record({ code: codes.user, restore, partition, source: actor.user ?? 0 })
}

/** After a restart of the simulator: running exit delays begin anew. */
export function resumeExitDelays(panel: VirtualPanel): void {
  for (const partition of panel.layout.partitions) {
    if (exitRunning(panel, partition.number) === undefined) continue
    const delay = exitDelayMs(panel, partition)
    if (delay === 0) completeArming(panel, partition.number, {})
    else startExitDelay(panel, partition.number, delay, {})
  }
}
