/**
 * What one connection gets of the numbered stream. A client has a cursor and *pulls*: everything after the cursor comes
 * from the hub's memory, or from PostgreSQL where memory does not reach back; once nothing is left it is live, in the very
 * same turn of the event loop, so no message can slip in between. No gap, no duplicate and order follow from the cursor
 * alone, whatever arrives meanwhile.
 *
 * Machine (docs/machines/client-stream.md): off → held → replaying → live; live → replaying on a new replay request;
 * any → closed. A replay that reaches back too far ends with replay_overflow and goes on live from there.
 */
import type { Clock } from '@stam/runtime'
import type { Frame } from './replay-ring.ts'

/** The rest of the hub, as a client stream sees it. */
export interface StreamSource {
  /** The highest number delivered by this instance. */
  readonly last: number
  readonly oldestAllowed: { readonly rows: number; readonly ageMs: number }
  coversAfter(seq: number): boolean
  after(seq: number, limit: number): Frame[]
  /** Reads committed frames after `seq` from PostgreSQL, with the head at that moment. Rejects when it cannot. */
  readStored(seq: number, limit: number): Promise<{ frames: Frame[]; head: number }>
}

/** The socket, as a client stream sees it. */
export interface FrameSink {
  /** Sends frames at once; never waits. */
  send(frames: readonly Buffer[]): void
  /** Resolves when what was sent has left the process; rejects when the client does not take it in time. */
  flushed(): Promise<void>
  /** Bytes that wait in this process. */
  readonly waiting: number
  tooSlow(): void
}

export interface StreamReports {
  replayDone(report: { from: number; to: number; count: number; tier: 1 | 2 }): void
  replayOverflow(report: { position: number }): void
}

interface Replay {
  readonly from: number
  count: number
  tier: 1 | 2
  /** Whether the client asked for it and is told when it is done. */
  readonly announced: boolean
}

export type StreamMode = 'off' | 'held' | 'replaying' | 'live' | 'closed'

/** After subscribing, a client has this long to say from where, before it is simply live. */
export const HOLD_MS = 300
const CHUNK = 250
const STORED_CHUNK = 1_000

export class ClientStream {
  readonly #source: StreamSource
  readonly #sink: FrameSink
  readonly #reports: StreamReports
  readonly #sees: (siteId: string | null) => boolean
  readonly #clock: Clock
  readonly #limitBytes: number
  #mode: StreamMode = 'off'
  #cursor = 0
  /** Where the present unbroken run began: everything after it up to the cursor was sent on this connection. */
  #runFrom = 0
  #generation = 0
  #cancelHold = () => {}

  constructor(options: {
    source: StreamSource
    sink: FrameSink
    reports: StreamReports
    sees: (siteId: string | null) => boolean
    clock: Clock
    /** Bytes that may wait for a slow client. */
    limitBytes: number
  }) {
    this.#source = options.source
    this.#sink = options.sink
    this.#reports = options.reports
    this.#sees = options.sees
    this.#clock = options.clock
    this.#limitBytes = options.limitBytes
  }

  get mode(): StreamMode {
    return this.#mode
  }

  /** Everything up to here that this client may see has been handed to its socket. */
  get position(): number {
    return this.#mode === 'off' ? this.#source.last : this.#cursor
  }

