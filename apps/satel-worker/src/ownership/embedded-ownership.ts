import { backoffDelayMs, type Clock, type Log } from '@stam/runtime'
import {
  acquirePanels,
  listWorkerPanels,
  loadPanelNames,
  releasePanels,
  type Store,
  type WorkerPanel,
} from '@stam/store'
import { connectsAlike } from './connects-alike.ts'
import type { OwnershipEvents, PanelOwnership } from './panel-ownership.ts'

export interface EmbeddedOwnershipOptions {
  readonly store: Store
  readonly ownerId: string
  readonly clock: Clock
  readonly log: Log
  /** How often the list of panels is looked at. */
  readonly listIntervalMs: number
}

interface Owned {
  readonly panel: WorkerPanel
  readonly epoch: number
}

const DATABASE_AWAY = { initialMs: 500, maxMs: 5_000, jitter: 0.3 }
/** Another process took it: somebody is wrong about being alone; do not fight for it every few seconds. */
const LOST_REST_MS = 30_000

/** One process drives every panel: those added are acquired, those removed or disabled given back, those changed reopened. */
export class EmbeddedOwnership implements PanelOwnership {
  readonly #options: EmbeddedOwnershipOptions
  readonly #owned = new Map<string, Owned>()
  readonly #restUntil = new Map<string, number>()
  #events: OwnershipEvents | undefined
  #enabled = 0
  #failures = 0
  #cancelTimer: (() => void) | undefined
  #looking: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: EmbeddedOwnershipOptions) {
    this.#options = options
  }

  get enabled(): number {
    return this.#enabled
  }

  async start(events: OwnershipEvents): Promise<void> {
    this.#events = events
    this.#looking = this.#look()
    await this.#looking
  }

  lost(panelId: string): void {
    if (!this.#owned.delete(panelId)) return
    this.#restUntil.set(panelId, this.#options.clock.now() + LOST_REST_MS)
    void this.#events?.onLost(panelId)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelTimer?.()
    await this.#looking
    const { store, ownerId, log } = this.#options
    try {
      const mine = [...this.#owned].map(([panel_id, { epoch }]) => ({ panel_id, epoch }))
      await releasePanels(store, mine, ownerId)
    } catch (error) {
      log.warn('panels_not_released', { error })
    }
    this.#owned.clear()
  }

  async #look(): Promise<void> {
    const { store, clock, log, listIntervalMs } = this.#options
    let next = listIntervalMs
    try {
      const panels = await listWorkerPanels(store)
      this.#enabled = panels.length
      await this.#giveUp(panels)
      await this.#acquire(panels)
      this.#failures = 0
    } catch (error) {
      next = backoffDelayMs(DATABASE_AWAY, ++this.#failures)
      log.warn('panels_not_listed', { error })
    }
    if (this.#isClosed) return
    this.#cancelTimer = clock.setTimer(next, () => {
      this.#looking = this.#look()
    })
  }

  async #giveUp(panels: readonly WorkerPanel[]): Promise<void> {
    const listed = new Map(panels.map((panel) => [panel.panel_id, panel]))
    for (const [panelId, { panel, epoch }] of this.#owned) {
      const now = listed.get(panelId)
      if (now !== undefined && connectsAlike(panel, now)) continue
      this.#owned.delete(panelId)
      await this.#events?.onLost(panelId)
      await releasePanels(this.#options.store, [{ panel_id: panelId, epoch }], this.#options.ownerId)
    }
  }

  async #acquire(panels: readonly WorkerPanel[]): Promise<void> {
    const { store, ownerId, clock } = this.#options
    const now = clock.now()
    const wanted = panels.filter(
      ({ panel_id }) => !this.#owned.has(panel_id) && (this.#restUntil.get(panel_id) ?? 0) <= now,
    )
    if (wanted.length === 0 || this.#isClosed) return
    await this.#events?.onWanted?.(wanted)
    const ids = wanted.map(({ panel_id }) => panel_id)
    const names = await loadPanelNames(store, ids)
    const acquired = new Map((await acquirePanels(store, ids, ownerId)).map((one) => [one.panel_id, one]))
    for (const panel of wanted) {
      const one = acquired.get(panel.panel_id)
      if (one === undefined) continue
      this.#owned.set(panel.panel_id, { panel, epoch: one.epoch })
      this.#events?.onAcquired({ panel, acquired: one, names: names.get(panel.panel_id) ?? [] })
    }
  }
}
