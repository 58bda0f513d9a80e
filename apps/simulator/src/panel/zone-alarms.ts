import { COMMAND } from '@stam/integra/codec'
import { arm, armedMode, completeArming, disarm, endEntryDelay, entryDelayMs, isArmed } from './arming.ts'
import type { ZoneSpec } from './panel-spec.ts'
import { INTERNAL_SLOT } from './panel-state.ts'
import { restoreTechnicalZone, violateTechnicalZone } from './technical-zones.ts'
import type { VirtualPanel } from './virtual-panel.ts'
import { type ZoneBehaviour, zoneBehaviour } from './zone-behaviour.ts'

const COUNTING_WINDOW_MS = 60_000

/** A bypassed or isolated zone shows its state and nothing else. */
function isBypassed(panel: VirtualPanel, zone: number): boolean {
  return panel.state.has(COMMAND.zonesBypassed, zone) || panel.state.has(COMMAND.zonesIsolated, zone)
}

/**
 * The loop of a zone opens. What follows depends on its reaction and the arming state (reference 6.2); in a disarmed
 * partition a burglary zone is live state only.
 * @param verify false keeps the alarm from being confirmed by another one (code 139), for exact bursts
 * @returns whether the zone was at rest before
 */
export function violateZone(panel: VirtualPanel, zone: ZoneSpec, verify = true): boolean {
  if (!panel.state.set(COMMAND.zonesViolated, zone.number, true)) return false
  if (isBypassed(panel, zone.number)) return true
  const behaviour = zoneBehaviour(zone.reaction)
  if (behaviour.control !== undefined) {
    functionZone(panel, zone, behaviour.control)
    return true
  }
  if (panel.inServiceMode) return true
  if (behaviour.trouble) violateTechnicalZone(panel, zone, behaviour.code)
  else if (behaviour.trigger === 'always') raiseZoneAlarm(panel, zone, behaviour, verify)
  else if (behaviour.trigger === 'armed' && isArmed(panel, zone.partition)) {
    violateArmedZone(panel, zone, behaviour, verify)
  }
  return true
}

function violateArmedZone(panel: VirtualPanel, zone: ZoneSpec, behaviour: ZoneBehaviour, verify: boolean): void {
  const mode = armedMode(panel, zone.partition)
  if (behaviour.interior && mode >= 2) return
  const entryRuns = panel.state.has(COMMAND.partitionsEntryDelay, zone.partition)
  const delay = mode === 3 ? 0 : entryDelayMs(panel, zone.partition)
  if (behaviour.entry !== undefined && (entryRuns || (behaviour.entry === 'starts' && delay > 0))) {
    panel.state.set(INTERNAL_SLOT.entryZones, zone.number, true)
    if (!entryRuns) startEntryDelay(panel, zone.partition, delay)
    return
  }
  if (behaviour.counting && !countReached(panel, zone)) return
  raiseZoneAlarm(panel, zone, behaviour, verify)
}

function countReached(panel: VirtualPanel, zone: ZoneSpec): boolean {
  const key = `count:${zone.number}`
  const now = panel.time.monotonicMs()
  const times = (panel.recent.get(key) ?? []).filter((at) => now - at < COUNTING_WINDOW_MS)
  times.push(now)
  panel.recent.set(key, times.slice(-zone.countLimit))
  return times.length >= zone.countLimit
}

function startEntryDelay(panel: VirtualPanel, partition: number, delay: number): void {
  panel.state.set(COMMAND.partitionsEntryDelay, partition, true)
  panel.timer(`entry:${partition}`, delay, () => entryDelayOver(panel, partition))
}

function entryDelayOver(panel: VirtualPanel, partition: number): void {
  if (panel.spec.timing.warningAlarmMs === 0) {
    alarmEntryZones(panel, partition)
    return
  }
  panel.state.set(COMMAND.partitionsEntryDelay, partition, false)
  panel.state.set(COMMAND.partitionsWarningAlarm, partition, true)
  panel.record({ code: 986, partition, object: zonesOnEntry(panel, partition)[0]?.number ?? 0 })
  startWarning(panel, partition)
}

function zonesOnEntry(panel: VirtualPanel, partition: number): ZoneSpec[] {
  return panel.layout.zonesOf(partition).filter((zone) => panel.state.has(INTERNAL_SLOT.entryZones, zone.number))
}

function startWarning(panel: VirtualPanel, partition: number): void {
  panel.timer(`warning:${partition}`, panel.spec.timing.warningAlarmMs, () => alarmEntryZones(panel, partition))
}

