/**
 * Turns stream messages that come from two sides (broker, database), repeated, late or with holes, into one strictly
 * contiguous sequence. Pure; `follow-stream.ts` feeds it. Nothing is ever delivered out of order or twice: a message that
 * is ahead waits for what is missing, and is bounded in number, since the database can always give it again.
 */
const MOST_WAITING = 5_000

export interface Numbered {
  readonly sequence_id: number
}

export class InOrder<Message extends Numbered> {
  #last: number
  readonly #ahead = new Map<number, Message>()

  constructor(last: number) {
    this.#last = last
  }

  /** The highest number delivered. */
  get last(): number {
    return this.#last
  }

  /** True when something is here that cannot be delivered before something that is missing. */
  get gap(): boolean {
    return this.#ahead.size > 0
  }

  /** Takes messages in any order and returns those that can now be delivered, in order. */
  offer(messages: readonly Message[]): Message[] {
    const ready: Message[] = []
    for (const message of messages) {
      if (message.sequence_id === this.#last + 1) {
        ready.push(message)
        this.#last++
        this.#drain(ready)
      } else if (message.sequence_id > this.#last && this.#ahead.size < MOST_WAITING) {
        this.#ahead.set(message.sequence_id, message)
      }
    }
    return ready
  }

  /** Starts anew at `last`: the numbers themselves went back (a restored database). */
  reset(last: number): void {
    this.#last = last
    this.#ahead.clear()
  }

  #drain(ready: Message[]): void {
    if (this.#ahead.size === 0) return
    for (;;) {
      const next = this.#ahead.get(this.#last + 1)
      if (next === undefined) return
      this.#ahead.delete(++this.#last)
      ready.push(next)
    }
  }
}
