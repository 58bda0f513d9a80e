/** The SATEL worker: drives the links of its panels, brings their events out, keeps their live state (spec 03). */
import { join } from 'node:path'
import type { Bus } from '@stam/bus'
import type { Live } from '@stam/live'
import { type Clock, createMetrics, type Keyring, type Log, type Metrics, systemClock } from '@stam/runtime'
import {
  type DataKeys,
  type MemoryStart,
  panelsReportedLost,
  type Store,
  startMemoryCursors,
  type WorkerPanel,
} from '@stam/store'
import { BatchWriter } from './batch-writer.ts'
import type { WorkerConfig } from './config.ts'
import { EmbeddedOwnership } from './ownership/embedded-ownership.ts'
import type { OwnedPanel, PanelOwnership } from './ownership/panel-ownership.ts'
import { LiveWriter } from './panels/live-writer.ts'
import { NameKeeper } from './panels/name-keeper.ts'
import { liveIdentity } from './panels/panel-picture.ts'
import { toPanelNames } from './panels/panel-names.ts'
import { PanelSession } from './panels/panel-session.ts'
import { ReleaseFollower } from './panels/release-follower.ts'
import { TryFollower } from './panels/try-follower.ts'
import { StateRecorder } from './panels/state-recorder.ts'
import { EventPublisher } from './publishing/event-publisher.ts'
import { Spool } from './publishing/spool.ts'
import { memoryCursorOf } from './story/memory-story.ts'
import { createTelemetry, type Telemetry } from './telemetry.ts'

export interface WorkerDependencies {
  readonly store: Store
  readonly bus: Bus
  readonly live: Live
  readonly log: Log
  readonly clock?: Clock
  readonly metrics?: Metrics
  /** Opens the encrypted integration keys of panels; without it encrypted panels cannot be reached. */
  readonly keyring?: Pick<Keyring, 'decrypt'> & Partial<Pick<DataKeys, 'prepare'>>
  /** Who owns which panel; all of them are this process's unless given. */
  readonly ownership?: PanelOwnership
}

export interface WorkerFigures {
  readonly panels: number
  readonly connected: number
  /** Panels all of whose known events are out and whose memory held nothing new at the last look. */
  readonly settled: number
  readonly held: number
  readonly spooled: number
}

export interface RunningWorker {
  figures(): WorkerFigures
  /** Closes the links, lets events out, takes last snapshots, gives the panels back. What cannot go out is spooled. */
  close(): Promise<void>
}

const TICK_MS = 1_000
/** Longer than the longest pause in polling: a temperature takes 8 s. */
const OWED_MS = 15_000
const BEAT_TTL_MS = 15_000
const BEAT_EVERY = 5

export async function startSatelWorker(config: WorkerConfig, deps: WorkerDependencies): Promise<RunningWorker> {
  const worker = new SatelWorker(config, deps)
  await worker.start()
  return worker
}

class SatelWorker implements RunningWorker {
  readonly #config: WorkerConfig
  readonly #deps: WorkerDependencies
  readonly #clock: Clock
  readonly #log: Log
  readonly #telemetry: Telemetry
  readonly #publisher: EventPublisher
  readonly #spool: Spool
  readonly #ownership: PanelOwnership
  readonly #liveWriter: LiveWriter
  readonly #recorder: StateRecorder
  readonly #names: NameKeeper
  readonly #releases: ReleaseFollower
  readonly #tries: TryFollower
  readonly #starts: BatchWriter<MemoryStart, boolean>
  readonly #sessions = new Map<string, PanelSession>()
  /** Acquired and not yet dialled. */
  readonly #toOpen = new Set<PanelSession>()
  readonly #seen = new WeakSet<PanelSession>()
  #ticks = 0
  #reconcileAt = 0
  #cancelTick: (() => void) | undefined
  #cancelOpen: (() => void) | undefined
  #ending: Promise<void> | undefined

