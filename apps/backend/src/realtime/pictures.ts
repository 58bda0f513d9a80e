/**
 * Volatile pictures for the sockets: link status of panels, full live state of a panel that is looked at, system status.
 * Pushed when something changes, at most every 100 ms per panel, whole each time; a client that comes, comes back or was
 * slow gets the full picture. Serialised once per change, whoever gets it.
 */
import type { Channel, PanelLive, SiteScope, SystemStatus } from '@stam/contracts'
import type { Clock } from '@stam/runtime'
import type { PanelDirectory } from '../panels/panel-directory.ts'
import { type Connection, volatileFrame } from './connection.ts'
import type { Sockets } from './sockets.ts'

const COALESCE_MS = 100
/** Live state expires without a word; so everything on screen is compared with the truth now and then. */
const RECHECK_MS = 5_000
const SNAPSHOT_PANELS = 500
/** How the channel of one panel begins; the id follows. */
const ONE_PANEL = 'panel:'

export interface PicturesOptions {
  readonly sockets: Sockets
  readonly panels: PanelDirectory
  readonly states: (panelIds: readonly string[]) => Promise<readonly PanelLive[]>
  /** As somebody with this scope may see it. */
  readonly systemStatus: (scope: SiteScope) => SystemStatus
  readonly clock: Clock
}

export class Pictures {
  readonly #options: PicturesOptions
  /** Panels that have changed since the last push, as they are now. */
  readonly #dirty = new Map<string, PanelLive>()
  /** Link status last pushed, to notice what has expired. */
  readonly #shown = new Map<string, string>()
  /** Last contact last pushed of panels somebody looks at: it moves on without a change. */
  readonly #heard = new Map<string, string | null>()
  #cancelFlush: (() => void) | null = null
  #resending = false
  #cancelRecheck = () => {}
  #running = Promise.resolve()
  #closed = false

  constructor(options: PicturesOptions) {
    this.#options = options
    options.sockets.onChannels((connection, added) => this.#run(() => this.#full(connection, added)))
    this.#recheckLater()
  }

  panelChanged(panel: PanelLive): void {
    const waiting = this.#dirty.get(panel.panel_id)
    if (waiting && isOlder(panel, waiting)) return
    this.#dirty.set(panel.panel_id, panel)
    if (this.#cancelFlush || this.#closed) return
    this.#cancelFlush = this.#options.clock.setTimer(COALESCE_MS, () => {
      this.#cancelFlush = null
      this.#run(() => this.#flush())
    })
  }

