// @vitest-environment happy-dom
import { act, createElement } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { board, session } from '../src/data/centre.ts'
import { draftOf, dropAllDrafts } from '../src/data/drafts.ts'
import { preferences } from '../src/data/preferences.ts'
import { ActionBar } from '../src/screens/alarm/action-bar.tsx'
import { loadTexts, TextsProvider } from '../src/texts/texts.tsx'
import { sampleAlarm, someone } from './sample-alarm.ts'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

const mine = sampleAlarm(1, { status: 'IN_PROGRESS', handler: someone, version: 3 })
const theirs = { ...mine, version: 4, handler: { id: '00000000-0000-4000-8000-0000000000bb', name: 'Ewa Król' } }
const note = 'Kierowniczka podała hasło'
const answers: (() => Response)[] = []
const asked: { path: string; body: unknown }[] = []
let root: Root
let place: HTMLElement

const answer = (status: number, body: unknown) => () => new Response(JSON.stringify(body), { status })
const find = (id: string): HTMLElement | null => place.querySelector(`[data-testid="${id}"]`)

beforeEach(async () => {
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    asked.push({ path, body: init.body === undefined ? undefined : JSON.parse(String(init.body as string)) })
    const next = answers.shift()
    if (next === undefined) throw new TypeError('network')
    return next()
  })
  session.store.setState({
    phase: 'signed_in',
    user: {
      ...someone,
      email: 'a@b',
      role: 'OPERATOR',
      language: 'en',
      must_change_password: false,
      lock: { locked: false, pin_set: false, after_minutes: null },
      permissions: ['alarm:write'],
    },
  })
  preferences.setState({ language: 'en' })
  await loadTexts('en')
  board.live([mine], Date.now())
  place = document.body.appendChild(document.createElement('div'))
  root = createRoot(place)
  await act(async () =>
    root.render(
      createElement(TextsProvider, null, createElement(ActionBar, { alarm: mine, onReload: () => undefined })),
    ),
  )
})

afterEach(async () => {
  await act(async () => root.unmount())
  place.remove()
  asked.length = 0
  answers.length = 0
  dropAllDrafts()
  board.clear()
  vi.unstubAllGlobals()
})

async function type(text: string): Promise<void> {
  const field = find('note') as HTMLTextAreaElement
  await act(async () => {
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set?.call(field, text)
    field.dispatchEvent(new Event('input', { bubbles: true }))
  })
}
const press = (id: string): Promise<void> => act(async () => find(id)?.click())
const noteText = (): string => (find('note') as HTMLTextAreaElement).value

test('who changed it and what it is now is said, and not a letter is lost', async () => {
  await type(note)
  answers.push(
    answer(409, {
      error: {
        code: 'ALARM_STALE_VERSION',
        message: '',
        details: { current: theirs, version: 4, changed_by: 'Ewa Król', changed_at: '2026-11-21T20:04:37.000Z' },
      },
    }),
  )
  await press('ack')
  expect(asked.find(({ path }) => path.endsWith('/ack'))?.body).toEqual({ version: 3, note })
  expect(find('conflict')?.textContent).toContain('Ewa Król')
  expect(find('conflict')?.textContent).toContain('Your note has been kept')
  expect(noteText()).toBe(note)
  await press('conflict-reload')
  expect([find('conflict'), noteText()]).toEqual([null, note])
})

test('a short note is not sent, and the rule says what is missing', async () => {
  expect(find('note-rule')?.textContent).toBe('10 more characters')
  await type('too short')
  await press('ack')
  expect(asked).toEqual([])
  expect(find('note-rule')?.getAttribute('role')).toBe('alert')
  expect(find('note-rule')?.textContent).toBe('1 more character')
  expect(noteText()).toBe('too short')
})

test('when nobody answers, what was typed stays and nothing is claimed about it', async () => {
  await type(note)
  await press('ack')
  // Once, and once more under the same key.
  expect(asked.filter(({ path }) => path.endsWith('/ack'))).toHaveLength(2)
  expect(find('action-failed')?.textContent).toContain('It is not known')
  expect(noteText()).toBe(note)
})

test('what was accepted is gone from the field', async () => {
  await type(note)
  answers.push(answer(200, { alarm: { ...mine, status: 'ACK', version: 4 }, allowed_actions: [] }))
  await press('ack')
  expect(draftOf(mine.id).note).toBe('')
  expect(board.get(mine.id)).toMatchObject({ status: 'ACK', version: 4 })
})
