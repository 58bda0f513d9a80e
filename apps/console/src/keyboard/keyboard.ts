/** Listens once for the whole window and calls whoever has registered for a shortcut last. */
import { useEffect, useRef } from 'react'
import { preferences } from '../data/preferences.ts'
import { matchShortcut, type Pending, type Surroundings } from './keyboard-matcher.ts'
import type { ShortcutId } from './shortcuts.ts'

type Handler = () => void
const handlers = new Map<ShortcutId, Handler[]>()
let pending: Pending | null = null

/** Runs `handler` on the shortcut while the component is mounted and `enabled`. The last mounted wins. */
export function useShortcut(id: ShortcutId, handler: Handler, enabled = true): void {
  const latest = useRef(handler)
  useEffect(() => {
    latest.current = handler
  })
  useEffect(() => {
    if (!enabled) return
    const mine = (): void => latest.current()
    handlers.set(id, [...(handlers.get(id) ?? []), mine])
    return () => {
      handlers.set(
        id,
        (handlers.get(id) ?? []).filter((one) => one !== mine),
      )
    }
  }, [id, enabled])
}

/** Whether anything on the screen answers to the shortcut now. */
export const answersTo = (id: ShortcutId): boolean => (handlers.get(id)?.length ?? 0) > 0

const typable =
  'input, textarea, select, [contenteditable=""], [contenteditable="true"], [role="textbox"], [role="combobox"], [role="spinbutton"]'
const notTyped = new Set(['checkbox', 'radio', 'range', 'button', 'submit', 'reset', 'file', 'color'])

export function surroundingsOf(target: EventTarget | null, singleKeysOff: boolean): Surroundings {
  const element = target instanceof Element ? target.closest(typable) : null
  const typing = element !== null && !(element instanceof HTMLInputElement && notTyped.has(element.type))
  const selection = window.getSelection()
  return {
    typing,
    textSelected: selection !== null && !selection.isCollapsed && selection.toString().trim() !== '',
    overlay: document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]') !== null,
    singleKeysOff,
  }
}

/** Controls that do something of their own with Enter; the shortcut of that key leaves them alone. */
const takesEnter =
  'button, a[href], summary, [role="button"], [role="link"], [role="tab"], [role="radio"], [role="switch"], input'

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return
  const around = surroundingsOf(event.target, !preferences.getState().singleKeys)
  const stroke = {
    key: event.key,
    code: event.code,
    ctrl: event.ctrlKey,
    meta: event.metaKey,
    alt: event.altKey,
    shift: event.shiftKey,
    repeat: event.repeat,
    at: event.timeStamp,
  }
  const match = matchShortcut(stroke, pending, around)
  pending = match.pending
  if (match.id === null) return
  if (event.key === 'Enter' && event.target instanceof Element && event.target.closest(takesEnter) !== null) return
  const handler = handlers.get(match.id)?.at(-1)
  if (handler === undefined) return
  event.preventDefault()
  handler()
}

/** Call once. Returns the way to stop. */
export function listenToKeyboard(): () => void {
  window.addEventListener('keydown', onKeyDown)
  return () => window.removeEventListener('keydown', onKeyDown)
}
