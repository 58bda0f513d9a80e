import type { PanelEvent } from '@stam/contracts'
import { asOneTelling } from '@stam/domain'

/** Events kept after the broker's confirmation, in case the database has to be told without the broker. */
const UNRECORDED_MAX = 256
/** How far back the first telling of an event is looked for; further back means a backlog, which two tellings do not make worse. */
const LOOK_BACK = 64

/** The events of one owner of one panel on their way out, in their order. Exactly one of them is under way at a time. */
export class PanelQueue {
  readonly panelId: string
  readonly epoch: number
  /** A predecessor's events out of the spool: true facts, but the present owner writes no rows in their name. */
  readonly isReplay: boolean
  /** The front is sent, or about to be. */
  isBusy = false
  /** The panel has another owner: nothing of this queue may be written any more. */
  isStale = false
  /** Called when something left the queue. */
  onProgress: (() => void) | undefined
  onStale: (() => void) | undefined
  #events: PanelEvent[] = []
  #head = 0
  #unrecorded: PanelEvent[] = []
  /** Number of the newest event the spool has. */
  spooledSeq = 0

  constructor(panelId: string, epoch: number, isReplay = false) {
    this.panelId = panelId
    this.epoch = epoch
    this.isReplay = isReplay
  }

  get length(): number {
    return this.#events.length - this.#head
  }

  push(events: readonly PanelEvent[]): void {
    for (const event of events) this.#events.push(event)
  }

  /** Like `push`; what tells of an event once more that has not been sent yet goes out with it, as one. */
  pushOrComplete(events: readonly PanelEvent[]): void {
    for (const event of events) if (!this.#complete(event)) this.#events.push(event)
  }

  #complete(second: PanelEvent): boolean {
    const sent = this.#head + (this.isBusy ? 1 : 0)
    const from = Math.max(sent, this.#events.length - LOOK_BACK)
    const recent = this.#events.slice(from)
    const at = from + recent.findLastIndex(({ event_id }) => event_id === second.event_id)
    const first = this.#events[at]
    if (at < from || first === undefined) return false
    const whole = asOneTelling(first, this.#events.slice(at + 1), second)
    if (whole !== undefined) this.#events[at] = whole
    return whole !== undefined
  }

  peek(): PanelEvent | undefined {
    return this.#events[this.#head]
  }

  /** The next ones, at most `count`. */
  front(count: number): PanelEvent[] {
    return this.#events.slice(this.#head, this.#head + count)
  }

  /**
   * The event that was at the front when it was sent is safe with the broker; whether the database has it is not known yet.
   * @returns false when another event is at the front by now: that one has not been sent and stays
   */
  confirmed(sent: PanelEvent): boolean {
    if (this.done([sent]) === 0) return false
    this.#unrecorded.push(sent)
    if (this.#unrecorded.length > UNRECORDED_MAX) this.#unrecorded.shift()
    return true
  }

  /** Takes these off the front, as long as they are what is there. @returns how many it took */
  done(events: readonly PanelEvent[]): number {
    let taken = 0
    while (taken < events.length && this.#events[this.#head] === events[taken] && this.length > 0) {
      this.#head++
      taken++
    }
    if (this.#head > 64 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head)
      this.#head = 0
    }
    return taken
  }

  clear(): void {
    this.#events = []
    this.#head = 0
    this.#unrecorded = []
  }

  /** Confirmed by the broker and not known to be in the database, oldest first. */
  get unrecorded(): readonly PanelEvent[] {
    return this.#unrecorded
  }

  recordedUpTo(epoch: number, seq: number): void {
    if (this.#unrecorded.length === 0 || epoch < this.epoch) return
    this.#unrecorded = epoch > this.epoch ? [] : this.#unrecorded.filter((event) => event.panel_seq > seq)
  }
}
