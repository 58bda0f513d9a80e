/**
 * Refusals of access on record (spec 06 "Audit") without letting anybody flood it: the first of a person at a route at once, all others of the next
 * ten minutes as one entry with their number. Bounded in memory and in entries per person, whatever somebody tries.
 */
import type { Clock, Log } from '@stam/runtime'
import { type Act, appendAudit, auditOf, type Store } from '@stam/store'

export interface Refusals {
  /** Somebody known was refused (403). Never rejects, never waits. */
  note(route: string, act: Act & { readonly actor: { readonly kind: 'user'; readonly id: string } }): void
  /** Writes what has been counted. */
  close(): Promise<void>
}

const WINDOW_MS = 600_000
const ROUTES_PER_PERSON = 20
const MOST_REMEMBERED = 2_000
/** Everything past the bounds is counted here. */
const OTHERS = 'other routes'

interface Window {
  readonly route: string
  readonly act: Act
  readonly until: number
  more: number
}

export function recordRefusals({ store, clock, log }: { store: Store; clock: Clock; log: Log }): Refusals {
  const windows = new Map<string, Window>()
  const routesOf = new Map<string, number>()
  const writing = new Set<Promise<void>>()
  let cancel = () => {}
  let closed = false

  function write(route: string, act: Act, times: number): void {
    const after = { status: 403, times }
    const entry = auditOf(act, { action: 'ACCESS_REFUSED', entityType: 'route', entityId: route, after })
    const done = appendAudit(store, [entry]).catch((error: unknown) =>
      log.warn('refusal_not_recorded', { route, error }),
    )
    writing.add(done)
    void done.finally(() => writing.delete(done))
  }
  function end(key: string, window: Window, personId: string): void {
    windows.delete(key)
    const left = (routesOf.get(personId) ?? 1) - 1
    if (left > 0) routesOf.set(personId, left)
    else routesOf.delete(personId)
    if (window.more > 0) write(window.route, window.act, window.more)
  }
  function endDue(all = false): void {
    const now = clock.monotonic()
    for (const [key, window] of windows)
      if (all || window.until <= now) end(key, window, key.split('|', 1)[0] as string)
    if (!closed && windows.size > 0) cancel = clock.setTimer(WINDOW_MS / 10, endDue)
  }
  return {
    note(asked, act) {
      if (closed) return
      const id = act.actor.id
      const isKnown = windows.has(`${id}|${asked}`)
      const full = (routesOf.get(id) ?? 0) >= ROUTES_PER_PERSON || windows.size >= MOST_REMEMBERED
      const route = isKnown || !full ? asked : OTHERS
      const key = `${id}|${route}`
      const window = windows.get(key)
      if (window) {
        window.more++
        return
      }
      if (windows.size >= MOST_REMEMBERED * 2) return
      if (windows.size === 0) cancel = clock.setTimer(WINDOW_MS / 10, endDue)
      windows.set(key, { route, act, until: clock.monotonic() + WINDOW_MS, more: 0 })
      routesOf.set(id, (routesOf.get(id) ?? 0) + 1)
      write(route, act, 1)
    },
    async close() {
      closed = true
      cancel()
      endDue(true)
      await Promise.all(writing)
    },
  }
}
