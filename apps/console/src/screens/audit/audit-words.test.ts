import { alarmActions } from '@stam/contracts'
import { expect, test } from 'vitest'
import { actionText, wordsOfSystemActor } from './audit-words.ts'

const files = import.meta.glob<string>(
  [
    '../../../../backend/src/**/*.ts',
    '../../../../station/src/**/*.ts',
    '../../../../../packages/store/src/**/*.ts',
    '../../../../../cli/*.ts',
  ],
  { query: '?raw', import: 'default', eager: true },
)

test('every verb that is written into the record has its words', () => {
  const written = Object.values(files).flatMap((text) =>
    [...text.matchAll(/\baction: '([A-Z][A-Z_]+)'/g)].map((match) => match[1] ?? ''),
  )
  expect(written.length).toBeGreaterThan(20)
  const verbs = new Set([...written, ...alarmActions.map((action) => `ALARM_${action.toUpperCase()}`)])
  expect([...verbs].filter((verb) => !(verb in actionText)).toSorted()).toEqual([])
})

test('everything that acts without a person has a name a person reads', () => {
  const names = Object.entries(files).flatMap(([file, text]) =>
    file.includes('.test.')
      ? []
      : [...text.matchAll(/kind: 'system', name: '([^']+)'/g)].map((match) => match[1] ?? ''),
  )
  expect(names.length).toBeGreaterThan(8)
  expect(names.filter((name) => wordsOfSystemActor(name).pl === name)).toEqual([])
})
