import type { PanelEvent } from '@stam/contracts'
import type { Log } from '@stam/runtime'
import type { PanelQueue } from './panel-queue.ts'
import type { Spool } from './spool.ts'

/** Decides what of the waiting events the spool still lacks, from the moment both doors are shut until all is out. */
export class SpoolKeeper {
  readonly #spool: Spool
  readonly #log: Log
  #isHolding = false
  #writing: Promise<void> = Promise.resolve()

  constructor(spool: Spool, log: Log) {
    this.#spool = spool
    this.#log = log
  }

  get isHolding(): boolean {
    return this.#isHolding
  }

  hold(held: number): void {
    if (!this.#isHolding) this.#log.error('both_doors_shut', { held })
    this.#isHolding = true
  }

  /** Nothing waits any more. */
  release(): void {
    if (this.#isHolding) this.#log.info('doors_open_again')
    this.#isHolding = false
    if (this.#spool.count === 0) return
    this.#writing = this.#writing
      .then(() => (this.#isHolding ? undefined : this.#spool.clear()))
      .catch((error: unknown) => this.#log.error('spool_failed', { error }))
  }

  /** Writes what these queues have waiting and the spool has not. */
  keep(queues: Iterable<PanelQueue>): void {
    const events: PanelEvent[] = []
    const before: [PanelQueue, number][] = []
    for (const queue of queues) {
      // What an earlier run spooled is still in its file.
      if (queue.isReplay) continue
      const fresh = queue.front(queue.length).filter((event) => event.panel_seq > queue.spooledSeq)
      const last = fresh.at(-1)
      if (last === undefined) continue
      before.push([queue, queue.spooledSeq])
      queue.spooledSeq = last.panel_seq
      events.push(...fresh)
    }
    if (events.length === 0) return
    this.#writing = this.#writing.then(() => this.#append(events, before))
  }

  async settled(): Promise<void> {
    await this.#writing
  }

  async #append(events: readonly PanelEvent[], before: readonly (readonly [PanelQueue, number])[]): Promise<void> {
    try {
      if (await this.#spool.append(events)) return
      this.#log.error('spool_full', { events: events.length })
    } catch (error) {
      this.#log.error('spool_failed', { events: events.length, error })
      for (const [queue, seq] of before) queue.spooledSeq = Math.min(queue.spooledSeq, seq)
    }
  }
}
