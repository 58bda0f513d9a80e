import { COMMAND } from '@stam/integra/codec'
import { SimulatorError } from '../simulator-error.ts'
import { type Actor, arm, disarm } from './arming.ts'
import { closeDoor, openDoor } from './doors.ts'
import type { PanelAction, PanelActionName } from './panel-actions.ts'
import type { PartitionSpec, ZoneSpec } from './panel-spec.ts'
import { INTERNAL_SLOT } from './panel-state.ts'
import { switchOutputs } from './switch-outputs.ts'
import { clearTroubleMemory } from './trouble-status.ts'
import { endTrouble, raiseTrouble } from './troubles.ts'
import type { VirtualPanel } from './virtual-panel.ts'
import { enterWrongCode } from './wrong-codes.ts'
import {
  clearAlarm,
  raiseZoneAlarm,
  restoreZone,
  restoreZoneTamper,
  signalPartition,
  tamperZone,
  violateZone,
} from './zone-alarms.ts'
import { zoneBehaviour } from './zone-behaviour.ts'

/** Number of the first LCD keypad in event records (reference 5.2). */
const KEYPAD_SOURCE = 193
/** Bit of the internal flags: the panel's own tamper contact is open. */
const LID_OPEN = 2

type Of<Name extends PanelActionName> = Extract<PanelAction, { action: Name }>
/** Actions of the panel itself; `fault` and `mode` are the module's. */
export type PanelOnlyAction = Exclude<PanelAction, { action: 'fault' | 'mode' }>
/** Does it and says whether anything changed. */
type Handler<Name extends PanelActionName> = (panel: VirtualPanel, action: Of<Name>) => boolean

function zoneOf(panel: VirtualPanel, number: number): ZoneSpec {
  const zone = panel.layout.zone(number)
  if (zone === undefined) throw new SimulatorError('ZONE_NOT_FOUND', `panel ${panel.id} has no zone ${number}`)
  return zone
}

function partitionOf(panel: VirtualPanel, number: number): PartitionSpec {
  const partition = panel.layout.partition(number)
  if (partition === undefined) {
    throw new SimulatorError('PARTITION_NOT_FOUND', `panel ${panel.id} has no partition ${number}`)
  }
  return partition
}

function partitionsOf(
  panel: VirtualPanel,
  action: { partition?: number | undefined; partitions?: readonly number[] | undefined },
): number[] {
  const numbers = action.partitions ?? (action.partition === undefined ? undefined : [action.partition])
  if (numbers === undefined) return panel.layout.partitions.map(({ number }) => number)
  return numbers.map((number) => partitionOf(panel, number).number)
}

function actorOf(panel: VirtualPanel, user: number | undefined): Actor {
  if (user !== undefined && panel.users.get(user) === undefined) {
    throw new SimulatorError('USER_NOT_FOUND', `panel ${panel.id} has no user ${user}`)
  }
  return { user: user ?? panel.users.firstWith('arm')?.number ?? 0 }
}

function refuseInServiceMode(panel: VirtualPanel): void {
  if (panel.inServiceMode) {
    throw new SimulatorError('PANEL_IN_SERVICE_MODE', `panel ${panel.id} is in service mode`)
  }
}

/** Whether any state bit or record came of it. */
function changes(panel: VirtualPanel, work: () => void): boolean {
  const before = panel.memory.nextOrdinal
  work()
  return panel.state.hasChanged || panel.memory.nextOrdinal !== before
}

function tamper(panel: VirtualPanel, action: Of<'tamper' | 'tamper_restore'>, on: boolean): boolean {
  if (action.zone !== undefined) {
    const zone = zoneOf(panel, action.zone)
    return on ? tamperZone(panel, zone) : restoreZoneTamper(panel, zone)
  }
  const change = on ? raiseTrouble : endTrouble
  if (action.expander !== undefined) return change(panel, 'expander_tamper', action.expander)
  if (action.keypad !== undefined) return change(panel, 'keypad_tamper', action.keypad)
  if (!panel.state.set(INTERNAL_SLOT.flags, LID_OPEN, on)) return false
  panel.record({ code: 145, restore: !on })
  return true
}

