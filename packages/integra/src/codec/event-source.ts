import type { EventRecord } from './event-record.ts'
import { eventMeaning } from './event-codes.ts'
import type { PanelType } from './panel-types.ts'

/** Who or what a record is about, read as its kind says (reference 5.2). Numbers as people count them, from 1. */
export type EventSource =
  | { readonly type: 'none' }
  | { readonly type: 'panel' }
  | { readonly type: 'zone'; readonly zone: number }
  | { readonly type: 'output'; readonly output: number }
  /** `address` 0..63; its name has number 129 + address. */
  | { readonly type: 'expander'; readonly address: number }
  | { readonly type: 'expander_output'; readonly address: number }
  /** `address` on the keypad bus; real devices have names 193 + address. */
  | { readonly type: 'keypad'; readonly device: KeypadDevice; readonly address: number }
  | { readonly type: 'user'; readonly user: number; readonly role: UserRole }
  | { readonly type: 'timer'; readonly timer: number }
  | { readonly type: 'telephone'; readonly telephone: number }
  | { readonly type: 'telephone_relay'; readonly relay: number }
  | { readonly type: 'data_bus'; readonly bus: 'DTM' | 'DT1' | 'DT2' }
  | { readonly type: 'ip_first_half'; readonly octets: readonly [number, number] }
  | { readonly type: 'ip_second_half'; readonly octets: readonly [number, number] }
  | { readonly type: 'unknown'; readonly number: number }

export type KeypadDevice = 'keypad' | 'guardx' | 'dloadx_cable' | 'dloadx_modem'

export type UserRole =
  | 'unknown'
  | 'user'
  | 'master'
  | 'int_av'
  | 'acco_net'
  | 'sms'
  | 'timer'
  | 'function_zone'
  | 'quick_arm'
  | 'service'

export interface EventPlace {
  readonly source: EventSource
  /** Partition the record speaks of, undefined where its kind gives the field another meaning. */
  readonly partition: number | undefined
  /** Keypad, or expander by name number, from which a user acted. */
  readonly via?: EventSource
}

/** Role of a user number in a record: 1-240 users, 241-248 masters, others as listed in reference 5.2. */
export function userRole(number: number): UserRole {
  if (number === 0) return 'unknown'
  if (number <= 240) return 'user'
  if (number <= 248) return 'master'
  const special = ['int_av', 'acco_net', 'sms', 'timer', 'function_zone', 'quick_arm', 'service'] as const
  return special[number - 249] ?? 'unknown'
}

function user(number: number): EventSource {
  return { type: 'user', user: number, role: userRole(number) }
}

/** n as zone, expander or keypad. Small panels have four keypad addresses, so their ranges differ. */
function zoneOrModule(n: number, userControl: number, panel: PanelType | undefined): EventSource {
  if (n === 0) return { type: 'panel' }
  if (n <= 128) return { type: 'zone', zone: n + beyond128(userControl, panel) }
  if (n <= 192) return { type: 'expander', address: n - 129 }
  const keypads = panel?.keypadBusAddresses ?? 8
  const offset = n - 193
  if (offset < keypads) return { type: 'keypad', device: 'keypad', address: offset }
  if (offset < keypads * 2) return { type: 'keypad', device: 'guardx', address: offset - keypads }
  if (offset === keypads * 2) return { type: 'keypad', device: 'dloadx_cable', address: 0 }
  if (offset === keypads * 2 + 1) return { type: 'keypad', device: 'dloadx_modem', address: 0 }
  return { type: 'unknown', number: n }
}

function outputOrExpander(n: number, userControl: number, panel: PanelType | undefined): EventSource {
  if (n === 0) return { type: 'panel' }
  if (n <= 128) return { type: 'output', output: n + beyond128(userControl, panel) }
  if (n <= 192) return { type: 'expander_output', address: n - 129 }
  return { type: 'unknown', number: n }
}

/** On a 256 Plus user control number 1 means "add 128". */
function beyond128(userControl: number, panel: PanelType | undefined): number {
  return (panel === undefined || panel.zones > 128) && userControl === 1 ? 128 : 0
}

function dataBus(n: number): EventSource {
  if (n >= 129 && n <= 192) return { type: 'expander', address: n - 129 }
  const bus = (['DTM', 'DT1', 'DT2'] as const)[n]
  return bus === undefined ? { type: 'unknown', number: n } : { type: 'data_bus', bus }
}

/**
 * Reads partition and source of a record.
 *
 * @param kind long kind from 0x8F of this panel; without it the table of this package decides
 */
export function eventPlace(
  record: EventRecord,
  panel?: PanelType,
  kind = eventMeaning(record.code, record.restore)?.kind,
): EventPlace {
  const { source: n, userControl, partition } = record
  const octets = [n, (record.object << 5) | userControl] as const
  switch (kind) {
    case 0:
      return { source: { type: 'none' }, partition: undefined }
    case 1:
      return { source: zoneOrModule(n, userControl, panel), partition }
    case 2:
      return { source: user(n), partition }
    case 3: {
      // The address is P and R together; which of the two is the high bit is disputed, this is openHAB's reading.
      const address = ((partition - 1) << 1) | (record.restore ? 1 : 0)
      return { source: user(n), partition: undefined, via: { type: 'expander', address } }
    }
    case 4:
      return { source: zoneOrModule(n, userControl, panel), partition: undefined }
    case 5:
      return { source: { type: 'none' }, partition }
    case 6:
      return {
        source: user(n),
        partition: undefined,
        via: { type: 'keypad', device: 'keypad', address: partition - 1 },
      }
    case 7:
      return { source: user(n), partition: undefined }
    case 8:
      return { source: zoneOrModule(n, 0, panel), partition: undefined }
    case 9:
      return { source: { type: 'telephone', telephone: n }, partition: undefined }
    case 10:
      return { source: { type: 'telephone_relay', relay: n }, partition: undefined }
    case 11:
      return { source: dataBus(n), partition }
    case 12:
    case 13:
      return { source: outputOrExpander(n, userControl, panel), partition: n <= 128 ? undefined : partition }
    case 14:
      return { source: user(n), partition: undefined, via: { type: 'telephone', telephone: partition - 1 } }
    case 15:
      return { source: { type: 'timer', timer: n }, partition }
    case 30:
      return {
        source: { type: 'ip_first_half', octets },
        partition: undefined,
        via: { type: 'keypad', device: 'keypad', address: partition - 1 },
      }
    case 31:
      return { source: { type: 'ip_second_half', octets }, partition: undefined }
    case 32:
      return { source: zoneOrModule(n, userControl, panel), partition }
    default:
      return { source: { type: 'unknown', number: n }, partition }
  }
}
