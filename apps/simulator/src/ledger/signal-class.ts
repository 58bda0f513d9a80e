import type { EventType } from '@stam/contracts'

/**
 * What a record of the event memory means to a monitoring station, by code and R. Written from the reference tables
 * on its own, not from the codec's: what the ledger promises must not repeat a mistake of the reader.
 */
export const signalClasses = [
  'ALARM',
  'TAMPER',
  'TROUBLE',
  'UNAUTHORIZED_ACCESS',
  'RESTORE',
  'ARM',
  'DISARM',
  'BYPASS',
  'ACCESS',
  'TEST',
  'INFO',
] as const satisfies readonly EventType[]
export type SignalClass = (typeof signalClasses)[number]

type Range = readonly [from: number, to: number]

const ALARM: readonly Range[] = [
  [100, 136],
  [139, 139],
  [150, 155],
  [157, 163],
  [200, 220],
  [423, 423],
]
const TAMPER: readonly Range[] = [
  [84, 84],
  [92, 94],
  [137, 137],
  [143, 145],
  [156, 156],
  [370, 373],
  [383, 383],
  [984, 984],
]
const TROUBLE: readonly Range[] = [
  [78, 78],
  [88, 89],
  [95, 98],
  [300, 351],
  [380, 381],
  [384, 388],
  [966, 969],
  [971, 980],
  [990, 990],
  [997, 997],
  [1000, 1000],
  [1002, 1002],
  [1006, 1006],
  [1014, 1015],
]
const UNAUTHORIZED: readonly Range[] = [
  [14, 14],
  [27, 27],
  [83, 83],
  [85, 85],
  [421, 421],
  [461, 461],
]
const BYPASS: readonly Range[] = [
  [570, 575],
  [991, 991],
]
const ACCESS: readonly Range[] = [
  [62, 63],
  [72, 73],
  [86, 86],
  [422, 422],
  [462, 462],
]
const TEST: readonly Range[] = [
  [21, 24],
  [601, 615],
  [998, 999],
]
const ARMING: readonly Range[] = [
  [66, 67],
  [400, 404],
  [407, 409],
  [441, 442],
]

const CLASS_BY_CODE: SignalClass[] = Array.from({ length: 1024 }, () => 'INFO')
for (const [ranges, name] of [
  [ALARM, 'ALARM'],
  [TAMPER, 'TAMPER'],
  [TROUBLE, 'TROUBLE'],
  [UNAUTHORIZED, 'UNAUTHORIZED_ACCESS'],
  [BYPASS, 'BYPASS'],
  [ACCESS, 'ACCESS'],
  [TEST, 'TEST'],
  [ARMING, 'ARM'],
] as const) {
  for (const [from, to] of ranges) for (let code = from; code <= to; code++) CLASS_BY_CODE[code] = name
}

/** Codes that report arming whatever R says. */
const ALWAYS_ARM: ReadonlySet<number> = new Set([66, 67])

export function signalClass(code: number, restore: boolean): SignalClass {
  const name = CLASS_BY_CODE[code] ?? 'INFO'
  if (name === 'ARM') return restore || ALWAYS_ARM.has(code) ? 'ARM' : 'DISARM'
  if (restore && (name === 'ALARM' || name === 'TAMPER' || name === 'TROUBLE')) return 'RESTORE'
  return name
}

/** Whether a monitoring station is expected to open an alarm for it, or to join one that is open. */
export function raisesAlarm(name: SignalClass): boolean {
  return name === 'ALARM' || name === 'TAMPER' || name === 'TROUBLE' || name === 'UNAUTHORIZED_ACCESS'
}
