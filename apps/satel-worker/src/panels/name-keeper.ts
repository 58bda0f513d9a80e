import type { PanelIdentity } from '@stam/contracts'
import type { Clock, Log } from '@stam/runtime'
import { savePanelIdentity, savePanelNames, type Store } from '@stam/store'
import { toPanelNames, toPanelObject } from './panel-names.ts'
import type { PanelSession } from './panel-session.ts'

export interface NameKeeperOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** Panels whose names are read at once: slow, and the least urgent of all. */
  readonly atOnce: number
}

/**
 * Keeps what panels call themselves and their things: identity at every change of it, names once, and anew when the
 * panel is another one or comes out of service mode. Questions about names wait behind everything else on the link.
 */
export class NameKeeper {
  readonly #options: NameKeeperOptions
  readonly #waiting = new Set<PanelSession>()
  readonly #reading = new Map<PanelSession, Promise<void>>()
  readonly #done = new Set<PanelSession>()
  #isClosed = false

  constructor(options: NameKeeperOptions) {
    this.#options = options
  }

  /** The panel is there. @param again names have to be read although they are known */
  ready(session: PanelSession, identity: PanelIdentity, again: boolean): void {
    const { panel } = session
    const known = panel.identity
    const isSame = known?.model === identity.model && known.firmware === identity.firmware
    if (JSON.stringify(known) !== JSON.stringify(identity)) void this.#saveIdentity(session, identity)
    if (again) this.#done.delete(session)
    if (this.#done.has(session) || (!again && isSame && panel.names_read_at !== null)) return
    this.#waiting.add(session)
    this.#next()
  }

  remove(session: PanelSession): void {
    this.#waiting.delete(session)
    this.#done.delete(session)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#waiting.clear()
    await Promise.allSettled(this.#reading.values())
  }

  #next(): void {
    while (!this.#isClosed && this.#reading.size < this.#options.atOnce) {
      const [session] = this.#waiting
      if (session === undefined) return
      this.#waiting.delete(session)
      if (this.#reading.has(session)) continue
      const reading = this.#read(session).finally(() => {
        this.#reading.delete(session)
        this.#next()
      })
      this.#reading.set(session, reading)
    }
  }

  async #read(session: PanelSession): Promise<void> {
    const { store, log } = this.#options
    const read = await session.link?.readNames()
    // Cut short: asked again when the panel is back.
    if (read === undefined || read.kind === 'interrupted' || this.#isClosed) return
    const objects = read.names.map(toPanelObject).filter((object) => object !== undefined)
    session.setNames(toPanelNames(objects))
    try {
      await savePanelNames(store, session.panelId, objects, { complete: true })
      this.#done.add(session)
      log.info('panel_names_read', { panel_id: session.panelId, names: objects.length })
    } catch (error) {
      log.warn('panel_names_not_saved', { panel_id: session.panelId, error })
    }
  }

  async #saveIdentity(session: PanelSession, identity: PanelIdentity): Promise<void> {
    try {
      await savePanelIdentity(this.#options.store, session.panelId, identity)
    } catch (error) {
      this.#options.log.warn('panel_identity_not_saved', { panel_id: session.panelId, error })
    }
  }
}
