/**
 * The newest frames of the stream in memory: contiguous, ready to be sent, bounded. Serialised once, whoever gets them.
 */
export interface Frame {
  readonly seq: number
  /** Null = everybody may see it. */
  readonly siteId: string | null
  /** When the change was committed, ms since 1970. */
  readonly at: number
  readonly bytes: Buffer
}

export class ReplayRing {
  readonly #capacity: number
  #frames: Frame[] = []
  #start = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#frames.length - this.#start
  }

  /** The highest number in it; undefined when empty. */
  get newest(): number | undefined {
    return this.#frames.at(-1)?.seq
  }

  /** Appends contiguous frames. A frame that does not follow the newest one makes the ring start over with it. */
  append(frames: readonly Frame[]): void {
    for (const frame of frames) {
      const newest = this.newest
      if (newest !== undefined && frame.seq !== newest + 1) this.clear()
      this.#frames.push(frame)
    }
    const surplus = this.size - this.#capacity
    if (surplus > 0) this.#start += surplus
    if (this.#start > this.#capacity) {
      this.#frames = this.#frames.slice(this.#start)
      this.#start = 0
    }
  }

  /** Whether every frame after `seq` up to the newest is here. */
  coversAfter(seq: number): boolean {
    const oldest = this.#frames[this.#start]?.seq
    return oldest !== undefined && seq >= oldest - 1
  }

  /** Up to `limit` frames after `seq`, in order; call only where `coversAfter(seq)`. */
  after(seq: number, limit: number): Frame[] {
    const oldest = this.#frames[this.#start]?.seq
    if (oldest === undefined) return []
    const from = this.#start + Math.max(0, seq + 1 - oldest)
    return this.#frames.slice(from, from + limit)
  }

  clear(): void {
    this.#frames = []
    this.#start = 0
  }
}
