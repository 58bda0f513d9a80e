// @vitest-environment happy-dom
import { act, createElement, useState } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, expect, test } from 'vitest'
import { preferences } from '../src/data/preferences.ts'
import { loadTexts, TextsProvider } from '../src/texts/texts.tsx'
import { DateTimeField } from '../src/ui/date-time-field.tsx'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

let root: Root
let place: HTMLElement
let told: (string | undefined)[] = []

async function show(language: 'pl' | 'en', start: string | undefined): Promise<HTMLElement> {
  preferences.setState({ language })
  await loadTexts(language)
  told = []
  place = document.body.appendChild(document.createElement('div'))
  root = createRoot(place)
  function Kept() {
    const [value, setValue] = useState(start)
    const onChange = (next: string | undefined): void => {
      told.push(next)
      setValue(next)
    }
    return createElement(DateTimeField, { label: 'Od', testId: 'from', value, onChange })
  }
  await act(async () => root.render(createElement(TextsProvider, null, createElement(Kept))))
  return place.querySelector('[data-testid="from"]') as HTMLElement
}
afterEach(async () => {
  await act(async () => root.unmount())
  place.remove()
})

/** Without the marks of writing direction that stand between the parts. */
const textOf = (field: HTMLElement): string => (field.textContent ?? '').replace(/[\u2066-\u2069\u200e\u200f]/g, '')

test.each([
  ['pl', '21.11.2026, 21:04'],
  ['en', '21/11/2026, 21:04'],
] as const)('in %s it reads %s', async (language, text) => {
  expect(textOf(await show(language, '2026-11-21T21:04'))).toBe(text)
})

test('stepping the hour tells the new moment, whatever the hour is by other clocks', async () => {
  const field = await show('pl', '2026-11-21T21:59')
  const hour = field.querySelector('[data-type="hour"]') as HTMLElement
  await act(async () => {
    hour.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', bubbles: true, cancelable: true }))
  })
  expect(told).toEqual(['2026-11-21T22:59'])
  expect(textOf(field)).toBe('21.11.2026, 22:59')
})

test.each([undefined, 'yesterday', '2026-13-40T99:99'])('%s is shown as empty', async (value) => {
  expect(textOf(await show('pl', value))).not.toMatch(/\d/)
})