  constructor(config: WorkerConfig, deps: WorkerDependencies) {
    const { store, bus, live, clock = systemClock, metrics = createMetrics({ service: 'satel-worker' }) } = deps
    const log = deps.log.child({ instance: config.instanceId })
    this.#config = config
    this.#deps = deps
    this.#clock = clock
    this.#log = log
    this.#telemetry = createTelemetry(metrics, () => this.#metricFigures())
    this.#spool = new Spool(join(config.dataFolder, 'spool'), config.spoolMaxBytes)
    this.#publisher = new EventPublisher({ bus, store, spool: this.#spool, log, clock, telemetry: this.#telemetry })
    this.#recorder = new StateRecorder({ store, clock, log, snapshotIntervalMs: config.snapshotIntervalMs })
    this.#liveWriter = new LiveWriter({
      live,
      clock,
      log,
      refreshMs: config.liveRefreshMs,
      onPicture: (session, picture) => this.#recorder.note(session, picture),
    })
    this.#names = new NameKeeper({ store, clock, log, atOnce: config.namesAtOnce })
    this.#starts = new BatchWriter(async (starts) => {
      const owned = await startMemoryCursors(store, starts)
      return ({ panel_id }) => owned.has(panel_id)
    })
    this.#releases = new ReleaseFollower({ store, clock, log, sessions: () => this.#sessions.values() })
    this.#tries = new TryFollower({
      store,
      clock,
      log,
      workerId: config.instanceId,
      answerTimeoutMs: config.answerTimeoutMs,
      openKey: async (token) => {
        await deps.keyring?.prepare?.([token])
        return this.#decrypt(token)
      },
    })
    const listIntervalMs = config.panelListIntervalMs
    this.#ownership =
      deps.ownership ?? new EmbeddedOwnership({ store, ownerId: config.instanceId, clock, log, listIntervalMs })
  }

  async start(): Promise<void> {
    await this.#publisher.start()
    await this.#ownership.start({
      onWanted: (panels) => this.#prepareKeys(panels),
      onAcquired: (owned) => this.#acquire(owned),
      onLost: (panelId) => this.#giveUp(panelId),
    })
    await this.#releases.start()
    await this.#tries.start()
    this.#schedule()
  }

  figures(): WorkerFigures {
    const sessions = [...this.#sessions.values()]
    return {
      panels: sessions.length,
      connected: sessions.filter((session) => session.isConnected).length,
      settled: sessions.filter((session) => session.isSettled).length,
      held: this.#publisher.held,
      spooled: this.#publisher.spooled,
    }
  }

  close(): Promise<void> {
    this.#ending ??= this.#close()
    return this.#ending
  }

  async #close(): Promise<void> {
    this.#stopTimers()
    await Promise.all([this.#releases.close(), this.#tries.close()])
    // Taken while the links still hold their states.
    await this.#recorder.close()
    await Promise.all([...this.#sessions.values()].map((session) => session.close()))
    await Promise.all([this.#names.close(), this.#liveWriter.close(), this.#starts.settled()])
    if (!(await this.#publisher.drain(this.#config.drainMs))) {
      this.#log.warn('events_left_in_spool', { count: this.#publisher.held })
    }
    await this.#publisher.close()
    await this.#spool.close()
    await this.#ownership.close()
    await this.#deps.live.presence.leave('satel-worker', this.#config.instanceId).catch(() => {})
  }

  #stopTimers(): void {
    this.#cancelTick?.()
    this.#cancelOpen?.()
  }

  // --- panels ----------------------------------------------------------------------------------------------------

  #acquire({ panel, acquired, names }: OwnedPanel): void {
    const config = this.#config
    let integrationKey: string | undefined
    try {
      if (panel.integration_key_encrypted !== null) integrationKey = this.#decrypt(panel.integration_key_encrypted)
    } catch (error) {
      // Without its key the panel cannot be reached: it is tried in clear, stays away, and says so by COMM_LOSS.
      this.#log.error('integration_key_not_opened', { panel_id: panel.panel_id, error })
    }
    const session = new PanelSession({
      panel,
      acquired,
      names: toPanelNames(names),
      integrationKey,
      instanceId: config.instanceId,
      limits: { ...config, owedMs: OWED_MS },
      link: config,
      walkLimit: config.memoryWalkLimit,
      memoryIntervalMs: config.memoryIntervalMs,
      publisher: this.#publisher,
      clock: this.#clock,
      log: this.#log,
      telemetry: this.#telemetry,
      saveStart: (panel_id, epoch, keys) => this.#starts.add({ panel_id, epoch, cursor: memoryCursorOf(keys) }),
      events: {
        onChanged: (changed) => this.#liveWriter.changed(changed),
        onReady: (ready) => this.#onReady(ready),
        onTold: (told, events) => this.#recorder.heard(told, events),
        onUnknownUser: (named, user) => this.#names.wantUser(named, user),
        onStale: (stale) => this.#ownership.lost(stale.panelId),
        onTakenBack: (back) => {
          this.#toOpen.add(back)
          this.#openSome()
        },
      },
    })
    this.#sessions.set(panel.panel_id, session)
    this.#recorder.add(session, acquired)
    this.#liveWriter.add(session)
    this.#toOpen.add(session)
    this.#openSome()
  }

  /** A key made since we looked last is fetched before a link is opened in clear for want of it. */
  async #prepareKeys(panels: readonly WorkerPanel[]): Promise<void> {
    await this.#deps.keyring?.prepare?.(panels.flatMap((panel) => panel.integration_key_encrypted ?? []))
  }

  #decrypt(token: string): string {
    if (this.#deps.keyring === undefined) throw new Error('no encryption key is configured')
    return this.#deps.keyring.decrypt(token).toString('utf8')
  }

  /** Opens a tenth of a second's share of the links, and the others later. */
  #openSome(): void {
    if (this.#cancelOpen !== undefined || this.#ending !== undefined) return
    let left = Math.max(1, Math.round(this.#config.dialsPerSecond / 10))
    for (const session of this.#toOpen) {
      if (left-- === 0) break
      this.#toOpen.delete(session)
      this.#open(session)
    }
    if (this.#toOpen.size === 0) return
    this.#cancelOpen = this.#clock.setTimer(100, () => {
      this.#cancelOpen = undefined
      this.#openSome()
    })
  }

  #open(session: PanelSession): void {
    try {
      session.open()
    } catch (error) {
      // An address or time zone no link can work with: the panel stays away, and says so by COMM_LOSS.
      this.#log.error('panel_not_openable', { panel_id: session.panelId, error })
    }
  }

  #onReady(session: PanelSession): void {
    const snapshot = session.link?.snapshot()
    const status = session.link?.status
    if (snapshot === undefined || status?.state !== 'ready') return
    const identity = liveIdentity(snapshot.identity, status.push, session.panel.integration_key_encrypted !== null)
    // Ready again without having been away: the panel has left service mode.
    const again = this.#seen.has(session) && session.isConnected
    this.#seen.add(session)
    this.#names.ready(session, identity, again)
  }

  async #giveUp(panelId: string): Promise<void> {
    const session = this.#sessions.get(panelId)
    if (session === undefined) return
    this.#sessions.delete(panelId)
    this.#toOpen.delete(session)
    this.#liveWriter.remove(session)
    this.#recorder.remove(session)
    this.#names.remove(session)
    await session.close()
    this.#log.info('panel_given_up', { panel_id: panelId })
  }

  // --- time ------------------------------------------------------------------------------------------------------

  #schedule(): void {
    this.#cancelTick = this.#clock.setTimer(TICK_MS, () => {
      this.#tick()
      if (this.#ending === undefined) this.#schedule()
    })
  }

  /** One timer for all panels. */
  #tick(): void {
    const now = this.#clock.now()
    this.#ticks++
    for (const session of this.#sessions.values()) session.tick(now)
    this.#liveWriter.tick(now)
    this.#recorder.tick(now)
    if (now >= this.#reconcileAt) {
      this.#reconcileAt = now + this.#config.reconcileIntervalMs
      this.#reconcile(now).catch((error: unknown) => this.#log.debug('not_reconciled', { error }))
    }
    if (this.#ticks % BEAT_EVERY === 1) {
      void this.#deps.live.presence.beat('satel-worker', this.#config.instanceId, BEAT_TTL_MS).catch(() => {})
    }
  }

  /** What the database has by now: events that need not be kept, and losses of contact that are over. */
  async #reconcile(now: number): Promise<void> {
    await this.#publisher.settleRecorded()
    const patienceMs = this.#config.reconcileIntervalMs
    const connected = [...this.#sessions.values()].filter((session) => session.isConnected)
    if (connected.length === 0) return
    const ids = connected.map(({ panelId }) => panelId)
    for (const id of await panelsReportedLost(this.#deps.store, ids))
      this.#sessions.get(id)?.reportedLost(now, patienceMs)
  }

  #metricFigures() {
    const { panels, connected, held, spooled } = this.figures()
    return {
      assigned: panels,
      withoutWorker: Math.max(0, this.#ownership.enabled - panels),
      unknown: panels - connected,
      held,
      spooled,
    }
  }
}
