import { type Bus, isBusError } from '@stam/bus'
import type { PanelEvent } from '@stam/contracts'
import { recordingRules } from '@stam/domain'
import { type Breaker, type Clock, createBreaker, isRuntimeError, type Log } from '@stam/runtime'
import { type RecordOutcome, recordedPositions, recordEvents, type Store } from '@stam/store'
import type { Telemetry } from '../telemetry.ts'
import { PanelQueue } from './panel-queue.ts'
import type { Spool } from './spool.ts'
import { SpoolKeeper } from './spool-keeper.ts'

export interface PublisherOptions {
  readonly bus: Bus
  readonly store: Store
  readonly spool: Spool
  readonly log: Log
  readonly clock: Clock
  readonly telemetry: Telemetry
}

/** Panels whose next event goes out together. */
const PANELS_PER_ROUND = 256
/** Rounds waiting for the broker at once. A confirmation takes as long as the broker's disk; few rounds would make other panels wait for it. */
const ROUNDS_AT_ONCE = 32
/**
 * Rounds that follow one another closely begin twice as far apart as the broker takes to confirm one, and no further than this: under load panels go
 * out together, and a panel's memory has often answered by then, so that a signal is told once instead of twice. The first after a pause begins at
 * once, and so does one with a backlog.
 */
const ROUNDS_APART_MAX_MS = 20
/** Events of one panel in one transaction of the degraded door, and in all. */
const DIRECT_PER_PANEL = 200
const DIRECT_IN_ALL = 500
/** Both doors shut: when to try again. */
const RETRY_MS = 1_000
/** Failed rounds before the broker is left alone for a while (spec 01 "circuit breaker"). */
const BROKER_LIMITS = { name: 'rabbitmq', failures: 3, resetMs: 5_000 }

/**
 * Brings events out, each panel's in its order: to the broker, waiting for its confirmation; straight into the database
 * when the broker does not confirm; to the spool, and on trying, when neither is there. An event leaves its queue only
 * when the broker or the database has it. Of one panel one event is under way at a time, so that none can overtake the
 * one whose record its memory cursor leaves behind.
 */
export class EventPublisher {
  readonly #options: PublisherOptions
  readonly #queues = new Set<PanelQueue>()
  readonly #ready = new Set<PanelQueue>()
  readonly #broker: Breaker
  readonly #keeper: SpoolKeeper
  readonly #underWay = new Set<Promise<void>>()
  #isDirectBusy = false
  /** The last attempt found both doors shut: wait for the timer. */
  #areDoorsShut = false
  /** Events of an earlier run go first. */
  #isReplaying = false
  #cancelRetry: (() => void) | undefined
  #cancelGathering: (() => void) | undefined
  #roundAt = Number.NEGATIVE_INFINITY
  /** How long confirmations have been taking of late. */
  #confirmMs = ROUNDS_APART_MAX_MS
  #idle: (() => void)[] = []
  #isClosed = false