  /** Wants the stream, from now on; waits a moment for a replay request that says otherwise. */
  subscribe(): void {
    if (this.#mode !== 'off') return
    this.#mode = 'held'
    this.#cursor = this.#source.last
    this.#runFrom = this.#cursor
    this.#cancelHold = this.#clock.setTimer(HOLD_MS, () => void this.#pull(++this.#generation, false))
  }

  unsubscribe(): void {
    if (this.#mode === 'closed') return
    this.#cancelHold()
    this.#generation++
    this.#mode = 'off'
  }

  /** Wants everything after `from`, then live. */
  async replay(from: number): Promise<void> {
    if (this.#mode === 'closed') return
    this.#cancelHold()
    if (this.#mode === 'live' && from >= this.#runFrom && from <= this.#cursor) {
      // All of it has been sent on this connection already; a client that asks again has it or has it coming.
      this.#reports.replayDone({ from, to: this.#cursor, count: 0, tier: 1 })
      return
    }
    const generation = ++this.#generation
    this.#mode = 'replaying'
    this.#cursor = from
    this.#runFrom = from
    await this.#pull(generation, true)
  }

  /** Frames that have just become the newest of the hub. */
  push(frames: readonly Frame[]): void {
    const first = frames[0]
    if (this.#mode !== 'live' || !first) return
    // Cannot happen while a live cursor is never behind the hub; if it ever does, reading again is right and losing is not.
    if (first.seq > this.#cursor + 1) return void this.#pull(++this.#generation, false)
    this.#emit(frames)
    if (this.#sink.waiting > this.#limitBytes) this.#sink.tooSlow()
  }

  /** The hub lost its place (numbers went back): whatever this client had is no base any more. */
  restart(): void {
    if (this.#mode === 'closed' || this.#mode === 'off') return
    this.#cancelHold()
    this.#generation++
    this.#overflow()
  }

  close(): void {
    this.#cancelHold()
    this.#generation++
    this.#mode = 'closed'
  }

  async #pull(generation: number, announced: boolean): Promise<void> {
    this.#mode = 'replaying'
    const replay: Replay = { from: this.#cursor, count: 0, tier: 1, announced }
    try {
      while (generation === this.#generation && this.#mode === 'replaying') await this.#step(generation, replay)
    } catch {
      // The database is away or the client does not read: in the first case the client reloads, in the second it is gone.
      if (generation === this.#generation) this.#overflow()
    }
  }

  /** One chunk. Going live happens in the same turn as the look at `last`, so nothing can be pushed in between. */
  async #step(generation: number, replay: Replay): Promise<void> {
    const source = this.#source
    if (source.last - this.#cursor > source.oldestAllowed.rows) return this.#overflow()
    if (this.#cursor === source.last) return this.#goLive(replay)
    if (this.#cursor < source.last && source.coversAfter(this.#cursor)) {
      const frames = source.after(this.#cursor, CHUNK)
      if (this.#tooOld(frames)) return this.#overflow()
      replay.count += this.#emit(frames)
      if (this.#cursor === source.last) return this.#goLive(replay)
    } else {
      // Behind what memory holds, or ahead of this instance: PostgreSQL knows.
      const { frames, head } = await source.readStored(this.#cursor, STORED_CHUNK)
      if (generation !== this.#generation) return
      if (this.#cursor > head || (frames[0] && frames[0].seq !== this.#cursor + 1) || this.#tooOld(frames)) {
        return this.#overflow()
      }
      if (frames.length === 0) return this.#cursor < source.last ? this.#overflow() : this.#goLive(replay)
      replay.tier = 2
      replay.count += this.#emit(frames)
    }
    await this.#sink.flushed()
  }

  #goLive({ announced, ...replay }: Replay): void {
    this.#mode = 'live'
    if (announced) this.#reports.replayDone({ ...replay, to: this.#cursor })
  }

  #tooOld(frames: readonly Frame[]): boolean {
    const first = frames[0]
    return first !== undefined && this.#clock.now() - first.at > this.#source.oldestAllowed.ageMs
  }

  /** Sends what this client may see, moves the cursor over all of it. Returns how many were sent. */
  #emit(frames: readonly Frame[]): number {
    const visible: Buffer[] = []
    for (const frame of frames) {
      if (frame.seq <= this.#cursor) continue
      this.#cursor = frame.seq
      if (this.#sees(frame.siteId)) visible.push(frame.bytes)
    }
    if (visible.length > 0) this.#sink.send(visible)
    return visible.length
  }

  #overflow(): void {
    this.#mode = 'live'
    this.#cursor = this.#source.last
    this.#runFrom = this.#cursor
    this.#reports.replayOverflow({ position: this.#cursor })
  }
}
