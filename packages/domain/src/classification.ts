/**
 * What a code of a panel's event memory means to a monitoring station. Codes and meanings: protocol reference 5.4;
 * types and default priorities: spec 02. Plain numbers in, so nothing of the panel driver is needed here.
 */
import type { AlarmStream, EventType, Priority } from '@stam/contracts'
import { streamOf } from './priority.ts'

export interface CodeFacts {
  /** Event code 0..1023. */
  readonly code: number
  /** Bit R of the record: restore, second meaning, or an address bit. */
  readonly r: boolean
  /** Class K 0..7 of the record where it is known; only decides about codes the table does not list. */
  readonly eventClass?: number | null
  /** Source number n of the record, where known. */
  readonly source?: number | null
}

export interface Classification {
  readonly event_type: EventType
  readonly default_priority: Priority
  readonly stream: AlarmStream
  /** The record says that something ended. */
  readonly restore: boolean
  /** What ended, for RESTORE. */
  readonly restores: EventType | null
  /** A begin that the panel later reports the end of; a momentary signal (duress, wrong code) never ends. */
  readonly lasting: boolean
  /** False where the code is not in the table and the class or the number range had to decide. */
  readonly known: boolean
}

const DEFAULT_PRIORITY: Record<EventType, Priority> = {
  ALARM: 'CRITICAL',
  TAMPER: 'CRITICAL',
  TROUBLE: 'WARNING',
  RESTORE: 'INFO',
  ARM: 'INFO',
  DISARM: 'INFO',
  BYPASS: 'INFO',
  ACCESS: 'INFO',
  TEST: 'INFO',
  INFO: 'INFO',
  UNAUTHORIZED_ACCESS: 'WARNING',
  TEMP_ALARM: 'CRITICAL',
  TEMP_NORMAL: 'INFO',
  COMM_LOSS: 'CRITICAL',
  COMM_RESTORED: 'INFO',
  AUTO_ARM_FAILED: 'WARNING',
  MANUAL: 'WARNING',
  SYNTHETIC: 'INFO',
}

/** Default priority of spec 02 for a type. */
export function defaultPriorityOf(eventType: EventType): Priority {
  return DEFAULT_PRIORITY[eventType]
}

/** How R = 1 reads for a code. `same`: R is an address bit; `opposite`: R = 1 is the other act (armed, not disarmed). */
type Second = 'restore' | 'momentary' | 'same' | 'ended'
interface Row {
  readonly type: EventType
  readonly second: Second
  readonly priority?: Priority
}

const table: (Row | undefined)[] = Array.from({ length: 1024 })
function put(type: EventType, second: Second, codes: readonly (number | readonly [number, number])[], p?: Priority) {
  for (const item of codes) {
    const [from, to] = typeof item === 'number' ? [item, item] : item
    for (let code = from; code <= to; code++) table[code] = p ? { type, second, priority: p } : { type, second }
  }
}

put('ALARM', 'restore', [
  100,
  101,
  [110, 117],
  122,
  123,
  [130, 136],
  [150, 155],
  [157, 159],
  [161, 163],
  [200, 206],
  220,
])
// Panic by keypad, duress, absent guard, verified alarm, door of an armed partition: over as soon as said.
put('ALARM', 'momentary', [120, 121, 126, 139, 423])
// A warning alarm only asks the user to disarm; it becomes an alarm proper if he does not.
put('ALARM', 'momentary', [986], 'WARNING')
put('TAMPER', 'restore', [84, [92, 94], 137, 143, 144, 145, 156, 370, 373, 383, 984])
put(
  'TROUBLE',
  'restore',
  [
    78, 88, 95, 96, 97, 98, 300, 301, 302, 309, 312, 330, 333, 337, 344, 350, 351, 380, 381, 384, 388, 966, 968, 969,
    971, 972, 979, 980, 990, 997, 1000, 1002, 1006, 1014, 1015,
  ],
)
// Restarts, failed messaging, failed arming: facts without an end. 1020 ends with 1021, a code of its own.
put('TROUBLE', 'momentary', [79, 303, 305, 339, 454, 1018])
put('TROUBLE', 'restore', [1020])
put('UNAUTHORIZED_ACCESS', 'momentary', [14, 64, 65, 83, 85, 461])
put('UNAUTHORIZED_ACCESS', 'same', [27])
put('BYPASS', 'ended', [4, [570, 575], 991])
put('ACCESS', 'same', [86, 421, 422, 462, 1019])
put('ACCESS', 'ended', [26, 43, 62, 63, 70, 71, 72, 73, 89, 989])
put('TEST', 'ended', [[21, 24], 39, 53, 76, 601, 602, 604, 607, [611, 615], 998, 999])
put('ARM', 'momentary', [66, 67, 408, 441, 442, 1001])
put('INFO', 'same', [2, 28, 38, 995, 996])
put('INFO', 'ended', [
  1,
  3,
  [5, 13],
  [15, 20],
  [29, 34],
  36,
  37,
  [40, 42],
  [44, 52],
  [54, 61],
  [68, 69],
  [74, 75],
  77,
  [80, 82],
  87,
  90,
  91,
  99,
  405,
  406,
  [411, 413],
  458,
  [621, 623],
  627,
  628,
  [800, 805],
  967,
  970,
  [981, 983],
  985,
  [987, 988],
  [992, 994],
  [1003, 1005],
  [1007, 1013],
  [1016, 1017],
  1022,
  1023,
])

