/** Which shortcut a key press means, if any. Pure: what is focused and what came before are part of the input. */
import { type Shortcut, type ShortcutId, shortcuts } from './shortcuts.ts'

export interface Stroke {
  readonly key: string
  /** Physical key, the fallback for layouts without Latin letters. */
  readonly code: string
  readonly ctrl: boolean
  readonly meta: boolean
  readonly alt: boolean
  readonly shift: boolean
  readonly repeat: boolean
  readonly at: number
}

export interface Surroundings {
  /** The focus is in something one types into. */
  readonly typing: boolean
  /** Text is selected: letters are more likely meant for it. */
  readonly textSelected: boolean
  /** A dialog, menu or list box is open: keys belong to it. */
  readonly overlay: boolean
  /** Single keys are switched off by the user (WCAG 2.1.4). */
  readonly singleKeysOff: boolean
}

export interface Pending {
  readonly stroke: string
  readonly at: number
}

export interface Match {
  readonly id: ShortcutId | null
  readonly pending: Pending | null
}

/** How long the second key of `G A` may take. */
export const sequenceMs = 1_200

/** Keys that may repeat while held; everything else acts once per press. */
const repeatable: ReadonlySet<ShortcutId> = new Set<ShortcutId>(['next', 'previous', 'pageDown', 'pageUp'])
/** Navigation keys do something of their own in a focused control; never taken from typing, taken from nothing else. */
const none: Match = { id: null, pending: null }

export function matchShortcut(stroke: Stroke, pending: Pending | null, around: Surroundings): Match {
  if (around.overlay || stroke.alt) return none
  const mod = stroke.ctrl !== stroke.meta && (stroke.ctrl || stroke.meta)
  if ((stroke.ctrl || stroke.meta) && !mod) return none
  if (mod) {
    if (stroke.shift) return none
    return { id: idOf(`Mod+${letterOf(stroke)}`, stroke), pending: null }
  }
  if (around.typing) return none
  const name = letterOf(stroke)
  const single = name.length === 1
  if (single && (around.singleKeysOff || around.textSelected)) return none
  // Shift is part of making `?` and `/` on many layouts; for letters and named keys it means something else.
  if (stroke.shift && (/^[A-Z]$/.test(name) || !single)) return none
  if (pending !== null && stroke.at - pending.at <= sequenceMs) {
    const id = idOf(`${pending.stroke} ${name}`, stroke)
    if (id !== null) return { id, pending: null }
  }
  if (startsSequence(name)) return { id: null, pending: { stroke: name, at: stroke.at } }
  return { id: idOf(name, stroke), pending: null }
}

function letterOf(stroke: Stroke): string {
  if (/^[a-z]$/i.test(stroke.key)) return stroke.key.toUpperCase()
  // Cyrillic, Greek …: the letter printed on the Latin key in that place.
  if (stroke.key.length === 1 && /\p{L}/u.test(stroke.key) && /^Key[A-Z]$/.test(stroke.code))
    return stroke.code.slice(3)
  return stroke.key
}

const startsSequence = (name: string): boolean =>
  Object.values<Shortcut>(shortcuts).some((shortcut) => shortcut.keys.some((keys) => keys.startsWith(`${name} `)))

function idOf(keys: string, stroke: Stroke): ShortcutId | null {
  for (const [id, shortcut] of Object.entries(shortcuts) as [ShortcutId, Shortcut][]) {
    if (shortcut.keys.includes(keys)) return stroke.repeat && !repeatable.has(id) ? null : id
  }
  return null
}