function alarmEntryZones(panel: VirtualPanel, partition: number): void {
  const zones = zonesOnEntry(panel, partition)
  endEntryDelay(panel, partition)
  for (const zone of zones) {
    raiseZoneAlarm(panel, zone, zoneBehaviour(zone.reaction), true)
    // Somebody may have left again during the delay: the return to normal follows at once.
    if (!panel.state.has(COMMAND.zonesViolated, zone.number)) recordReturn(panel, zone)
  }
}

/** A zone that never alarms by itself can still be told to; its alarm is then a plain burglary. */
function alarmCode(behaviour: ZoneBehaviour): number {
  return behaviour.trigger === 'never' ? 130 : behaviour.code
}

/** Writes the alarm and signals it; every violation writes, also while the partition is in alarm already. */
export function raiseZoneAlarm(panel: VirtualPanel, zone: ZoneSpec, behaviour: ZoneBehaviour, verify: boolean): void {
  const { state } = panel
  panel.record({ code: alarmCode(behaviour), partition: zone.partition, object: zone.number })
  state.set(INTERNAL_SLOT.alarmToRestore, zone.number, true)
  state.set(COMMAND.zonesAlarm, zone.number, true)
  state.set(COMMAND.zonesAlarmMemory, zone.number, true)
  signalPartition(panel, zone.partition, behaviour.signal)
  if (verify && behaviour.trigger === 'armed') verifyAlarm(panel, zone)
}

/** Alarm bits and sirens of a partition for the alarm time; the memory bits stay until cleared (0x85). */
export function signalPartition(panel: VirtualPanel, partition: number, signal: ZoneBehaviour['signal']): void {
  if (signal === 'alarm') {
    panel.state.set(COMMAND.partitionsAlarm, partition, true)
    panel.state.set(COMMAND.partitionsAlarmMemory, partition, true)
  } else if (signal === 'fire') {
    panel.state.set(COMMAND.partitionsFireAlarm, partition, true)
    panel.state.set(COMMAND.partitionsFireAlarmMemory, partition, true)
  }
  panel.timer(`alarm:${partition}`, panel.spec.timing.alarmTimeMs, () => endSignalling(panel, partition))
}

function endSignalling(panel: VirtualPanel, partition: number): void {
  panel.cancelTimer(`alarm:${partition}`)
  panel.state.set(COMMAND.partitionsAlarm, partition, false)
  panel.state.set(COMMAND.partitionsFireAlarm, partition, false)
  for (const zone of panel.layout.zonesOf(partition)) {
    panel.state.set(COMMAND.zonesAlarm, zone.number, false)
    panel.state.set(COMMAND.zonesTamperAlarm, zone.number, false)
  }
}

/** Two different zones of a partition with verification within its time: the alarm is confirmed (27, code 139). */
function verifyAlarm(panel: VirtualPanel, zone: ZoneSpec): void {
  if (panel.layout.partition(zone.partition)?.alarmVerification !== true) return
  const key = `verify:${zone.partition}`
  const now = panel.time.monotonicMs()
  const [firstZone, firstAt] = panel.recent.get(key) ?? []
  if (firstZone === undefined || firstAt === undefined || now - firstAt > panel.spec.timing.verificationMs) {
    panel.recent.set(key, [zone.number, now])
  } else if (firstZone !== zone.number && panel.state.set(COMMAND.partitionsVerifiedAlarm, zone.partition, true)) {
    panel.record({ code: 139, partition: zone.partition, object: zone.number })
  }
}

/** The loop of a zone closes. @returns whether it was open */
export function restoreZone(panel: VirtualPanel, zone: ZoneSpec): boolean {
  if (!panel.state.set(COMMAND.zonesViolated, zone.number, false)) return false
  const behaviour = zoneBehaviour(zone.reaction)
  if (behaviour.control === 'arm_disarm') disarm(panel, [zone.partition], { zone: zone.number })
  else if (behaviour.trouble) restoreTechnicalZone(panel, zone, behaviour.code)
  recordReturn(panel, zone)
  return true
}

function recordReturn(panel: VirtualPanel, zone: ZoneSpec): void {
  if (!panel.state.set(INTERNAL_SLOT.alarmToRestore, zone.number, false)) return
  const code = alarmCode(zoneBehaviour(zone.reaction))
  panel.record({ code, restore: true, partition: zone.partition, object: zone.number })
}

