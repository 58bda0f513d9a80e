/**
 * Several workers share the panels out (spec 03). A panel is this worker's while its lease is: the row in PostgreSQL with its epoch is the
 * truth, the key in the live store the fast path that also holds while PostgreSQL is away. Losing one of the two changes nothing; when neither
 * could be prolonged in time, links are closed *before* the lease can end, so two workers never drive one panel. See docs/adr/0021.
 */
import type { Live } from '@stam/live'
import { backoffDelayMs, type Clock, type Log } from '@stam/runtime'
import {
  acquirePanels,
  listPanelHolders,
  listWorkerPanels,
  loadPanelNames,
  PANELS_CHANNEL,
  type PanelHolder,
  releasePanels,
  renewPanelLeases,
  type Store,
  type WorkerPanel,
} from '@stam/store'
import { connectsAlike } from './connects-alike.ts'
import type { OwnershipEvents, PanelOwnership } from './panel-ownership.ts'
import { type Holding, shareOut } from './share-out.ts'

export interface LeasedOwnershipOptions {
  readonly store: Store
  readonly live: Live
  readonly ownerId: string
  readonly clock: Clock
  readonly log: Log
  readonly leaseMs: number
  readonly renewMs: number
  /** How often free panels are looked for, besides being woken when one is given back. */
  readonly scanMs: number
}

interface Owned {
  readonly panel: WorkerPanel
  readonly epoch: number
  /** By the monotonic clock: no jump of the wall clock, and no freeze of the process, makes a lease last longer. */
  validUntil: number
}

const DATABASE_AWAY = { initialMs: 250, maxMs: 5_000, jitter: 0.3 }
const WATCH_MS = 250
/** Time to close links in before somebody else may open his. */
const MARGIN_MS = 1_000

export class LeasedOwnership implements PanelOwnership {
  readonly #options: LeasedOwnershipOptions
  readonly #owned = new Map<string, Owned>()
  /** Monotonic time at which a panel was first seen without a holder. */
  readonly #freeSince = new Map<string, number>()
  readonly #timers = new Set<() => void>()
  #events: OwnershipEvents | undefined
  #listening: { close(): Promise<void> } | undefined
  #enabled = 0
  #failures = 0
  #scan: Promise<void> | undefined
  #scanAgain = false
  #isClosed = false

  constructor(options: LeasedOwnershipOptions) {
    this.#options = options
  }

  get enabled(): number {
    return this.#enabled
  }

