/**
 * Ties board, mute, leadership and loudspeaker together. One window of several sounds: the one that holds the Web Lock,
 * and only a window whose audio really runs competes for it, so a blocked window can never hold the others silent.
 * Without Web Locks (plain HTTP) every window sounds: twice is better than never.
 */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { board, onBoardChange } from '../data/centre.ts'
import { preferences } from '../data/preferences.ts'
import { type AudioState, createLoudspeaker, type Loudspeaker } from './loudspeaker.ts'
import { chimes, decideSound, longestMuteMs, remainingMute, rings } from './sound-decision.ts'

export interface SoundState {
  readonly audio: AudioState
  /** This window is the one that sounds. */
  readonly speaker: boolean
  /** Another window of this browser is. */
  readonly otherSpeaks: boolean
  readonly mutedUntil: number | null
  readonly ringing: boolean
}

const muteKey = 'stam-muted-until'
const lockName = 'stam-speaker'

export const sound = createStore<SoundState>(() => ({
  audio: 'unknown',
  speaker: false,
  otherSpeaks: false,
  mutedUntil: readMute(),
  ringing: false,
}))
export const useSound = (): SoundState => useStore(sound)

let loudspeaker: Loudspeaker | null = null
let lastChimeAt: number | null = null
let release: (() => void) | null = null

function readMute(): number | null {
  try {
    const kept = Number(localStorage.getItem(muteKey) ?? Number.NaN)
    return remainingMute(kept, Date.now()) > 0 ? kept : null
  } catch {
    return null
  }
}

/** Silence on this device for five minutes, or its end. New criticals are still shown. */
export function setMuted(on: boolean): void {
  const mutedUntil = on ? Date.now() + longestMuteMs : null
  try {
    if (mutedUntil === null) localStorage.removeItem(muteKey)
    else localStorage.setItem(muteKey, String(mutedUntil))
  } catch {
    // The mute then holds for this window only.
  }
  sound.setState({ mutedUntil })
  apply(false)
}

export const toggleMute = (): void => setMuted(remainingMute(sound.getState().mutedUntil, Date.now()) === 0)

/** From a click: lets the browser start the sound, and plays the test tone so that the user hears that it did. */
export function wakeSound(): void {
  void loudspeaker?.wake()
  loudspeaker?.test()
}

export function playTestTone(): void {
  void loudspeaker?.wake()
  loudspeaker?.test()
}

function apply(chime: boolean): void {
  const { mutedUntil, speaker, ringing } = sound.getState()
  const now = Date.now()
  const decision = decideSound({ ringing, chime, mutedUntil, speaker, lastChimeAt }, now)
  loudspeaker?.setSiren(decision.siren)
  if (!decision.chime) return
  lastChimeAt = now
  loudspeaker?.chime()
}

function lead(): void {
  if (release !== null) return
  if (navigator.locks === undefined) {
    release = () => sound.setState({ speaker: false })
    sound.setState({ speaker: true })
    return
  }
  const gone = new AbortController()
  let end = (): void => gone.abort()
  release = () => end()
  const held = new Promise<void>((resolve) => {
    end = () => {
      gone.abort()
      resolve()
    }
  })
  navigator.locks
    .request(lockName, { signal: gone.signal }, () => {
      if (gone.signal.aborted) return undefined
      sound.setState({ speaker: true, otherSpeaks: false })
      apply(false)
      return held
    })
    .catch(() => undefined)
}

function yieldLead(): void {
  release?.()
  release = null
  sound.setState({ speaker: false })
}

async function lookForOthers(): Promise<void> {
  if (navigator.locks === undefined || sound.getState().speaker) return
  const { held } = await navigator.locks.query()
  sound.setState({ otherSpeaks: held?.some((lock) => lock.name === lockName) ?? false })
}

/** Starts listening to the board. Returns the way to stop; called on sign-out. */
export function startSound(): () => void {
  const speaker = createLoudspeaker((audio) => {
    sound.setState({ audio })
    if (audio === 'running') lead()
    else yieldLead()
    apply(false)
  })
  loudspeaker = speaker
  speaker.setVolume(preferences.getState().volume)
  const look = (chime: boolean): void => {
    const ringing = board.all().some(rings)
    if (ringing !== sound.getState().ringing) sound.setState({ ringing })
    apply(chime)
  }
  const wake = (): void => void speaker.wake()
  const onStorage = (event: StorageEvent): void => {
    if (event.key !== muteKey) return
    sound.setState({ mutedUntil: readMute() })
    apply(false)
  }
  const stops = [
    onBoardChange(({ arrived }) => look(arrived.some(chimes))),
    preferences.subscribe(({ volume }) => speaker.setVolume(volume)),
  ]
  const timer = setInterval(() => {
    const { mutedUntil } = sound.getState()
    if (mutedUntil !== null && remainingMute(mutedUntil, Date.now()) === 0) sound.setState({ mutedUntil: null })
    apply(false)
    void lookForOthers()
  }, 1_000)
  window.addEventListener('pointerdown', wake, true)
  window.addEventListener('keydown', wake, true)
  window.addEventListener('storage', onStorage)
  look(false)
  return () => {
    clearInterval(timer)
    for (const stop of stops) stop()
    window.removeEventListener('pointerdown', wake, true)
    window.removeEventListener('keydown', wake, true)
    window.removeEventListener('storage', onStorage)
    yieldLead()
    speaker.close()
    loudspeaker = null
    sound.setState({ audio: 'unknown', ringing: false, otherSpeaks: false })
  }
}
