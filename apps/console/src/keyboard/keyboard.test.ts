// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test } from 'vitest'
import { surroundingsOf } from './keyboard.ts'

const put = (html: string): Element => {
  document.body.innerHTML = html
  return document.body.querySelector('[data-here]') ?? document.body
}
beforeEach(() => put(''))
afterEach(() => put(''))

test.each([
  ['<input data-here>', true],
  ['<input type="search" data-here>', true],
  ['<textarea data-here></textarea>', true],
  ['<div contenteditable="true"><b data-here>x</b></div>', true],
  ['<div role="combobox" data-here></div>', true],
  ['<input type="checkbox" data-here>', false],
  ['<input type="radio" data-here>', false],
  ['<input type="range" data-here>', false],
  ['<button data-here>x</button>', false],
  ['<div data-here></div>', false],
])('typing in %s: %s', (html, typing) => {
  expect(surroundingsOf(put(html), false).typing).toBe(typing)
})

test('an open dialog, menu or list takes the keys', () => {
  expect(surroundingsOf(put('<p data-here></p>'), false).overlay).toBe(false)
  for (const role of ['dialog', 'alertdialog', 'menu', 'listbox']) {
    expect(surroundingsOf(put(`<p data-here></p><div role="${role}"></div>`), false).overlay, role).toBe(true)
  }
})
