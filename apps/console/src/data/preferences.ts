/** What this device remembers of how its user likes the console. Nothing about alarms, sites or people. */
import type { Language } from '@stam/contracts'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

export interface Preferences {
  readonly language: Language
  readonly theme: 'dark' | 'light'
  readonly density: 'normal' | 'compact'
  /** 0.1…1 */
  readonly volume: number
  /** Single-letter shortcuts. */
  readonly singleKeys: boolean
}

const storageKey = 'stam-preferences'
/** Never silent: silence is the mute's business, and the mute ends by itself. */
const quietest = 0.1
const defaults: Preferences = { language: 'pl', theme: 'dark', density: 'normal', volume: 0.7, singleKeys: true }

function kept(): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '{}')
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function read(): Preferences {
  const { language, theme, density, volume, singleKeys } = kept()
  return {
    language: language === 'en' || language === 'pl' ? language : defaults.language,
    theme: theme === 'light' ? 'light' : defaults.theme,
    density: density === 'compact' ? 'compact' : defaults.density,
    volume: typeof volume === 'number' ? Math.min(1, Math.max(quietest, volume)) : defaults.volume,
    singleKeys: singleKeys !== false,
  }
}

export const preferences = createStore<Preferences>(read)

export function prefer(change: Partial<Preferences>): void {
  preferences.setState(change)
  try {
    localStorage.setItem(storageKey, JSON.stringify({ ...kept(), ...change }))
  } catch {
    // A browser without storage forgets the choice at the next start; nothing else depends on it.
  }
}

/** The language of whoever signs in, unless one was chosen on this device. */
export function adoptLanguage(language: Language): void {
  if (kept()['language'] === undefined) preferences.setState({ language })
}

export function usePreference<K extends keyof Preferences>(name: K): Preferences[K] {
  return useStore(preferences, (state) => state[name])
}

if (typeof window !== 'undefined') {
  window.addEventListener('storage', (event) => {
    if (event.key === storageKey) preferences.setState(read())
  })
}
