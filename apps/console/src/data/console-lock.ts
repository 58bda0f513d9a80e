/**
 * Topic: the lock of the console. The server holds it, for all windows of this session; this window hides everything at once, before
 * the server has heard of it, and stays hidden when it cannot be reached. Board, stream and sound go on: a lock never hides that
 * something critical waits.
 */
import { Me } from '@stam/contracts'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { http, onRefusal, session } from './centre.ts'
import { type Failure, failureOf } from './http.ts'

const storageKey = 'stam-locked'
const touchKey = 'stam-touched-at'
const tellEveryMs = 5_000
const retryMs = 3_000

/** Locked here and now, whether or not the server knows yet. */
const here = createStore<{ readonly locked: boolean }>(() => ({ locked: kept(storageKey) !== null }))
const windows = 'BroadcastChannel' in globalThis ? new BroadcastChannel('stam-lock') : null

function kept(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

function keep(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name)
    else localStorage.setItem(name, value)
  } catch {
    // Without storage the lock holds for this window, and at the server.
  }
}

const mine = (): Me | null => {
  const state = session.store.getState()
  return state.phase === 'signed_in' ? state.user : null
}

/** For the screen: hidden as soon as either side says so. */
export function useLocked(): boolean {
  const locked = useStore(here, (state) => state.locked)
  const atServer = useStore(session.store, (state) => state.phase === 'signed_in' && state.user.lock.locked)
  return locked || atServer
}

/** Locks now. False: there is no PIN that would open it again. */
export function lockConsole(): boolean {
  if (mine()?.lock.pin_set !== true) return false
  hide()
  windows?.postMessage('locked')
  void tellServer()
  return true
}

function hide(): void {
  keep(storageKey, 'yes')
  here.setState({ locked: true })
}

function show(): void {
  keep(storageKey, null)
  here.setState({ locked: false })
}

async function tellServer(): Promise<void> {
  if (mine() === null || mine()?.lock.locked === true) return
  try {
    session.adopt(await http.call('/api/auth/lock', Me, { method: 'POST', body: {} }))
  } catch {
    // Told again by the clock below.
  }
}

export type UnlockResult = { readonly ok: true } | { readonly ok: false; readonly failure: Failure }

export async function unlockConsole(pin: string): Promise<UnlockResult> {
  try {
    // What the server has not heard of yet it must hear first, or the PIN would not be looked at.
    await tellServer()
    if (mine()?.lock.locked !== true) return { ok: false, failure: { kind: 'unreachable' } }
    const me = await http.call('/api/auth/unlock', Me, { method: 'POST', body: { pin } })
    touched()
    show()
    session.adopt(me)
    windows?.postMessage('unlocked')
    return { ok: true }
  } catch (error) {
    const failure = failureOf(error)
    if (failure.kind === 'signed_out') session.end('ended')
    return { ok: false, failure }
  }
}

let lastTouch = Date.now()

/** A hand was here; the other windows of this browser count it as well. */
function touched(): void {
  const now = Date.now()
  if (now - lastTouch > tellEveryMs || Number(kept(touchKey) ?? 0) < now - tellEveryMs) keep(touchKey, String(now))
  lastTouch = now
}

function idleMs(): number {
  return Date.now() - Math.max(lastTouch, Number(kept(touchKey) ?? 0))
}

/** Follows hands, clock and the other windows. Call once; returns the way to stop. */
export function watchLock(): () => void {
  const onTouch = (): void => {
    if (!here.getState().locked) touched()
  }
  const onMessage = (event: MessageEvent): void => {
    if (event.data === 'locked') hide()
    else if (event.data === 'unlocked') {
      lastTouch = Date.now()
      show()
      void lookAgain()
    }
  }
  const gestures = ['pointerdown', 'keydown', 'wheel', 'pointermove'] as const
  for (const gesture of gestures) window.addEventListener(gesture, onTouch, { capture: true, passive: true })
  windows?.addEventListener('message', onMessage)
  const stops = [
    session.store.subscribe((state) => {
      // A new sign-in proves more than a PIN.
      if (state.phase === 'signed_out') show()
    }),
    onRefusal((code) => code === 'SESSION_LOCKED' && void lookAgain()),
  ]
  let told = 0
  const timer = setInterval(() => {
    const me = mine()
    if (me === null) return
    const { after_minutes } = me.lock
    if (!here.getState().locked && !me.lock.locked && after_minutes !== null && idleMs() > after_minutes * 60_000)
      lockConsole()
    if (here.getState().locked && !me.lock.locked && Date.now() - told > retryMs) {
      told = Date.now()
      void tellServer()
    }
  }, 1_000)
  return () => {
    clearInterval(timer)
    for (const gesture of gestures) window.removeEventListener(gesture, onTouch, { capture: true })
    windows?.removeEventListener('message', onMessage)
    for (const stop of stops) stop()
  }
}

async function lookAgain(): Promise<void> {
  try {
    session.adopt(await http.call('/api/auth/me', Me))
  } catch {
    // What is known stays; the next refusal asks again.
  }
}