  constructor(options: PublisherOptions) {
    this.#options = options
    const { clock, log, spool } = options
    this.#keeper = new SpoolKeeper(spool, log)
    this.#broker = createBreaker({
      ...BROKER_LIMITS,
      clock,
      onChange: (state) => log.warn('broker_breaker', { state }),
    })
  }

  /** Events neither broker nor database has. */
  get held(): number {
    let held = 0
    for (const queue of this.#queues) held += queue.length
    return held
  }

  /** Both doors were found shut, and not everything is out again yet. */
  get isHolding(): boolean {
    return this.#keeper.isHolding
  }

  get spooled(): number {
    return this.#options.spool.count
  }

  /** Publishes what an earlier run left in the spool; events of the panels wait until that is out. */
  async start(): Promise<void> {
    this.#isReplaying = true
    const replays = new Map<string, PanelQueue>()
    let count = 0
    for await (const event of this.#options.spool.earlier()) {
      const key = `${event.panel_id} ${event.epoch}`
      const queue = replays.get(key) ?? this.#add(new PanelQueue(event.panel_id, event.epoch, true))
      replays.set(key, queue)
      queue.push([event])
      count++
    }
    if (count > 0) this.#options.log.warn('spool_replayed', { count })
    for (const queue of replays.values()) this.#ready.add(queue)
    this.#endReplay()
    this.#pump()
  }

  open(panelId: string, epoch: number): PanelQueue {
    return this.#add(new PanelQueue(panelId, epoch))
  }

  enqueue(queue: PanelQueue, events: readonly PanelEvent[]): void {
    if (events.length === 0 || queue.isStale) return
    for (const event of events) this.#trace('event_detected', event, { source: event.source, type: event.event_type })
    // What the spool has stays as it is there.
    if (this.#keeper.isHolding) queue.push(events)
    else queue.pushOrComplete(events)
    if (this.#keeper.isHolding) this.#keeper.keep([queue])
    if (queue.isBusy) return
    this.#ready.add(queue)
    this.#pump()
  }

  /** The panel is given up: what it still has to say goes on, then the queue is forgotten. */
  release(queue: PanelQueue): void {
    queue.onProgress = undefined
    queue.onStale = undefined
    if (queue.length === 0 && !queue.isBusy) this.#queues.delete(queue)
  }

  /** Forgets what the database is known to have by now; once a minute is enough. */
  async settleRecorded(): Promise<void> {
    await this.#learnRecorded([...this.#queues].filter((queue) => queue.unrecorded.length > 0))
  }

  /** Waits until everything is out, at most `timeoutMs`. @returns whether it is */
  async drain(timeoutMs: number): Promise<boolean> {
    if (this.held > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#options.clock.setTimer(timeoutMs, resolve)
        this.#idle.push(() => {
          cancel()
          resolve()
        })
      })
    }
    return this.held === 0
  }

  /** Stops; what is still here goes to the spool. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelRetry?.()
    this.#cancelGathering?.()
    await Promise.allSettled(this.#underWay)
    if (this.held > 0) this.#keeper.keep(this.#queues)
    await this.#keeper.settled()
  }

  #add(queue: PanelQueue): PanelQueue {
    this.#queues.add(queue)
    return queue
  }

  #pump(): void {
    while (!this.#isClosed && !this.#areDoorsShut && this.#underWay.size < ROUNDS_AT_ONCE) {
      // A breaker that is not closed refuses without waiting for anything: asking it again and again while the degraded door is in use would
      // never let the process hear from either. The round that holds the door goes on when its batch is through.
      if (this.#isDirectBusy && this.#broker.state !== 'closed') return
      if (this.#isGathering()) return
      const round = this.#take((taken) => taken.length < PANELS_PER_ROUND)
      if (round.length === 0) return
      this.#roundAt = this.#options.clock.monotonic()
      const running = this.#runRound(round)
      this.#underWay.add(running)
      void running.finally(() => {
        this.#underWay.delete(running)
        this.#pump()
      })
    }
  }

  /** Whether the next round waits for company; it then begins by itself. */
  #isGathering(): boolean {
    if (this.#ready.size === 0) return false
    if (this.#cancelGathering !== undefined) return true
    const { clock } = this.#options
    const restMs = this.#roundAt + Math.min(ROUNDS_APART_MAX_MS, 2 * this.#confirmMs) - clock.monotonic()
    if (restMs <= 0) return false
    for (const queue of this.#ready) if (queue.length > 1) return false
    this.#cancelGathering = clock.setTimer(Math.ceil(restMs), () => {
      this.#cancelGathering = undefined
      this.#pump()
    })
    return true
  }

  #take(mayTake: (taken: readonly PanelQueue[], next: PanelQueue) => boolean): PanelQueue[] {
    const taken: PanelQueue[] = []
    for (const queue of this.#ready) {
      if (this.#isReplaying && !queue.isReplay) continue
      if (!mayTake(taken, queue)) break
      this.#ready.delete(queue)
      // Emptied since it was put here: nothing to send, and a round with nothing in it would fail as a whole.
      if (queue.length === 0) continue
      queue.isBusy = true
      taken.push(queue)
    }
    return taken
  }

  #giveBack(queue: PanelQueue): void {
    queue.isBusy = false
    if (queue.length > 0) this.#ready.add(queue)
    else this.#onEmptied(queue)
  }

  /** One event of each of these panels to the broker; what it does not take goes to the database. */
  async #runRound(round: readonly PanelQueue[]): Promise<void> {
    const left = new Set(round)
    try {
      await this.#broker.run(() => this.#publish(round, left))
    } catch (error) {
      if (!isRuntimeError(error, 'BREAKER_OPEN')) {
        this.#options.log.warn('broker_did_not_confirm', { events: left.size, error })
      }
    }
    for (const queue of left) this.#giveBack(queue)
    if (left.size > 0) await this.#runDirect()
  }

  /** Takes out of `left` what the broker has; rejects when it took less than all for want of a broker. */
  async #publish(round: readonly PanelQueue[], left: Set<PanelQueue>): Promise<void> {
    const { bus, clock, telemetry, log } = this.#options
    const events = round.map((queue) => queue.peek() as PanelEvent)
    let unavailable: unknown
    const sentAt = clock.monotonic()
    const results = await bus.publishMany(events)
    this.#confirmMs += (clock.monotonic() - sentAt - this.#confirmMs) / 4
    for (const [index, result] of results.entries()) {
      const queue = round[index] as PanelQueue
      if (result.ok) {
        left.delete(queue)
        if (!queue.confirmed(events[index] as PanelEvent)) log.error('queue_front_changed', { panel_id: queue.panelId })
        telemetry.published('broker', 1)
        this.#trace('event_published', events[index] as PanelEvent, { door: 'broker' })
        this.#areDoorsShut = false
        this.#giveBack(queue)
        queue.onProgress?.()
      } else if (isBusError(result.error, 'BUS_REJECTED')) {
        log.error('event_refused_by_broker', { event_id: events[index]?.event_id, error: result.error })
      } else unavailable = result.error
    }
    if (unavailable !== undefined) throw unavailable
  }

  /**
   * The degraded door: straight into the database, by the same rules as the backend records by. One batch, and one at a time; afterwards the broker
   * is asked again, as far as its breaker lets it be.
   */
  async #runDirect(): Promise<void> {
    if (this.#isDirectBusy) return
    this.#isDirectBusy = true
    try {
      const batch = this.#takeDirect()
      if (batch.length === 0 || this.#isClosed) return batch.forEach((queue) => this.#giveBack(queue))
      const isOpen = await this.#recordDirect(batch)
      for (const queue of batch) this.#giveBack(queue)
      this.#areDoorsShut = !isOpen
      if (!isOpen) this.#hold()
    } finally {
      this.#isDirectBusy = false
    }
  }

  #takeDirect(): PanelQueue[] {
    let events = 0
    return this.#take((taken, next) => {
      if (taken.length > 0 && (events >= DIRECT_IN_ALL || taken[0]?.isReplay !== next.isReplay)) return false
      events += Math.min(next.length, DIRECT_PER_PANEL) + next.unrecorded.length
      return true
    })
  }

  /** @returns false when the database is not there either */
  async #recordDirect(batch: readonly PanelQueue[]): Promise<boolean> {
    const { store, telemetry, log } = this.#options
    try {
      // What the broker confirmed may be stuck in it: goes along, or the cursor would leave it behind.
      await this.#learnRecorded(batch.filter((queue) => queue.unrecorded.length > 0))
      const parts = batch.map((queue) => ({ queue, again: queue.unrecorded, fresh: queue.front(DIRECT_PER_PANEL) }))
      const all = parts.flatMap(({ again, fresh }) => [...again, ...fresh])
      const outcomes = await recordEvents(store, recordingRules, all, { direct: batch[0]?.isReplay !== true })
      const byId = new Map(outcomes.map((outcome) => [outcome.event_id, outcome]))
      for (const { queue, fresh } of parts) this.#settleDirect(queue, fresh, byId)
      telemetry.published('database', all.length)
      return true
    } catch (error) {
      log.warn('degraded_door_shut', { error })
      return false
    }
  }

  #settleDirect(queue: PanelQueue, fresh: readonly PanelEvent[], outcomes: ReadonlyMap<string, RecordOutcome>): void {
    const { log } = this.#options
    for (const event of fresh) {
      const outcome = outcomes.get(event.event_id)
      if (outcome?.outcome !== 'refused') continue
      if (outcome.reason === 'STALE_EPOCH') {
        log.warn('panel_has_another_owner', { panel_id: queue.panelId, epoch: queue.epoch })
        queue.isStale = true
        queue.clear()
        queue.onStale?.()
        return
      }
      // Nobody can ever record it: it stays in the log, and what comes after it goes on.
      log.error('event_never_recordable', { reason: outcome.reason, detail: outcome.detail, panel_event: event })
    }
    queue.recordedUpTo(queue.epoch, Number.MAX_SAFE_INTEGER)
    queue.done(fresh)
    for (const event of fresh) this.#trace('event_published', event, { door: 'database' })
    queue.onProgress?.()
  }

  async #learnRecorded(queues: readonly PanelQueue[]): Promise<void> {
    if (queues.length === 0) return
    const ids = queues.map((queue) => queue.panelId)
    const positions = await recordedPositions(this.#options.store, ids)
    for (const queue of queues) {
      const recorded = positions.get(queue.panelId)
      if (recorded) queue.recordedUpTo(recorded.epoch, recorded.panel_seq)
    }
  }

  /** The same `request_id` is in every line about this signal, in every process, up to the screens. */
  #trace(line: string, { request_id, event_id, panel_id }: PanelEvent, fields: Record<string, unknown>): void {
    this.#options.log.info(line, { request_id, event_id, panel_id, ...fields })
  }

  #onEmptied(queue: PanelQueue): void {
    if (queue.onProgress === undefined && queue.onStale === undefined) this.#queues.delete(queue)
    if (this.#isReplaying) this.#endReplay()
    // Adding up thousands of queues after every event would cost more than the events.
    if (!this.#keeper.isHolding && this.#idle.length === 0) return
    if (this.held > 0) return
    this.#keeper.release()
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #endReplay(): void {
    for (const queue of this.#queues) if (queue.isReplay && queue.length > 0) return
    this.#isReplaying = false
    void this.#options.spool.forgetEarlier().catch((error: unknown) => {
      this.#options.log.warn('spool_not_removed', { error })
    })
  }

  /** Neither broker nor database: everything waits, safe on disk, and both are tried again. */
  #hold(): void {
    this.#keeper.hold(this.held)
    this.#keeper.keep(this.#queues)
    this.#cancelRetry ??= this.#options.clock.setTimer(RETRY_MS, () => {
      this.#cancelRetry = undefined
      this.#areDoorsShut = false
      this.#pump()
    })
  }
}