  /** The live store came or went, or changes may have been missed: whoever looks gets everything again. */
  everythingChanged(): void {
    if (this.#resending || this.#closed) return
    this.#resending = true
    this.#run(() => this.#resend())
  }

  systemChanged(): void {
    const all = this.#systemFrame({ kind: 'all' })
    for (const connection of this.#options.sockets.connections()) {
      if (!connection.channels.has('system')) continue
      const { scope } = connection.person
      connection.sendPicture([scope.kind === 'all' ? all : this.#systemFrame(scope)])
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelFlush?.()
    this.#cancelRecheck()
    await this.#running
  }

  /** One after the other, so that no older picture overtakes a newer one. Nothing in here rejects. */
  #run(work: () => Promise<void>): void {
    this.#running = this.#running.then(() => (this.#closed ? undefined : work()))
  }

  async #flush(): Promise<void> {
    const states = [...this.#dirty.values()]
    this.#dirty.clear()
    if (states.some((state) => this.#options.panels.siteOf(state.panel_id) === null))
      await this.#options.panels.refresh()
    for (const state of states) if (!this.#closed) this.#push(state)
  }

  async #resend(): Promise<void> {
    this.#resending = false
    for (const connection of this.#options.sockets.connections()) {
      await this.#full(connection, [...connection.channels])
    }
  }

  #push(state: PanelLive): void {
    const { sockets, panels } = this.#options
    const siteId = panels.siteOf(state.panel_id)
    if (siteId === null) return
    const linkBefore = this.#shown.get(state.panel_id)
    const link = linkOf(state)
    this.#shown.set(state.panel_id, link)
    if (this.#heard.has(state.panel_id)) this.#heard.set(state.panel_id, state.last_contact_at)
    const channel: Channel = `${ONE_PANEL}${state.panel_id}`
    let status: Buffer | null = null
    let full: Buffer | null = null
    for (const connection of sockets.connections()) {
      if (!connection.sees(siteId)) continue
      const frames: Buffer[] = []
      // The overview needs the link only; zones moving are for those who look at this very panel.
      if (connection.channels.has('panels') && link !== linkBefore) frames.push((status ??= this.#statusFrame(state)))
      if (connection.channels.has(channel)) frames.push((full ??= this.#stateFrame(state)))
      connection.sendPicture(frames)
    }
  }

  /** Everything a connection sees in channels it has just subscribed. */
  async #full(connection: Connection, channels: readonly Channel[]): Promise<void> {
    const { panels } = this.#options
    const frames: Buffer[] = []
    if (channels.includes('system')) frames.push(this.#systemFrame(connection.person.scope))
    const visible = (panelId: string) => {
      const siteId = panels.siteOf(panelId)
      return siteId !== null && connection.sees(siteId)
    }
    const wanted = channels.flatMap((channel) =>
      channel.startsWith(ONE_PANEL) ? [channel.slice(ONE_PANEL.length)] : [],
    )
    if (wanted.some((panelId) => panels.siteOf(panelId) === null)) await panels.refresh()
    for (const state of await this.#options.states(wanted.filter(visible))) frames.push(this.#stateFrame(state))
    if (channels.includes('panels')) {
      const panelIds = panels.panelIds().filter(visible)
      for (let from = 0; from < panelIds.length; from += SNAPSHOT_PANELS) {
        const states = await this.#options.states(panelIds.slice(from, from + SNAPSHOT_PANELS))
        frames.push(...states.map((state) => this.#statusFrame(state)))
      }
    }
    if (connection.open) connection.sendPicture(frames)
  }

  #recheckLater(): void {
    if (this.#closed) return
    this.#cancelRecheck = this.#options.clock.setTimer(RECHECK_MS, () => {
      this.#run(async () => {
        await this.#recheck()
        this.#recheckLater()
      })
    })
  }

  async #recheck(): Promise<void> {
    let watched = false
    for (const connection of this.#options.sockets.connections()) {
      if (connection.channels.has('panels')) watched = true
      if (!connection.readyForPictures) continue
      connection.behindOnPictures = false
      await this.#full(connection, [...connection.channels])
    }
    await this.#recheckWatched()
    if (!watched) return this.#shown.clear()
    const panelIds = this.#options.panels.panelIds()
    for (let from = 0; from < panelIds.length && !this.#closed; from += SNAPSHOT_PANELS) {
      for (const state of await this.#options.states(panelIds.slice(from, from + SNAPSHOT_PANELS))) {
        const before = this.#shown.get(state.panel_id)
        if (before === undefined) this.#shown.set(state.panel_id, linkOf(state))
        else if (before !== linkOf(state)) this.#push(state)
      }
    }
  }

  /** The age of what is shown of one panel is told to those who look at it; the overview asks by itself. */
  async #recheckWatched(): Promise<void> {
    const watched = new Set<string>()
    for (const { channels } of this.#options.sockets.connections()) {
      for (const channel of channels) if (channel.startsWith(ONE_PANEL)) watched.add(channel.slice(ONE_PANEL.length))
    }
    for (const panelId of this.#heard.keys()) if (!watched.has(panelId)) this.#heard.delete(panelId)
    for (const state of await this.#options.states([...watched])) {
      const before = this.#heard.get(state.panel_id)
      this.#heard.set(state.panel_id, state.last_contact_at)
      if (before !== undefined && before !== state.last_contact_at) this.#push(state)
    }
  }

  #systemFrame(scope: SiteScope): Buffer {
    return volatileFrame({ type: 'system.status', data: this.#options.systemStatus(scope) }, this.#options.clock.now())
  }

  #stateFrame(state: PanelLive): Buffer {
    return volatileFrame({ type: 'panel.state', data: state }, this.#options.clock.now())
  }

  #statusFrame(state: PanelLive): Buffer {
    const { panel_id, epoch, version, connection, connection_detail, connection_since, last_contact_at } = state
    const data = { panel_id, epoch, version, connection, connection_detail, connection_since, last_contact_at }
    return volatileFrame({ type: 'panel.status', data }, this.#options.clock.now())
  }
}

function isOlder(a: PanelLive, b: PanelLive): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.version < b.version)
}

/** What of a state the overview shows; its age moves on by itself. */
function linkOf(state: PanelLive): string {
  return `${state.connection}|${state.connection_since}|${state.connection_detail?.en}`
}
