import { expect, test } from 'vitest'
import { choiceOf, hasOwn, type Overrides, rebased, typesShown, withChoice } from './zone-overrides.ts'

const none: Overrides = {}

test('a choice is set, changed and taken back to the default, the others stay', () => {
  const lowered = withChoice({ TAMPER: 'INFO' }, 'ALARM', 'WARNING')
  expect(lowered).toEqual({ TAMPER: 'INFO', ALARM: 'WARNING' })
  expect(withChoice(lowered, 'ALARM', 'INFO')).toEqual({ TAMPER: 'INFO', ALARM: 'INFO' })
  expect(withChoice(lowered, 'ALARM', 'default')).toEqual({ TAMPER: 'INFO' })
  expect([choiceOf(lowered, 'ALARM'), choiceOf(lowered, 'TROUBLE')]).toEqual(['WARNING', 'default'])
  expect([hasOwn(none), hasOwn(lowered)]).toEqual([false, true])
})

test('what was set for an unusual type is shown too, and stays in its row after being taken back', () => {
  expect(typesShown(none)).toEqual(['ALARM', 'TAMPER', 'TROUBLE'])
  expect(typesShown({ BYPASS: 'WARNING' })).toEqual(['ALARM', 'TAMPER', 'TROUBLE', 'BYPASS'])
  expect(typesShown({ BYPASS: 'WARNING' }, none)).toContain('BYPASS')
})

test('what somebody else saved meanwhile stays wherever nothing was chosen here', () => {
  const base: Overrides = { ALARM: 'INFO', TROUBLE: 'INFO' }
  const chosen = withChoice(withChoice(base, 'ALARM', 'WARNING'), 'TROUBLE', 'default')
  expect(rebased(base, chosen, { ALARM: 'CRITICAL', TROUBLE: 'INFO', TAMPER: 'INFO' })).toEqual({
    ALARM: 'WARNING',
    TAMPER: 'INFO',
  })
  expect(rebased(base, base, none)).toEqual(none)
})
