/** A map whose entries end by themselves. No timers: what has ended is not found, and is swept out now and then. */
export class ExpiringMap<Value> {
  readonly #now: () => number
  readonly #entries = new Map<string, { value: Value; endsAt: number }>()
  #sweepAt = 1_000

  constructor(now: () => number) {
    this.#now = now
  }

  /** Entries in memory, ended ones included. */
  get kept(): number {
    return this.#entries.size
  }

  /** Always true, for use in conditions. */
  set(key: string, value: Value, lifeMs: number): true {
    this.#entries.set(key, { value, endsAt: this.#now() + lifeMs })
    if (this.#entries.size >= this.#sweepAt) this.#sweep()
    return true
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    return entry && entry.endsAt > this.#now() ? entry.value : undefined
  }

  has(key: string): boolean {
    return this.leftMs(key) > 0
  }

  /** 0 = not there. */
  leftMs(key: string): number {
    return Math.max(0, (this.#entries.get(key)?.endsAt ?? 0) - this.#now())
  }

  /** False when it is not there any more. */
  prolong(key: string, lifeMs: number): boolean {
    const entry = this.#entries.get(key)
    if (!entry || entry.endsAt <= this.#now()) return false
    entry.endsAt = this.#now() + lifeMs
    return true
  }

  take(key: string): Value | undefined {
    const value = this.get(key)
    this.#entries.delete(key)
    return value
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  entries(): [key: string, value: Value, leftMs: number][] {
    const now = this.#now()
    return [...this.#entries]
      .filter(([, { endsAt }]) => endsAt > now)
      .map(([key, { value, endsAt }]) => [key, value, endsAt - now])
  }

  #sweep(): void {
    const now = this.#now()
    for (const [key, { endsAt }] of this.#entries) if (endsAt <= now) this.#entries.delete(key)
    // The next sweep comes when the map has doubled: constant cost per entry on average.
    this.#sweepAt = Math.max(1_000, this.#entries.size * 2)
  }
}
