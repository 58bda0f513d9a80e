import type { PanelIdentity } from '@stam/contracts'
import type { Clock, Log } from '@stam/runtime'
import { type PanelObjectName, savePanelIdentities, savePanelNames, type Store } from '@stam/store'
import { BatchWriter } from '../batch-writer.ts'
import { toPanelNames, toPanelObject } from './panel-names.ts'
import type { PanelSession } from './panel-session.ts'

export interface NameKeeperOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** Panels whose names are read at once: slow, and the least urgent of all. */
  readonly atOnce: number
}

const SAVE_RETRY_MS = 5_000

/**
 * Keeps what panels call themselves and their things: identity at every change of it, names once, and anew when the
 * panel is another one or comes out of service mode. Questions about names wait behind everything else on the link.
 */
export class NameKeeper {
  readonly #options: NameKeeperOptions
  readonly #waiting = new Set<PanelSession>()
  /** Users events have named, to be asked for. */
  readonly #users = new Map<PanelSession, Set<number>>()
  readonly #reading = new Map<PanelSession, Promise<void>>()
  /** All names of these are due. */
  readonly #due = new Set<PanelSession>()
  readonly #done = new Set<PanelSession>()
  readonly #identities: BatchWriter<{ readonly panel_id: string; readonly identity: PanelIdentity }, void>
  readonly #closing = new AbortController()

  constructor(options: NameKeeperOptions) {
    this.#options = options
    this.#identities = new BatchWriter(async (panels) => {
      await savePanelIdentities(options.store, panels)
      return () => undefined
    })
  }

  /** The panel is there. @param again names have to be read although they are known */
  ready(session: PanelSession, identity: PanelIdentity, again: boolean): void {
    const { panel } = session
    const known = panel.identity
    const isSame = known?.model === identity.model && known.firmware === identity.firmware
    if (!isAlike(known, identity)) void this.#saveIdentity(session, identity)
    if (again) this.#done.delete(session)
    if (this.#done.has(session) || (!again && isSame && panel.names_read_at !== null)) return
    this.#due.add(session)
    this.#waiting.add(session)
    this.#next()
  }

  /** Users are hundreds and mostly unused: only those are asked for that events speak of. */
  wantUser(session: PanelSession, user: number): void {
    const users = this.#users.get(session)
    if (users) users.add(user)
    else this.#users.set(session, new Set([user]))
    this.#waiting.add(session)
    this.#next()
  }

  remove(session: PanelSession): void {
    this.#users.delete(session)
    this.#due.delete(session)
    this.#waiting.delete(session)
    this.#done.delete(session)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#waiting.clear()
    await Promise.allSettled(this.#reading.values())
    await this.#identities.settled()
  }

  #next(): void {
    while (!this.#closing.signal.aborted && this.#reading.size < this.#options.atOnce) {
      const [session] = this.#waiting
      if (session === undefined) return
      this.#waiting.delete(session)
      if (this.#reading.has(session)) continue
      const reading = this.#readDue(session).finally(() => {
        this.#reading.delete(session)
        if (this.#users.has(session) && session.isConnected) this.#waiting.add(session)
        this.#next()
      })
      this.#reading.set(session, reading)
    }
  }

  async #readDue(session: PanelSession): Promise<void> {
    if (this.#due.delete(session)) await this.#readAll(session)
    const users = this.#users.get(session)
    this.#users.delete(session)
    if (users) await this.#readUsers(session, [...users])
  }

  async #readUsers(session: PanelSession, numbers: readonly number[]): Promise<void> {
    const read = await session.link?.readNames({ objects: [{ type: 'user', numbers }] })
    if (read === undefined || read.kind === 'interrupted' || this.#closing.signal.aborted) return
    const objects = read.names.map(toPanelObject).filter((object) => object !== undefined)
    const { names } = session
    // A user without a name is remembered as such, or every event of his would ask again.
    const users = new Map([...names.users, ...numbers.map((number) => [number, ''] as const)])
    for (const { number, name } of objects) users.set(number, name)
    session.setNames({ ...names, users })
    if (objects.length > 0) await this.#save(session, objects, false)
  }

  async #readAll(session: PanelSession): Promise<void> {
    const read = await session.link?.readNames()
    // Cut short: asked again when the panel is back.
    if (read === undefined || read.kind === 'interrupted' || this.#closing.signal.aborted) return
    const objects = read.names.map(toPanelObject).filter((object) => object !== undefined)
    session.setNames({ ...toPanelNames(objects), users: session.names.users })
    await this.#save(session, objects, true)
  }

  /** Until it works: what the panel was asked for at length is not thrown away for a moment without database. */
  async #save(session: PanelSession, objects: readonly PanelObjectName[], complete: boolean): Promise<void> {
    const { store, log, clock } = this.#options
    while (!this.#closing.signal.aborted && !session.isClosed) {
      try {
        await savePanelNames(store, session.panelId, objects, { complete })
        if (complete) this.#done.add(session)
        log.info('panel_names_read', { panel_id: session.panelId, names: objects.length })
        return
      } catch (error) {
        log.warn('panel_names_not_saved', { panel_id: session.panelId, error })
        await clock.sleep(SAVE_RETRY_MS, this.#closing.signal).catch(() => {})
      }
    }
  }

  async #saveIdentity(session: PanelSession, identity: PanelIdentity): Promise<void> {
    try {
      await this.#identities.add({ panel_id: session.panelId, identity })
    } catch (error) {
      this.#options.log.warn('panel_identity_not_saved', { panel_id: session.panelId, error })
    }
  }
}

function isAlike(a: PanelIdentity | null, b: PanelIdentity): boolean {
  return a !== null && (Object.keys(b) as (keyof PanelIdentity)[]).every((key) => a[key] === b[key])
}
