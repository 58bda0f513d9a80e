import type { Clock, Log } from '@stam/runtime'
import type { MemoryRead, PanelLink } from '@stam/integra'
import type { Telemetry } from '../telemetry.ts'
import type { MemoryKnowledge } from '../story/knowledge.ts'
import type { StoryInput } from '../story/panel-story.ts'

export interface MemoryFollowerOptions {
  readonly link: Pick<PanelLink, 'readMemory'>
  readonly clock: Clock
  readonly log: Log
  readonly telemetry: Telemetry
  /** Most records to walk back. */
  readonly walkLimit: number
  readonly knowledge: () => MemoryKnowledge
  readonly feed: (input: StoryInput) => void
  /** Whether there is room for what might be found; asked again by `want`. */
  readonly hasRoom: () => boolean
  /** Makes the beginning durable; rejects while the database is away. False = the panel has another owner. */
  readonly saveStart: (keys: readonly string[]) => Promise<boolean>
  readonly onStale: () => void
}

/** Records of the first look: enough for a cursor. */
const FIRST_LOOK = 12
/** Refusals in a row after which the memory is taken not to be readable. */
const REFUSALS = 2
const SAVE_RETRY_MS = 2_000

/**
 * Follows a panel's event memory: reads what is new whenever something hints at it, until nothing is. Where reading
 * begins is saved before anything is told, or a crash in between would make fresh records history.
 */
export class MemoryFollower {
  readonly #options: MemoryFollowerOptions
  #isReady = false
  #isWanted = false
  #isRunning = false
  readonly #closing = new AbortController()
  #refusals = 0
  #startSaved: boolean
  #isCaughtUp = false
  #lastTriedAt = 0

  constructor(options: MemoryFollowerOptions) {
    this.#options = options
    this.#startSaved = options.knowledge().started
  }

  /** Over the present connection the memory was found to hold nothing new, and nothing has hinted at more since. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp
  }

  /** When it was last asked anything. */
  get lastTriedAt(): number {
    return this.#lastTriedAt
  }

  ready(): void {
    this.#isReady = true
    this.want()
  }

  away(): void {
    this.#isReady = false
    this.#isCaughtUp = false
  }

  /** There may be something new. */
  want(): void {
    this.#isWanted = true
    this.#isCaughtUp = false
    this.resume()
  }

  /** There is room again: goes on if something was wanted. */
  resume(): void {
    if (this.#isWanted && !this.#isRunning) void this.#run()
  }

  close(): void {
    this.#closing.abort()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    try {
      while (this.#isWanted && this.#isReady && !this.#closing.signal.aborted && this.#options.hasRoom()) {
        this.#isWanted = false
        this.#lastTriedAt = this.#options.clock.now()
        if (this.#startSaved) await this.#read()
        else await this.#begin()
      }
    } finally {
      this.#isRunning = false
    }
  }

  async #begin(): Promise<void> {
    const { link, knowledge, feed, clock, saveStart, onStale, log } = this.#options
    if (!knowledge().started) {
      const read = await link.readMemory({ since: undefined, limit: FIRST_LOOK })
      if (this.#closing.signal.aborted) return
      if (read.kind === 'interrupted') return this.#onInterrupted(read)
      feed({ type: 'memory-start', keys: read.cursor?.keys ?? [], at: clock.now() })
    }
    while (!this.#closing.signal.aborted) {
      try {
        this.#startSaved = await saveStart(knowledge().keys)
        if (!this.#startSaved) onStale()
        this.#isWanted = this.#startSaved
        return
      } catch (error) {
        log.warn('memory_start_not_saved', { error })
        await clock.sleep(SAVE_RETRY_MS, this.#closing.signal).catch(() => {})
      }
    }
  }

  async #read(): Promise<void> {
    const { link, knowledge, feed, clock, telemetry, walkLimit } = this.#options
    const startedAt = clock.now()
    const began = clock.monotonic()
    const read = await link.readMemory({ since: { keys: knowledge().keys }, limit: walkLimit })
    if (this.#closing.signal.aborted) return
    if (read.kind === 'interrupted') return this.#onInterrupted(read)
    this.#refusals = 0
    const { entries, coverage } = read
    feed({ type: 'memory', entries, coverage, startedAt, at: clock.now() })
    // What was written during the walk appears only at the head: look until there is nothing.
    if (entries.length > 0) this.#isWanted = true
    else {
      this.#isCaughtUp = this.#isReady && !this.#isWanted
      telemetry.polled((clock.monotonic() - began) / 1000)
    }
  }

  #onInterrupted(read: Extract<MemoryRead, { kind: 'interrupted' }>): void {
    const { feed, clock, log } = this.#options
    // A lost connection wants the memory again as soon as it is back; only a refusal says something about the panel.
    if (read.reason !== 'unsupported' || ++this.#refusals < REFUSALS) return
    if (this.#refusals === REFUSALS) log.warn('event_memory_unreadable')
    feed({ type: 'memory-unreadable', at: clock.now() })
  }
}
