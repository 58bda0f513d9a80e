/**
 * The numbered stream of one backend instance: fed by the broker and by PostgreSQL, delivered strictly in order to every
 * connection whose scope contains the site. The broker is only the fast way; whatever it loses is read from the database,
 * so "broker gone" needs no path of its own (design, flow 1).
 */
import type { StreamMessage } from '@stam/contracts'
import type { Clock, Log } from '@stam/runtime'
import type { ClientStream, StreamSource } from './client-stream.ts'
import { InOrder } from './in-order.ts'
import { type Frame, ReplayRing } from './replay-ring.ts'

export const RING_FRAMES = 5_000
const OLDEST_REPLAY_MS = 2 * 60 * 60 * 1000
const READ_ROWS = 1_000
/** A hole this old is read from the database instead of waited for: broker messages overtake each other by less. */
const GAP_PATIENCE_MS = 20
/** With broker and notifications up, PostgreSQL is looked at this often all the same: hints may be lost, rows may not. */
const CALM_POLL_MS = 250
const ALERT_POLL_MS = 100

export interface StreamHubOptions {
  /** Committed messages after a number, in order, with the highest number committed. */
  readonly readStream: (after: number, limit: number) => Promise<{ head: number; messages: readonly StreamMessage[] }>
  /** True while broker and database notifications work, so that polling is only a safety net. */
  readonly calm: () => boolean
  /** Told of every delivered batch, in order; must not throw and must not wait. */
  readonly onDelivered: (messages: readonly StreamMessage[]) => void
  readonly onReset: (from: number, to: number) => void
  readonly clock: Clock
  readonly log: Log
  /** Messages kept in memory, and how far back a replay may reach; 5,000 both unless given. */
  readonly ringFrames?: number
  readonly replayRows?: number
}

export class StreamHub implements StreamSource {
  readonly #options: StreamHubOptions
  readonly #order = new InOrder<StreamMessage>(0)
  readonly #ring: ReplayRing
  readonly #clients = new Set<ClientStream>()
  #reading: Promise<void> | null = null
  #readAgain = false
  #cancelTimer = () => {}
  #timerDue = Number.POSITIVE_INFINITY
  #closed = false
  #lastReadOkAt = 0
  /** Monotonic time of the next look at PostgreSQL, needed or not. */
  #pollDue = 0
  /** Numbers up to here are known to be committed. */
  #wanted = 0
  readonly oldestAllowed: { readonly rows: number; readonly ageMs: number }

  constructor(options: StreamHubOptions) {
    this.#options = options
    const frames = options.ringFrames ?? RING_FRAMES
    this.#ring = new ReplayRing(frames)
    this.oldestAllowed = { rows: options.replayRows ?? RING_FRAMES, ageMs: OLDEST_REPLAY_MS }
  }

  get last(): number {
    return this.#order.last
  }

