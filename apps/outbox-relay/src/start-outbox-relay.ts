/**
 * Numbers what was committed and publishes it (design, flow 1 step 4). Any number of relays may run: numbers are given inside the database, a
 * numbered row belongs to the relay that numbered it for a while, and what a dead one leaves any other takes. With the broker away numbering
 * goes on, because backends then read the numbered rows themselves.
 */
import type { StreamMessage } from '@stam/contracts'
import type { Bus } from '@stam/bus'
import type { Live } from '@stam/live'
import { backoffDelayMs, type Clock, createMetrics, type Log, type Metrics, systemClock } from '@stam/runtime'
import {
  claimOverdue,
  FAILURES_BEFORE_ALERT,
  isStoreError,
  markFailed,
  numberOutbox,
  OUTBOX_CHANNEL,
  outboxBacklog,
  pruneOutbox,
  type Store,
  type Subscription,
} from '@stam/store'
import type { RelayConfig } from './config.ts'
import { ConfirmedMarks } from './confirmed-marks.ts'
import { Repeating } from './repeating.ts'
import { createTelemetry, type Telemetry } from './telemetry.ts'

export interface RelayDependencies {
  readonly store: Store
  readonly bus: Bus
  readonly log: Log
  /** Where relays tell each other and the backends that they live. */
  readonly live?: Pick<Live, 'status' | 'presence'>
  readonly clock?: Clock
  readonly metrics?: Metrics
}

export interface RunningRelay {
  /** Finishes what is in flight. What is not confirmed by then another relay publishes, at the latest the next one started. */
  close(): Promise<void>
}

const WATCH_MS = 1_000
const BEAT_TTL_MS = 5_000
/**
 * Two looks begin at least three times as far apart as one takes, and no further than this: under load what is committed meanwhile is numbered and
 * published together.
 */
const LOOKS_APART_MAX_MS = 12
/** Polling goes on while the database is away, but not ten times a second. */
const DATABASE_AWAY = { initialMs: 200, maxMs: 3_000, jitter: 0.3 }

export async function startOutboxRelay(config: RelayConfig, deps: RelayDependencies): Promise<RunningRelay> {
  const relay = new Relay(config, deps)
  await relay.start()
  return relay
}

class Relay implements RunningRelay {
  readonly #config: RelayConfig
  readonly #deps: RelayDependencies
  readonly #log: Log
  readonly #clock: Clock
  readonly #telemetry: Telemetry
  readonly #marks: ConfirmedMarks
  readonly #publishing = new Set<Promise<void>>()
  readonly #numbering: Repeating
  readonly #watching: Repeating
  readonly #pruning: Repeating
  #databaseFailures = 0
  #listening: Subscription | null = null
  #lookedAt = Number.NEGATIVE_INFINITY
  #lookTookMs = 0
  #alerted = false
  #endings: (() => Promise<void> | void)[] = []

  constructor(config: RelayConfig, deps: RelayDependencies) {
    const { store, log, clock = systemClock, metrics = createMetrics({ service: 'outbox-relay' }) } = deps
    this.#config = config
    this.#deps = deps
    this.#log = log
    this.#clock = clock
    this.#telemetry = createTelemetry(metrics)
    this.#marks = new ConfirmedMarks({ store, clock, log, intervalMs: config.markIntervalMs })
    this.#numbering = new Repeating(clock, () => this.#number())
    this.#watching = new Repeating(clock, () => this.#watch())
    this.#pruning = new Repeating(clock, () => this.#prune())
  }

