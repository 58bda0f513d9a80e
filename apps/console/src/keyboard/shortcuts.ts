/**
 * Every shortcut of the console, once. `?` lists them from here, buttons print their key from here.
 * Arming, disarming and outputs never get a single key (house style 28).
 */
import type { MessageKey } from '../texts/pl.ts'

export const shortcutScopes = ['everywhere', 'queue', 'alarm'] as const
export type ShortcutScope = (typeof shortcutScopes)[number]

export interface Shortcut {
  /** One stroke, or a sequence of strokes separated by a space. `Mod` = Ctrl (or ⌘ on a Mac). */
  readonly keys: readonly string[]
  readonly scope: ShortcutScope
  readonly label: MessageKey
}

export const shortcuts = {
  next: { keys: ['ArrowDown', 'J'], scope: 'queue', label: 'keys.next' },
  previous: { keys: ['ArrowUp', 'K'], scope: 'queue', label: 'keys.previous' },
  first: { keys: ['Home'], scope: 'queue', label: 'keys.first' },
  last: { keys: ['End'], scope: 'queue', label: 'keys.last' },
  pageDown: { keys: ['PageDown'], scope: 'queue', label: 'keys.page_down' },
  pageUp: { keys: ['PageUp'], scope: 'queue', label: 'keys.page_up' },
  open: { keys: ['Enter'], scope: 'queue', label: 'keys.open' },
  claim: { keys: ['C'], scope: 'alarm', label: 'keys.claim' },
  ack: { keys: ['A'], scope: 'alarm', label: 'keys.ack' },
  resolve: { keys: ['R'], scope: 'alarm', label: 'keys.resolve' },
  close: { keys: ['X'], scope: 'alarm', label: 'keys.close' },
  note: { keys: ['N'], scope: 'alarm', label: 'keys.note' },
  search: { keys: ['/'], scope: 'everywhere', label: 'keys.search' },
  filter: { keys: ['F'], scope: 'queue', label: 'keys.filter' },
  mute: { keys: ['M'], scope: 'everywhere', label: 'keys.mute' },
  goAlarms: { keys: ['G A'], scope: 'everywhere', label: 'keys.go_alarms' },
  goSites: { keys: ['G S'], scope: 'everywhere', label: 'keys.go_sites' },
  goPanels: { keys: ['G P'], scope: 'everywhere', label: 'keys.go_panels' },
  goSystem: { keys: ['G Y'], scope: 'everywhere', label: 'keys.go_system' },
  goPeople: { keys: ['G U'], scope: 'everywhere', label: 'keys.go_people' },
  goAudit: { keys: ['G D'], scope: 'everywhere', label: 'keys.go_audit' },
  goProfile: { keys: ['G I'], scope: 'everywhere', label: 'keys.go_profile' },
  back: { keys: ['Escape'], scope: 'everywhere', label: 'keys.back' },
  lock: { keys: ['G L'], scope: 'everywhere', label: 'keys.lock' },
  palette: { keys: ['Mod+K'], scope: 'everywhere', label: 'keys.palette' },
  help: { keys: ['?'], scope: 'everywhere', label: 'keys.help' },
} as const satisfies Record<string, Shortcut>

export type ShortcutId = keyof typeof shortcuts

/** How a key is printed on a button: `⏎`, `Esc`, `Ctrl K`. */
export function printedKey(stroke: string): string {
  const names: Readonly<Record<string, string>> = {
    Enter: '⏎',
    Escape: 'Esc',
    ArrowDown: '↓',
    ArrowUp: '↑',
    PageDown: 'PgDn',
    PageUp: 'PgUp',
  }
  return stroke
    .split(' ')
    .map((one) =>
      one
        .split('+')
        .map((part) => (part === 'Mod' ? 'Ctrl' : (names[part] ?? part)))
        .join(' '),
    )
    .join(' ')
}