  /** The highest number known to be committed, delivered here already or about to be. */
  get known(): number {
    return Math.max(this.#order.last, this.#wanted)
  }

  get buffered(): number {
    return this.#ring.size
  }

  /** Whether the database was followed within the last `withinMs`. */
  followed(withinMs: number): boolean {
    return this.#options.clock.now() - this.#lastReadOkAt <= withinMs
  }

  coversAfter(seq: number): boolean {
    return this.#ring.coversAfter(seq)
  }

  after(seq: number, limit: number): Frame[] {
    return this.#ring.after(seq, limit)
  }

  async readStored(seq: number, limit: number): Promise<{ frames: Frame[]; head: number }> {
    const { head, messages } = await this.#options.readStream(seq, limit)
    return { head, frames: messages.map(frameOf) }
  }

  /** Starts at the head, with the newest messages in memory so that replay works at once. Rejects when it cannot read. */
  async start(recent: (head: number) => Promise<readonly StreamMessage[]>): Promise<void> {
    const { head } = await this.#options.readStream(Number.MAX_SAFE_INTEGER, 1)
    this.#order.reset(head)
    const messages = await recent(head)
    if (messages.at(-1)?.sequence_id === head) this.#ring.append(messages.map(frameOf))
    this.#lastReadOkAt = this.#options.clock.now()
    this.#schedulePoll()
  }

  attach(client: ClientStream): () => void {
    this.#clients.add(client)
    return () => this.#clients.delete(client)
  }

  /** Messages from the broker, in any order and any number of times. */
  accept(messages: readonly StreamMessage[]): void {
    if (this.#closed) return
    this.#deliver(this.#order.offer(messages))
    if (this.#order.gap) this.#schedule(GAP_PATIENCE_MS)
  }

  /**
   * Something was committed, up to `head` where that is known. With the broker up it brings the messages in a moment, and
   * only if it does not they are read; else they are read now.
   */
  hint(head: number = this.#order.last + 1): void {
    this.#wanted = Math.max(this.#wanted, head)
    if (this.#options.calm()) this.#schedule(GAP_PATIENCE_MS)
    else void this.read()
  }

  /** Reads what PostgreSQL has after the last delivered number. One at a time; never rejects. */
  read(): Promise<void> {
    this.#readAgain = true
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = null
      this.#schedulePoll()
    })
    return this.#reading
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelTimer()
    await this.#reading
  }

  async #readAll(): Promise<void> {
    const { readStream, clock, log } = this.#options
    try {
      while (this.#readAgain && !this.#closed) {
        this.#readAgain = false
        // The broker may deliver while the answer is on its way: it is judged by what was asked.
        const after = this.#order.last
        const { head, messages } = await readStream(after, READ_ROWS)
        this.#lastReadOkAt = clock.now()
        this.#wanted = Math.min(this.#wanted, Math.max(head, this.#order.last))
        const base = messages[0] === undefined ? head : messages[0].sequence_id - 1
        // Numbers went back (a restored database), or what would come next is no longer kept (this process slept for long): waiting for it
        // would be for ever.
        if (base < after || base > this.#order.last) this.#restart(base)
        this.#deliver(this.#order.offer(messages))
        if (messages.length === READ_ROWS) this.#readAgain = true
      }
    } catch (error) {
      log.warn('stream_read_failed', { error })
    }
  }

  #deliver(ready: readonly StreamMessage[]): void {
    if (ready.length === 0) return
    const frames = ready.map(frameOf)
    this.#ring.append(frames)
    for (const client of this.#clients) client.push(frames)
    this.#options.onDelivered(ready)
  }

  /** Begins anew at another number: the database was restored from a backup, or has forgotten what this process has not seen. */
  #restart(head: number): void {
    const from = this.#order.last
    this.#options.log.error('stream_began_anew', { from, to: head })
    this.#order.reset(head)
    this.#ring.clear()
    this.#options.onReset(from, head)
    for (const client of this.#clients) client.restart()
  }

  #schedulePoll(): void {
    const delayMs = this.#options.calm() ? CALM_POLL_MS : ALERT_POLL_MS
    this.#pollDue = this.#options.clock.monotonic() + delayMs
    this.#schedule(delayMs)
  }

  /** One timer; a sooner need replaces a later one. */
  #schedule(delayMs: number): void {
    const due = this.#options.clock.monotonic() + delayMs
    if (this.#closed || due >= this.#timerDue) return
    this.#cancelTimer()
    this.#timerDue = due
    this.#cancelTimer = this.#options.clock.setTimer(delayMs, () => this.#onTimer())
  }

  #onTimer(): void {
    this.#timerDue = Number.POSITIVE_INFINITY
    const rest = this.#pollDue - this.#options.clock.monotonic()
    if (this.#order.gap || this.#wanted > this.#order.last || rest <= 1) void this.read()
    else this.#schedule(rest)
  }
}

export function frameOf(message: StreamMessage): Frame {
  const { sequence_id, type, data, timestamp } = message
  return {
    seq: sequence_id,
    siteId: message.site_id,
    at: Date.parse(timestamp),
    bytes: Buffer.from(JSON.stringify({ sequence_id, type, data, timestamp })),
  }
}