  async start(events: OwnershipEvents): Promise<void> {
    this.#events = events
    const { store, renewMs, scanMs, live, ownerId } = this.#options
    // Said before the first look, so that two workers that start together share out at once.
    await live.presence.beat('satel-worker', ownerId, 15_000).catch(() => {})
    this.#listening = await store.listen(PANELS_CHANNEL, () => void this.#look()).catch(() => undefined)
    await this.#look()
    this.#every(
      () => scanMs * (this.#failures > 0 ? backoffDelayMs(DATABASE_AWAY, this.#failures) / scanMs : 1),
      () => this.#look(),
    )
    this.#every(
      () => renewMs,
      () => this.#renew(),
    )
    this.#every(
      () => WATCH_MS,
      () => this.#dropExpired(),
    )
  }

  lost(panelId: string): void {
    if (!this.#owned.delete(panelId)) return
    this.#options.log.warn('panel_taken_by_another', { panel_id: panelId })
    void this.#events?.onLost(panelId)
    void this.#options.live.leases.release([panelId], this.#options.ownerId).catch(() => {})
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const cancel of this.#timers) cancel()
    await this.#listening?.close().catch(() => {})
    await this.#scan
    await this.#giveBack([...this.#owned.keys()])
  }

  #every(delay: () => number, task: () => Promise<void>): void {
    let cancel = (): void => {}
    const next = (): void => {
      this.#timers.delete(cancel)
      if (this.#isClosed) return
      cancel = this.#options.clock.setTimer(delay(), () => void task().finally(next))
      this.#timers.add(cancel)
    }
    next()
  }

  // --- prolonging ------------------------------------------------------------------------------------------------

  async #renew(): Promise<void> {
    const { store, live, ownerId, leaseMs, clock, log } = this.#options
    if (this.#owned.size === 0) return
    const asked = clock.monotonic()
    const mine = [...this.#owned].map(([panel_id, { epoch }]) => ({ panel_id, epoch }))
    const ids = mine.map(({ panel_id }) => panel_id)
    const [rows, keys] = await Promise.allSettled([
      renewPanelLeases(store, mine, ownerId, leaseMs),
      live.leases.renew(ids, ownerId, leaseMs),
    ])
    if (rows.status === 'rejected') log.warn('leases_not_renewed_in_database', { error: rows.reason as Error })
    const inDatabase = rows.status === 'fulfilled' ? new Set(rows.value) : undefined
    const inLive = keys.status === 'fulfilled' ? new Set(keys.value) : undefined
    for (const { panel_id: panelId, epoch } of mine) {
      const owned = this.#owned.get(panelId)
      if (owned === undefined || owned.epoch !== epoch) continue
      // The database knows of a newer owner: whatever else says otherwise.
      if (inDatabase !== undefined && !inDatabase.has(panelId)) this.lost(panelId)
      else if (inDatabase !== undefined || inLive?.has(panelId)) owned.validUntil = asked + leaseMs
      // The live store came back empty: the panel is still ours by the database.
      if (inDatabase?.has(panelId) && inLive !== undefined && !inLive.has(panelId))
        await live.leases.acquire(panelId, ownerId, leaseMs).catch(() => false)
    }
  }

  /** A frozen or cut-off process finds out here, before it does anything else in a panel's name. */
  async #dropExpired(): Promise<void> {
    const { clock, log } = this.#options
    const now = clock.monotonic()
    for (const [panelId, { validUntil }] of this.#owned) {
      if (now < validUntil - MARGIN_MS) continue
      this.#owned.delete(panelId)
      log.error('panel_lease_ran_out', { panel_id: panelId })
      await this.#events?.onLost(panelId)
    }
  }

  // --- looking for panels ----------------------------------------------------------------------------------------

  #look(): Promise<void> {
    if (this.#scan !== undefined) {
      this.#scanAgain = true
      return this.#scan
    }
    this.#scan = this.#lookOnce().finally(() => {
      this.#scan = undefined
      if (!this.#scanAgain || this.#isClosed) return
      this.#scanAgain = false
      void this.#look()
    })
    return this.#scan
  }

  async #lookOnce(): Promise<void> {
    if (this.#isClosed) return
    const { store, log, ownerId } = this.#options
    try {
      const [panels, holders] = await Promise.all([listWorkerPanels(store), listPanelHolders(store)])
      this.#enabled = panels.length
      await this.#dropChanged(panels)
      const workers = await this.#workersAlive(holders)
      const { take, handOn } = shareOut(ownerId, workers, this.#holdings(holders))
      if (handOn.length > 0) {
        for (const panelId of handOn) await this.#events?.onLost(panelId)
        log.info('panels_handed_on', { count: handOn.length })
        await this.#giveBack(handOn)
      }
      await this.#take(take, new Map(panels.map((panel) => [panel.panel_id, panel])), holders)
      this.#failures = 0
    } catch (error) {
      this.#failures++
      log.warn('panels_not_listed', { error })
    }
  }

  async #dropChanged(panels: readonly WorkerPanel[]): Promise<void> {
    const listed = new Map(panels.map((panel) => [panel.panel_id, panel]))
    for (const [panelId, { panel }] of this.#owned) {
      const now = listed.get(panelId)
      if (now !== undefined && connectsAlike(panel, now)) continue
      await this.#events?.onLost(panelId)
      await this.#giveBack([panelId])
    }
  }

  async #workersAlive(holders: readonly PanelHolder[]): Promise<Set<string>> {
    const { live, ownerId } = this.#options
    const alive = new Set([ownerId])
    for (const { owner_id, lease_left_ms } of holders)
      if (owner_id !== null && (lease_left_ms ?? 0) > 0) alive.add(owner_id)
    const present = await live.presence.alive().catch(() => [])
    for (const { component, instance } of present) if (component === 'satel-worker') alive.add(instance)
    return alive
  }

  #holdings(holders: readonly PanelHolder[]): Holding[] {
    const { ownerId, clock, scanMs } = this.#options
    const now = clock.monotonic()
    return holders.map(({ panel_id, owner_id, lease_left_ms, preferred_worker }) => {
      const isMine = this.#owned.has(panel_id)
      const holder = isMine
        ? ownerId
        : owner_id !== null && owner_id !== ownerId && (lease_left_ms ?? 0) > 0
          ? owner_id
          : null
      if (holder === null) this.#freeSince.set(panel_id, this.#freeSince.get(panel_id) ?? now)
      else this.#freeSince.delete(panel_id)
      const isForsaken = holder === null && now - (this.#freeSince.get(panel_id) ?? now) >= scanMs * 0.8
      return { panelId: panel_id, holder, preferred: preferred_worker, isForsaken }
    })
  }

  async #take(
    wanted: readonly string[],
    panels: ReadonlyMap<string, WorkerPanel>,
    holders: readonly PanelHolder[],
  ): Promise<void> {
    const { store, ownerId, clock, leaseMs, live, log } = this.#options
    const holderOf = new Map(holders.map((holder) => [holder.panel_id, holder]))
    const ids: string[] = []
    for (const panelId of wanted) {
      if (panels.has(panelId) && (await this.#mayTake(holderOf.get(panelId)))) ids.push(panelId)
    }
    if (ids.length === 0 || this.#isClosed) return
    await this.#events?.onWanted?.(ids.map((id) => panels.get(id) as WorkerPanel))
    const asked = clock.monotonic()
    const names = await loadPanelNames(store, ids)
    const acquired = await acquirePanels(store, ids, ownerId, { leaseMs })
    for (const one of acquired) {
      const panel = panels.get(one.panel_id) as WorkerPanel
      this.#owned.set(one.panel_id, { panel, epoch: one.epoch, validUntil: asked + leaseMs })
      this.#freeSince.delete(one.panel_id)
      this.#events?.onAcquired({ panel, acquired: one, names: names.get(one.panel_id) ?? [] })
    }
    const missed = ids.filter((id) => !this.#owned.has(id))
    if (missed.length > 0) await live.leases.release(missed, ownerId).catch(() => {})
    log.info('panels_taken', { count: acquired.length, in_all: this.#owned.size })
  }

  /** Whether nobody can be driving it: its key is ours now; or, without the live store, a whole further lease has passed. */
  async #mayTake(holder: PanelHolder | undefined): Promise<boolean> {
    const { live, ownerId, leaseMs } = this.#options
    if (holder === undefined) return false
    try {
      return await live.leases.acquire(holder.panel_id, ownerId, leaseMs)
    } catch {
      // The owner may still reach the live store, and drive on, while we do not.
      const givenBack = holder.owner_id === null || holder.owner_id === ownerId
      return givenBack || (holder.lease_left_ms ?? -leaseMs) <= -leaseMs
    }
  }

  async #giveBack(panelIds: readonly string[]): Promise<void> {
    const { store, live, ownerId, log } = this.#options
    const mine = panelIds.flatMap((panel_id) => {
      const owned = this.#owned.get(panel_id)
      this.#owned.delete(panel_id)
      return owned === undefined ? [] : [{ panel_id, epoch: owned.epoch }]
    })
    if (mine.length === 0) return
    // The key first: who is woken by the database finds the way free.
    await live.leases.release(panelIds, ownerId).catch(() => {})
    await releasePanels(store, mine, ownerId).catch((error: unknown) => log.warn('panels_not_released', { error }))
  }
}
