import { EVENT_ROWS, type EventCategory, type EventRow } from './event-code-table.ts'

export type { EventCategory } from './event-code-table.ts'

/** What one event code means for one value of R (reference 5.4). */
export interface EventMeaning {
  readonly code: number
  readonly restore: boolean
  /** Long kind 0..15, 30..32: how partition and source are to be read (reference 5.2). */
  readonly kind: number
  /** Default class 0..7; the record itself carries the true one. */
  readonly eventClass: number
  readonly category: EventCategory
  /**
   * begin: something started or was done · end: the end of what R = 0 begins (alarm, trouble) · opposite: R = 1 is a
   * second meaning, such as armed beside disarmed
   */
  readonly phase: 'begin' | 'end' | 'opposite'
  readonly english: string
  readonly polish: string
  /** Every source, the 2014 description only, or one observed panel. */
  readonly listed: 'both' | 'old' | 'observed'
}

function kindOf(row: EventRow, restore: boolean): number {
  if (typeof row[1] === 'number') return row[1]
  return Number(row[1].split('/')[restore ? 1 : 0])
}

function meaningsOf(row: EventRow): EventMeaning[] {
  const [code, , eventClass, category, role, english0, polish0, english1 = '', polish1 = '', mark] = row
  const listed = mark === '+' ? 'old' : mark === '#' ? 'observed' : 'both'
  const meanings: EventMeaning[] = []
  const add = (restore: boolean, phase: EventMeaning['phase'], english: string, polish: string) =>
    meanings.push({ code, restore, kind: kindOf(row, restore), eventClass, category, phase, english, polish, listed })
  if (english0 !== '') add(false, 'begin', english0, polish0)
  if (role === 'a') add(true, 'begin', english0, polish0)
  else if (english1 !== '') add(true, role === 'm' ? 'opposite' : 'end', english1, polish1)
  return meanings
}

/** Every documented combination of code and R, by code, R = 0 first. */
export const EVENT_MEANINGS: readonly EventMeaning[] = EVENT_ROWS.flatMap(meaningsOf)

const byKey = new Map(EVENT_MEANINGS.map((meaning) => [(meaning.restore ? 1024 : 0) + meaning.code, meaning]))

/**
 * Meaning of a code, undefined for a combination no known description lists: real panels word it by 0x8F.
 * For kind 3 R is an address bit and both values mean the same.
 */
export function eventMeaning(code: number, restore: boolean): EventMeaning | undefined {
  return byKey.get((restore ? 1024 : 0) + code)
}

/**
 * Contact ID of a record: codes 100..628 carry its numbers, R = 0 is qualifier 1 (new event or opening), R = 1 is
 * qualifier 3 (restore or closing). SATEL's own codes have none.
 */
export function contactId(code: number, restore: boolean): { qualifier: 1 | 3; code: number } | undefined {
  return code >= 100 && code <= 628 ? { qualifier: restore ? 3 : 1, code } : undefined
}
