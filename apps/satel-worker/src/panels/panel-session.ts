import type { PanelEvent, PanelLive } from '@stam/contracts'
import { type LinkStatus, openPanelLink, type PanelChange, type PanelLink, type PanelLinkOptions } from '@stam/integra'
import { type Clock, isoTime, type Log } from '@stam/runtime'
import type { AcquiredPanel, WorkerPanel } from '@stam/store'
import type { EventPublisher } from '../publishing/event-publisher.ts'
import type { PanelQueue } from '../publishing/panel-queue.ts'
import { believedActive, type Knowledge, startKnowledge } from '../story/knowledge.ts'
import { cursorKeys } from '../story/memory-story.ts'
import type { PanelFacts, PanelNames, StoryLimits } from '../story/panel-facts.ts'
import { type StoryInput, stepStory } from '../story/panel-story.ts'
import type { Telemetry } from '../telemetry.ts'
import { MemoryFollower } from './memory-follower.ts'
import {
  type ConnectionView,
  connectionView,
  liveIdentity,
  panelBits,
  panelTroubles,
  releasedView,
} from './panel-picture.ts'
import { readSnapshot, type SnapshotState } from './snapshot-state.ts'

export interface SessionOptions {
  readonly panel: WorkerPanel
  readonly acquired: AcquiredPanel
  readonly names: PanelNames
  readonly integrationKey: string | undefined
  readonly instanceId: string
  readonly limits: StoryLimits
  readonly link: Pick<
    PanelLinkOptions,
    'pollIntervalMs' | 'fullReadIntervalMs' | 'answerTimeoutMs' | 'keepAliveMs' | 'push' | 'backoffMs' | 'busyBackoffMs'
  >
  readonly walkLimit: number
  readonly memoryIntervalMs: number
  readonly publisher: EventPublisher
  readonly clock: Clock
  readonly log: Log
  readonly telemetry: Telemetry
  readonly saveStart: (panelId: string, epoch: number, keys: readonly string[]) => Promise<boolean>
  readonly events: SessionEvents
}

/** What others have to know of a session. Called synchronously; must not throw. */
export interface SessionEvents {
  /** The picture of it changed. */
  readonly onChanged: (session: PanelSession) => void
  readonly onReady: (session: PanelSession) => void
  /** Events were made of what it said. */
  readonly onTold: (session: PanelSession, events: readonly PanelEvent[]) => void
  /** An event named a user whose name has not been read. */
  readonly onUnknownUser: (session: PanelSession, user: number) => void
  /** Somebody else owns the panel. */
  readonly onStale: (session: PanelSession) => void
  /** A release is over and the link is to be opened again. */
  readonly onTakenBack: (session: PanelSession) => void
}

/** A link handed over for DLOADX. */
interface Release {
  readonly until: string
  /** By the monotonic clock: neither a jump of the wall clock nor a database that is away keeps the panel from being watched again. */
  readonly deadline: number
}

/** Events of one panel waiting to go out, beyond which its memory is not read on: the panel keeps it meanwhile. */
const MEMORY_ROOM = 500
/** … and beyond which even bits are not turned into events; they are looked at again when there is room. */
const BITS_ROOM = 5_000
/** A drift that moved less is not worth a new picture. */
const DRIFT_STEP_MS = 1_000
/** Spec 03: nobody is given a link for longer. */
const LONGEST_RELEASE_MS = 60 * 60_000

/** One panel driven by this process: its link, its story, and the queue its events leave by. */
export class PanelSession {
  readonly panelId: string
  readonly epoch: number
  readonly #options: SessionOptions
  readonly #queue: PanelQueue
  readonly #log: Log
  #facts: PanelFacts
  #knowledge: Knowledge
  #link: PanelLink | undefined
  #memory: MemoryFollower | undefined
  #connection: ConnectionView = { connection: 'RECONNECTING', detail: null }
  #connectionSince: number
  #lastContact: number | null
  #serviceMode: boolean | null = null
  #shownDrift: number | null = null
  #isPush = false
  #wasConnected = false
  #skippedBits = false
  #released: Release | undefined
  /** The link that was handed over is closed. */
  #handedOver: Promise<unknown> = Promise.resolve()
  #version = 0
  #isClosed = false

