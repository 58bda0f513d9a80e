/** What this device remembers of how its user likes the console. Nothing about alarms, sites or people. */
import type { Language } from '@stam/contracts'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

export interface Preferences {
  readonly language: Language
  readonly theme: 'dark' | 'light'
  readonly density: 'normal' | 'compact'
  /** 0…1 */
  readonly volume: number
  /** Single-letter shortcuts. */
  readonly singleKeys: boolean
}

const storageKey = 'stam-preferences'
const defaults: Preferences = { language: 'pl', theme: 'dark', density: 'normal', volume: 0.7, singleKeys: true }

function read(): Preferences {
  try {
    const kept = JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Record<string, unknown>
    return {
      language: kept['language'] === 'en' ? 'en' : defaults.language,
      theme: kept['theme'] === 'light' ? 'light' : defaults.theme,
      density: kept['density'] === 'compact' ? 'compact' : defaults.density,
      volume: typeof kept['volume'] === 'number' ? Math.min(1, Math.max(0, kept['volume'])) : defaults.volume,
      singleKeys: kept['singleKeys'] !== false,
    }
  } catch {
    return defaults
  }
}

export const preferences = createStore<Preferences>(read)

export function prefer(change: Partial<Preferences>): void {
  preferences.setState(change)
  try {
    localStorage.setItem(storageKey, JSON.stringify(preferences.getState()))
  } catch {
    // A browser without storage forgets the choice at the next start; nothing else depends on it.
  }
}

export function usePreference<K extends keyof Preferences>(name: K): Preferences[K] {
  return useStore(preferences, (state) => state[name])
}

if (typeof window !== 'undefined') {
  window.addEventListener('storage', (event) => {
    if (event.key === storageKey) preferences.setState(read())
  })
}