/** Zone tamper: 24 h, whatever the arming state; fire detectors have a code of their own. */
export function tamperZone(panel: VirtualPanel, zone: ZoneSpec): boolean {
  const { state } = panel
  if (!state.set(COMMAND.zonesTampered, zone.number, true)) return false
  if (isBypassed(panel, zone.number) || panel.inServiceMode) return true
  panel.record({ code: tamperCode(zone), partition: zone.partition, object: zone.number })
  state.set(INTERNAL_SLOT.tamperToRestore, zone.number, true)
  state.set(COMMAND.zonesTamperAlarm, zone.number, true)
  state.set(COMMAND.zonesTamperAlarmMemory, zone.number, true)
  const memory = zone.number <= 128 ? COMMAND.troubleMemory5 : COMMAND.troubleMemory7
  // Third block of 16 bytes: tamper memory of the zones (reference 4.4, memory 24 and 2F).
  state.set(memory, 32 * 8 + ((zone.number - 1) % 128) + 1, true)
  signalPartition(panel, zone.partition, isArmed(panel, zone.partition) ? 'alarm' : 'silent')
  return true
}

export function restoreZoneTamper(panel: VirtualPanel, zone: ZoneSpec): boolean {
  if (!panel.state.set(COMMAND.zonesTampered, zone.number, false)) return false
  if (panel.state.set(INTERNAL_SLOT.tamperToRestore, zone.number, false)) {
    panel.record({ code: tamperCode(zone), restore: true, partition: zone.partition, object: zone.number })
  }
  return true
}

function tamperCode(zone: ZoneSpec): number {
  return zoneBehaviour(zone.reaction).signal === 'fire' ? 373 : 144
}

const ZONE_ALARM_SLOTS = [
  COMMAND.zonesAlarm,
  COMMAND.zonesTamperAlarm,
  COMMAND.zonesAlarmMemory,
  COMMAND.zonesTamperAlarmMemory,
]
const PARTITION_ALARM_SLOTS = [
  COMMAND.partitionsAlarm,
  COMMAND.partitionsFireAlarm,
  COMMAND.partitionsAlarmMemory,
  COMMAND.partitionsFireAlarmMemory,
  COMMAND.partitionsVerifiedAlarm,
]

/** Command 0x85: signalling and memory of the partitions end; a zone still violated returns to normal later. */
export function clearAlarm(panel: VirtualPanel, partitions: readonly number[], user: number): void {
  for (const number of partitions) {
    if (panel.layout.partition(number) === undefined) continue
    endSignalling(panel, number)
    let cleared = false
    for (const slot of PARTITION_ALARM_SLOTS) if (panel.state.set(slot, number, false)) cleared = true
    for (const zone of panel.layout.zonesOf(number)) {
      for (const slot of ZONE_ALARM_SLOTS) if (panel.state.set(slot, zone.number, false)) cleared = true
    }
    panel.recent.delete(`verify:${number}`)
    if (cleared) panel.record({ code: 406, partition: number, source: user })
  }
}

function functionZone(panel: VirtualPanel, zone: ZoneSpec, control: NonNullable<ZoneBehaviour['control']>): void {
  const partitions = [zone.partition]
  if (control === 'clear_alarm') clearAlarm(panel, partitions, 253)
  else if (control === 'disarm') disarm(panel, partitions, { zone: zone.number })
  else if (control === 'end_exit_delay') completeArming(panel, zone.partition, { zone: zone.number })
  else arm(panel, partitions, 0, { zone: zone.number })
}

/** After a restart of the simulator: entry delays and signalling begin anew. */
export function resumeAlarms(panel: VirtualPanel): void {
  for (const { number } of panel.layout.partitions) {
    if (panel.state.has(COMMAND.partitionsEntryDelay, number)) {
      startEntryDelay(panel, number, entryDelayMs(panel, number))
    } else if (panel.state.has(COMMAND.partitionsWarningAlarm, number)) startWarning(panel, number)
    const signalling =
      panel.state.has(COMMAND.partitionsAlarm, number) ||
      panel.state.has(COMMAND.partitionsFireAlarm, number) ||
      panel.layout
        .zonesOf(number)
        .some(
          (zone) =>
            panel.state.has(COMMAND.zonesAlarm, zone.number) || panel.state.has(COMMAND.zonesTamperAlarm, zone.number),
        )
    if (signalling) {
      panel.timer(`alarm:${number}`, panel.spec.timing.alarmTimeMs, () => endSignalling(panel, number))
    }
  }
}
