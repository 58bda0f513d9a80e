import { EVENT_MEANINGS, type EventCategory } from '@stam/integra/codec'
import { expect, test } from 'vitest'
import { raisesAlarm, type SignalClass, signalClass } from './signal-class.ts'

/**
 * The codec sorts the codes by subject, this ledger by consequence. Which consequences a subject may have, R = 0; a
 * code that leaves its row is a mistake on one of the two sides.
 */
const ALLOWED: Readonly<Record<EventCategory, readonly SignalClass[]>> = {
  access: ['ACCESS', 'INFO', 'UNAUTHORIZED_ACCESS', 'TROUBLE', 'ALARM'],
  alarm_handling: ['INFO', 'ALARM'],
  arming: ['ARM', 'DISARM', 'INFO'],
  burglary: ['ALARM', 'INFO'],
  bypass: ['BYPASS', 'INFO'],
  clock: ['INFO', 'TROUBLE'],
  communication: ['INFO', 'TROUBLE', 'TEST'],
  duress: ['ALARM'],
  fire: ['ALARM'],
  guard: ['ALARM', 'ACCESS', 'INFO'],
  medical: ['ALARM'],
  output: ['INFO'],
  panic: ['ALARM'],
  programming: ['INFO'],
  system: ['INFO', 'TROUBLE'],
  tamper: ['TAMPER', 'ALARM', 'INFO'],
  technical: ['ALARM', 'TAMPER', 'TROUBLE'],
  test: ['TEST', 'INFO'],
  trouble: ['TROUBLE', 'TAMPER', 'INFO'],
  user: ['INFO', 'UNAUTHORIZED_ACCESS'],
  wrong_code: ['UNAUTHORIZED_ACCESS', 'INFO'],
  zone: ['INFO', 'TROUBLE', 'ALARM'],
}

test('the ledger and the codec agree on what a code is about', () => {
  const wrong = EVENT_MEANINGS.filter(({ restore }) => !restore)
    .map(({ code, category, english }) => ({ code, category, name: signalClass(code, false), english }))
    .filter(({ category, name }) => !ALLOWED[category].includes(name))
  expect(wrong).toEqual([])
})

test('what the codec calls an end is never an alarm here', () => {
  const wrong = EVENT_MEANINGS.filter(({ phase }) => phase === 'end')
    .filter(({ code, restore }) => raisesAlarm(signalClass(code, restore)))
    .map(({ code, english }) => `${code} ${english}`)
  expect(wrong).toEqual([])
})

test.each([
  [130, false, 'ALARM'],
  [130, true, 'RESTORE'],
  [137, false, 'TAMPER'],
  [144, false, 'TAMPER'],
  [121, false, 'ALARM'],
  [301, false, 'TROUBLE'],
  [301, true, 'RESTORE'],
  [401, true, 'ARM'],
  [401, false, 'DISARM'],
  [441, true, 'ARM'],
  [461, false, 'UNAUTHORIZED_ACCESS'],
  [570, false, 'BYPASS'],
  [570, true, 'BYPASS'],
  [602, false, 'TEST'],
  [621, false, 'INFO'],
] as const)('code %i, R = %s is %s', (code, restore, expected) => {
  expect(signalClass(code, restore)).toBe(expected)
})
