import { alarmActions } from '@stam/contracts'
import { expect, test } from 'vitest'
import { actionText } from './audit-words.ts'

const files = import.meta.glob<string>(
  ['../../../../backend/src/**/*.ts', '../../../../../packages/store/src/**/*.ts', '../../../../../cli/*.ts'],
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
