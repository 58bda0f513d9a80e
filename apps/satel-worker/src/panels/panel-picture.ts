/** What a panel's states look like to people: the live picture of contracts, out of the link's bit masks. */
import type { PanelBits, PanelConnection, PanelIdentity as Identity, PanelLive, Text } from '@stam/contracts'
import { partitionState } from '@stam/domain'
import {
  bitsToNumbers,
  decodeTroubles,
  type LinkStatus,
  type PanelIdentity,
  type PanelSnapshot,
  type StateName,
  troubleText,
  type TroublePart,
  type WaitingReason,
} from '@stam/integra'
import type { PanelNames } from '../story/panel-facts.ts'

const TROUBLE_STATES = ['1', '2', '3', '4', '5', '6', '7', '8'].map((n) => `troubles${n}` as TroublePart)

export function panelBits(states: PanelSnapshot['states']): PanelBits {
  const numbers = (name: StateName) => bitsToNumbers(states[name] ?? new Uint8Array(0))
  const either = (a: StateName, b: StateName) => [...new Set([...numbers(a), ...numbers(b)])].sort((x, y) => x - y)
  return {
    zones_violated: numbers('zonesViolated'),
    zones_tampered: numbers('zonesTampered'),
    zones_alarm: numbers('zonesAlarm'),
    zones_tamper_alarm: numbers('zonesTamperAlarm'),
    zones_alarm_memory: either('zonesAlarmMemory', 'zonesTamperAlarmMemory'),
    zones_bypassed: numbers('zonesBypassed'),
    zones_isolated: numbers('zonesIsolated'),
    zones_masked: numbers('zonesMasked'),
    partitions_armed: numbers('partitionsArmed'),
    partitions_armed_mode1: numbers('partitionsArmedMode1'),
    partitions_armed_mode2: numbers('partitionsArmedMode2'),
    partitions_armed_mode3: numbers('partitionsArmedMode3'),
    partitions_entry_delay: numbers('partitionsEntryDelay'),
    partitions_exit_delay: either('partitionsExitDelayLong', 'partitionsExitDelayShort'),
    partitions_alarm: numbers('partitionsAlarm'),
    partitions_fire_alarm: numbers('partitionsFireAlarm'),
    partitions_alarm_memory: either('partitionsAlarmMemory', 'partitionsFireAlarmMemory'),
    partitions_blocked: either('partitionsTemporarilyBlocked', 'partitionsGuardBlocked'),
    outputs_on: numbers('outputsOn'),
  }
}

export function panelTroubles(snapshot: PanelSnapshot, names: PanelNames): NonNullable<PanelLive['troubles']> {
  const { type } = snapshot.identity
  const context = { zonesOnBoard: type?.zonesOnBoard ?? 16, wrl: type?.basicType === 4 }
  return TROUBLE_STATES.flatMap((part) => {
    const bits = snapshot.states[part]
    const troubles = bits === undefined ? [] : (decodeTroubles(part, bits, context) ?? [])
    return troubles
      .filter((trouble) => !trouble.memory)
      .map((trouble) => ({
        key: `${trouble.name}:${trouble.source}:${trouble.number}`,
        text: { pl: troubleText(trouble.name, 'pl'), en: troubleText(trouble.name, 'en') },
        object: troubleObject(trouble.source, trouble.number, names),
      }))
  })
}

function troubleObject(source: string, number: number, names: PanelNames): string | null {
  if (source === 'zone') return names.zones.get(number)?.name ?? `${number}`
  if (source === 'output') return names.outputs.get(number) ?? `${number}`
  if (source === 'user') return names.users.get(number) ?? `${number}`
  return source === 'panel' ? null : `${source} ${number}`
}

/** Display state of the partitions this panel has, by number. */
export function partitionStates(bits: PanelBits, partitions: Iterable<number>): Map<number, string> {
  const states = new Map<number, string>()
  for (const number of partitions) states.set(number, partitionState(bits, number))
  return states
}

export function liveIdentity(identity: PanelIdentity, push: boolean, encrypted: boolean): Identity {
  const { panel, type, module } = identity
  return {
    model: type?.model ?? `INTEGRA (${panel.typeCode})`,
    firmware: `${panel.version} ${panel.date}`,
    module_version: module === undefined ? null : `${module.version} ${module.date}`,
    encrypted,
    push,
  }
}

const REASONS: Record<WaitingReason, Text> = {
  unreachable: { pl: 'Moduł nie odpowiada pod swoim adresem', en: 'Nothing answers at the module’s address' },
  refused: { pl: 'Moduł nie przyjmuje połączenia', en: 'The module does not accept the connection' },
  busy: { pl: 'Moduł zajęty przez inny program', en: 'The module is busy with another client' },
  silent: { pl: 'Centrala nie odpowiada', en: 'The panel does not answer' },
  mode_mismatch: {
    pl: 'Szyfrowanie modułu i ustawienia nie zgadzają się',
    en: 'Encryption of the module and the settings differ',
  },
  wrong_key: { pl: 'Zły klucz integracji', en: 'Wrong integration key' },
  closed_by_panel: { pl: 'Moduł zamknął połączenie', en: 'The module closed the connection' },
  bad_identity: { pl: 'Urządzenie nie przedstawia się jako INTEGRA', en: 'The device is not an INTEGRA' },
}

export interface ConnectionView {
  readonly connection: PanelConnection
  readonly detail: Text | null
}

/** "Released for service · until 14:05", by the clock of the place where the panel is. */
export function releasedView(until: string, timeZone: string): ConnectionView {
  const time = clockTime(until, timeZone)
  return { connection: 'RELEASED', detail: { pl: `do ${time}`, en: `until ${time}` } }
}

function clockTime(instant: string, timeZone: string): string {
  const format = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
  try {
    return new Intl.DateTimeFormat('en-GB', { ...format, timeZone }).format(Date.parse(instant))
  } catch {
    return `${new Intl.DateTimeFormat('en-GB', { ...format, timeZone: 'UTC' }).format(Date.parse(instant))} UTC`
  }
}

/** Dials after which "reconnecting" is no longer the right word. */
const PATIENCE = 3

/** @returns undefined when the status says nothing new (another dial under way) */
export function connectionView(status: LinkStatus): ConnectionView | undefined {
  if (status.state === 'ready') return { connection: 'CONNECTED', detail: null }
  if (status.state !== 'waiting') return undefined
  const detail = REASONS[status.reason]
  if (status.reason === 'busy') return { connection: 'BUSY', detail }
  return { connection: status.attempt < PATIENCE ? 'RECONNECTING' : 'DISCONNECTED', detail }
}