  constructor(options: SessionOptions) {
    const { panel, acquired, names, clock, publisher } = options
    this.#options = options
    this.panelId = panel.panel_id
    this.epoch = acquired.epoch
    this.#log = options.log.child({ panel_id: panel.panel_id, epoch: acquired.epoch })
    this.#queue = publisher.open(panel.panel_id, acquired.epoch)
    const { instanceId } = options
    this.#facts = { panelId: panel.panel_id, timeZone: panel.time_zone, type: undefined, names, instanceId }
    const { memory_cursor, snapshot } = acquired
    const recorded = readSnapshot(snapshot)
    this.#knowledge = startKnowledge(
      {
        signals: acquired.signals,
        memoryKeys: memory_cursor === null ? null : memory_cursor === 'empty' ? [] : cursorKeys(memory_cursor),
        snapshot: recorded,
      },
      acquired.epoch,
      clock.now(),
    )
    this.#lastContact = recorded?.lastContact ?? null
    this.#connectionSince = clock.now()
    this.#queue.onStale = () => options.events.onStale(this)
    this.#queue.onProgress = () => this.#onRoom()
    if (panel.released_until !== null && (panel.released_left_ms ?? 0) > 0)
      this.release(panel.released_until, panel.released_left_ms ?? 0)
  }

  get panel(): WorkerPanel {
    return this.#options.panel
  }

  get names(): PanelNames {
    return this.#facts.names
  }

  get isConnected(): boolean {
    return this.#connection.connection === 'CONNECTED'
  }

  /** All states that make up what a partition is shown as have been read. */
  get isWhole(): boolean {
    return this.#link?.snapshot()?.states.partitionsArmedMode1 !== undefined
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get connection(): ConnectionView {
    return this.#connection
  }

  get version(): number {
    return this.#version
  }

  get lastContact(): number | null {
    return this.#lastContact
  }

  get link(): PanelLink | undefined {
    return this.#link
  }

  /** Everything is told that the panel's memory is known to hold, and all of it has gone out. */
  get isSettled(): boolean {
    return this.isConnected && this.#queue.length === 0 && this.#memory?.isCaughtUp === true
  }

  /** Dials, unless the link is released; from here on it works by itself until it is closed. */
  open(): void {
    const { panel, integrationKey, link: options, events } = this.#options
    if (this.#isClosed || this.#released !== undefined || this.#link !== undefined) return
    const link = openPanelLink({
      ...options,
      host: panel.host,
      port: panel.port,
      timeZone: panel.time_zone,
      ...(integrationKey === undefined ? {} : { integrationKey }),
    })
    this.#link = link
    this.#memory ??= this.#followMemory()
    link.onChange((change) => {
      if (this.#link === link) this.#onChange(change)
    })
    events.onChanged(this)
  }

  /** One follower for all links of the session: it alone knows whether the place where reading began has been saved. */
  #followMemory(): MemoryFollower {
    const { walkLimit, clock, telemetry, saveStart, events } = this.#options
    return new MemoryFollower({
      link: {
        readMemory: async (request) =>
          (await this.#link?.readMemory(request)) ?? { kind: 'interrupted', reason: 'closed', walked: 0 },
      },
      clock,
      log: this.#log,
      telemetry,
      walkLimit,
      knowledge: () => this.#knowledge.memory,
      feed: (input) => this.#feed(input),
      hasRoom: () => this.#queue.length < MEMORY_ROOM,
      saveStart: (keys) => saveStart(this.panelId, this.epoch, keys),
      onStale: () => events.onStale(this),
    })
  }

  get isReleased(): boolean {
    return this.#released !== undefined
  }

  /**
   * Hands the link over for DLOADX (spec 03): closed within this call, opened again by `tick` when the time is over, or by `takeBack`.
   * Called again it only moves the end. `leftMs` is what the database's clock makes of it.
   */
  release(until: string, leftMs: number): void {
    if (this.#isClosed) return
    const { clock, panel } = this.#options
    const before = this.#released
    this.#released = { until, deadline: clock.monotonic() + Math.min(leftMs, LONGEST_RELEASE_MS) }
    if (before === undefined) {
      const at = clock.now()
      const link = this.#link
      this.#link = undefined
      this.#memory?.away()
      this.#feed({ type: 'away', at, busy: false })
      this.#feed({ type: 'released', released: true, at })
      this.#handedOver = Promise.all([this.#handedOver, link?.close()])
      this.#log.info('panel_released', { until })
    }
    if (before?.until !== until) this.#show(releasedView(until, panel.time_zone))
  }

  /** The release is over. What happened meanwhile is in the panel's event memory. */
  takeBack(): void {
    if (this.#isClosed || this.#released === undefined) return
    this.#released = undefined
    this.#feed({ type: 'released', released: false, at: this.#options.clock.now() })
    this.#log.info('panel_taken_back')
    this.#show({ connection: 'RECONNECTING', detail: null })
    void this.#handedOver.finally(() => {
      if (!this.#isClosed && this.#released === undefined) this.#options.events.onTakenBack(this)
    })
  }

  setNames(names: PanelNames): void {
    this.#facts = { ...this.#facts, names }
    this.#changed()
  }

  /** About once a second. */
  tick(now: number): void {
    if (this.#isClosed) return
    if (this.#released !== undefined && this.#options.clock.monotonic() >= this.#released.deadline) this.takeBack()
    this.#feed({ type: 'tick', at: now })
    const memory = this.#memory
    if (memory !== undefined && this.isConnected && now - memory.lastTriedAt >= this.#options.memoryIntervalMs)
      memory.want()
  }

  /** People are shown a loss of contact. Is it ours, or over for long enough, it stands or is taken back. */
  reportedLost(now: number, patienceMs: number): void {
    const { readySince } = this.#knowledge.link
    if (readySince !== null && now - readySince >= patienceMs) this.#feed({ type: 'reported-lost', at: now })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#memory?.close()
    this.#options.publisher.release(this.#queue)
    this.#options.telemetry.forget(this.panelId)
    await Promise.all([this.#link?.close(), this.#handedOver])
  }

  /** The picture for people, as of now, under a new version. */
  picture(): PanelLive {
    const { clock } = this.#options
    const snapshot = this.#link?.snapshot()
    return {
      panel_id: this.panelId,
      epoch: this.epoch,
      version: ++this.#version,
      connection: this.#connection.connection,
      connection_detail: this.#connection.detail,
      connection_since: isoTime(this.#connectionSince),
      worker_id: this.#options.instanceId,
      last_contact_at: this.#lastContact === null ? null : isoTime(this.#lastContact),
      updated_at: isoTime(clock.now()),
      identity:
        snapshot === undefined
          ? this.#options.panel.identity
          : liveIdentity(snapshot.identity, this.#isPush, this.#options.integrationKey !== undefined),
      clock_drift_ms: this.#knowledge.clock.drift ?? null,
      service_mode: this.#serviceMode,
      bits: snapshot === undefined ? null : panelBits(snapshot.states),
      troubles: snapshot === undefined ? null : panelTroubles(snapshot, this.#facts.names),
    }
  }

  /** What a successor wants to know; see snapshot-state.ts. */
  snapshotState(partitions: ReadonlyMap<number, string>): SnapshotState & { readonly panel_seq: number } {
    const snapshot = this.#link?.snapshot()
    return {
      schema: 1,
      active: believedActive(this.#knowledge),
      last_contact_at: this.#lastContact === null ? null : isoTime(this.#lastContact),
      partitions: Object.fromEntries(partitions),
      bits: snapshot === undefined ? null : panelBits(snapshot.states),
      panel_seq: this.#knowledge.seq,
    }
  }

  #feed(input: StoryInput): void {
    const { knowledge, events } = stepStory(this.#knowledge, input, this.#facts, this.#options.limits)
    this.#knowledge = knowledge
    if (events.length === 0) return
    const late = events.filter((event) => event.late).length
    if (late > 0) this.#options.telemetry.late(late)
    for (const { user_no } of events) {
      if (user_no !== null && isPerson(user_no) && !this.#facts.names.users.has(user_no)) {
        this.#options.events.onUnknownUser(this, user_no)
      }
    }
    this.#options.events.onTold(this, events)
    this.#options.publisher.enqueue(this.#queue, events)
  }

  #onChange(change: PanelChange): void {
    if (this.#isClosed) return
    if ('receivedAt' in change && change.type !== 'discarded') this.#lastContact = change.receivedAt
    switch (change.type) {
      case 'state':
        if (this.#queue.length >= BITS_ROOM) this.#skippedBits = true
        else {
          const { name, bits, previous, receivedAt } = change
          this.#feed({ type: 'bits', name, bits, previous, at: receivedAt })
        }
        return this.#changed()
      case 'clock':
        return this.#onClock(change)
      case 'memoryHint':
        return this.#memory?.want()
      case 'status':
        return this.#onStatus(change.status)
      case 'discarded':
        if (change.reason === 'bad_crc') this.#options.telemetry.crcErrors(change.count)
        this.#log.debug('bytes_discarded', { reason: change.reason, bytes: change.bytes, count: change.count })
        return
      case 'full':
        if (this.#facts.type === undefined) this.#facts = { ...this.#facts, type: change.snapshot.identity.type }
    }
  }

  #onClock(change: Extract<PanelChange, { type: 'clock' }>): void {
    const { serviceMode } = change.clock
    this.#feed({ type: 'clock', driftMs: change.driftMs, at: change.receivedAt })
    const drift = change.driftMs ?? null
    const moved = Math.abs((drift ?? 0) - (this.#shownDrift ?? 0)) > DRIFT_STEP_MS
    if (serviceMode === this.#serviceMode && !moved && (drift === null) === (this.#shownDrift === null)) return
    const left = this.#serviceMode === true && !serviceMode
    this.#serviceMode = serviceMode
    this.#shownDrift = drift
    this.#changed()
    // After service mode names and structure may have changed (reference 8.2).
    if (left) this.#options.events.onReady(this)
  }

  #onStatus(status: LinkStatus): void {
    const { clock, events, telemetry } = this.#options
    const now = clock.now()
    if (status.state === 'ready') {
      this.#isPush = status.push
      this.#facts = { ...this.#facts, type: status.identity.type }
      this.#lastContact = now
      this.#log.info('panel_connected', { model: status.identity.type?.model, push: status.push })
      if (this.#wasConnected) telemetry.reconnected()
      this.#wasConnected = true
      this.#feed({ type: 'ready', at: now })
      this.#memory?.ready()
    } else {
      this.#memory?.away()
      if (status.state === 'waiting') this.#onWaiting(status, now)
    }
    const view = connectionView(status)
    if (view === undefined) return
    this.#show(view)
    if (status.state === 'ready') events.onReady(this)
  }

  #show(view: ConnectionView): void {
    const { connection, detail } = this.#connection
    if (view.connection === connection && view.detail === detail) return
    if (view.connection !== connection) this.#connectionSince = this.#options.clock.now()
    this.#connection = view
    this.#options.telemetry.connection(this.panelId, view.connection)
    this.#changed()
  }

  /** WARNING at the third, CRITICAL at the fifth failed try (spec 01), then seldom. */
  #onWaiting(status: Extract<LinkStatus, { state: 'waiting' }>, now: number): void {
    const { reason, attempt } = status
    this.#feed({ type: 'away', at: now, busy: reason === 'busy' })
    const fields = { reason, attempt }
    if (attempt === 3) this.#log.warn('panel_link_failing', { ...fields, severity: 'WARNING' })
    else if (attempt === 5) this.#log.error('panel_link_failing', { ...fields, severity: 'CRITICAL' })
    else this.#log.debug('panel_link_waits', fields)
  }

  #changed(): void {
    this.#options.events.onChanged(this)
  }

  /** Something went out: look at what had to wait. */
  #onRoom(): void {
    if (this.#isClosed) return
    if (this.#skippedBits && this.#queue.length < MEMORY_ROOM) {
      this.#skippedBits = false
      const states = this.#link?.snapshot()?.states ?? {}
      const at = this.#options.clock.now()
      for (const name of ['zonesAlarm', 'zonesTamperAlarm'] as const) {
        const bits = states[name]
        if (bits !== undefined) this.#feed({ type: 'bits', name, bits, previous: undefined, at })
      }
    }
    if (this.#queue.length < MEMORY_ROOM) this.#memory?.resume()
  }
}

/** Users and masters; higher numbers are functions of the panel (reference 5.2). */
function isPerson(user: number): boolean {
  return user >= 1 && user <= 248
}