const ACTIONS: { readonly [Name in PanelOnlyAction['action']]: Handler<Name> } = {
  violate: (panel, { zone }) => violateZone(panel, zoneOf(panel, zone)),
  restore: (panel, { zone }) => restoreZone(panel, zoneOf(panel, zone)),
  tamper: (panel, action) => tamper(panel, action, true),
  tamper_restore: (panel, action) => tamper(panel, action, false),
  alarm: (panel, { zone: number }) => {
    refuseInServiceMode(panel)
    const zone = zoneOf(panel, number)
    panel.state.set(COMMAND.zonesViolated, number, true)
    raiseZoneAlarm(panel, zone, zoneBehaviour(zone.reaction), true)
    return true
  },
  arm: (panel, action) =>
    changes(panel, () => {
      refuseInServiceMode(panel)
      const { mode, now } = action
      arm(panel, partitionsOf(panel, action), mode, actorOf(panel, action.user), { now })
    }),
  disarm: (panel, action) =>
    changes(panel, () => disarm(panel, partitionsOf(panel, action), actorOf(panel, action.user))),
  clear_alarm: (panel, action) =>
    changes(panel, () => clearAlarm(panel, partitionsOf(panel, action), actorOf(panel, action.user).user ?? 0)),
  bypass: (panel, { zone }) => setBypass(panel, zoneOf(panel, zone), COMMAND.zonesBypassed, true),
  unbypass: (panel, { zone }) => unbypass(panel, zoneOf(panel, zone)),
  isolate: (panel, { zone }) => setBypass(panel, zoneOf(panel, zone), COMMAND.zonesIsolated, true),
  trouble: (panel, { trouble, index, now }) => raiseTrouble(panel, trouble, index, now),
  trouble_restore: (panel, { trouble, index }) => endTrouble(panel, trouble, index),
  ac_loss: (panel, { now }) => raiseTrouble(panel, 'ac_loss', undefined, now),
  ac_restore: (panel) => endTrouble(panel, 'ac_loss'),
  wrong_code: (panel, { partition, attempts }) => {
    partitionOf(panel, partition)
    for (let i = 0; i < attempts; i++) enterWrongCode(panel, partition, KEYPAD_SOURCE)
    return true
  },
  duress: (panel, { partition, user }) => {
    partitionOf(panel, partition)
    panel.record({ code: 121, partition, source: actorOf(panel, user).user ?? 0 })
    return true
  },
  panic: (panel, { partition, silent }) =>
    keypadAlarm(panel, partition, silent ? 122 : 120, silent ? 'silent' : 'alarm'),
  medical: (panel, { partition }) => keypadAlarm(panel, partition, 100, 'alarm'),
  fire: (panel, { zone, partition }) => {
    if (zone === undefined) return keypadAlarm(panel, partition, 115, 'fire')
    return violateZone(panel, zoneOf(panel, zone))
  },
  temperature: (panel, { zone, celsius }) => {
    zoneOf(panel, zone)
    panel.setTemperature(zone, celsius)
    return true
  },
  output: (panel, { output, on }) => {
    if (panel.layout.output(output) === undefined) {
      throw new SimulatorError('OUTPUT_NOT_FOUND', `panel ${panel.id} has no output ${output}`)
    }
    return changes(panel, () => switchOutputs(panel, [output], on ? 'on' : 'off'))
  },
  door_open: (panel, { expander }) => openDoor(panel, expander),
  door_close: (panel, { expander }) => closeDoor(panel, expander),
  access: (panel, { user, expander, granted }) => {
    actorOf(panel, user)
    // Kind 3: partition field and R are together the address of the reader's module (reference 5.2).
    const partition = (expander >> 1) + 1
    panel.record({ code: granted ? 422 : 421, partition, restore: (expander & 1) === 1, source: user })
    return true
  },
  block_partition: (panel, { partition, durationMs }) => {
    partitionOf(panel, partition)
    panel.state.set(COMMAND.partitionsTemporarilyBlocked, partition, true)
    panel.record({ code: 87, partition })
    panel.timer(`blocked:${partition}`, durationMs, () => {
      panel.state.set(COMMAND.partitionsTemporarilyBlocked, partition, false)
    })
    return true
  },
  clock_shift: (panel, { seconds }) => {
    panel.clock.shift(seconds * 1_000)
    panel.noteClockSet()
    return true
  },
  reset_memory: (panel) => {
    panel.eraseMemory()
    return true
  },
  reset_trouble_memory: (panel) => changes(panel, () => clearTroubleMemory(panel.state)),
  service_mode: (panel, { on }) => {
    if (!panel.state.set(INTERNAL_SLOT.flags, 1, on)) return false
    panel.record({ code: on ? 627 : 628, source: KEYPAD_SOURCE })
    return true
  },
  test_transmission: (panel) => {
    panel.record({ code: 602 })
    return true
  },
  tcp_link: (panel, { link, open, ip }) => {
    const [a, b, c, d] = ip.split('.').map(Number) as [number, number, number, number]
    panel.record({ code: TCP_LINK_CODE[link], restore: !open, source: a, lastByte: b })
    panel.record({ code: 50, source: c, lastByte: d })
    return true
  },
  event: (panel, { code, restore, partition, zone, source }) => {
    if (zone !== undefined) zoneOf(panel, zone)
    panel.record({ code, restore, partition, source, ...(zone === undefined ? {} : { object: zone }) })
    return true
  },
}

const TCP_LINK_CODE = { internet: 48, dloadx: 54, guardx: 56 } as const

/** An alarm made on a keypad: no zone, the keypad is the source. */
function keypadAlarm(
  panel: VirtualPanel,
  partition: number,
  code: number,
  signal: 'alarm' | 'fire' | 'silent',
): boolean {
  partitionOf(panel, partition)
  panel.record({ code, partition, source: KEYPAD_SOURCE })
  signalPartition(panel, partition, signal)
  return true
}

/** Bypasses or isolates a zone and records it, once. */
export function setBypass(panel: VirtualPanel, zone: ZoneSpec, slot: number, on: boolean): boolean {
  if (!panel.state.set(slot, zone.number, on)) return false
  panel.record({ code: 570, restore: !on, partition: zone.partition, object: zone.number })
  return true
}

export function unbypass(panel: VirtualPanel, zone: ZoneSpec): boolean {
  const bypassed = setBypass(panel, zone, COMMAND.zonesBypassed, false)
  return setBypass(panel, zone, COMMAND.zonesIsolated, false) || bypassed
}

/** Does one thing to a panel. @returns whether anything changed @throws SimulatorError for objects it has not */
export function performAction(panel: VirtualPanel, action: PanelOnlyAction): boolean {
  const handler = ACTIONS[action.action] as (panel: VirtualPanel, action: PanelOnlyAction) => boolean
  return handler(panel, action)
}
