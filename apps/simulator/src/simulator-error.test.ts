import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { faultModes } from './module/fault.ts'
import { panelActionNames } from './panel/panel-actions.ts'
import { troubleNames } from './panel/troubles.ts'
import { simulatorErrorCodes } from './simulator-error.ts'

const page = readFileSync(new URL('../../../docs/simulator.md', import.meta.url), 'utf8')

/** Words in backticks in one section of the page. */
function named(heading: string, pattern: RegExp): Set<string> {
  const section = page.split(/^#+ /m).find((part) => part.startsWith(heading)) ?? ''
  const words = [...section.matchAll(/`([^`]+)`/g)].flatMap(([, text = '']) => text.split(/[\s,]+/))
  return new Set(words.map((word) => word.replace(/\(.*/, '')).filter((word) => pattern.test(word)))
}

test('the page lists every error code and no other', () => {
  expect([...named('Errors', /^[A-Z_]{3,}$/)].sort()).toEqual(Object.keys(simulatorErrorCodes).sort())
})

test('the page lists every action, trouble and fault', () => {
  const actions = named('Actions', /^[a-z_]+$/)
  expect(panelActionNames.filter((name) => !actions.has(name))).toEqual([])
  const troubles = named('Troubles', /^[a-z_0-9]+$/)
  expect(troubleNames.filter((name) => !troubles.has(name))).toEqual([])
  const faults = named('Faults', /^[a-z_]+$/)
  expect(faultModes.filter((name) => !faults.has(name))).toEqual([])
})