/** R = 0 disarms, R = 1 arms. */
const ARMING = new Set([400, 401, 402, 403, 404, 407, 409])

function result(
  event_type: EventType,
  restores: EventType | null,
  options: { restore?: boolean; lasting?: boolean; known?: boolean; priority?: Priority } = {},
): Classification {
  return {
    event_type,
    default_priority: options.priority ?? DEFAULT_PRIORITY[event_type],
    stream: streamOf(event_type),
    restore: options.restore ?? restores !== null,
    restores,
    lasting: options.lasting ?? false,
    known: options.known ?? true,
  }
}

/** Total over every code 0..1023 and R; a number outside that range is treated as an unknown code. */
export function classifyPanelCode(facts: CodeFacts): Classification {
  const { code, r } = facts
  const special = classifySpecial(facts)
  if (special) return special
  const row = table[code]
  if (row === undefined) return classifyUnknown(facts)
  if (row.second === 'restore') {
    return r ? result('RESTORE', row.type) : result(row.type, null, { lasting: true, ...prioritised(row) })
  }
  if (row.second === 'ended') return result(row.type, null, { restore: r })
  // momentary with R = 1 is not in the table of the reference: taken at its word rather than as a restore, so that no
  // firmware can hide an alarm in the second meaning. An address bit says nothing either.
  return result(row.type, null, prioritised(row))
}

function prioritised(row: Row): { priority?: Priority } {
  return row.priority === undefined ? {} : { priority: row.priority }
}

function classifySpecial({ code, r, source }: CodeFacts): Classification | undefined {
  if (ARMING.has(code)) return result(r ? 'ARM' : 'DISARM', null)
  // Access refused to somebody the panel does not know: an unknown code or card (spec 02).
  if (code === 421 && source === 0) return result('UNAUTHORIZED_ACCESS', null)
  if (code === 1021) return result('RESTORE', 'TROUBLE')
  // "Clock set by user" and "clock lost" share a code, as do "settings to defaults" and "reloaded from flash".
  if (code === 625) return r ? result('TROUBLE', null) : result('INFO', null)
  if (code === 306) return r ? result('INFO', null) : result('TROUBLE', null)
  return undefined
}

const TYPE_OF_CLASS: readonly EventType[] = ['ALARM', 'ALARM', 'INFO', 'BYPASS', 'ACCESS', 'TROUBLE', 'INFO', 'INFO']

/**
 * A code no table knows (newer firmware): by the record's own class, else by the Contact ID range its number lies in,
 * with the doubt on the side of the alarm.
 */
function classifyUnknown({ code, r, eventClass }: CodeFacts): Classification {
  const type = eventClass == null ? typeOfRange(code) : (TYPE_OF_CLASS[eventClass & 7] as EventType)
  const ends = type === 'ALARM' || type === 'TROUBLE'
  if (ends && r) return result('RESTORE', type, { known: false })
  return result(type, null, { restore: r && !ends, lasting: ends, known: false })
}

function typeOfRange(code: number): EventType {
  if (code >= 100 && code < 300) return 'ALARM'
  if (code >= 300 && code < 400) return 'TROUBLE'
  if (code >= 570 && code < 600) return 'BYPASS'
  if (code >= 600 && code < 620) return 'TEST'
  return 'INFO'
}

/** Code the beginning of an ended signal is recorded under. Only 1021 ends another code than its own. */
export function beginCode(code: number): number {
  return code === 1021 ? 1020 : code
}

/**
 * The code an alarm of a zone most likely gets in the event memory, from the zone's reaction (reference 6.2). State
 * bits say only "zone 3 in alarm"; with this a fire zone reads as fire at once, before the memory has been read.
 */
export function alarmCodeOfReaction(reaction: number | null): number {
  return reaction === null ? 130 : (CODE_OF_REACTION[reaction] ?? 130)
}
const CODE_OF_REACTION: Readonly<Record<number, number>> = {
  0: 134, 1: 134, 2: 134, 3: 132, 4: 131, 5: 130, 6: 134, 7: 135, 8: 136, 9: 137, 10: 133, 11: 133, 12: 123, 13: 122,
  14: 100, 15: 101, 32: 110, 33: 111, 34: 112, 35: 113, 36: 114, 37: 115, 38: 116, 39: 117, 40: 200, 41: 201, 42: 202,
  43: 203, 44: 204, 45: 205, 46: 206, 48: 150, 49: 151, 50: 152, 51: 153, 52: 154, 53: 155, 54: 157, 55: 158, 56: 159,
  85: 134, 86: 134, 88: 133, 94: 132, 95: 132, 96: 110,
} // biome-ignore format: a table
