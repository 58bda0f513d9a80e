/**
 * How the system itself is (spec 01 "Modes", 08 "Always true"): looked at every second, told within a second of a change.
 * Broker and live store report themselves; relay and workers by heartbeat; what cannot be asked is judged by what it
 * leaves undone in PostgreSQL.
 */
import type { ComponentName, ComponentStatus, PanelLive, SiteScope, SystemStatus } from '@stam/contracts'
import type { Bus } from '@stam/bus'
import type { Live } from '@stam/live'
import { type Clock, featuresOf, isoTime, type Log } from '@stam/runtime'
import { type Store, type SystemFigures, systemFigures } from '@stam/store'
import type { BackendConfig } from '../config.ts'
import { seesSite } from '../identity/principals.ts'
import type { PanelDirectory } from '../panels/panel-directory.ts'
import type { StreamHub } from '../realtime/stream-hub.ts'

export interface SystemWatch {
  readonly status: SystemStatus
  /** The same, with the panels of this scope counted only: how many there are elsewhere is nobody else's business. */
  statusFor(scope: SiteScope): SystemStatus
  /** Looks at once instead of at the next round, and tells when the number changed. Never rejects. */
  countDeadLetters(): Promise<void>
  close(): Promise<void>
}

export interface SystemWatchOptions {
  readonly config: BackendConfig
  readonly store: Store
  readonly bus: Bus
  readonly live: Live
  readonly hub: StreamHub
  readonly panels: PanelDirectory
  readonly states: (panelIds: readonly string[]) => Promise<readonly PanelLive[]>
  readonly clock: Clock
  readonly log: Log
  /** Committed changes wait without a number: nobody would see them. */
  readonly onRelaySilent: () => void
  /** Called after a change that people should see, and now and then with fresh figures. */
  readonly onChange: () => void
}

const LOOK_MS = 1_000
const PANELS_EVERY = 5
const DEAD_LETTERS_EVERY = 5
const TELL_EVERY = 10
/** A relay numbers within a tenth of a second; a message this old without a number means that none works. */
const RELAY_SILENT_MS = 2_000
const HUB_SILENT_MS = 5_000

type Judged = Pick<ComponentStatus, 'state' | 'error'>
const up: Judged = { state: 'up', error: null }
const off: Judged = { state: 'off', error: null }
const down = (error: string): Judged => ({ state: 'down', error })

export function watchSystem(options: SystemWatchOptions): SystemWatch {
  return new Watch(options)
}

class Watch implements SystemWatch {
  readonly #options: SystemWatchOptions
  readonly #components = new Map<ComponentName, ComponentStatus>()
  #figures: SystemFigures = { streamPosition: 0, outboxPending: 0, oldestUnnumberedMs: 0, panels: 0 }
  #deadLetters: number | null = null
  #links = { connected: 0, without_contact: 0, without_worker: 0 }
  #live: readonly PanelLive[] = []
  #looks = 0
  #told = ''
  #closed = false
  #cancel = () => {}
  #looking: Promise<void>
  readonly #unsubscribe: (() => void)[]

