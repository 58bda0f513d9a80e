import { describe, expect, test } from 'vitest'
import { matchShortcut, type Pending, sequenceMs, type Stroke, type Surroundings } from './keyboard-matcher.ts'
import { printedKey, type Shortcut, type ShortcutId, shortcuts } from './shortcuts.ts'

const calm: Surroundings = { typing: false, textSelected: false, overlay: false, singleKeysOff: false }
const stroke = (key: string, change: Partial<Stroke> = {}): Stroke => ({
  key,
  code: '',
  ctrl: false,
  meta: false,
  alt: false,
  shift: false,
  repeat: false,
  at: 1_000,
  ...change,
})
const idOf = (one: Stroke, around: Partial<Surroundings> = {}, pending: Pending | null = null): ShortcutId | null =>
  matchShortcut(one, pending, { ...calm, ...around }).id

test('every printed key does what the table says', () => {
  for (const [id, shortcut] of Object.entries(shortcuts) as [ShortcutId, Shortcut][]) {
    for (const keys of shortcut.keys) {
      let pending: Pending | null = null
      let got: ShortcutId | null = null
      for (const part of keys.split(' ')) {
        const ctrl = part.startsWith('Mod+')
        const match = matchShortcut(stroke(part.replace('Mod+', ''), { ctrl }), pending, calm)
        pending = match.pending
        got = match.id
      }
      expect(got, keys).toBe(id)
    }
  }
})

test('no two shortcuts share a key', () => {
  const keys = Object.values<Shortcut>(shortcuts).flatMap((shortcut) => shortcut.keys)
  expect(new Set(keys).size).toBe(keys.length)
})

describe('never in the way', () => {
  test('of typing', () => {
    for (const key of ['c', 'x', '/', '?', 'Enter', 'Escape', 'ArrowDown'])
      expect(idOf(stroke(key), { typing: true }), key).toBeNull()
    expect(idOf(stroke('k', { ctrl: true }), { typing: true })).toBe('palette')
  })
  test('of selected text', () => {
    expect(idOf(stroke('c'), { textSelected: true })).toBeNull()
    expect(idOf(stroke('ArrowDown'), { textSelected: true })).toBe('next')
  })
  test('of a dialog', () => expect(idOf(stroke('c'), { overlay: true })).toBeNull())
  test('of a user who has switched single keys off', () => {
    expect(idOf(stroke('c'), { singleKeysOff: true })).toBeNull()
    expect(idOf(stroke('?'), { singleKeysOff: true })).toBeNull()
    expect(idOf(stroke('ArrowUp'), { singleKeysOff: true })).toBe('previous')
    expect(idOf(stroke('k', { ctrl: true }), { singleKeysOff: true })).toBe('palette')
  })
})

describe('exact modifiers', () => {
  test.each([
    ['Ctrl+C copies', stroke('c', { ctrl: true })],
    ['Alt+A belongs to the browser', stroke('a', { alt: true })],
    ['Shift+C is not C', stroke('C', { shift: true })],
    ['Ctrl+Shift+K is not Ctrl+K', stroke('K', { ctrl: true, shift: true })],
    ['Ctrl and Meta together are neither', stroke('k', { ctrl: true, meta: true })],
    ['Shift+Enter is a new line', stroke('Enter', { shift: true })],
  ])('%s', (_, one) => expect(idOf(one)).toBeNull())

  test('Caps Lock changes nothing', () => expect(idOf(stroke('C'))).toBe('claim'))
  test('? and / need Shift on many layouts', () => {
    expect(idOf(stroke('?', { shift: true }))).toBe('help')
    expect(idOf(stroke('/', { shift: true }))).toBe('search')
  })
  test('⌘K on a Mac', () => expect(idOf(stroke('k', { meta: true }))).toBe('palette'))
})

test('on a layout without Latin letters the place of the key counts', () => {
  expect(idOf(stroke('с', { code: 'KeyC' }))).toBe('claim')
  expect(idOf(stroke('ą', { code: 'KeyA', alt: true }))).toBeNull()
})

describe('sequences', () => {
  const begun = matchShortcut(stroke('g'), null, calm).pending

  test('G then A', () => expect(idOf(stroke('a', { at: 1_500 }), {}, begun)).toBe('goAlarms'))
  test('too late, A is A again', () => expect(idOf(stroke('a', { at: 1_001 + sequenceMs }), {}, begun)).toBe('ack'))
  test('a key that continues nothing means itself', () =>
    expect(idOf(stroke('c', { at: 1_100 }), {}, begun)).toBe('claim'))
})

test('a held key acts once, except where one travels', () => {
  expect(idOf(stroke('c', { repeat: true }))).toBeNull()
  expect(idOf(stroke('j', { repeat: true }))).toBe('next')
})

test('keys as they are printed', () => {
  expect(['C', 'Enter', 'Escape', 'Mod+K', 'G A', 'ArrowDown'].map(printedKey)).toEqual([
    'C',
    '⏎',
    'Esc',
    'Ctrl K',
    'G A',
    '↓',
  ])
})