  async start(): Promise<void> {
    await this.#listen(true)
    this.#endings = [this.#deps.bus.onStatus(() => this.#watching.now())]
    for (const part of [this.#numbering, this.#watching, this.#pruning]) part.now()
  }

  async close(): Promise<void> {
    for (const end of this.#endings) await end()
    await Promise.all([this.#numbering.close(), this.#watching.close(), this.#pruning.close()])
    await Promise.all(this.#publishing)
    await this.#marks.close()
    await this.#listen(false)
    await this.#deps.live?.presence.leave('outbox-relay', this.#config.instanceId).catch(() => {})
  }

  /** Whether notifications are heard; without them it polls. */
  async #listen(wanted: boolean): Promise<void> {
    if (wanted === (this.#listening !== null)) return
    const before = this.#listening
    this.#listening = wanted ? await this.#deps.store.listen(OUTBOX_CHANNEL, () => this.#onNotified()) : null
    await before?.close()
  }

  #onNotified(): void {
    this.#numbering.within(
      this.#lookedAt + Math.min(LOOKS_APART_MAX_MS, 3 * this.#lookTookMs) - this.#clock.monotonic(),
    )
  }

  /** Returns when to look again, milliseconds. */
  async #number(): Promise<number> {
    const { batchSize, leaseMs, pollIntervalMs } = this.#config
    this.#lookedAt = this.#clock.monotonic()
    try {
      const messages = await numberOutbox(this.#deps.store, batchSize, this.#canPublish() ? leaseMs : 0)
      this.#lookTookMs += (this.#clock.monotonic() - this.#lookedAt - this.#lookTookMs) / 4
      this.#telemetry.polled(this.#clock.now())
      this.#databaseFailures = 0
      // Without a free place, or a broker, they are left for #watch; numbering itself never waits for the broker.
      if (messages.length > 0 && this.#canPublish()) void this.#publish(messages)
      return messages.length === batchSize ? 0 : pollIntervalMs
    } catch (error) {
      return this.#databaseAway(error)
    }
  }

  /** Publishes what was left behind, says how things are, and raises its voice when they are bad. */
  async #watch(): Promise<number> {
    try {
      while (this.#canPublish()) {
        const messages = await claimOverdue(this.#deps.store, this.#config.batchSize, this.#config.leaseMs)
        if (messages.length === 0) break
        await this.#publish(messages)
      }
      const backlog = await outboxBacklog(this.#deps.store)
      this.#telemetry.backlog(backlog)
      if (backlog.failing > 0 !== this.#alerted) {
        this.#alerted = backlog.failing > 0
        if (this.#alerted) this.#log.error('outbox_messages_failing', { ...backlog, failures: FAILURES_BEFORE_ALERT })
        else this.#log.info('outbox_messages_flow_again')
      }
    } catch (error) {
      this.#databaseAway(error)
    }
    await this.#beat()
    return WATCH_MS
  }

  async #prune(): Promise<number> {
    try {
      const removed = await pruneOutbox(this.#deps.store, this.#config.keepMs)
      if (removed > 0) this.#log.info('outbox_pruned', { removed })
    } catch (error) {
      this.#databaseAway(error)
    }
    return this.#config.pruneIntervalMs
  }

  #canPublish(): boolean {
    return this.#deps.bus.status.state === 'up' && this.#publishing.size < this.#config.batchesInFlight
  }

  #publish(messages: readonly StreamMessage[]): Promise<void> {
    const work: Promise<void> = this.#publishAll(messages)
      .catch((error: unknown) => this.#log.warn('publish_not_settled', { error }))
      .finally(() => this.#publishing.delete(work))
    this.#publishing.add(work)
    return work
  }

  async #publishAll(messages: readonly StreamMessage[]): Promise<void> {
    const results = await this.#deps.bus.publishStream(messages)
    const confirmed: number[] = []
    const failures = new Map<string, number[]>()
    messages.forEach(({ sequence_id, timestamp, type, request_id }, index) => {
      const result = results[index]
      if (result?.ok) {
        confirmed.push(sequence_id)
        this.#log.info('change_published', { request_id, sequence_id, type })
        this.#telemetry.lag((this.#clock.now() - Date.parse(timestamp)) / 1000)
        return
      }
      const reason = result ? `${result.error.code}: ${result.error.message}` : 'no result'
      failures.set(reason, [...(failures.get(reason) ?? []), sequence_id])
    })
    this.#telemetry.published(confirmed.length)
    this.#marks.add(confirmed)
    for (const [reason, ids] of failures) await this.#failed(ids, reason)
  }

  async #failed(ids: readonly number[], reason: string): Promise<void> {
    this.#telemetry.publishFailed(ids.length)
    const failures = await markFailed(this.#deps.store, ids, reason)
    this.#log.warn('publish_failed', { reason, failures, count: ids.length, first: ids[0], last: ids.at(-1) })
  }

  /**
   * Says that it lives, and hears who else does. One relay is enough to follow every notification; the others only poll, and take over with
   * the first poll after its end. When nobody knows who lives, each follows them.
   */
  async #beat(): Promise<void> {
    const relays = await this.#relaysAlive()
    if (relays !== null) this.#telemetry.instances(relays.length)
    const isFirst = relays === null || relays.every((instance) => instance >= this.#config.instanceId)
    await this.#listen(isFirst).catch((error: unknown) => this.#log.warn('outbox_notifications_missed', { error }))
  }

  /** Null: the live store is away, which tells of that itself. */
  async #relaysAlive(): Promise<string[] | null> {
    const { live } = this.#deps
    if (!live || live.status.state !== 'up') return null
    try {
      await live.presence.beat('outbox-relay', this.#config.instanceId, BEAT_TTL_MS)
      const alive = await live.presence.alive()
      return alive.filter(({ component }) => component === 'outbox-relay').map(({ instance }) => instance)
    } catch {
      return null
    }
  }

  #databaseAway(error: unknown): number {
    this.#databaseFailures++
    if (!isStoreError(error, 'STORE_CLOSED'))
      this.#log.warn('outbox_not_reached', { error, failures: this.#databaseFailures })
    return backoffDelayMs(DATABASE_AWAY, this.#databaseFailures)
  }
}