  constructor(options: SystemWatchOptions) {
    this.#options = options
    this.#looking = this.#look()
    // Not waited for until the next look: a banner is due at once.
    this.#unsubscribe = [
      options.bus.onStatus(() => this.#judgeSelfReporting()),
      options.live.onStatus(() => this.#judgeSelfReporting()),
    ]
  }

  get status(): SystemStatus {
    const { config, clock, hub } = this.#options
    const components = [...this.#components.values()]
    const degraded = components.some(({ state }) => state === 'down' || state === 'connecting')
    return {
      mode: config.maintenance ? 'maintenance' : degraded ? 'degraded' : 'normal',
      profile: config.profile,
      demo: config.demo,
      version: config.version,
      instance_id: config.instanceId,
      time: isoTime(clock.now()),
      features: featuresOf(config),
      components,
      panels: { total: this.#figures.panels, ...this.#links },
      stream_position: hub.last,
      outbox_pending: this.#figures.outboxPending,
      dead_letters: this.#deadLetters,
    }
  }

  statusFor(scope: SiteScope): SystemStatus {
    if (scope.kind === 'all') return this.status
    const sees = seesSite(scope)
    const own = this.#live.filter((state) => sees(this.#options.panels.siteOf(state.panel_id)))
    return { ...this.status, panels: { total: own.length, ...linksOf(own) }, dead_letters: null }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancel()
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    await this.#looking
  }

  async #look(): Promise<void> {
    const { config, store, hub } = this.#options
    try {
      this.#figures = await systemFigures(store)
      this.#judge('postgresql', up)
      if (this.#figures.oldestUnnumberedMs > RELAY_SILENT_MS) this.#options.onRelaySilent()
    } catch (error) {
      this.#judge('postgresql', down(reason(error)))
    }
    this.#judgeSelfReporting(false)
    if (config.featureRealtimeEnabled) {
      this.#judge('realtime', hub.followed(HUB_SILENT_MS) ? up : down('the stream is not followed'))
      await this.#judgeByHeartbeat()
    } else for (const part of ['realtime', 'outbox-relay', 'satel-worker'] as const) this.#judge(part, off)
    if (this.#looks % PANELS_EVERY === 0) await this.#countLinks()
    if (this.#looks % DEAD_LETTERS_EVERY === 0) await this.#readDeadLetters()
    this.#looks++
    this.#tell(this.#looks % TELL_EVERY === 0)
    if (!this.#closed) {
      this.#cancel = this.#options.clock.setTimer(LOOK_MS, () => {
        this.#looking = this.#look()
      })
    }
  }

  #judgeSelfReporting(tell = true): void {
    const { bus, live } = this.#options
    this.#components.set('rabbitmq', bus.status)
    this.#components.set('redis', live.status)
    if (tell) this.#tell(false)
  }

  async #judgeByHeartbeat(): Promise<void> {
    const { live } = this.#options
    const alive = live.status.state === 'up' ? await live.presence.alive().catch(() => null) : null
    const beats = (component: string) => alive?.some((beat) => beat.component === component) ?? null
    const silent = this.#figures.oldestUnnumberedMs > RELAY_SILENT_MS
    // Work left undone is the better witness: a relay that beats but does not work is no relay.
    if (silent) this.#judge('outbox-relay', down('messages wait for their numbers'))
    else this.#judge('outbox-relay', beats('outbox-relay') === false ? down('no relay reports') : up)
    if (this.#figures.panels === 0) this.#judge('satel-worker', off)
    else this.#judge('satel-worker', beats('satel-worker') === false ? down('no worker reports') : up)
  }

  async #countLinks(): Promise<void> {
    const { panels, states } = this.#options
    this.#live = await states(panels.panelIds(true))
    this.#links = linksOf(this.#live)
  }

  async countDeadLetters(): Promise<void> {
    await this.#readDeadLetters()
    this.#tell(false)
  }

  async #readDeadLetters(): Promise<void> {
    const { bus } = this.#options
    this.#deadLetters = bus.status.state === 'up' ? await bus.deadLetters.count().catch(() => null) : null
  }

  #judge(name: ComponentName, { state, error }: Judged): void {
    const before = this.#components.get(name)
    const since = before?.state === state ? before.since : isoTime(this.#options.clock.now())
    if (before && before.state !== state) this.#options.log.warn('component_changed', { component: name, state, error })
    this.#components.set(name, { name, state, since, error })
  }

  #tell(anyway: boolean): void {
    if (this.#closed) return
    const { mode, components, panels, dead_letters } = this.status
    const picture = JSON.stringify([mode, components, panels, dead_letters])
    if (picture === this.#told && !anyway) return
    this.#told = picture
    this.#options.onChange()
  }
}

function linksOf(live: readonly PanelLive[]) {
  return {
    connected: live.filter((state) => state.connection === 'CONNECTED').length,
    without_contact: live.filter((state) => state.connection !== 'CONNECTED' && state.connection !== 'RELEASED').length,
    without_worker: live.filter((state) => state.worker_id === null).length,
  }
}

/** For people on a screen: what kind of failure, never an address or a name from inside. */
function reason(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : 'UNKNOWN'
}
